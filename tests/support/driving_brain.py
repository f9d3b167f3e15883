"""A small brain in a process of its own: it drives whatever it is told, until it is told else.

    python driving_brain.py --options '{"domain": 7}' --forward 0.4 --turn 0.8

Lines on standard input change what it does: `drive FORWARD TURN`, `nan`, `raise`, `estop`, `reset`,
`quit`. What it believes is printed for whoever reads a failed test, and never asserted on.
"""

import argparse
import json
import queue
import sys
import threading
import time

from embodied_mem.errors import BodyError
from embodied_mem.robots.config import RobotConfig, build_robot
from embodied_mem.robots.robot import Robot
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.types import Command

GATE = GateConfig()
"""How the gate of every driving brain is set, and therefore what tests hold it to."""
_SAY_EVERY = 1.0


class Driving:
    """Does what lines say while it drives."""

    def __init__(self, robot: Robot, command: Command) -> None:
        self._robot = robot
        self._command = command
        self._lines: queue.Queue[str] = queue.Queue()
        self._said = -_SAY_EVERY
        threading.Thread(target=self._read, name="lines", daemon=True).start()

    def run(self) -> None:
        """Drives until `quit` or the end of standard input."""
        while self._obey():
            try:
                # A brain looks before every step; this one does not wait for what never comes.
                self._robot.act(self._command)
                self._say("driving")
            except BodyError as error:
                self._say(str(error))
                time.sleep(0.1)

    def _read(self) -> None:
        for line in sys.stdin:
            self._lines.put(line.strip())
        self._lines.put("quit")

    def _obey(self) -> bool:
        """Carries out all lines that came; returns whether to go on."""
        while not self._lines.empty():
            verb, *words = self._lines.get().split()
            if verb == "quit":
                return False
            if verb == "drive":
                self._command = Command(forward=float(words[0]), turn=float(words[1]))
            elif verb == "nan":
                self._command = Command(forward=float("nan"))
            elif verb == "raise":
                raise RuntimeError("the program of a brain failed")
            elif verb == "estop":
                self._robot.estop("asked for by a line")
            elif verb == "reset":
                self._robot.reset()
            print(f"did {verb}", flush=True)
        return True

    def _say(self, what: str) -> None:
        now = time.monotonic()
        if now - self._said >= _SAY_EVERY:
            self._said = now
            health = self._robot.health
            print(f"{what}; stopped: {health.stopped or 'no'}; {health}", flush=True)


def main() -> None:
    """Drives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--driver", default="dds")
    parser.add_argument("--options", type=json.loads, default={})
    parser.add_argument("--forward", type=float, default=0.4)
    parser.add_argument("--turn", type=float, default=0.8)
    words = parser.parse_args()
    config = RobotConfig(driver=words.driver, gate=GATE, options=words.options)
    with build_robot(config) as robot:
        print("ready", flush=True)
        Driving(robot, Command(forward=words.forward, turn=words.turn)).run()


if __name__ == "__main__":
    main()
