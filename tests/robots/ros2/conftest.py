from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from embodied_mem.robots.robot import Robot
from peer import Peer, own_domain
from peer import peer as peer
from ros_env import ros_python, ros_robot


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., tuple[Peer, Robot]]]:
    """Starts robots, and connects to each by rclpy; all end with the module."""
    ros_python()
    with ExitStack() as stack:

        def start(*robot_options: str, **driver_options: object) -> tuple[Peer, Robot]:
            folder: Path = tmp_path_factory.mktemp("robot")
            domain = stack.enter_context(own_domain())
            one = Peer(domain, folder / "robot.jsonl", *robot_options)
            stack.callback(one.kill)
            robot = ros_robot(domain, arm="--arm" in robot_options, **driver_options)
            return one, stack.enter_context(robot)

        yield start
