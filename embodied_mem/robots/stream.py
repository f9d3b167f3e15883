"""The one thread that asks a robot's gate what to send, and sends it: at a fixed rate and in order.

Nothing else writes to a driver, so what the gate has let through can never be overtaken by
something older, and the gate always knows what was sent last.
"""

import threading
import time
from collections import deque
from dataclasses import replace
from typing import final

from embodied_mem.errors import BodyError
from embodied_mem.robots.driver import RobotDriver, RobotEvents
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.gate import SafetyGate
from embodied_mem.robots.safety.gated import GatedCommand, GatedTrajectory
from embodied_mem.robots.safety.owners import Owner
from embodied_mem.robots.shutdown import let_signal_pass, unguard
from embodied_mem.types import Command

_SHORTEST = 0.25
"""Commands that come quicker than this part of a period are sent that much later: the wire's
jitter must stay small beside the time between two commands, or limits cannot be kept."""
_LAST_STOPS = 3
"""So many stops are sent before silence: a lossy wire may swallow one."""
_RATES = 41
"""Periods over which the rate is measured."""


@final
class Stream:
    """Streams one robot's commands while there is something to do; made anew for each connection.

    While nobody commands and everything is at rest, nothing is sent after a last stop (row 1).
    """

    def __init__(self, driver: RobotDriver, gate: SafetyGate) -> None:
        self._driver, self._gate = driver, gate
        self._period = 1.0 / gate.config.rate
        self._turn = threading.Condition()
        self._thread = threading.Thread(
            target=self._run, name=f"robot-{driver.info.name}", daemon=True
        )
        self._asked = self._answered = 0
        self._hurry = self._alarm = False
        self._stops = _LAST_STOPS
        self._trajectory: GatedTrajectory | None = None
        self._begun = 0
        self._ending = ""
        self._end_by = float("inf")
        self._commanded = False  # whoever only watches does not interfere, not with a stop either
        self._braking = self._over = self._abandoned = self._closed = False
        self._steps: deque[float] = deque(maxlen=_RATES)
        self._due = 0.0
        self._faults: dict[str, str] = {}
        self._readings = Readings(time=time.monotonic())
        self.last = Command()
        """What was sent last."""
        self.sent = 0
        """Commands handed to the driver."""
        self.refused = 0
        """Commands that the gate did not take."""
        self.late = 0
        """Periods that began more than a period too late."""
        self.name = driver.info.name
        """How the robot is called."""

    # -- for the robot -------------------------------------------------------------------------

    @property
    def events(self) -> RobotEvents:
        """What the driver calls, from any of its threads."""
        return RobotEvents(
            estop=lambda reason, stamp: self.estop(reason, stamp=stamp, source=self.name),
            reset=self._reset,
            enable=lambda: self._gate.enable(time.monotonic()),
            wake=self._tell,
        )

    @property
    def closed(self) -> bool:
        """Whether the link was closed."""
        return self._closed

    @property
    def running(self) -> bool:
        """Whether commands are still taken."""
        return self._thread.is_alive() and not self._over

    @property
    def readings(self) -> Readings:
        """What the last step saw."""
        return self._readings

    @property
    def faults(self) -> tuple[str, ...]:
        """What went wrong in this process; each keeps the robot stopped until it works again."""
        return tuple(self._faults.values())

    @property
    def steady(self) -> bool:
        """Whether there were enough periods to say how fast they follow each other."""
        return len(self._steps) >= 5

    @property
    def rate(self) -> float:
        """How often the gate was asked during the newest periods, Hz."""
        steps = list(self._steps)
        return (len(steps) - 1) / (steps[-1] - steps[0]) if len(steps) > 1 else 0.0

    def require_running(self) -> None:
        """Raises BodyError where no commands are taken any more.

        A program that is being ended by a signal shall end by it, not by this error.
        """
        if not self.running:
            let_signal_pass()
            raise BodyError(f"{self.name} was closed: {self._ending or 'it is not connected'}")

    def start(self) -> None:
        """Begins to ask the gate."""
        self._due = time.monotonic()
        self._thread.start()

    def request(self, command: Command, owner: Owner) -> Command:
        """Hands a command to the gate, has the outcome sent and returns what was sent.

        Raises:
            BodyError: If the robot is closed, the gate refuses the command (`CommandRefused`), or
                the driver does not return.
        """
        if not self._ending:
            try:
                self._gate.request(command, owner=owner, now=time.monotonic())
            except BodyError:
                self.refused += 1
                raise
        self.require_running()
        with self._turn:
            self._asked += 1
            ticket = self._asked
            self._turn.notify_all()
            patience = 1.0 + 10.0 * self._period
            if not self._turn.wait_for(lambda: self._answered >= ticket or self._over, patience):
                raise BodyError(
                    f"{self.name}'s driver has not returned from sending for {patience:.1f} s; "
                    "the robot's own watchdog has stopped it by now"
                )
            return self.last

    def estop(self, reason: str, *, stamp: float | None = None, source: str = "") -> None:
        """Latches an emergency stop and has it sent at once; safe from any thread."""
        self._gate.estop(reason, stamp, source=source)
        with self._turn:
            self._hurry = self._alarm = True
            self._turn.notify_all()

    def begin(self, trajectory: GatedTrajectory, owner: Owner) -> int:
        """Has a trajectory begun, and returns its number; `newest` is another once one follows.

        Raises:
            BodyError: If the gate does not let it begin.
        """
        self.require_running()
        if self._ending:
            raise BodyError(f"{self.name} takes no trajectory: {self._ending}")
        self._gate.follow(trajectory, time.monotonic(), owner=owner)
        with self._turn:
            self._begun += 1
            self._trajectory = trajectory
            self._hurry = True
            self._turn.notify_all()
            return self._begun

    @property
    def newest(self) -> int:
        """Number of the newest trajectory."""
        return self._begun

    def wait(self, seconds: float) -> bool:
        """Waits for news (readings, a step) and returns whether the stream still runs."""
        with self._turn:
            if not self._over and seconds > 0.0:
                self._turn.wait(seconds)
            return not self._over

    # -- the end -------------------------------------------------------------------------------

    def end(self, reason: str) -> None:
        """Begins to bring the robot to rest for good; returns at once."""
        with self._turn:
            self._mark_end(reason)
            self._turn.notify_all()

    def _mark_end(self, reason: str) -> None:
        if not self._ending:
            self._end_by = time.monotonic() + _braking_seconds(self._gate)
            self._ending = reason
            self._hurry = True

    def close(self, reason: str = "it was closed") -> None:
        """Brings the robot to rest, tells it so and closes the link; safe to call twice."""
        self.end(reason)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(max(0.0, self._end_by - time.monotonic()) + 1.0)
        with self._turn:
            self._over = True
            first, self._closed = not self._closed, True
            self._turn.notify_all()
        if first:
            self._driver.close()

    def abandon(self) -> None:
        """Ends without waiting, for a robot that nobody holds any more.

        Called by the garbage collector in the midst of anything: it takes no lock.
        """
        self._abandoned = True
        self._mark_end("nobody holds the robot any more")

    # -- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._over:
            ended = self._step()
            if ended:
                break
            self._pause()
        with self._turn:
            self._over = True
            self._turn.notify_all()
        if self._abandoned:
            self.close()
            unguard(self)

    def _step(self) -> bool:
        """Asks the gate once and sends what it says; returns whether the end was reached."""
        with self._turn:
            asked, alarm, trajectory = self._asked, self._alarm, self._trajectory
            self._hurry, self._alarm, self._trajectory = False, False, None
        if trajectory is not None:
            self._begin(trajectory)
        if self._ending and not self._braking:
            self._braking = True
            self._gate.bring_to_rest(self._ending)
        readings = self._read()
        now = time.monotonic()
        gated = self._tick(readings, now)
        self._commanded |= alarm or asked > self._answered or not self._gate.idle
        written = gated is not None and self._send(gated, alarm or asked > self._answered)
        self._steps.append(now)
        self._schedule(now)
        with self._turn:
            self._answered = asked
            self._turn.notify_all()
        told = written or not self._commanded
        if not self._ending:
            return False
        # Past its time, a link that still takes commands is not left in the midst of the ramp.
        return self._gate.at_rest if told else now > self._end_by

    def _send(self, gated: GatedCommand, asked: bool) -> bool:
        """Writes where there is something to say; returns whether it was written."""
        leaving = bool(self._ending) and self._commanded
        if asked or leaving or not self._gate.idle or self._driver.info.always_streams:
            self._stops = 0
        if self._stops >= _LAST_STOPS:
            return False
        written = self._write(gated)
        self._stops += written
        return written

    def _begin(self, trajectory: GatedTrajectory) -> None:
        if not self._driver.info.follows_trajectories or self._gate.progress.status != "running":
            return
        try:
            self._driver.write_trajectory(trajectory)
        except Exception as error:
            self._gate.bring_to_rest(f"the trajectory could not be sent: {error}")

    def _pause(self) -> None:
        """Waits for the next period, for a command or for an emergency stop."""
        last = self._steps[-1]
        with self._turn:
            while not self._over and not self._hurry:
                soon = self._asked > self._answered
                due = last + _SHORTEST * self._period if soon else self._due
                left = due - time.monotonic()
                if left <= 0.0:
                    break
                self._turn.wait(left)

    def _schedule(self, now: float) -> None:
        """Sets when the next period begins: by absolute times, so that delays do not add up."""
        if now < self._due:
            # A command came in between. Whoever streams at the same rate is not to be overtaken by
            # a repetition of their last command each time they are a little late.
            self._due = now + (1.0 + _SHORTEST) * self._period
            return
        self._due += self._period
        if self._due <= now:
            self.late += 1
            self._due = now + self._period

    def _read(self) -> Readings:
        try:
            readings = self._driver.read()
            self._faults.pop("read", None)
        except Exception as error:
            self._faults["read"] = f"reading {self.name} failed: {error}"
            readings = Readings(time=time.monotonic())
        own = (*self._faults.values(), *((self._ending,) if self._ending else ()))
        if own:
            readings = replace(readings, faults=(*readings.faults, *own))
        self._readings = readings
        return readings

    def _tick(self, readings: Readings, now: float) -> GatedCommand | None:
        try:
            gated = self._gate.tick(readings, now)
        except Exception as error:
            self._faults["gate"] = f"the gate failed, nothing is sent: {error!r}"
            return None
        self._faults.pop("gate", None)
        if time.monotonic() - now > self._gate.config.watchdog:
            return None  # the process was held up right here: what was right then is wrong now
        return gated

    def _write(self, gated: GatedCommand) -> bool:
        try:
            taken = self._driver.write(gated)
        except Exception as error:
            self._faults["write"] = f"writing to {self.name} failed: {error}"
            return False
        self._faults.pop("write", None)
        self.sent += 1
        self.last = gated.command if taken is None else taken
        return True

    def _reset(self, stamp: float) -> None:
        self._gate.reset(stamp)

    def _tell(self) -> None:
        # The robot's own emergency stop does not wait for the next period.
        try:
            stopped = bool(self._driver.read().stopped) and not self._readings.stopped
        except BodyError:
            stopped = False  # it tells before it is open; the next step reads again
        with self._turn:
            self._hurry |= stopped
            self._turn.notify_all()


def _braking_seconds(gate: SafetyGate) -> float:
    """Returns how long the way to rest may take at most, with time for a link that stutters."""
    axes = (gate.config.forward, gate.config.turn)
    ramps = [max(axis.fastest, -axis.slowest) / axis.deceleration for axis in axes if axis]
    return 1.5 + 2.0 * max(ramps, default=0.5)
