"""The records that what was learned is kept in: one for each method and each recovery."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar, final

import msgspec

from embodied_mem.brain.learning.ids import NewIds
from embodied_mem.brain.learning.methods.method import Method
from embodied_mem.brain.learning.recoveries import RecoveryFact
from embodied_mem.errors import BudgetError
from embodied_mem.memory import Add, Delete, Filter, MemoryRecord, MemoryStore, Update

_RETIRED: Final = 0.5
"""What worked less often than this, of what it was tried, is not tried again."""
_PATIENCE: Final = 2
"""It may fail so often before that is judged."""


class SkillFact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="skill"):
    """A plan that worked. Kind `skill`; the payload is the JSON of its `Method`."""

    text: str
    """The words of the instruction that it was learned from."""
    key: str
    """See `frame_key`."""
    successes: int = 0
    failures: int = 0
    last_used: int = 0
    """Tick of the session that used it last."""


F = TypeVar("F", SkillFact, RecoveryFact)


@dataclass(slots=True)
class Kept(Generic[F]):
    """A fact as its record holds it."""

    id: str
    fact: F
    method: Method | None = None
    """Of a skill."""


def worth(fact: SkillFact | RecoveryFact) -> tuple[float, int, int]:
    """Returns by what skills are compared: how often they worked, how surely, and how lately."""
    tried = fact.successes + fact.failures
    return (fact.successes + 1) / (tried + 2), fact.successes, fact.last_used


@final
class SkillRecords:
    """Keeps methods and recoveries in a store, at most so many of them.

    Args:
        store: Where the records are.
        most: Records at most; beyond that, what is worth least is deleted.
    """

    def __init__(self, store: MemoryStore, most: int) -> None:
        self._store = store
        self._most = most
        self._ids = NewIds(store, "skills")
        self.skills: dict[str, Kept[SkillFact]] = {}
        self.recoveries: dict[str, Kept[RecoveryFact]] = {}
        for record in store.query(Filter(kind="skill")):
            if record.content.get("type") == "skill" and record.payload:
                fact = msgspec.convert(record.content, SkillFact)
                method: Method = msgspec.json.decode(record.payload[0], type=Method)
                self.skills[record.id] = Kept(record.id, fact, method)
            elif record.content.get("type") == "recovery":
                found = msgspec.convert(record.content, RecoveryFact)
                self.recoveries[record.id] = Kept(record.id, found)

    def drop_missing(self) -> bool:
        """Forgets what others deleted from the store; tells whether there was anything."""
        gone = [name for name in self._all() if name not in self._store]
        for name in gone:
            self.skills.pop(name, None)
            self.recoveries.pop(name, None)
        return bool(gone)

    def add_skill(self, fact: SkillFact, method: Method, tick: int) -> bool:
        """Stores a method; False where there is no room for it."""
        payload = (msgspec.json.encode(method),)
        record = self._record(msgspec.to_builtins(fact), tick, payload)
        if not self._add(record):
            return False
        self.skills[record.id] = Kept(record.id, fact, method)
        return True

    def add_recovery(self, fact: RecoveryFact, tick: int) -> bool:
        """Stores a recovery; False where there is no room for it."""
        record = self._record(msgspec.to_builtins(fact), tick, ())
        if not self._add(record):
            return False
        self.recoveries[record.id] = Kept(record.id, fact)
        return True

    def change(
        self, kept: Kept[SkillFact] | Kept[RecoveryFact], tick: int, method: Method | None = None
    ) -> None:
        """Writes a fact that changed, or retires it where it fails too often."""
        changes: dict[str, object] = {"content": msgspec.to_builtins(kept.fact)}
        if method is not None:
            changes["payload"] = (msgspec.json.encode(method),)
            kept.method = method
        fact = kept.fact
        tried = fact.successes + fact.failures
        if fact.failures >= _PATIENCE and fact.successes < _RETIRED * tried:
            changes["status"] = "archived"
            self.skills.pop(kept.id, None)
            self.recoveries.pop(kept.id, None)
        try:
            self._store.apply([Update(id=kept.id, tick=tick, changes=changes)])
        except BudgetError:
            # Counts that cannot be written are lost with this session; what is held stays right.
            return

    def _record(
        self, content: dict[str, object], tick: int, payload: tuple[bytes, ...]
    ) -> MemoryRecord:
        return MemoryRecord(
            id=self._ids.new(tick),
            kind="skill",
            content=content,
            payload=payload,
            session=self._store.session,
            valid_from=tick,
            recorded_at=tick,
        )

    def _add(self, record: MemoryRecord) -> bool:
        """Adds a record, in the place of what is worth least where there is no room."""
        while len(self._all()) >= self._most and self._drop_least():
            pass
        while True:
            try:
                self._store.apply([Add(record=record)])
                return True
            except BudgetError:
                if not self._drop_least():
                    return False

    def _drop_least(self) -> bool:
        facts = {name: kept.fact for name, kept in self.skills.items()}
        everything: dict[str, SkillFact | RecoveryFact] = {
            **facts,
            **{name: kept.fact for name, kept in self.recoveries.items()},
        }
        if not everything:
            return False
        least = min(everything, key=lambda name: (worth(everything[name]), name))
        self._store.apply([Delete(id=least)])
        self.skills.pop(least, None)
        self.recoveries.pop(least, None)
        return True

    def _all(self) -> list[str]:
        return [*self.skills, *self.recoveries]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())
