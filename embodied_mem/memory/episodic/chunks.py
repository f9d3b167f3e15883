"""How entries are cut into chunks: by time, by place, and by stay."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal, final

import numpy as np

from embodied_mem.memory.episodic.entries import Entries
from embodied_mem.memory.facts import PlaceFact
from embodied_mem.types import Float32Array, Int64Array

By = Literal["time", "place", "stay"]
BY: Final[tuple[By, ...]] = ("time", "place", "stay")


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Summary:
    """What a chunk is about."""

    centroid: Float32Array
    """(D,) mean of the vectors of the entries that show something; 0 where none does."""
    first: int
    last: int
    """Ticks of the first and the last entry."""
    count: int
    """Entries."""
    place: str | None
    """Id of the place that all of them lie in; None where there are several, or it is unknown."""
    fact: PlaceFact | None
    """What the memory knows of that place."""


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Chunk:
    """Entries that belong together."""

    rows: Int64Array
    """(n,) which entries, in the order of time."""
    summary: Summary


def cut(
    entries: Entries, by: By, most: int | None, facts: Mapping[str, PlaceFact]
) -> tuple[Chunk, ...]:
    """Cuts entries into chunks; each entry is in exactly one.

    Args:
        entries: In the order of time.
        by: `time`: consecutive ones. `place`: all of one place, in the order of the first time
            there, those without a place last. `stay`: of uninterrupted time in one place.
        most: Entries of a chunk at most; a place or a stay with more is several chunks. None for
            no bound.
        facts: What is known of the places, by their ids.
    """
    chunks = []
    for group in _groups(entries, by):
        step = most or len(group)
        for start in range(0, len(group), step):
            rows = group[start : start + step]
            chunks.append(Chunk(rows=rows, summary=_summary(entries, rows, facts)))
    return tuple(chunks)


def _groups(entries: Entries, by: By) -> Iterator[Int64Array]:
    if not len(entries):
        return
    if by == "time":
        yield np.arange(len(entries))
        return
    numbers = entries.place_numbers()
    if by == "stay":
        for _, run in groupby(range(len(entries)), key=lambda row: int(numbers[row])):
            yield np.array(list(run), np.int64)
        return
    for number in (*range(int(numbers.max()) + 1), -1):
        rows = np.flatnonzero(numbers == number)
        if rows.size:
            yield rows


def _summary(entries: Entries, rows: Int64Array, facts: Mapping[str, PlaceFact]) -> Summary:
    vectors = entries.vectors[rows]
    shown = vectors[vectors.any(axis=1)]
    places = {entries.places[row] for row in rows.tolist()}
    place = places.pop() if len(places) == 1 else None
    return Summary(
        centroid=(shown if len(shown) else vectors).mean(axis=0),
        first=int(entries.time[rows[0]]),
        last=int(entries.time[rows[-1]]),
        count=len(rows),
        place=place,
        fact=None if place is None else facts.get(place),
    )
