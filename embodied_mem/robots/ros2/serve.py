"""Runs inside a ROS environment: one robot behind its gate, served to the process that asked.

`python -m embodied_mem.robots.ros2.serve SPEC PARENT` reads what to serve from a file, says on
its standard output when it is ready, and lives no longer than its parent: when standard input ends
or the parent is gone, however that happened, the robot is brought to rest and the process ends.
A parent that only stands still (SIGSTOP) is the gate's watchdog's business.
"""

import json
import logging
import os
import shutil
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from embodied_mem.errors import EmbodiedMemError
from embodied_mem.robots.gateway.serving import serve
from embodied_mem.robots.robot import Robot
from embodied_mem.robots.ros.topics import RosConfig
from embodied_mem.robots.ros2.rclpy_driver import RclpyDriver
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.settings import read_config, write_config

FAILED = "embodied-mem-ros2: failed: "
_LOOK_EVERY = 0.25
"""Whether the parent is still there is looked at this often, s; its pipe tells at once, but may be
held open by other children of a parent that was killed."""
_AFTER_INPUT = 3.0
"""The end of standard input has usually ended the process within this, tidily, s."""
_LONGEST_STOP = 10.0
"""Bringing the robot to rest may take so long at most, s; the base's own timeout has it then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeSpec:
    """What to serve."""

    endpoint: str
    """Where: ipc:///PATH."""
    ros: RosConfig = field(default_factory=RosConfig)
    """The robot."""
    gate: GateConfig = field(default_factory=GateConfig)
    """Its gate, the one that counts."""
    joint_limits: JointLimits | None = None
    """Limits of its arm's joints."""

    def write(self, path: Path) -> None:
        """Writes it to a file."""
        path.write_text(json.dumps(write_config(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "ServeSpec":
        """Reads it from a file."""
        return read_config(cls, json.loads(path.read_text(encoding="utf-8")))


def main(arguments: list[str]) -> int:
    """Serves until the parent is gone; returns the exit status."""
    spec, parent = ServeSpec.read(Path(arguments[0])), int(arguments[1])
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    robot = Robot(RclpyDriver(spec.ros), spec.gate, joint_limits=spec.joint_limits)
    threading.Thread(target=_watch, args=(parent,), name="ros2-parent", daemon=True).start()
    try:
        serve(robot, spec.endpoint, with_parent=True)
    except EmbodiedMemError as error:
        print(f"{FAILED}{error}", flush=True)
        return 1
    finally:
        # A parent that was killed cannot tidy up behind itself.
        shutil.rmtree(Path(arguments[0]).parent, ignore_errors=True)
    return 0


def _watch(parent: int) -> None:
    """Ends this process when its parent is another than it was."""
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    time.sleep(_AFTER_INPUT)
    # The robot is brought to rest by the handler; should that hang, nobody else would end us.
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LONGEST_STOP)
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
