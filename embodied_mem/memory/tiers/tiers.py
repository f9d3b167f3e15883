"""Three tiers of one memory: cold in the archive, warm in the store, hot and ready to use."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import final

from embodied_mem.errors import ConfigError, DamagedRecordError, StoreFullError
from embodied_mem.memory.storage.rows import Body, Heap
from embodied_mem.memory.store import MemoryStore
from embodied_mem.memory.telling import as_told, refuse_hidden
from embodied_mem.memory.tiers.cold import balance
from embodied_mem.memory.tiers.heat import AgedDensity, Policy
from embodied_mem.memory.tiers.moves import Move, MoveLog
from embodied_mem.memory.tiers.ready import Ready, Render, make_ready, prompt_line, same_content
from embodied_mem.memory.tiers.stored import erase_log

_ROW_COST = 30.0
"""What reading a record costs that is not hot, in about microseconds of CPU."""
_PIXEL_COST = 0.0095
_VECTOR_COST = 0.05
"""A dimension."""


@dataclass(frozen=True, kw_only=True)
class TiersConfig:
    """How the tiers are kept."""

    log_every: int = 64
    """Moves after which they are written to the log; what a kill takes is fewer than these."""

    def __post_init__(self) -> None:
        if self.log_every < 1:
            raise ConfigError(f"log_every must be at least 1, not {self.log_every}")


@dataclass(slots=True)
class _Hot:
    """A record that is ready, and the state of its row that it was made from."""

    ready: Ready
    size: int
    body: Body
    heap: Heap
    resident: object
    changes: int
    """Of the store's arrays when the row was last compared; while these stay, so does the row."""


@dataclass(kw_only=True, slots=True)
class TierCounts:
    """What reading came to so far."""

    reads: int = 0
    hits: int = 0
    """Reads that the hot tier served."""
    promoted: int = 0
    demoted: int = 0
    stale: int = 0
    """Hot records that had changed when they were read, and were made ready anew."""


@final
class Tiers:
    """Reads records ready to use, and keeps the hottest ready within a bound of bytes.

    It is a cache that never changes an answer: what it hands out is compared with the record's
    row first, so one that was changed, lowered or deleted, by whomever, is never served as it
    was. What became hot and what no longer is is written to a log in the store; a restart begins
    with the same hot set, made ready anew from the store. After the tiers of MemOS (Li et al.,
    2025). Of a store that was opened for reading nothing is logged.

    Like the store it is used by one thread at a time; with `Lanes`, inside `lanes.query()`.

    Args:
        store: The memory.
        hot_bytes: Bytes of memory that what is hot may take, about.
        policy: Chooses what is hot; `AgedDensity` where None.
        render: Makes the text of a prompt from a record without its bytes.
        config: Settings.

    Raises:
        ConfigError: If `hot_bytes` is negative.

    >>> from embodied_mem.memory import Add, MemoryRecord
    >>> store, cup = MemoryStore(), MemoryRecord(id="0" * 32, kind="fact", content={"is": "red"})
    >>> tiers = Tiers(store, hot_bytes=1 << 20)
    >>> _ = store.apply([Add(record=cup)])
    >>> store.tier(cup.id), tiers.read(cup.id).text, store.tier(cup.id)
    ('warm', 'fact, tick 0: red', 'hot')
    """

    def __init__(
        self,
        store: MemoryStore,
        *,
        hot_bytes: int,
        policy: Policy | None = None,
        render: Render = prompt_line,
        config: TiersConfig | None = None,
    ) -> None:
        if hot_bytes < 0:
            raise ConfigError(f"hot_bytes must not be negative: {hot_bytes}")
        self.store = store
        self.hot_bytes = hot_bytes
        self.policy: Policy = AgedDensity() if policy is None else policy
        self.config = TiersConfig() if config is None else config
        self.counts = TierCounts()
        self._render = render
        self._hot: dict[str, _Hot] = {}
        self._used = 0
        self._log = MoveLog()
        self._moves: list[Move] = []
        store.tiers = self
        self._restore()

    # -- reading ------------------------------------------------------------------------------

    def read(self, record_id: str, *, viewer: str | None = None) -> Ready:
        """Returns a record ready to use, as far as a viewer may know of it.

        Raises:
            StoreError: If no record has that id, or none that the viewer may know of.
            DamagedRecordError: If it is not hot and its bytes do not match their checksum.
        """
        slot = self.store.slot_of(record_id)
        state = self.store._state
        refuse_hidden(state, record_id, viewer)
        self.policy.read(record_id)
        entry = self._valid(record_id, slot)
        hit = entry is not None
        ready = self._make(record_id) if entry is None else entry.ready
        self.counts.reads += 1
        self.counts.hits += hit
        if viewer is None:
            return ready
        told = as_told(state, [ready.record], viewer)[0]
        return (
            ready if told == ready.record else replace(ready, record=told, text=self._render(told))
        )

    def is_hot(self, record_id: str) -> bool:
        """Tells whether a record is ready, as it is now.

        Raises:
            StoreError: If no record has that id.
        """
        return self._valid(record_id, self.store.slot_of(record_id)) is not None

    @property
    def hot(self) -> tuple[str, ...]:
        """Ids of what is hot, in the order in which it became so."""
        return tuple(self._hot)

    @property
    def used_bytes(self) -> int:
        """Bytes that what is hot takes."""
        return self._used

    def _valid(self, record_id: str, slot: int) -> _Hot | None:
        """Returns what is hot of a record where it is still as the store has it."""
        entry = self._hot.get(record_id)
        if entry is None:
            return None
        state = self.store._state
        resident = state.resident
        if entry.resident is resident and entry.changes == resident.changes:
            return entry
        _, body, heap = state.row(slot)
        if not same_content((entry.body, entry.heap), (body, heap)):
            self._demote(record_id)
            self.counts.stale += 1
            return None
        entry.body, entry.heap = body, heap
        entry.resident, entry.changes = resident, resident.changes
        return entry

    def _make(self, record_id: str) -> Ready:
        """Makes a record ready, and hot where it is worth it."""
        state = self.store._state
        resident, changes = state.resident, state.resident.changes
        ready, body, heap = state.steadily(
            lambda: make_ready(state, state.slot_of(record_id), self._render)
        )
        size, cost = ready.nbytes, cost_of(ready)
        if size > self.hot_bytes:
            return ready
        victims = self.policy.victims(record_id, size, cost, self._used + size - self.hot_bytes)
        if victims is not None:
            for victim in victims:
                self._demote(victim)
            self._hot[record_id] = _Hot(ready, size, body, heap, resident, changes)
            self._used += size
            self.policy.add(record_id, size, cost)
            self._move(Move(record_id, self.policy.heat(record_id)))
            self.counts.promoted += 1
        return ready

    def _demote(self, record_id: str) -> None:
        self._used -= self._hot.pop(record_id).size
        self.policy.remove(record_id)
        self._move(Move(record_id, None))
        self.counts.demoted += 1

    # -- scheduling ---------------------------------------------------------------------------

    def demote(self, record_ids: Sequence[str]) -> None:
        """Takes records out of the hot tier; they stay as they are in the store."""
        for record_id in record_ids:
            if record_id in self._hot:
                self._demote(record_id)

    def schedule(self, budget: int | None = None, *, warm_bytes: int | None = None) -> int:
        """Moves records to the tiers that they have earned; meant for when little else is done.

        What was read most becomes hot; what is gone or has changed is let go of. Where
        `warm_bytes` is given, the payloads read least beyond that many bytes become cold, all
        but their first layer, as far as the archive has room, and those read most come back from
        it, as far as the store has. Reading by `read` gives the same before and after; the store
        itself gives of a cold record what it holds.

        Args:
            budget: Bytes to make ready at most; None for all that is worth it.
            warm_bytes: Bytes of payload that stay in the live store; None to move none.

        Returns:
            How many records became hot.

        Raises:
            StoreError: If `warm_bytes` is given and the store was opened for reading.
        """
        before = self.counts.promoted
        with self.store.turn():
            if warm_bytes is not None:
                balance(self.store, self.policy, warm_bytes)
            self._let_go()
            for record_id in self._wanted():
                if budget is not None and budget <= 0:
                    break
                with contextlib.suppress(DamagedRecordError):  # whoever reads it hears of it
                    ready = self._make(record_id)
                    budget = None if budget is None else budget - ready.nbytes
            self.flush()
        return self.counts.promoted - before

    def _let_go(self) -> None:
        """Demotes what is gone, changed or damaged."""
        for record_id in self.hot:
            if record_id not in self.store:
                self._demote(record_id)
                self.policy.forget(record_id)
                continue
            try:
                self._valid(record_id, self.store.slot_of(record_id))
            except DamagedRecordError:
                self._demote(record_id)

    def _wanted(self) -> Iterator[str]:
        """Yields records that were read and are not hot, those read most first."""
        columns = self.store.columns
        slots = columns.slots()
        slots = slots[columns.reads[slots] > 0]
        order = sorted(slots.tolist(), key=lambda s: (-int(columns.reads[s]), columns.ids[s]))
        for slot in order:
            record_id = columns.ids[slot]
            if record_id and record_id not in self._hot:
                yield record_id

    # -- what lasts ---------------------------------------------------------------------------

    def _restore(self) -> None:
        """Begins with what was hot when the log was last written."""
        for record_id, heat in self._log.read(self.store._state).items():
            self.policy.warm(record_id, heat)
            if record_id in self.store:
                with contextlib.suppress(DamagedRecordError):  # whoever reads it hears of it
                    self._make(record_id)
        self._moves.clear()
        self.counts = TierCounts()

    def _move(self, move: Move) -> None:
        self._moves.append(move)
        if len(self._moves) % self.config.log_every == 0:
            with contextlib.suppress(StoreFullError):  # no read fails for that; tried again later
                self.flush()

    def flush(self) -> None:
        """Writes the moves that are not in the log yet.

        Raises:
            StoreFullError: If the disk is full or read-only; they are written later.
        """
        if self._moves and self.store.writable:
            with self.store.turn():
                self._log.append(self.store._state, self._moves, self._all_hot())
        self._moves.clear()

    def _all_hot(self) -> list[Move]:
        return [Move(record_id, self.policy.heat(record_id)) for record_id in self._hot]

    def clear(self) -> None:
        """Empties the hot tier and removes its log: nothing of any record is left in either."""
        for record_id in self.hot:
            self._used -= self._hot.pop(record_id).size
            self.policy.forget(record_id)
        self._moves.clear()
        if self.store.writable:
            erase_log(self.store)
        self._log = MoveLog()

    def close(self) -> None:
        """Writes what is hot, and how hot; the store stays open. Closing twice is fine."""
        if self.store.tiers is not self:
            return
        self.store.tiers = None
        if self.store.writable:
            with self.store.turn():
                self._log.replace(self.store._state, self._all_hot())
        self._moves.clear()


def cost_of(ready: Ready) -> float:
    """Returns what making a record ready costs, in about microseconds of CPU, from its sizes."""
    pixels = 0 if ready.picture is None else ready.picture.size // 3
    dimension = 0 if ready.vector is None else len(ready.vector)
    return _ROW_COST + _PIXEL_COST * pixels + _VECTOR_COST * dimension
