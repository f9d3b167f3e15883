"""What is derived from a memory's records and has to be derived anew when some are forgotten."""

from embodied_mem.brain.partners.profile_records import ProfileRecords
from embodied_mem.memory.consolidation import Consolidator
from embodied_mem.memory.forgetting import attach
from embodied_mem.memory.store import MemoryStore


def attach_derivers(store: MemoryStore) -> None:
    """Has `MemoryStore.forget` make lost summaries and profiles anew from what is left.

    Args:
        store: Opened for writing.
    """
    attach(store, Consolidator(store))
    attach(store, ProfileRecords(store))
