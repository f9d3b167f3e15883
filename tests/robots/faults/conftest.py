from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fault_scene import Scene
from peer import own_domain
from peer import peer as peer


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Starts scenes that end with the test."""
    with ExitStack() as stack:

        def start(*robot_options: str) -> Scene:
            domain = stack.enter_context(own_domain())
            return stack.enter_context(Scene(domain, tmp_path, *robot_options))

        yield start


@pytest.fixture(scope="module")
def shared_scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One scene for all tests of a module that leave it driving."""
    with own_domain() as domain, Scene(domain, tmp_path_factory.mktemp("scene")) as one:
        yield one
