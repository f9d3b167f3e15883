import pytest
from furnished_flat import THINGS, store_of

from embodied_mem.memory.store import MemoryStore


@pytest.fixture(scope="session")
def memory() -> MemoryStore:
    """The furnished flat."""
    return store_of(THINGS)
