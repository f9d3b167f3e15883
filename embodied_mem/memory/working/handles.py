"""Handles: short names for intermediate results that are too long to be read.

A planner passes `visual-3` on, never the pixels behind it. After the Inspector of AssistGPT
(Gao et al., 2023), with one thing more: a handle knows which records of the store it
stands for, and says so when one of them was deleted.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, final

from embodied_mem.errors import ConfigError, HandleGoneError, unknown_name
from embodied_mem.memory.record import MemoryRecord


class Records(Protocol):
    """Where the records behind handles are; a `MemoryStore` is one."""

    def __contains__(self, record_id: object) -> bool:
        """Tells whether a record is held."""

    def get(self, record_id: str) -> MemoryRecord:
        """Returns a record."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Handle:
    """The name of a result and one line about it."""

    id: str
    """Its kind and a number, such as `visual-3`."""
    about: str
    """Such as `12 frames, kitchen, t 410-422`."""

    @property
    def text(self) -> str:
        """What a planner reads."""
        return f"{self.id}: {self.about}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What is behind a handle."""

    value: Any = None
    records: tuple[MemoryRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class _Held:
    handle: Handle
    value: Any
    records: tuple[str, ...]


@final
class HandleTable:
    """Makes handles and resolves them.

    Args:
        store: Where records are looked up; None where no handle stands for a record.
        most: Results that are held at once; beyond that the oldest are let go.
    """

    def __init__(self, store: Records | None = None, *, most: int = 512) -> None:
        if most < 1:
            raise ConfigError(f"most is {most}; a table holds one handle or more")
        self._store = store
        self._most = most
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._made: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(
        self, kind: str, about: str, *, value: object = None, records: Sequence[str] = ()
    ) -> Handle:
        """Makes a handle.

        Args:
            kind: One word for what it is, such as `visual`, `pose` or `plan`.
            about: One line that tells what is behind it.
            value: The result itself; it is let go with any of its records.
            records: Ids of the store records that it stands for.

        Raises:
            ConfigError: If the kind is no word, or records are named and there is no store.
            HandleGoneError: If one of the records is not in the store.
        """
        if not kind.isidentifier():
            raise ConfigError(f"a kind of handle is one word, not {kind!r}")
        if records and self._store is None:
            raise ConfigError("a handle of records needs a HandleTable with their store")
        missing = [each for each in records if not self._holds(each)]
        if missing:
            raise HandleGoneError(f"no record has the id {missing[0]}")
        self._made[kind] = self._made.get(kind, 0) + 1
        handle = Handle(id=f"{kind}-{self._made[kind]}", about=" ".join(about.split()))
        self._held[handle.id] = _Held(handle, value, tuple(records))
        while len(self._held) > self._most:
            self._held.popitem(last=False)
        return handle

    def resolve(self, handle_id: str) -> Result:
        """Returns what is behind a handle.

        Raises:
            HandleGoneError: If it was let go, or a record that it stood for was deleted.
            ConfigError: If there never was such a handle.
        """
        kind, _, number = handle_id.rpartition("-")
        if not number.isdecimal() or not 1 <= int(number) <= self._made.get(kind, 0):
            raise unknown_name("handle", handle_id, self._held)
        held = self._held.get(handle_id)
        if held is None:
            raise HandleGoneError(f"{handle_id} was let go: its result is no longer held")
        gone = [each for each in held.records if not self._holds(each)]
        if gone:
            del self._held[handle_id]
            raise HandleGoneError(
                f"{handle_id} ({held.handle.about}) is gone: record {gone[0]} was deleted"
            )
        store = self._store
        records = () if store is None else tuple(store.get(each) for each in held.records)
        return Result(value=held.value, records=records)

    def is_gone(self, handle_id: str) -> bool:
        """Tells whether nothing is behind a handle any more."""
        held = self._held.get(handle_id)
        return held is None or not all(map(self._holds, held.records))

    def _holds(self, record_id: str) -> bool:
        return self._store is not None and record_id in self._store
