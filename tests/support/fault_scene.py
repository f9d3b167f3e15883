"""A robot and a brain that drives it, to be disturbed; all is judged by the robot's log."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from driving_brain import GATE
from embodied_mem.errors import EvaluationError
from embodied_mem_envs.robot_peer.config import BaseConfig
from embodied_mem_envs.robot_peer.wire_log import WireLog
from peer import Peer

DRIVE = BaseConfig()
"""How the robot's own drives are set."""
FORWARD, TURN = 0.4, 0.8
"""What the brain asks for: circles, so that there is always room."""
LATE = 0.4
"""So much later than due things may happen on a machine that does much else, s."""
TREMBLE = 0.1
"""So much may pass on such a machine between a gate's decision and its sending, s. What this hides
is small beside what must be found: full speed at once hurries by 0.35 s, zero at once by 0.22."""
ROBOT_STOPS = DRIVE.cmd_vel_timeout + FORWARD / DRIVE.acceleration
"""After the last command the robot's own watchdog has it standing, s."""
GATE_BRAKES = max(FORWARD / GATE.forward.deceleration, TURN / GATE.turn.deceleration)
"""The gate's way from full speed to zero, s."""
_BRAIN = Path(__file__).with_name("driving_brain.py")


def dds_options(domain: int) -> dict[str, Any]:
    """Returns what a driver must know of the robot."""
    camera = {"x": 0.0, "z": 1.25, "tilt": -0.26}
    return {"domain": domain, "width": 160, "height": 120, "radius": 0.18, "camera": camera}


class DrivingBrain:
    """One brain's process."""

    def __init__(
        self, chosen: dict[str, Any], *, driver: str = "dds", prefix: tuple[str, ...] = ()
    ) -> None:
        """Starts it; it drives as soon as it can.

        Args:
            chosen: Options of its driver.
            driver: Name of the driver.
            prefix: What its command begins with, such as `ip netns exec NAME`.
        """
        command = [*prefix, sys.executable, str(_BRAIN), "--options", json.dumps(chosen)]
        command += ["--forward", str(FORWARD), "--turn", str(TURN), "--driver", driver]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        self.said: list[str] = []
        self._did: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, name="brain says", daemon=True).start()

    def tell(self, line: str) -> None:
        """Has it do something; returns once it is done."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        with suppress(queue.Empty):
            self._did.get(timeout=20.0)
            return
        raise AssertionError(f"the brain did not {line!r}; it said {self.said[-3:]}")

    def signal(self, number: signal.Signals) -> None:
        """Sends the process a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """Ends it without a word; safe to call twice."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with suppress(ValueError):  # closed by kill
            for line in self.process.stdout:
                self.said.append(line.rstrip("\n"))
                if line.startswith("did "):
                    self._did.put(line)


class Scene:
    """One robot and one brain on one domain; a context manager."""

    def __init__(
        self,
        domain: int,
        folder: Path,
        *robot_options: str,
        driver: str = "dds",
        options: dict[str, Any] | None = None,
        prefixes: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
    ) -> None:
        """Starts both.

        Args:
            domain: DDS domain.
            folder: For the robot's logs.
            robot_options: More options of the robot.
            driver: How the brain reaches the robot.
            options: Of that driver, if not those of DDS.
            prefixes: What the commands of robot and brain begin with.
        """
        self.domain = domain
        self._folder, self._robot_options = folder, robot_options
        self._driver, self._options = driver, options or dds_options(domain)
        self._prefixes = prefixes
        self._robots = 0
        self.robot = self._new_robot()
        self.brain = self._new_brain()
        self.intact = True
        """Whether the last that was looked at was as it should be."""

    @property
    def log(self) -> WireLog:
        """What the robot received and did."""
        return self.robot.log

    def until_driving(self) -> float:
        """Waits until the robot truly drives as the brain asks; returns the time then."""
        self.intact = False
        since = time.monotonic()
        try:
            self.robot.until(
                lambda log: (
                    log.states[-1].t > since
                    and log.states[-1].forward > 0.5 * FORWARD
                    and log.commands[-1].t > since
                )
            )
        except EvaluationError as error:
            raise AssertionError(f"{error}; the brain said {self.brain.said[-2:]}") from error
        return time.monotonic()

    def wait_until(self, moment: float) -> WireLog:
        """Waits until the robot has logged beyond a time; returns the log."""
        seconds = max(0.0, moment - time.monotonic()) + 20.0
        return self.robot.until(lambda log: log.states[-1].t > moment, seconds)

    def new_brain(self) -> None:
        """Ends the brain, if it still runs, and starts another."""
        self.brain.kill()
        self.brain = self._new_brain()

    def new_robot(self) -> None:
        """Ends the robot and starts another, with a log of its own."""
        self.robot.kill()
        self.robot = self._new_robot()

    def check_limits(self) -> None:
        """Asserts that no command the robot ever received was out of limits."""
        excess = self.log.worst_excess(GATE, slack=TREMBLE)
        assert excess.count == 0, f"{excess}; the brain said {self.brain.said[-2:]}"
        self.intact = True

    def check_stop(self, since: float, within: float, *, deceleration: float) -> WireLog:
        """Asserts that the robot stood still in time, had not gone too far, and stays still.

        Args:
            since: When it went wrong, s.
            within: How long until it must stand still, s; `LATE` is added.
            deceleration: How hard whoever stops it brakes, m/s^2.
        """
        log = self.wait_until(since + within + LATE + 0.2)
        stopped = log.stopped_by(since)
        assert stopped is not None, f"never stopped; the brain said {self.brain.said[-2:]}"
        took = stopped - since
        assert took <= within + LATE, f"stood still after {took:.2f} s of {within:.2f}"
        braking = FORWARD / deceleration
        longest = FORWARD * (within - braking + LATE) + 0.5 * FORWARD * braking
        assert log.distance_after(since) <= longest
        assert log.still_between(since + within + LATE)
        return log

    def close(self) -> None:
        """Ends both."""
        self.brain.kill()
        self.robot.kill()

    def _new_robot(self) -> Peer:
        self._robots += 1
        path = self._folder / f"robot{self._robots}.jsonl"
        return Peer(self.domain, path, *self._robot_options, prefix=self._prefixes[0])

    def _new_brain(self) -> DrivingBrain:
        return DrivingBrain(self._options, driver=self._driver, prefix=self._prefixes[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
