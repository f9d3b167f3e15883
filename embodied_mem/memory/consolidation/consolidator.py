"""Consolidation off the ingest path: a little at a time, of what is new since it last looked."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, final

from embodied_mem.errors import BudgetError, StoreError
from embodied_mem.memory.consolidation.config import ConsolidationConfig
from embodied_mem.memory.consolidation.evolution import Proposer, evolve, is_note
from embodied_mem.memory.consolidation.linking import link_operations
from embodied_mem.memory.consolidation.reflection import reflect
from embodied_mem.memory.consolidation.report import ConsolidationReport
from embodied_mem.memory.consolidation.similar import find_similar, is_consolidated
from embodied_mem.memory.consolidation.summary import LEVELS, Level
from embodied_mem.memory.consolidation.superseding import settle_rivals
from embodied_mem.memory.consolidation.thinning import thin_past
from embodied_mem.memory.consolidation.topics import rivals, topic_of
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.store import MemoryStore

Subject = tuple[Level, str]


class Lost(Protocol):
    """A derived record that was erased with one of its sources."""

    @property
    def tag(self) -> str:
        """The `type` of its content."""
        ...

    @property
    def session(self) -> str:
        """The session that it was recorded in."""
        ...

    @property
    def place(self) -> str | None:
        """Id of the place that it was about."""
        ...


@final
class Consolidator:
    """Works through new records in the manner of Mem0: extract fast, consolidate later.

    Mem0 (Chhikara et al. 2025, section 2.1) compares each new fact with its k = 10 nearest and
    adds, updates or deletes. Here ingest only adds, and of each new record

    - facts of one thing by one observer become one active fact: what says the same is joined, what
      says something else is superseded (`settle_rivals`);
    - links to similar records are written (`link_operations`), a bounded number of each type;
    - notes beside a new note evolve (`evolve`);
    - rooms, visits and sessions are summed up (`reflect`), in `step` once enough of them is new.

    Each is one atomic batch, and nothing private becomes known to more than its observer. It keeps
    no file: a new consolidator looks at all records once more, and changes nothing that is done.
    `attach` it to a store (`memory.forgetting`), so that summaries are derived anew without what
    was forgotten.

    Args:
        store: The memory; opened for writing.
        config: How much at a time, and what counts as alike.
        propose: Says how neighbours of a new note evolve, for example by asking a model.
    """

    def __init__(
        self,
        store: MemoryStore,
        config: ConsolidationConfig | None = None,
        propose: Proposer | None = None,
    ) -> None:
        self.store = store
        self.config = config or ConsolidationConfig()
        self._propose = propose
        self._tally = ConsolidationReport()
        self._queue: deque[str] = deque()
        self._looked: list[str] = []
        """By slot: id of the record that was there when all new ones were queued last."""
        self._sequence = -1
        self._fresh: Counter[Subject] = Counter()
        """New records of rooms and sessions since they were summed up."""

    @property
    def report(self) -> ConsolidationReport:
        """What has been done so far."""
        return replace(self._tally)

    def step(self) -> bool:
        """Does a bounded piece of work; returns whether there is more to do now.

        Raises:
            StoreFullError: If the disk is full or read-only; nothing stored before is lost.
        """
        self._find_new()
        if self._queue:
            for _ in range(min(self.config.records_a_step, len(self._queue))):
                self._look_at(self._queue.popleft())
            return bool(self._queue) or self._due() is not None
        subject = self._due()
        if subject is not None:
            self._sum_up(*subject)
        return self._due() is not None

    def finish(self) -> ConsolidationReport:
        """Works through everything that is new, and brings all summaries up to date.

        Raises:
            StoreFullError: If the disk is full or read-only.
        """
        while self.step():
            pass
        if self.config.thin_past:
            self._guarded(self._thin)
        for level in LEVELS:
            self._guarded(partial(self._note_summaries, level, None))
        self._fresh.clear()
        return self.report

    def _thin(self) -> None:
        while count := thin_past(self.store):
            self._tally.thinned += count

    # -- what depends on the store's records, see `memory.forgetting.Dependent` ------------------

    def let_go(self, ids: Collection[str]) -> None:
        """Drops what it holds of records that are to be forgotten: their place in the queue."""
        self._queue = deque(each for each in self._queue if each not in ids)

    def rebuild(self, lost: Sequence[Lost]) -> list[str]:
        """Derives summaries anew that were erased with one of their sources."""
        written = []
        for each in lost:
            subject = each.place if each.tag == "room" else each.session
            if each.tag in LEVELS and subject:
                level: Level = each.tag
                written += reflect(self.store, level, subjects_only=[subject])
        return list(dict.fromkeys(written))

    # -- inside --------------------------------------------------------------------------------

    def _find_new(self) -> None:
        """Queues the records that came since the last time, in the order of slots."""
        if self._queue or self.store.sequence == self._sequence:
            return
        columns = self.store.columns
        now, before = columns.ids, self._looked
        new = [
            slot
            for slot in columns.slots().tolist()
            if slot >= len(before) or now[slot] is not before[slot]
        ]
        new = [slot for slot in new if slot >= len(before) or now[slot] != before[slot]]
        self._queue.extend(now[slot] for slot in new)
        self._looked, self._sequence = list(now), self.store.sequence

    def _look_at(self, record_id: str) -> None:
        record = self._active(record_id)
        if record is None:
            return
        self._tally.looked += 1
        for subject in _subjects(record):
            self._fresh[subject] += 1
        if not self._guarded(partial(self._settle, record)):
            return
        record = self._active(record_id)
        if record is not None:
            self._guarded(partial(self._relate, record))

    def _settle(self, record: MemoryRecord) -> None:
        """Leaves one active fact of what the record is about."""
        if topic_of(record) is None:
            return
        facts = [each for each in self._told_of(record) if rivals(each, record)]
        if len(facts) < 2:
            return
        operations = settle_rivals(facts, self.config.same_spot)
        self.store.apply(operations)
        self._tally.note_settled(operations)

    def _told_of(self, record: MemoryRecord) -> list[MemoryRecord]:
        if record.about:
            wanted = Filter(kind="fact", about=record.about, observer=record.observer)
            return self.store.query(wanted)
        similar = find_similar(self.store, record, self.config.candidates)
        return [record, *similar.alike]

    def _relate(self, record: MemoryRecord) -> None:
        """Links the record with similar ones, and lets its neighbours evolve."""
        config = self.config
        similar = find_similar(self.store, record, config.candidates, radius=config.near)
        links = link_operations(record, similar, config)
        if links.operations:
            self.store.apply(links.operations)
            self._tally.links += links.written
        if config.evolved and is_note(record):
            earlier = [each.id for each in similar.alike if _time(each) < _time(record)]
            self._evolve(record, earlier)

    def _evolve(self, record: MemoryRecord, retrieved: Sequence[str]) -> None:
        # Read again: a link may just have been written into one of them.
        neighbours = [each for key in retrieved if (each := self._active(key)) is not None]
        updates = evolve(record, neighbours, self.config, self._propose)
        if not updates:
            return
        self.store.apply(updates)
        held = [each.supersede_as for each in updates if each.supersede_as is not None]
        self._tally.evolved += len(held)
        for new in held:  # what evolved is no news to its neighbours
            slot = self.store.slot_of(new)
            self._looked += [""] * (slot + 1 - len(self._looked))
            self._looked[slot] = new

    def _active(self, record_id: str) -> MemoryRecord | None:
        if record_id not in self.store:
            return None
        record = self.store.get(record_id)
        return record if is_consolidated(record) else None

    def _guarded(self, work: Callable[[], None]) -> bool:
        """Does something that needs room; without room it is left out, and counted."""
        try:
            work()
        except BudgetError:
            self._tally.refused += 1
            return False
        return True

    def _due(self) -> Subject | None:
        """Returns what should be summed up: the room or session with the most news."""
        due = [key for key, count in self._fresh.items() if count >= self.config.reflect_after]
        return max(due, key=lambda key: (self._fresh[key], key), default=None)

    def _sum_up(self, level: Level, subject: str) -> None:
        del self._fresh[level, subject]
        self._guarded(partial(self._note_summaries, level, [subject]))

    def _note_summaries(self, level: Level, names: Sequence[str] | None) -> None:
        self._tally.summaries += len(reflect(self.store, level, subjects_only=names))


def consolidate_memory(
    store: MemoryStore, config: ConsolidationConfig | None = None
) -> ConsolidationReport:
    """Consolidates all of a memory at once, and says what was done.

    Raises:
        StoreError: If the store was opened for reading.
        StoreFullError: If the disk is full or read-only.
    """
    if not store.writable:
        raise StoreError("this memory was opened for reading; open MemoryStore(path) to write")
    return Consolidator(store, config).finish()


def _time(record: MemoryRecord) -> tuple[int, str]:
    return (record.recorded_at, record.id)


def _subjects(record: MemoryRecord) -> list[Subject]:
    found: list[tuple[Level, str | None]] = [("session", record.session)]
    if record.content.get("type") == "object":
        found = [("room", record.place), ("visit", record.session)]
    return [(level, name) for level, name in found if name]
