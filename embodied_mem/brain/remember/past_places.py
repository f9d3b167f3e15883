"""Where things were on earlier visits, by the names that rooms have on this one."""

from typing import final

from embodied_mem.memory import Filter, MemoryStore, Update
from embodied_mem.memory.record import Operation
from embodied_mem.scene.graph import SceneGraph


@final
class PastPlaces:
    """Keeps the rooms of outlived facts of objects true.

    Each visit maps the house anew and names the rooms in the order in which it finds them, so the
    `place` of an earlier visit's record would name another room, or none.
    """

    def __init__(self, store: MemoryStore) -> None:
        """Reads which facts are outlived already."""
        self._store = store
        past = store.query(Filter(kind="fact", status="archived"), payload=False)
        self._places = {
            record.id: (record.pose[:3], record.place)
            for record in past
            if record.pose is not None and record.content.get("type") == "object"
        }

    def refresh(self, scene: SceneGraph, tick: int) -> list[Operation]:
        """Returns what gives outlived facts the rooms that they lie in as they are known now.

        What lies on a floor that this visit has not come to keeps its room, as that does.
        """
        operations: list[Operation] = []
        for record_id, (position, old) in self._places.items():
            if record_id not in self._store or scene.storeys.floor_at(position[2]) is None:
                continue
            place = scene.place_at(position)
            if place != old:
                operations.append(Update(id=record_id, tick=tick, changes={"place": place}))
                self._places[record_id] = (position, place)
        return operations
