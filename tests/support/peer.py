"""The robots of `embodied_mem_envs.robot_peer`, as a fixture."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embodied_mem_envs.robot_peer.process import RobotProcess as Peer
from embodied_mem_envs.robot_peer.process import own_domain

__all__ = ["Peer", "StartPeer", "own_domain", "peer"]

StartPeer = Callable[..., Peer]
"""`peer(*options, name="robot")` starts a robot with more options; it ends with the test."""


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[StartPeer]:
    """Starts robots, all of one test on one domain, and always ends them."""
    started: list[Peer] = []
    with own_domain() as domain:

        def start(*options: str, name: str = "robot", prefix: tuple[str, ...] = ()) -> Peer:
            one = Peer(domain, tmp_path / f"{name}.jsonl", *options, prefix=prefix)
            started.append(one)
            return one

        try:
            yield start
        finally:
            for one in started:
                one.kill()
