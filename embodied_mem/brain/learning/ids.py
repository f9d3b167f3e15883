"""Ids of the records that learning writes: never those of another writer of the same store."""

import hashlib
from typing import final

from embodied_mem.memory import MemoryStore, RecordIds


@final
class NewIds:
    """Hands out record ids that the store does not hold, the same ones in every equal run.

    Args:
        store: Where the records will be.
        writer: Name of who writes; two writers never hand out the same id.
    """

    def __init__(self, store: MemoryStore, writer: str) -> None:
        seed = hashlib.sha256(f"{writer}:{store.seed}:{store.session}".encode()).digest()
        self._ids = RecordIds(int.from_bytes(seed[:8], "little"))
        self._store = store

    def new(self, tick: int) -> str:
        """Returns an id for a record that is made at a tick."""
        while (record_id := self._ids.new(max(tick, 0))) in self._store:
            pass
        return record_id
