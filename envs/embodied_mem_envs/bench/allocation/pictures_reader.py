"""Answers questions from the records that are held, and from nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from embodied_mem.allocation.groups import group_of
from embodied_mem.memory import MemoryRecord, MemoryStore
from embodied_mem.types import Float64Array

SAME_PLACE = 0.5
"""Metres within which a thing counts as being where it was."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A thing in one of the records."""

    record: str
    """Id of the record."""
    tick: int
    """When its picture was taken."""
    position: tuple[float, float, float]
    """Where the thing was then, metres."""
    category: str
    pixels: int
    """Of its box."""


@final
class Reader:
    """Looks things up in a store; a content is decoded once for as long as nothing changes.

    Args:
        store: Where to look.
    """

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._decoded: dict[int, dict[str, Sight]] = {}
        self._sequence = -1

    def sights(self, thing: str) -> list[Sight]:
        """Returns all sights of a thing, oldest first."""
        found = [self._sights_in(slot)[thing] for slot in sorted(self._store.about.get(thing, ()))]
        return sorted(found, key=lambda sight: (sight.tick, sight.record))

    def where(self, thing: str, tick: int | None = None) -> Sight | None:
        """Returns where a thing is, or was at a tick; None where no record shows it.

        The newest sight until then; where all are later, the first.
        """
        found = self.sights(thing)
        if not found:
            return None
        until = [sight for sight in found if tick is None or sight.tick <= tick]
        return until[-1] if until else found[0]

    def since(self, thing: str) -> Sight | None:
        """Returns the first of the sights of a thing at the place where it was seen last."""
        found = self.sights(thing)
        if not found:
            return None
        first = found[-1]
        for sight in reversed(found):
            if _metres(sight.position, found[-1].position) > SAME_PLACE:
                break
            first = sight
        return first

    def best_picture(self, thing: str) -> MemoryRecord | None:
        """Returns the record that shows most of a thing: most layers, then the largest box."""
        slots = sorted(self._store.about.get(thing, ()))
        if not slots:
            return None
        columns = self._store.columns
        slot = max(
            slots, key=lambda s: (int(columns.level[s]), self._sights_in(s)[thing].pixels, -s)
        )
        return self._store.record_at(slot)

    def inside(self, group: int, rooms: Float64Array) -> list[Sight]:
        """Returns the newest sights of the things of a group that lie in one of the rooms.

        Args:
            group: Index of a group of categories.
            rooms: (R, 4) x0, y0, x1, y1, metres.
        """
        found = []
        for thing in sorted(self._store.about):
            newest = self.where(thing)
            if newest is not None and group_of(newest.category) == group:
                at = newest.position[:2]
                if ((rooms[:, :2] <= at) & (at <= rooms[:, 2:])).all(axis=1).any():
                    found.append(newest)
        return found

    def _sights_in(self, slot: int) -> dict[str, Sight]:
        if self._sequence != self._store.sequence:
            self._decoded.clear()
            self._sequence = self._store.sequence
        if slot not in self._decoded:
            self._decoded[slot] = _sights_of(self._store.record_at(slot, payload=False))
        return self._decoded[slot]


def _sights_of(record: MemoryRecord) -> dict[str, Sight]:
    content = record.content
    sights = {}
    for thing, position in content["positions"].items():
        x0, y0, x1, y1 = content["boxes"][thing]
        sights[thing] = Sight(
            record.id,
            int(content["tick"]),
            (float(position[0]), float(position[1]), float(position[2])),
            content["categories"][thing],
            (x1 - x0) * (y1 - y0),
        )
    return sights


def _metres(first: Sequence[float], second: Sequence[float]) -> float:
    return float(np.linalg.norm(np.subtract(first, second)))
