"""Where a scientist keeps what it observed: a `MemoryStore`, or only a window of recent calls."""

from collections import deque
from pathlib import Path
from typing import Any, Final, Protocol, final

import msgspec

from embodied_mem.memory import Add, Filter, MemoryRecord, MemoryStore, RecordIds
from embodied_mem_envs.tasks.hidden_rule.calls import Outcome

RECENT: Final = 8
"""Calls that are still in working memory before they are written to the store."""


class CallMemory(Protocol):
    """Keeps outcomes of calls."""

    def add(self, outcome: Outcome) -> None:
        """Takes in what was sensed after a call."""

    def recall(self) -> list[Outcome]:
        """Returns all that is still known, oldest first."""

    def memory_bytes(self) -> int:
        """Returns what it takes."""

    def close(self) -> None:
        """Lets go of it; safe to call twice."""


@final
class WindowMemory:
    """Only the last calls; what is older is gone."""

    def __init__(self, calls: int) -> None:
        self._recent: deque[Outcome] = deque(maxlen=calls)

    def add(self, outcome: Outcome) -> None:
        """Takes in an outcome, and forgets one where the window is full."""
        self._recent.append(outcome)

    def recall(self) -> list[Outcome]:
        """Returns the window."""
        return list(self._recent)

    def memory_bytes(self) -> int:
        """Returns the bytes of the window as JSON; nothing of it is on the disk."""
        return sum(len(msgspec.json.encode(outcome)) for outcome in self._recent)

    def close(self) -> None:
        """Has nothing to let go of."""


@final
class StoreMemory:
    """Every call as an event of a `MemoryStore`; working memory holds the last few only.

    Args:
        folder: Of the store.
        seed: Of the record ids.
        budget_bytes: What the store may take.
    """

    def __init__(self, folder: Path, seed: int, budget_bytes: int | None) -> None:
        self._store = MemoryStore(folder, budget_bytes=budget_bytes, seed=seed)
        self._ids = RecordIds(seed)
        self._recent: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Takes in an outcome; a few at a time go into the store, in one batch."""
        self._recent.append(outcome)
        if len(self._recent) >= RECENT:
            self._write()

    def recall(self) -> list[Outcome]:
        """Returns what the store holds, and what is still in working memory."""
        records = self._store.query(Filter(kind="event"))
        stored = [msgspec.convert(record.content, Outcome) for record in records]
        return sorted([*stored, *self._recent], key=lambda outcome: outcome.step)

    def memory_bytes(self) -> int:
        """Returns what the store takes on the disk, with all that was seen in it."""
        self._write()
        return self._store.disk_bytes

    def close(self) -> None:
        """Writes what is left and closes the store."""
        self._write()
        self._store.close()

    def _write(self) -> None:
        if self._recent:
            self._store.apply([Add(record=self._record(each)) for each in self._recent])
            self._recent = []

    def _record(self, outcome: Outcome) -> MemoryRecord:
        content: dict[str, Any] = msgspec.to_builtins(outcome)
        return MemoryRecord(
            id=self._ids.new(outcome.step),
            kind="event",
            content=content,
            place=outcome.room,
            valid_from=outcome.step,
            valid_to=outcome.step,
            recorded_at=outcome.step,
        )
