"""Which sighting is which thing: one to one, by look, place and what can be moved unseen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from embodied_mem.scene.tabletop.evidence import Evidence
from embodied_mem.scene.tabletop.recognition import UNKNOWN
from embodied_mem.scene.tabletop.sightings import Sighting
from embodied_mem.scene.tabletop.thing import Thing
from embodied_mem.types import Float64Array

NEW: Final = 1.5
"""Cost above which a sighting is rather taken for a new thing."""
_UNLIKE: Final = 1.0
"""Cost of looks above which two are never one thing."""
_FAR: Final = 0.8
"""Cost of a thing being anywhere else than it was."""
_REACH: Final = 0.15
"""Distance at which that cost is reached, m."""
_PART_REACH: Final = 0.10
"""A part of something, or what looks like nothing known, is no thing that is farther away, m."""
_PART_BESIDE: Final = 0.035
"""The same for a thing that need not have moved, and for what may be in the hand."""
_BELIEVED: Final = 0.05
"""A thing seen to stand still is not farther away than this, m."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chances:
    """What else is known about whether a thing can be elsewhere."""

    evidence: Evidence
    shut_in: bool = False
    """Whether it is in a drawer that nobody can have opened unseen."""
    untold: bool = False
    """Whether nothing was seen of it on this visit yet, or for so long that it may be anywhere."""


def match(
    things: Sequence[Thing],
    sightings: Sequence[Sighting],
    chances: Sequence[Chances],
    *,
    same_side: bool = True,
) -> Mapping[int, int]:
    """Assigns sightings to things at the least total cost.

    Args:
        things: What is believed.
        sightings: What one picture shows.
        chances: One for each thing.
        same_side: Whether things are seen from the side that their looks are known from.

    Returns:
        Row of the sighting by row of the thing; both at most once.
    """
    if not things or not sightings:
        return {}
    cost = np.array(
        [
            [_cost(thing, sighting, chance, same_side) for sighting in sightings]
            for thing, chance in zip(things, chances, strict=True)
        ]
    )
    rows, columns = linear_sum_assignment(np.minimum(cost, NEW))
    return {
        int(row): int(column)
        for row, column in zip(rows, columns, strict=True)
        if cost[row, column] < NEW
    }


def unlike(thing: Thing, sighting: Sighting, *, same_side: bool = True) -> float:
    """Returns how much a sighting does not look like a thing, from 0.

    Args:
        thing: What it may be.
        sighting: What is seen.
        same_side: Whether it is seen from the side that its look is known from.
    """
    whole = sighting.whole and same_side
    cost = 0.0
    if UNKNOWN in (sighting.category, thing.category) or not whole:
        cost += 0.0 if sighting.category == thing.category else 0.25
    elif sighting.category != thing.category:
        cost += 1.1 * min(sighting.confidence + 0.1, thing.confidence + 0.1, 1.0)
    named = (sighting.category, sighting.colour) == (thing.category, thing.colour)
    if not named or thing.category == UNKNOWN:
        # Of two colours, another side shows other shares; a name has that in it already.
        tint = float(np.abs(sighting.share - thing.share).max())
        cost += _ramp(tint, 0.04 if whole else 0.08, 0.12 if whole else 0.2) * 1.2
    if whole and sighting.colour != thing.colour and sighting.category != UNKNOWN:
        cost += 0.8
    if whole:
        apart = float(np.abs(np.sort(sighting.box.size) - np.sort(thing.size)).max())
        cost += 0.6 * _ramp(apart, 0.008, 0.03)
    return cost


def _cost(thing: Thing, sighting: Sighting, chance: Chances, same_side: bool) -> float:
    look = unlike(thing, sighting, same_side=same_side)
    if look > _UNLIKE:
        return np.inf
    apart = float(np.linalg.norm(_nearest_offset(thing, sighting)))
    if not same_side and apart > _BELIEVED and not (thing.missing and named_alike(thing, sighting)):
        return np.inf
    if chance.evidence.still_there and apart > _BELIEVED:
        return np.inf
    reach = _PART_REACH if chance.evidence.empty and sighting.arm < 0.04 else _PART_BESIDE
    if apart > reach and not (sighting.whole and sighting.category != UNKNOWN):
        return np.inf
    far = _FAR * min(apart / _REACH, 1.0)
    if chance.untold:
        far *= 0.4
    cost = look + far
    if chance.shut_in and apart > _BELIEVED:
        cost += 0.9
    if thing.category == UNKNOWN and sighting.category != UNKNOWN and sighting.whole:
        # A piece of something may turn out to be a part of what is missing.
        cost += 0.6
    return cost


def named_alike(thing: Thing, sighting: Sighting) -> bool:
    """Tells whether a sighting from another side is surely of such a thing, and of all of it."""
    named = (sighting.category, sighting.colour) == (thing.category, thing.colour)
    return sighting.whole and sighting.hidden < 0.05 and named and sighting.confidence > 0.7


def _nearest_offset(thing: Thing, sighting: Sighting) -> Float64Array:
    """Returns how far a sighting is from a thing; a part of it may be anywhere within its box."""
    away = sighting.position - thing.position
    if sighting.whole:
        return away
    away[2] *= 0.3
    slack = 0.4 * float(thing.size[:2].max())
    flat = float(np.hypot(away[0], away[1]))
    if flat > 0.0:
        away[:2] *= max(flat - slack, 0.0) / flat
    return away


def _ramp(value: float, start: float, end: float) -> float:
    return min(max((value - start) / (end - start), 0.0), 1.0)
