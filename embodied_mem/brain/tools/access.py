"""What a caller may see of a memory, and how it is named to them."""

from collections.abc import Iterable
from typing import Final, final

from embodied_mem.brain.language.recollection import Recollection
from embodied_mem.brain.tools.handles import Handles
from embodied_mem.brain.tools.result import Refused, one_line, quoted
from embodied_mem.errors import DamagedRecordError, StoreError
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.retriever import Retriever
from embodied_mem.memory.search.embedders import TextEmbedder
from embodied_mem.memory.store import MemoryStore

TOKENS: Final = 400
"""Estimated tokens of an answer, where the caller does not say."""
_LEAST, _MOST = 50, 4000


@final
class Access:
    """A memory as one caller may know it; every tool reads through it.

    Args:
        store: The memory.
        viewer: Who calls, see `Filter.viewer`; None for the robot itself, which may know all.
        embedder: Makes the vectors of queries and notes.
    """

    def __init__(
        self,
        store: MemoryStore,
        *,
        viewer: str | None = None,
        embedder: TextEmbedder | None = None,
    ) -> None:
        self.store = store
        self.viewer = viewer
        self.retriever = Retriever(store, embedder=embedder, viewer=viewer)
        self.handles = Handles(store, viewer=viewer)
        self._recollection: tuple[int, Recollection] | None = None

    @property
    def recollection(self) -> Recollection:
        """The rooms and things of the house as the caller may know them now."""
        sequence = self.store.sequence
        if self._recollection is None or self._recollection[0] != sequence:
            self._recollection = (sequence, Recollection(self.store, viewer=self.viewer))
        return self._recollection[1]

    def about(self, *names: str) -> list[MemoryRecord]:
        """Returns all records about something, past ones too, oldest first; deleted ones not."""
        found = self._query(Filter(about=names, status="any", viewer=self.viewer))
        kept = (record for record in found if record.status != "tombstone")
        return sorted(kept, key=lambda record: (record.valid_from, record.recorded_at, record.id))

    def sees(self, record_ids: Iterable[str]) -> list[str]:
        """Returns those of some records that the caller may know of, in their order."""
        given = list(dict.fromkeys(record_ids))
        slots = self.store.select(Filter(ids=given, status="any", viewer=self.viewer))
        ids = self.store.columns.ids
        seen = {ids[slot] for slot in slots.tolist()}
        return [each for each in given if each in seen]

    def record(self, name: str) -> MemoryRecord | None:
        """Returns the record with a short name or a whole id, with its payload.

        Returns None where there is none, or none that the caller may know of.

        Raises:
            Refused: If it was deleted or is damaged, or the name could mean several.
        """
        found = self.handles.find(name)
        if found is None or not self.sees([found]):
            return None
        try:
            return self.store.get(found, viewer=self.viewer)
        except DamagedRecordError:
            problem = f"Record {quoted(name)} is damaged; `inspect --repair` mends the memory."
            raise Refused(problem) from None
        except StoreError:
            return None  # another process has deleted it meanwhile

    def read(self, record_id: str) -> MemoryRecord | None:
        """Returns a record without payload by its whole id; None where it is gone by now."""
        found = self._query(Filter(ids=[record_id], status="any", viewer=self.viewer))
        return found[0] if found else None

    def required(self, name: str) -> MemoryRecord:
        """Returns the record with a short name or a whole id.

        Raises:
            Refused: If there is none that the caller may know of.
        """
        record = self.record(name)
        if record is None:
            raise Refused(
                f"No record has the id {quoted(name)}; take an id from an answer, such as k3fm7qp."
            )
        return record

    def name(self, record_id: str) -> str:
        """Returns the short name of a record."""
        return self.handles.name(record_id)

    def names(self, record_ids: Iterable[str]) -> list[str]:
        """Returns the short names of those of some records that the caller may know of."""
        return [self.name(each) for each in self.sees(record_ids)]

    def place_name(self, place: str | None) -> str:
        """Returns what a place is called; empty where that is not known."""
        if place is None:
            return ""
        known = self.recollection.places.get(place)
        return one_line(known.name or known.category if known is not None else place, 80)

    def _query(self, filter: Filter) -> list[MemoryRecord]:
        return self.store.query(filter, payload=False)

    def newest_tick(self) -> int:
        """Returns the newest tick that anything tells of that the caller may know of."""
        columns = self.store.columns
        slots = self.store.select(Filter(viewer=self.viewer, status="any"))
        ticks = (
            columns.recorded_at[slots].max(initial=0),
            columns.valid_from[slots].max(initial=0),
        )
        return int(max(ticks))


def tokens_of(given: int | None) -> int:
    """Returns the budget of an answer in tokens.

    Raises:
        Refused: If it is out of range.
    """
    if given is None:
        return TOKENS
    if not _LEAST <= given <= _MOST:
        raise Refused(f"max_tokens is {given}; give {_LEAST} to {_MOST}, or null for {TOKENS}.")
    return given
