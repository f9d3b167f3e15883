"""A load of writes that follows from a seed: who knows the records before can foretell the next."""

from dataclasses import dataclass
from typing import Any, Final, Literal, final, get_args

import msgspec
import numpy as np

from embodied_mem.errors import BudgetError, StoreError
from embodied_mem.memory import Add, Delete, Link, MemoryRecord, MemoryStore, Operation, Update
from embodied_mem.memory.record import Pose
from embodied_mem_envs.bench.store.plain_model import PlainModel

BUDGET = 3 << 20
"""Of the stores under load: small, so that logs, segments and staged bytes turn over often."""
ARCHIVE = 1 << 20
_MOST_RECORDS = 220
_SPACES = (("views", 24), ("words", 40))
_COLOURS = ("red", "grey", "blue", "white", "green", "black")
_THINGS = ("mug", "chair", "lamp", "book", "plant", "sofa")

Chore = Literal["shrink", "compact", "grow", "rollback", "reopen", "read"]
CHORES: Final[tuple[Chore, ...]] = get_args(Chore)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do with a store."""

    operations: tuple[Operation, ...] = ()
    chore: Chore | None = None
    """Done instead of the operations."""
    share: float = 1.0
    """Of its bytes that the store is shrunk to."""


@final
class ScriptedLoad:
    """Draws batches and chores from a seed and the records there are.

    Args:
        seed: Of everything.
        chores: Which to draw besides batches.
        calm: Share of the steps that are batches.
    """

    def __init__(self, seed: int, *, chores: tuple[Chore, ...] = (), calm: float = 0.85) -> None:
        self._rng = np.random.default_rng(seed)
        self._salt = seed & 0xFFFFFFFF
        self._chores = chores
        self._calm = calm
        self._count = 0

    def step(self, model: PlainModel) -> Step:
        """Draws what comes next for a store that holds these records."""
        rng = self._rng
        self._count += 1
        if self._chores and rng.random() > self._calm:
            chore = self._chores[rng.integers(len(self._chores))]
            return Step(chore=chore, share=float(rng.uniform(0.5, 0.95)))
        if len(model.records) > _MOST_RECORDS:
            gone = rng.choice(sorted(model.records), _MOST_RECORDS // 3, replace=False)
            return Step(tuple(Delete(id=str(record_id)) for record_id in gone))
        if rng.random() < 0.12:
            return Step(tuple(Add(record=self._record(index)) for index in range(64)))
        count = int(rng.choice((1, 1, 1, 2, 5)))
        batch: list[Operation] = []
        after = model.copy()
        for index in range(count):
            operation = self._operation(after, index)
            after.apply([operation])
            batch.append(operation)
        return Step(tuple(batch))

    def _operation(self, model: PlainModel, index: int) -> Operation:
        rng = self._rng
        known = sorted(model.records)
        what = rng.random()
        if not known or what < 0.5:
            return Add(record=self._record(index, known))
        old = model.records[known[rng.integers(len(known))]]
        if what < 0.62:
            return Delete(id=old.id)
        if what < 0.8:
            return self._superseding(old, index)
        if what < 0.85 and old.kind == "fact" and old.status == "active":
            # The same fact, told again under another id.
            return Add(record=msgspec.structs.replace(old, id=self._id(index)))
        return Update(id=old.id, tick=self._count, changes=self._changes(old, known))

    def _superseding(self, old: MemoryRecord, index: int) -> Update:
        changes: dict[str, Any] = {"content": self._content(index)}
        if old.payload:
            changes["payload"] = self._payload()
            changes["losses"] = ()
        if old.embedding:
            changes["embedding"] = self._vector(len(old.embedding) // 4)
        tick = max(old.valid_from, old.recorded_at) + 1
        return Update(id=old.id, tick=tick, changes=changes, supersede_as=self._id(index))

    def _changes(self, old: MemoryRecord, known: list[str]) -> dict[str, Any]:
        rng = self._rng
        what = int(rng.integers(6))
        if what == 0:
            return {"place": f"room {rng.integers(9)}"}
        if what == 1:
            return {"links": (Link("beside", known[rng.integers(len(known))]),)}
        if what == 2 and old.payload:
            return {"payload": self._payload()}
        if what == 3 and old.embedding:
            return {"embedding": self._vector(len(old.embedding) // 4)}
        if what == 4 and len(old.payload) > 1:
            return {"level": 1, "bits": 4}
        return {"content": self._content(0)}

    def _record(self, index: int, known: list[str] | None = None) -> MemoryRecord:
        rng = self._rng
        space, dimension = _SPACES[rng.integers(2)]
        has_vector, has_payload = rng.random() < 0.7, rng.random() < 0.7
        payload = self._payload() if has_payload else ()
        links: tuple[Link, ...] = ()
        if known and rng.random() < 0.3:
            links = (Link("shows", known[rng.integers(len(known))]),)
        return MemoryRecord(
            id=self._id(index),
            kind=("fact", "event", "snapshot")[rng.integers(3)],
            content=self._content(index),
            place=f"room {rng.integers(9)}",
            pose=self._pose() if rng.random() < 0.8 else None,
            about=(f"thing-{rng.integers(40)}",),
            valid_from=self._count,
            recorded_at=self._count,
            embedding=self._vector(dimension) if has_vector else b"",
            space=space if has_vector else "",
            payload=payload,
            losses=tuple(np.linspace(0.4, 0.0, len(payload)).tolist()),
            links=links,
        )

    def _id(self, index: int) -> str:
        return f"{self._count:012x}{index:08x}{self._salt:012x}"

    def _content(self, index: int) -> dict[str, Any]:
        rng = self._rng
        colour, thing = _COLOURS[rng.integers(6)], _THINGS[rng.integers(6)]
        only = f"n{self._salt}x{self._count}x{index}x{rng.integers(1 << 30)}"
        return {"text": f"{colour} {thing} {only}", "n": int(rng.integers(100))}

    def _payload(self) -> tuple[bytes, ...]:
        rng = self._rng
        sizes = rng.integers(50, 4000, int(rng.integers(1, 5)))
        return tuple(rng.bytes(int(size)) for size in sizes)

    def _vector(self, dimension: int) -> bytes:
        return self._rng.normal(size=dimension).astype("<f4").tobytes()

    def _pose(self) -> Pose:
        x, y = self._rng.uniform(0, 9, 2).tolist()
        return (x, y, 1.0, 1.0, 0.0, 0.0, 0.0)


@final
class Ledger:
    """What a store must hold, batch by batch."""

    def __init__(self, model: PlainModel, sequence: int) -> None:
        self.model = model
        self._before = {sequence: model}
        """What the store held after each batch."""

    def foreseen(self, step: Step) -> PlainModel | None:
        """Returns what there must be after a step, if the store lets it be done.

        None where that cannot be told, since it goes back to before this ledger began: such a
        step is left out.
        """
        if step.chore == "rollback":
            earlier = max((n for n in self._before if n < max(self._before)), default=None)
            return None if earlier is None else self._before[earlier]
        after = self.model.copy()
        after.apply(step.operations)
        return after

    def acknowledge(self, after: PlainModel, sequence: int) -> None:
        """Takes down that a step was done, and the number of the store's last batch since."""
        self.model = after
        self._before[sequence] = after


def carry_out(store: MemoryStore, step: Step) -> bool:
    """Does a step, other than to reopen; returns whether the store let it be done.

    It may refuse to roll back to what it gave up for space, and to shrink any further.
    """
    try:
        match step.chore:
            case None:
                store.apply(step.operations)
            case "shrink":
                store.shrink(int(store.disk_bytes * step.share))
            case "compact":
                store.compact()
            case "grow":
                store.grow()
            case "rollback":
                store.rollback(store.sequence)
            case "read":
                ids = [store.columns.ids[slot] for slot in store.columns.slots()[:5]]
                store.note_reads(ids, 1)
    except (BudgetError, StoreError):
        return False
    return True
