"""A process that drives an arm through `Robot`, for tests that kill it; runs beside franky.

Calls come as JSON lines `[number, name, arguments]` and each runs in a thread of its own, so that
an emergency stop can come while a path is followed. The end of standard input closes the robot.
"""

import json
import sys
import threading
import time
from typing import Any

import numpy as np

from embodied_mem.robots.franka.config import FrankaConfig
from embodied_mem.robots.franka.driver import FrankaDriver
from embodied_mem.robots.robot import Robot
from embodied_mem.robots.safety.config import ArmGateConfig, GateConfig
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command

_SAYING = threading.Lock()


class Calls:
    """What the tests may ask for."""

    def __init__(self, robot: Robot) -> None:
        self.robot = robot

    def checks(self) -> list[list[str]]:
        return [[row.name, row.verdict, row.found] for row in self.robot.checks()]

    def look(self) -> dict[str, Any]:
        readings, health = self.robot.readings, self.robot.health
        assert readings.joints is not None and readings.joint_velocities is not None
        return {
            "joints": readings.joints.tolist(),
            "speeds": readings.joint_velocities.tolist(),
            "opening": readings.opening,
            "age": readings.ages["joints"],
            "robot_stopped": readings.stopped,
            "faults": list(readings.faults),
            "stopped": health.stopped,
            "latched": health.latched,
            "values": dict(readings.values),
        }

    def follow(self, positions: list[list[float]], times: list[float]) -> list[Any]:
        path = Trajectory(
            joints=self.robot.info.joints, positions=np.array(positions), times=np.array(times)
        )
        followed = self.robot.follow(path)
        return [followed.status, followed.reason, followed.worst_error]

    def stream(self, positions: list[list[float]], seconds: float) -> float:
        """Sends positions at a fixed pace; returns the largest distance seen meanwhile, rad."""
        due, worst = time.monotonic(), 0.0
        for row in positions:
            self.robot.send(Command(joints=tuple(row)))
            due += seconds
            time.sleep(max(0.0, due - time.monotonic()))
            joints = self.robot.readings.joints
            assert joints is not None
            worst = max(worst, float(np.abs(joints - np.array(row)).max()))
        return worst

    def send(self, joints: list[float] | None = None, gripper: float | None = None) -> Any:
        asked = None if joints is None else tuple(joints)
        return self.robot.send(Command(joints=asked, gripper=gripper)).joints

    def grip(self, width: float, seconds: float) -> float | None:
        """Wishes for a width as long as told, as a brain does tick by tick."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.robot.send(Command(gripper=width))
            time.sleep(0.05)
        # A wish that runs out under a path would end the path: let it run out first.
        time.sleep(self.robot.gate.config.watchdog + 0.2)
        return self.robot.readings.opening

    def estop(self) -> float:
        self.robot.estop("the test asks for it")
        return time.monotonic()

    def reset(self) -> bool:
        return self.robot.reset()


def answer(calls: Calls, number: int, name: str, arguments: dict[str, Any]) -> None:
    try:
        reply: dict[str, Any] = {"number": number, "result": getattr(calls, name)(**arguments)}
    except Exception as error:
        reply = {"number": number, "error": [type(error).__name__, str(error)]}
    say(reply)


def say(reply: dict[str, Any]) -> None:
    with _SAYING:
        print(json.dumps(reply), flush=True)


def main(options: dict[str, Any]) -> None:
    arm = ArmGateConfig(**options.pop("arm", {}))
    config = FrankaConfig(host="127.0.0.1", **options)
    driver = FrankaDriver(config)
    gate = GateConfig(rate=50.0, forward=None, turn=None, zones=None, arm=arm)
    with Robot(driver, gate, joint_limits=driver.joint_limits) as robot:
        say({"number": 0})
        calls = Calls(robot)
        for line in sys.stdin:
            threading.Thread(target=answer, args=(calls, *json.loads(line)), daemon=True).start()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
