from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from embodied_mem.robots.robot import Robot
from peer import Peer, own_domain
from peer import peer as peer
from ros_env import ros_python, ros_robot

StartScene = Callable[..., tuple[Peer, Robot]]


@contextmanager
def starting(folder: Path) -> Iterator[StartScene]:
    ros_python()
    with ExitStack() as stack:

        def start(
            *robot_options: str, before: tuple[str, ...] = (), **driver_options: object
        ) -> tuple[Peer, Robot]:
            domain = stack.enter_context(own_domain())
            one = Peer(domain, folder / f"{domain}.jsonl", *robot_options)
            stack.callback(one.kill)
            for line in before:
                one.tell(line)
            robot = ros_robot(domain, arm="--arm" in robot_options, **driver_options)
            return one, stack.enter_context(robot)

        yield start


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[StartScene]:
    """Starts a robot, has something go wrong `before`, and connects to it by rclpy."""
    with starting(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def lasting_scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartScene]:
    """As `scene`, for all tests of a module."""
    with starting(tmp_path_factory.mktemp("robots")) as start:
        yield start
