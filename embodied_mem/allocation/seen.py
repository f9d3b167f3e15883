"""What has been noted of the records of a store and of the candidates that came, between decisions.

Everything is noted once, when a record is met: as a candidate, or in the store. After that a
decision only looks at arrays.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, final

import numpy as np

from embodied_mem.allocation.groups import group_of, room_index
from embodied_mem.allocation.inputs import ROOMS
from embodied_mem.allocation.neighbours import Neighbours
from embodied_mem.allocation.shown import MOST_THINGS, NOTHING, Shown, shown_in
from embodied_mem.allocation.things import Things
from embodied_mem.allocation.value_per_byte import COARSE_LEVEL
from embodied_mem.allocation.view import Slots, StoreView
from embodied_mem.errors import DamagedRecordError
from embodied_mem.memory.columns import KINDS, STATUSES
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.types import AnyArray, BoolArray, Float64Array, Int64Array

COARSE_SHARE: Final = 0.3
"""Of a picture's bytes that are left when it is lowered; a guess until that is measured."""
_MOST_PENDING: Final = 16
"""Candidates that are remembered until they are met in the store."""
_FACT, _SUMMARY = KINDS.index("fact"), KINDS.index("summary")
_ACTIVE = STATUSES.index("active")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Candidate:
    """What is noted of a candidate."""

    record: MemoryRecord
    shown: Shown
    codes: Int64Array
    """(8,) what it shows."""
    number: int
    """How many candidates came before it."""
    bytes: float
    """Live bytes that it takes in full."""
    room: int


@final
class Seen:
    """Side arrays by the slots of a store.

    Args:
        kinds: Of the records that are decided about: the others are only read for what they tell.

    Attributes:
        things: What the records show.
        neighbours: Their vectors.
        codes: (capacity, 8) codes of what each record shows; -1 where there are fewer.
        number: (capacity,) how many candidates came before each record.
        quality: (capacity,) mean quality of its views.
        coarse_bytes: (capacity,) of its payload that lowering leaves; NaN until that is known.
        arrivals: Candidates so far.
        mean_bytes: Of all candidates so far, in full.
        visits: How often a candidate came from another place than the one before, by its place.
    """

    def __init__(self, kinds: frozenset[str]) -> None:
        self.things = Things()
        self.neighbours = Neighbours()
        self.arrivals = 0
        self.visits: dict[str, int] = {}
        self._kinds = np.array([kind in kinds for kind in KINDS])
        self._ids: AnyArray = np.zeros(0, object)
        self._stamp: Int64Array = np.zeros(0, np.int64)
        self.codes: Int64Array = np.zeros((0, MOST_THINGS), np.int64)
        self.number: Int64Array = np.zeros(0, np.int64)
        self.quality: Float64Array = np.zeros(0)
        self.coarse_bytes: Float64Array = np.zeros(0)
        self._room: Int64Array = np.zeros(0, np.int64)
        self._ticks: Int64Array = np.zeros(0, np.int64)
        self._place_rooms: dict[str, int] = {}
        self._place: str | None = None
        self._pending: OrderedDict[str, Candidate] = OrderedDict()
        self._sum_bytes = 0.0

    @property
    def mean_bytes(self) -> float:
        """Mean live bytes of all candidates so far, in full."""
        return self._sum_bytes / max(self.arrivals, 1)

    def subjects(self, view: StoreView) -> BoolArray:
        """Returns whether each of `view.slots` holds a record that is decided about."""
        return self._kinds[view.columns.kind[view.slots]]

    def until(self, ticks: AnyArray) -> Int64Array:
        """Returns how many candidates had come until each tick, that one included."""
        return np.searchsorted(self._ticks[: self.arrivals], ticks, side="right")

    def room_of(self, view: StoreView, slots: Slots) -> Int64Array:
        """Returns the type of each record's room."""
        codes = view.columns.place[slots]
        by_place = np.full(int(codes.max(initial=-1)) + 2, ROOMS - 1)
        for place, room in self._place_rooms.items():
            code = view.columns.known_code(place)
            if 0 <= code < len(by_place) - 1:
                by_place[code] = room
        told = self._room[slots]
        return np.where(told >= 0, told, by_place[codes])

    # -- meeting records --------------------------------------------------------------------------

    def meet_store(self, view: StoreView) -> None:
        """Notes what is new in a store, and forgets what is gone."""
        columns, size = view.columns, view.columns.size
        self._reserve(size)
        ids = np.array(columns.ids[:size], object)
        alive = columns.alive[:size]
        other = ids != self._ids[:size]
        self.neighbours.remove(np.flatnonzero(other | ~alive))
        # Objects' facts change all the time, but nothing that matters here without a new version.
        fact = columns.kind[:size] == _FACT
        changed = ~fact & (columns.metadata_bytes[:size] != self._stamp[:size])
        new = np.flatnonzero(alive & (other | changed))
        self._ids[:size] = ids
        self._stamp[new] = columns.metadata_bytes[new]
        order = np.lexsort((ids[new].astype(str), columns.recorded_at[new]))
        for slot in new[order].tolist():
            try:
                self._meet(view, slot, again=not other[slot])
            except DamagedRecordError:  # `verify` names it; until it is dropped it shows nothing
                self._put(slot, NOTHING, np.full(MOST_THINGS, -1))
                self.number[slot] = self.arrivals

    def _meet(self, view: StoreView, slot: int, *, again: bool) -> None:
        kind = int(view.columns.kind[slot])
        if self._kinds[kind]:
            self._meet_subject(view, slot, again=again)
        elif kind == _FACT and view.columns.status[slot] == _ACTIVE:
            self._meet_fact(view, slot)
        elif kind == _SUMMARY:
            content = view.record_at(slot, payload=False).content
            if content.get("type") == "place" and isinstance(content.get("place_id"), str):
                self._place_rooms[content["place_id"]] = room_index(str(content.get("category")))

    def _meet_fact(self, view: StoreView, slot: int) -> None:
        record = view.record_at(slot, payload=False)
        category = record.content.get("category")
        since = record.valid_from if record.version > 1 else None
        for name in record.about[:1]:
            self.things.note_fact(name, group_of(str(category)), since)

    def _meet_subject(self, view: StoreView, slot: int, *, again: bool) -> None:
        candidate = self._pending.pop(view.columns.ids[slot], None)
        if again:
            self._meet_changed(view, slot, candidate)
        elif candidate is not None:
            self._put(slot, candidate.shown, candidate.codes)
            self.number[slot] = candidate.number
        else:
            self._meet_stranger(view, slot)

    def _meet_changed(self, view: StoreView, slot: int, candidate: Candidate | None) -> None:
        """Takes over what a record tells now; its pixels are what they were."""
        if candidate is None:
            shown = shown_in(view.record_at(slot, payload=False), payload=False)
            codes = self.things.codes(shown.things)
        else:
            shown, codes = candidate.shown, candidate.codes
        vector = self.neighbours.vectors[slot].copy()
        coarse = float(self.coarse_bytes[slot])
        self._put(slot, replace(shown, vector=vector, coarse_bytes=coarse), codes)

    def _meet_stranger(self, view: StoreView, slot: int) -> None:
        """Notes a record that came into the store without having been a candidate here."""
        columns = view.columns
        whole = bool(columns.vector_bytes[slot] > 0)
        record = view.record_at(slot, payload=whole)
        shown = shown_in(record, payload=whole)
        codes = self.things.codes(shown.things)
        self._put(slot, shown, codes)
        lowered = columns.layers[slot] > COARSE_LEVEL >= columns.level[slot]
        size = float(columns.payload_bytes[slot]) / (COARSE_SHARE if lowered else 1.0)
        rest = float(columns.vector_bytes[slot]) + float(columns.metadata_bytes[slot])
        self.number[slot] = self._arrive(record.recorded_at, size + rest)
        self.things.note_sight(shown, codes, record.valid_from, int(self.number[slot]))

    def _put(self, slot: int, shown: Shown, codes: Int64Array) -> None:
        self.codes[slot] = codes
        self.quality[slot] = shown.quality
        self.coarse_bytes[slot] = shown.coarse_bytes
        self._room[slot] = -1 if shown.room is None else shown.room
        self.neighbours.put(slot, shown.vector)

    def _arrive(self, tick: int, size: float) -> int:
        """Counts a candidate; returns its number."""
        if self.arrivals == len(self._ticks):
            self._ticks = np.pad(self._ticks, (0, max(256, self.arrivals)))
        before = self._ticks[self.arrivals - 1] if self.arrivals else tick
        self._ticks[self.arrivals] = max(int(before), tick)
        self._sum_bytes += size
        self.arrivals += 1
        return self.arrivals - 1

    def _come_to(self, place: str | None) -> None:
        if place is not None and place != self._place:
            self.visits[place] = self.visits.get(place, 0) + 1
        self._place = place

    def meet_candidate(
        self, view: StoreView, record: MemoryRecord, visits: Mapping[str, int]
    ) -> Candidate:
        """Notes a candidate; the same once more is not counted again.

        Args:
            view: The store that it came to, which must have been met.
            record: With its payload.
            visits: How often the agent has come into each place, if the agent knows.
        """
        known = self._pending.get(record.id)
        if known is not None and known.record == record:
            return known
        shown = shown_in(record, payload=True)
        codes = self.things.codes(shown.things)
        size = float(view.bytes_needed(record))
        if known is not None:
            number = known.number
        elif record.id in view:  # what is held changes; that is no new sight
            number = self.arrivals
        else:
            number = self._arrive(record.recorded_at, size)
            self.things.note_sight(shown, codes, record.valid_from, number)
            self._come_to(record.place)
        if visits:
            self.visits = dict(visits)
        room = self._place_rooms.get(record.place or "", ROOMS - 1)
        candidate = Candidate(
            record=record,
            shown=shown,
            codes=codes,
            number=number,
            bytes=size,
            room=room if shown.room is None else shown.room,
        )
        self._pending[record.id] = candidate
        if len(self._pending) > _MOST_PENDING:
            self._pending.popitem(last=False)
        return candidate

    def blank(self, view: StoreView, record: MemoryRecord) -> Candidate:
        """Returns what is seen of a candidate that is not decided about: its bytes and its room."""
        return Candidate(
            record=record,
            shown=NOTHING,
            codes=np.full(MOST_THINGS, -1),
            number=self.arrivals,
            bytes=float(view.bytes_needed(record)),
            room=self._place_rooms.get(record.place or "", ROOMS - 1),
        )

    def _reserve(self, size: int) -> None:
        more = size - len(self._ids)
        if more <= 0:
            return
        more = max(more, len(self._ids))
        self._ids = np.pad(self._ids, (0, more), constant_values="")
        self._stamp = np.pad(self._stamp, (0, more), constant_values=-1)
        self.codes = np.pad(self.codes, ((0, more), (0, 0)), constant_values=-1)
        self.number = np.pad(self.number, (0, more))
        self.quality = np.pad(self.quality, (0, more))
        self.coarse_bytes = np.pad(self.coarse_bytes, (0, more), constant_values=np.nan)
        self._room = np.pad(self._room, (0, more), constant_values=-1)
        self.neighbours.reserve(len(self._ids))
