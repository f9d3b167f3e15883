from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from fault_scene import Scene
from peer import own_domain
from peer import peer as peer


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Starts scenes that end with the test."""
    with ExitStack() as stack:

        def start(*robot_options: str, **others: Any) -> Scene:
            domain = stack.enter_context(own_domain())
            return stack.enter_context(Scene(domain, tmp_path, *robot_options, **others))

        yield start


@pytest.fixture(scope="module")
def kept_scenes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Scene]]:
    kept: list[Scene] = []
    with own_domain() as domain:
        kept.append(Scene(domain, tmp_path_factory.mktemp("scene")))
        yield kept
        kept[-1].close()


@pytest.fixture
def shared_scene(
    kept_scenes: list[Scene], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """One scene for all tests of a module that leave it driving; a new one after a failure."""
    scene = kept_scenes[-1]
    yield scene
    if not scene.intact:
        scene.close()
        kept_scenes.append(Scene(scene.domain, tmp_path_factory.mktemp("scene")))
