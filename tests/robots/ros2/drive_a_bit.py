"""Drives a robot for a moment, in a network namespace; prints what came back as JSON.

python drive_a_bit.py '{"driver": "ros2", "options": {"domain": 7}}'
"""

import json
import sys
import time

from embodied_mem.robots.config import RobotConfig, build_robot
from embodied_mem.types import Command


def main() -> None:
    """Checks, drives, looks, and stops."""
    given = json.loads(sys.argv[1])
    robot = build_robot(RobotConfig(driver=given["driver"], options=given["options"]))
    with robot:
        checks = robot.checks()
        end = time.monotonic() + 10.0
        while abs(robot.readings.turn) < 0.2 and time.monotonic() < end:
            robot.act(Command(turn=0.5))
        seen = robot.observe()
        told = {
            "errors": [
                f"{check.name}: {check.found}" for check in checks if check.verdict == "error"
            ],
            "turn": robot.readings.turn,
            "picture": list(seen.rgb.shape),
        }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
