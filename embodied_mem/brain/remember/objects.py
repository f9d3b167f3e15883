"""A fact record of every object that the scene believes in."""

from typing import Final, final

from embodied_mem.brain.remember.ledger import Entry, Ledger
from embodied_mem.brain.remember.maker import RecordMaker, pose_at
from embodied_mem.brain.remember.past_places import PastPlaces
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import ObjectFact, active
from embodied_mem.memory.record import Operation
from embodied_mem.scene.graph import SceneChange, SceneGraph

DRIFT: Final = 0.05
"""Metres that an object's box may drift before its fact is brought up to date."""


@final
class ObjectRecords:
    """Follows the objects of a scene by their rows."""

    def __init__(self, scene: SceneGraph, maker: RecordMaker) -> None:
        self.ledger: Ledger[int, ObjectFact] = Ledger()
        self._scene = scene
        self._maker = maker
        self._past: PastPlaces | None = None

    def follow(self, change: SceneChange) -> list[Operation]:
        """Returns what one observation changes: new objects, and facts that turned out wrong."""
        operations: list[Operation] = []
        believed = self._scene.required()
        for row in change.dropped:
            operations += self.ledger.remove(row)
        for row in dict.fromkeys((*change.moved, *change.gone, *change.seen)):
            if believed[row] and (row not in self.ledger or self._stale(row)):
                operations += self._write(row, self._scene.object_fact(row), self._place(row))
        return operations

    def correct(self) -> list[Operation]:
        """Returns what puts every fact where the scene has moved its object to."""
        operations: list[Operation] = []
        for row in map(int, self._scene.objects.rows()):
            if row not in self.ledger:
                continue
            old = self.ledger[row].fact
            fact = self._scene.object_fact(row, old.on)
            if fact.position != old.position:
                operations += self._write(row, fact, self._place(row))
        return operations

    def refresh(self) -> list[Operation]:
        """Returns what brings every fact up to date, with its place and what it stands on."""
        carriers = self._scene.supports()
        operations: list[Operation] = []
        for row in map(int, self._scene.objects.rows()):
            on = carriers.get(row)
            fact = self._scene.object_fact(row, None if on is None else self._scene.objects.ids[on])
            operations += self._write(row, fact, self._place_now(row))
        if self._past is not None:
            operations += self._past.refresh(self._scene, self._maker.tick)
        return operations

    def restore(self, store: MemoryStore) -> dict[str, int]:
        """Gives the scene the objects of earlier visits; returns their rows by id."""
        rows: dict[str, int] = {}
        for record, fact in active(store, ObjectFact):
            if fact.object_id in rows:
                continue  # another observer's own record of the same thing, in a merged memory
            row = self._scene.objects.restore(fact, record.vector, record.payload[0])
            rows[fact.object_id] = row
            self.ledger.adopt(row, Entry(record, fact))
        if rows:
            self._past = PastPlaces(store)
        return rows

    def _place(self, row: int) -> str | None:
        """Returns the place of an object; the one noted last while no places are known."""
        if self._scene.places or row not in self.ledger:
            return self._place_now(row)
        return self.ledger[row].record.place

    def _place_now(self, row: int) -> str | None:
        """Returns the place of an object; the one noted last on a floor not yet come to."""
        floor = self._scene.storeys.floor(self._scene.floor_of(row))
        if floor is None and row in self.ledger:
            return self.ledger[row].record.place
        return self._scene.place_of(row)

    def _stale(self, row: int) -> bool:
        """Tells whether an object's stored fact is wrong by more than it may be."""
        table, written = self._scene.objects, self.ledger[row].fact
        return (
            table.state(row) != written.state
            or table.category[row] != written.category
            or max(map(_apart, table.position(row), written.position)) > DRIFT
        )

    def _write(self, row: int, fact: ObjectFact, place: str | None) -> list[Operation]:
        """Adds a fact, changes it, or supersedes it when what it claims of the world ended."""
        tick = self._maker.tick
        if self.ledger.withheld(row, tick):
            return []
        if row not in self.ledger:
            return self.ledger.add(row, self._entry(self._maker.new_id(), row, fact, place))
        old = self.ledger[row]
        ended = fact.state != old.fact.state and old.fact.state != "unknown"
        record_id = self._maker.new_id() if ended else old.record.id
        return self.ledger.change(row, self._entry(record_id, row, fact, place), tick)

    def _entry(
        self, record_id: str, row: int, fact: ObjectFact, place: str | None
    ) -> Entry[ObjectFact]:
        table = self._scene.objects
        record = self._maker.make(
            record_id,
            fact,
            about=(fact.object_id,),
            place=place,
            pose=pose_at(*fact.position),
            valid_from=fact.first_tick,
            embedding=table.embedding[row].astype("<f4").tobytes(),
            space=self._scene.embedder.space,
            payload=(table.geometry(row),),
            links=self.ledger[row].record.links if row in self.ledger else (),
        )
        return Entry(record, fact)


def _apart(first: float, second: float) -> float:
    return abs(first - second)
