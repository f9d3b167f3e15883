"""The episodes of a memory, and views of them by time, by place and by stay."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, final

import msgspec
import numpy as np

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.memory.episodic.chunks import BY, By, Chunk, cut
from embodied_mem.memory.episodic.entries import Entries, read_entries
from embodied_mem.memory.episodic.found import way_of, with_found_places
from embodied_mem.memory.episodic.online_places import OnlinePlacesConfig
from embodied_mem.memory.episodic.vectors import VectorSource
from embodied_mem.memory.facts import PlaceFact
from embodied_mem.memory.filter import Filter, Point
from embodied_mem.memory.store import MemoryStore
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Int64Array

CHUNK: Final = 32
"""Entries of a chunk of time."""
SEEN_OR_DONE: Final = Filter(kind=("snapshot", "event"))


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EpisodicArrays:
    """The N entries of a view, chunk by chunk, under the names that the transformer knows."""

    vectors: Float32Array
    """(N, D) what each entry shows."""
    entry_time: Int64Array
    """(N,) true time, ticks."""
    entry_place: Int64Array
    """(N,) number of its place, from 0 in the order of time; -1 where it is not known."""
    entry_pose: Float32Array | None
    """(N, 3) position in metres; None where that of any entry is not known."""
    entry_held: BoolArray
    """(N,) all true."""
    places: tuple[str, ...]
    """Id of the place of each number."""


@final
@dataclass(frozen=True, kw_only=True)
class Episodes:
    """Snapshots and events of a memory as episodes in time and space.

    No kind of record of its own: any record with a place or a pose can be an entry. Places are
    those that records name, whether they were given or found by the scene; where there are none,
    they can be found from the positions (`found`).

    >>> from embodied_mem.memory import Add, MemoryRecord
    >>> store = MemoryStore()
    >>> for tick, room in enumerate(["hall", "kitchen", "kitchen", "hall"]):
    ...     event = MemoryRecord(id=f"{tick:032x}", kind="event", place=room, valid_from=tick)
    ...     _ = store.apply([Add(record=event)])
    >>> episodes = Episodes(store=store)
    >>> [chunk.rows.tolist() for chunk in episodes.by_place()]
    [[0, 3], [1, 2]]
    >>> [chunk.summary.place for chunk in episodes.by_stay()]
    ['hall', 'kitchen', 'hall']
    """

    store: MemoryStore
    """Read when first asked for; never changed."""
    filter: Filter = SEEN_OR_DONE
    """Which records."""
    vectors: VectorSource | None = None
    """What stands for a record; None where only time and place are asked for."""
    found: OnlinePlacesConfig | None = None
    """How places are found for entries that name none; None leaves them without."""
    span: tuple[int, int] | None = None
    """First and last tick of what was seen or done; None for any."""

    def __post_init__(self) -> None:
        """Checks the span.

        Raises:
            ConfigError: If it ends before it begins.
        """
        if self.span is not None and self.span[0] > self.span[1]:
            raise ConfigError(f"the span is {self.span}; expected a first and a later last tick")

    # -- which ---------------------------------------------------------------------------------

    def between(self, first: int, last: int) -> "Episodes":
        """Returns those seen or done from one tick to another, both included.

        By when they were, unlike `Filter.between`: a snapshot holds long after it was taken.
        """
        return replace(self, span=(first, last))

    def place(self, *places: str) -> "Episodes":
        """Returns those in any of the places."""
        return replace(self, filter=replace(self.filter, place=places))

    def near(self, point: Point, radius: float) -> "Episodes":
        """Returns those within a radius of a point, metres; see `Filter.near`."""
        return replace(self, filter=replace(self.filter, near=(point, radius)))

    def as_of(self, tick: int) -> "Episodes":
        """Returns those that were believed at a tick."""
        return replace(self, filter=replace(self.filter, as_of=tick))

    # -- what ----------------------------------------------------------------------------------

    @cached_property
    def entries(self) -> Entries:
        """The entries, as the store held them when they were first asked for."""
        filter, wanted = self.filter, self.filter.place
        if self.found is not None:  # it finds places from all that was seen on the way
            filter = replace(filter, place=None, near=None)
        records = self.store.query(filter, payload=self.vectors is not None)
        entries = read_entries(records, self.vectors)
        if self.found is not None:
            entries = with_found_places(entries, self.found, self._way())
            entries = _in_places(_near(entries, self.filter), wanted)
        if self.span is not None:
            first, last = self.span
            entries = entries.take((entries.time >= first) & (entries.time <= last))
        return entries

    @cached_property
    def places(self) -> Mapping[str, PlaceFact]:
        """What the memory knows of its places, as of when the filter asks."""
        asked = self.filter
        filter = Filter(kind="summary", as_of=asked.as_of, viewer=asked.viewer)
        records = self.store.query(filter, payload=False)
        tag = PlaceFact.__struct_config__.tag
        facts = (
            msgspec.convert(record.content, PlaceFact)
            for record in records
            if record.content.get("type") == tag
        )
        return {fact.place_id: fact for fact in facts}

    def _way(self) -> tuple[Float64Array, ...]:
        return way_of(self.store, viewer=self.filter.viewer)

    # -- views ---------------------------------------------------------------------------------

    def temporal(self, chunk: int = CHUNK) -> "View":
        """Returns the view in true time: chunks of consecutive entries."""
        return View(episodes=self, by="time", most=chunk)

    def by_place(self, chunk: int | None = None) -> "View":
        """Returns the view by place: a chunk a place, or several where one has more entries."""
        return View(episodes=self, by="place", most=chunk)

    def by_stay(self, chunk: int | None = None) -> "View":
        """Returns the view by time and place: a chunk for each uninterrupted time in a place."""
        return View(episodes=self, by="stay", most=chunk)


@final
@dataclass(frozen=True, kw_only=True)
class View:
    """Chunks of episodes; narrowing it gives the same view of fewer entries.

    Raises:
        ConfigError: If a value is out of its range or names something unknown.
    """

    episodes: Episodes
    by: By
    """`time`, `place` or `stay`; see `chunks.cut`."""
    most: int | None = None
    """Entries of a chunk at most; None for no bound."""

    def __post_init__(self) -> None:
        """Checks the values."""
        if self.by not in BY:
            raise unknown_name("view", self.by, BY)
        if self.most is not None and self.most < 1:
            raise ConfigError(f"chunks of at most {self.most} entries; expected at least 1")

    def between(self, first: int, last: int) -> "View":
        """See `Episodes.between`."""
        return replace(self, episodes=self.episodes.between(first, last))

    def place(self, *places: str) -> "View":
        """See `Episodes.place`."""
        return replace(self, episodes=self.episodes.place(*places))

    def near(self, point: Point, radius: float) -> "View":
        """See `Episodes.near`."""
        return replace(self, episodes=self.episodes.near(point, radius))

    def as_of(self, tick: int) -> "View":
        """See `Episodes.as_of`."""
        return replace(self, episodes=self.episodes.as_of(tick))

    @property
    def entries(self) -> Entries:
        """All entries, in the order of time; the rows of chunks count in them."""
        return self.episodes.entries

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """All chunks."""
        return cut(self.entries, self.by, self.most, self.episodes.places)

    def __iter__(self) -> Iterator[Chunk]:
        return iter(self.chunks)

    def __len__(self) -> int:
        return len(self.chunks)

    def arrays(self) -> EpisodicArrays:
        """Returns the entries chunk by chunk, as the transformer reads them."""
        rows = np.concatenate([np.zeros(0, np.int64), *(chunk.rows for chunk in self.chunks)])
        entries = self.entries
        return EpisodicArrays(
            vectors=entries.vectors[rows],
            entry_time=entries.time[rows],
            entry_place=entries.place_numbers()[rows],
            entry_pose=entries.positions[rows] if entries.posed.all() else None,
            entry_held=np.ones(len(rows), np.bool_),
            places=tuple(dict.fromkeys(place for place in entries.places if place is not None)),
        )


def _in_places(entries: Entries, wanted: object) -> Entries:
    """Keeps what lies in one of the places, among those that were found."""
    if wanted is None:
        return entries
    assert isinstance(wanted, tuple)  # as `Filter` holds them
    names = {None if name == "" else name for name in wanted}
    return entries.take(np.array([place in names for place in entries.places], np.bool_))


def _near(entries: Entries, filter: Filter) -> Entries:
    if filter.near is None:
        return entries
    point, radius = filter.near
    apart = entries.positions[:, : len(point)].astype(np.float64) - point
    return entries.take(entries.posed & (np.hypot.reduce(apart, axis=1) <= radius))
