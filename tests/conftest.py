"""Fixtures that several test folders share."""

import pytest

from embodied_mem.memory import MemoryStore
from memory_fixture import build_memory

collect_ignore = ["support/franka_server.py"]
"""Programs that run in another environment."""


@pytest.fixture(scope="session")
def sample_memory() -> MemoryStore:
    """The memory of a small furnished flat; read only, since all tests share it."""
    return build_memory()
