"""What earlier visits knew of places, frontiers and maps, until this visit knows better."""

from collections.abc import Iterable
from typing import Final, final

from embodied_mem.memory import Delete, MemoryRecord, MemoryStore
from embodied_mem.memory.facts import MapFact, active
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import Operation

_PER_VISIT: Final = frozenset({"frontier", "place", "map", "walk"})
_NUMBERED: Final = {"place": "place_id", "frontier": "frontier_id"}


@final
class EarlierFloors:
    """Forgets what a visit writes anew, floor by floor: what it does not come to stays known.

    A memory of one floor forgets all of it at once, for the visit begins on that floor.
    """

    def __init__(self, store: MemoryStore) -> None:
        """Reads what there is, and forgets what can be forgotten at once."""
        self.heights: dict[int, float] = {
            fact.floor: record.pose[2]
            for record, fact in active(store, MapFact, payload=False)
            if record.pose is not None
        }
        """World height of each floor, m; empty where only one is known."""
        self.first: dict[str, int] = {"place": 0, "frontier": 0}
        """The first number that is free for the names of new places and frontiers."""
        self._kept: dict[int, list[str]] = {}
        told = store.query(Filter(kind=("frontier", "summary", "event")), payload=False)
        stale = []
        for record in told:
            kind = record.content.get("type")
            if kind not in _PER_VISIT:
                continue
            if kind == "walk" or len(self.heights) < 2:
                stale.append(record.id)
                continue
            floor = record.content.get("floor", 0)
            self._kept.setdefault(floor, []).append(record.id)
            self._note_number(record, kind)
        if stale:
            store.apply([Delete(id=record_id) for record_id in stale])

    def forget(self, opened: Iterable[int], store: MemoryStore) -> list[Operation]:
        """Returns what forgets the floors that the body stands on in this visit."""
        if not self._kept:
            return []
        gone = [name for floor in opened for name in self._kept.pop(floor, ())]
        return [Delete(id=record_id) for record_id in gone if record_id in store]

    def _note_number(self, record: MemoryRecord, kind: str) -> None:
        if kind in _NUMBERED:
            name = str(record.content[_NUMBERED[kind]])
            number = int(name.rsplit("-", 1)[-1])
            self.first[kind] = max(self.first[kind], number + 1)
