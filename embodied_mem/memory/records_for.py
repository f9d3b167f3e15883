"""Records looked up by id on somebody's behalf."""

from typing import final

from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.store import MemoryStore


@final
class RecordsFor:
    """Records as one viewer may know of them, for whoever looks some up by their ids.

    A `HandleTable` made with it resolves no handle of a record that the viewer may not see.
    """

    def __init__(self, store: MemoryStore, viewer: str) -> None:
        self._store = store
        self._viewer = viewer

    def __contains__(self, record_id: object) -> bool:
        asked = Filter(ids=[str(record_id)], status="any", viewer=self._viewer)
        return bool(len(self._store.select(asked)))

    def get(self, record_id: str) -> MemoryRecord:
        """Returns a record.

        Raises:
            StoreError: If no record has that id, or none that the viewer may know of.
        """
        return self._store.get(record_id, viewer=self._viewer)
