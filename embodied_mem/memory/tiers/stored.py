"""What the store itself tells of tiers, whether any records are kept ready or not."""

from typing import Literal

from embodied_mem.errors import StoreError
from embodied_mem.memory.store import MemoryStore
from embodied_mem.memory.tiers.moves import erase

Tier = Literal["cold", "warm", "hot"]


def tier_of(store: MemoryStore, record_id: str) -> Tier:
    """Tells where a record is; see `MemoryStore.tier`.

    Raises:
        StoreError: If no record has that id.
    """
    slot = store.slot_of(record_id)
    if store.tiers is not None and store.tiers.is_hot(record_id):
        return "hot"
    columns = store.columns
    lowered = bool(columns.level[slot] < columns.layers[slot])
    return "cold" if lowered and store._state.row(slot)[2].archived else "warm"


def erase_log(store: MemoryStore) -> None:
    """Removes the log of a store's tiers, whether any are open or not.

    The ids in it are those of records that were hot once. Its pages are free then, for a VACUUM
    to give back; what is hot in memory is cleared by `Tiers.clear`, which calls this.

    Raises:
        StoreError: If the store was opened for reading.
    """
    if not store.writable:
        raise StoreError("this memory was opened for reading; open MemoryStore(path) to write")
    with store.turn():
        erase(store._state)
