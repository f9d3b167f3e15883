"""Tiny models that the tests of this folder share; their weights are random."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tiny_models import save_tiny

Tiny = Callable[[str], Path]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Gives the folder of a tiny model of a family; each is made once."""
    made: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family not in made:
            made[family] = save_tiny(tmp_path_factory.mktemp(family), family)
        return made[family]

    return folder
