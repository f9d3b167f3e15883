"""Entries of an episodic memory: the records that tell what was seen or done, when and where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, final

import msgspec
import numpy as np

from embodied_mem.memory.columns import OPEN_END
from embodied_mem.memory.episodic.vectors import VectorSource
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.types import BoolArray, Float32Array, Int64Array

_encode = msgspec.msgpack.Encoder(order="deterministic").encode


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Entries:
    """N entries in the order of their true time.

    What has the same time is ordered by what it tells, never by when it arrived: ids, slots and
    the order in which records were stored change nothing but `ids`.
    """

    ids: tuple[str, ...]
    """Of the records."""
    time: Int64Array
    """(N,) ticks: when each was seen or done, or began."""
    places: tuple[str | None, ...]
    """Id of the place that each lies in; None where it is not known."""
    positions: Float32Array
    """(N, 3) x, y, z in metres, world frame; NaN where it is not known."""
    vectors: Float32Array
    """(N, D) what each shows; 0 where it shows nothing."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def posed(self) -> BoolArray:
        """(N,) whether the position is known."""
        known: BoolArray = np.asarray(np.isfinite(self.positions).all(axis=1), np.bool_)
        return known

    def take(self, chosen: Int64Array | BoolArray) -> "Entries":
        """Returns some of them: indices, or one truth value each."""
        indices = np.arange(len(self))[chosen]
        return Entries(
            ids=tuple(self.ids[index] for index in indices.tolist()),
            time=self.time[indices],
            places=tuple(self.places[index] for index in indices.tolist()),
            positions=self.positions[indices],
            vectors=self.vectors[indices],
        )

    def place_numbers(self) -> Int64Array:
        """Returns (N,) the number of each place, from 0 in the order of time; -1 where unknown."""
        numbers: dict[str, int] = {}
        known = [
            -1 if place is None else numbers.setdefault(place, len(numbers))
            for place in self.places
        ]
        return np.array(known, np.int64)


def read_entries(records: Iterable[MemoryRecord], vectors: VectorSource | None = None) -> Entries:
    """Makes entries of records.

    Args:
        records: Of any kind; one with neither a place nor a pose tells of no place and is left
            out, as the walk and the end of a visit do.
        vectors: What stands for a record; entries have vectors of no numbers where None.
    """
    kept = [record for record in records if record.place is not None or record.pose is not None]
    kept.sort(key=_order)
    dimension = 0 if vectors is None else vectors.dimension
    shown = np.zeros((len(kept), dimension), np.float32)
    if vectors is not None:
        for row, record in zip(shown, kept, strict=True):
            vector = vectors(record)
            if vector is not None:
                row[:] = vector
    unknown = (np.nan,) * 3
    positions = [unknown if record.pose is None else record.pose[:3] for record in kept]
    return Entries(
        ids=tuple(record.id for record in kept),
        time=np.array([record.valid_from for record in kept], np.int64),
        places=tuple(record.place for record in kept),
        positions=np.array(positions, np.float32).reshape(-1, 3),
        vectors=shown,
    )


def with_places(entries: Entries, places: Sequence[str | None]) -> Entries:
    """Returns entries with the places given to those that have none."""
    known = zip(entries.places, places, strict=True)
    return Entries(
        ids=entries.ids,
        time=entries.time,
        places=tuple(own if own is not None else other for own, other in known),
        positions=entries.positions,
        vectors=entries.vectors,
    )


def _order(record: MemoryRecord) -> tuple[Any, ...]:
    """Sorts by time, and what has one time by all that it tells."""
    return (
        record.valid_from,
        OPEN_END if record.valid_to is None else record.valid_to,
        record.place or "",
        record.pose or (),
        record.kind,
        record.about,
        _encode(record.content),
        record.embedding,
        record.payload,
    )
