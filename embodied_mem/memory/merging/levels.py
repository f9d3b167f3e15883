"""Floors of several robots counted alike: each counts from the lowest that it knows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from embodied_mem.memory.merging.classes import Source, believed, source_of
from embodied_mem.memory.merging.held import Held
from embodied_mem.memory.record import MemoryRecord

_STOREY: Final = 0.9
"""Heights closer than this, metres, are one floor's."""
_TOLD: Final = ("place", "map", "frontier")
"""Types of facts that say on which floor they are; the first one that has a height counts."""
_Floor = tuple[Source, int]


def levelled(holdings: Sequence[Held]) -> list[Held]:
    """Returns records with floors numbered by height over all robots, 0 for the lowest.

    What one robot alone wrote stays. Where more than one floor is known, maps get a height.
    """
    heights = _heights(holdings)
    if len({source for source, _ in heights}) < 2:
        return list(holdings)
    order = _ranked(heights)
    several = len(set(order.values())) > 1
    return [_levelled(held, order, heights, several) for held in holdings]


def _heights(holdings: Sequence[Held]) -> dict[_Floor, float]:
    """Returns the height of each floor as each robot counts them, metres."""
    told: dict[_Floor, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for held in holdings:
        record = held.record
        kind = record.content.get("type")
        if kind in _TOLD and record.pose is not None and believed(record):
            floor = _floor_of(record)
            told[source_of(record), floor][kind].append(record.pose[2])
    return {
        floor: float(np.median(next(by_kind[kind] for kind in _TOLD if kind in by_kind)))
        for floor, by_kind in told.items()
    }


def _floor_of(record: MemoryRecord) -> int:
    floor = record.content.get("floor", 0)
    return floor if isinstance(floor, int) else 0


def _ranked(heights: Mapping[_Floor, float]) -> dict[_Floor, int]:
    """Returns the number of each floor among all that there are."""
    order: dict[_Floor, int] = {}
    number, last = -1, -np.inf
    for floor in sorted(heights, key=lambda each: (heights[each], each)):
        if heights[floor] - last > _STOREY:
            number += 1
        last = heights[floor]
        order[floor] = number
    return order


def _levelled(
    held: Held, order: Mapping[_Floor, int], heights: Mapping[_Floor, float], several: bool
) -> Held:
    record = held.record
    kind, source = record.content.get("type"), source_of(record)
    changes: dict[str, Any] = {}
    if kind in _TOLD:
        old = _floor_of(record)
        new = order.get((source, old), old)
        if new != old:
            changes["content"] = {**record.content, "floor": new}
        height = heights.get((source, old))
        if kind == "map" and several and record.pose is None and height is not None:
            x, y = record.content["origin"]
            changes["pose"] = (x, y, height, 1.0, 0.0, 0.0, 0.0)
    elif kind == "walk" and several:
        changes = _walked(record, order)
    return held.changed(**changes) if changes else held


def _walked(record: MemoryRecord, order: Mapping[_Floor, int]) -> dict[str, Any]:
    source, path = source_of(record), record.content.get("path", ())
    floors = record.content.get("floors") or [0] * len(path)
    new = [order.get((source, floor), floor) for floor in floors]
    return {"content": {**record.content, "floors": new}} if any(new) else {}
