import pytest

from embodied_mem.memory.store import MemoryStore
from furnished_flat import THINGS, store_of


@pytest.fixture(scope="session")
def memory() -> MemoryStore:
    """The furnished flat."""
    return store_of(THINGS)
