"""Starts the robot from the command line: `python -m embodied_mem_envs.robot_peer --help`."""

import json
import signal
import sys
import threading

import tyro

from embodied_mem.errors import EmbodiedMemError
from embodied_mem_envs.robot_peer.config import PeerConfig
from embodied_mem_envs.robot_peer.control import Control

_DESCRIPTION = """\
A robot to try things on: a differential base with an RGB-D camera (and an arm) in a generated
house, in a process of its own. It speaks the topics of a ROS 2 robot over DDS, on this machine
alone, and needs no ROS. Give a brain the same --domain, for example:

    python -m embodied_mem_envs.robot_peer --seed 7 --rooms 3 --domain 42
    embodied-mem connect ...            (in another terminal, with domain 42)

It sends odom, camera/color/image_raw, camera/depth/image_raw, camera/color/camera_info, battery
and estopped; it hears cmd_vel, e_stop and e_stop_reset (and arm/joint_trajectory). Ctrl-C ends it.
"""


def main() -> None:
    """Runs a robot until it is interrupted, or until its standard input ends with `--control`."""
    config = tyro.cli(
        PeerConfig, prog="python -m embodied_mem_envs.robot_peer", description=_DESCRIPTION
    )
    # Threads that wait for the interpreter would otherwise be 5 ms late, each in turn.
    sys.setswitchinterval(0.001)
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    try:
        from embodied_mem_envs.robot_peer.robot import PeerRobot

        robot = PeerRobot(config)
    except ImportError as error:
        sys.exit(f'the robot needs Cyclone DDS: pip install "embodied_mem[ros2]" ({error})')
    except EmbodiedMemError as error:
        sys.exit(f"the robot cannot start: {error}")
    robot.start()
    where = {"ready": True, "domain": config.domain, "namespace": config.namespace}
    print(json.dumps(where), flush=True)
    if config.control:
        control = Control(robot.faults, robot)
        threading.Thread(target=_obey, args=(control, end), name="control", daemon=True).start()
    end.wait()
    robot.close()


def _obey(control: Control, end: threading.Event) -> None:
    for line in sys.stdin:
        print(control.obey(line), flush=True)
    end.set()


if __name__ == "__main__":
    main()
