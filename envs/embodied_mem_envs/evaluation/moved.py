"""Whether a memory keeps up with things that were moved between two visits."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from scipy.optimize import linear_sum_assignment

from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import ObjectFact, active
from embodied_mem.perception import UNKNOWN_CATEGORY
from embodied_mem.types import Float64Array
from embodied_mem_envs.evaluation.truth import HouseView, box_gaps, view_house

TOLERANCE = 0.5
"""Metres from an object's box within which a remembered position means that place."""
MIN_MOVE = 1.0
"""Metres that an object must move so that its old and its new place cannot be taken for one."""


class MovedObject(msgspec.Struct, frozen=True, kw_only=True):
    """One object that was moved, showed before and after, and whether the memory followed."""

    id: str
    category: str
    metres: float
    """How far its middle was moved."""
    old_claim_closed: bool
    new_place_known: bool

    @property
    def tracked(self) -> bool:
        """Whether the memory holds the new place and no longer the old one."""
        return self.old_claim_closed and self.new_place_known


def judge_moved(
    store: MemoryStore,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    shown_before: Collection[str],
    shown_after: Collection[str],
) -> list[MovedObject]:
    """Judges the memory of each object that was moved by 1 m or more and showed on both visits.

    What the memory claims of a category now (its active facts with state `present` or `moved`)
    is matched one to one to the things of that category that really are there, at most 0.5 m
    from a position to a box. The new place is known if the moved thing is matched; the old
    claim is closed if no unmatched claim of the category lies within 0.5 m of the old box. So
    another thing of the kind that rightly is at either place neither helps nor harms.

    A class-agnostic segmenter names nothing; its claims are matched to things of every category.

    Args:
        store: The memory after the second visit.
        before: Ground truth of the house on the first visit.
        after: Ground truth on the second visit.
        shown_before: Ids of the objects that showed enough on the first visit.
        shown_after: Ids of the objects that showed enough on the second visit.
    """
    old, new = view_house(before, shown_before), view_house(after, shown_after)
    claims = _claims(store)
    nameless = UNKNOWN_CATEGORY in claims  # of a class-agnostic segmenter: any claim fits any thing
    verdicts = []
    for row, object_id in enumerate(new.ids):
        if object_id not in old.ids or not new.shown[row]:
            continue
        old_row = old.ids.index(object_id)
        metres = float(np.linalg.norm(new.centres[row] - old.centres[old_row]))
        if metres >= MIN_MOVE and old.shown[old_row]:
            names = (new.categories[row], UNKNOWN_CATEGORY)
            places = np.vstack([claims.get(name, np.zeros((0, 3))) for name in names])
            verdicts.append(_judge(places, nameless, old, old_row, new, row, metres))
    return verdicts


def moved_tracked(verdicts: Sequence[MovedObject]) -> float:
    """Returns the share that was tracked; NaN where nothing was moved and seen again."""
    if not verdicts:
        return float("nan")
    return sum(verdict.tracked for verdict in verdicts) / len(verdicts)


def _claims(store: MemoryStore) -> dict[str, Float64Array]:
    """Returns (K, 3) positions by category of all things that are believed to be there now."""
    places: dict[str, list[tuple[float, float, float]]] = {}
    for _, fact in active(store, ObjectFact, payload=False):
        if fact.state in ("present", "moved"):
            places.setdefault(fact.category, []).append(fact.position)
    return {category: np.array(found, float) for category, found in places.items()}


def _judge(
    places: Float64Array,
    nameless: bool,
    old: HouseView,
    old_row: int,
    new: HouseView,
    row: int,
    metres: float,
) -> MovedObject:
    category = new.categories[row]
    alike = np.array([other == category or nameless for other in new.categories], bool)
    matched, known = _match(places, new, np.flatnonzero(alike))
    stale = box_gaps(places, places, old.low[old_row], old.high[old_row]) <= TOLERANCE
    return MovedObject(
        id=new.ids[row],
        category=category,
        metres=round(metres, 3),
        old_claim_closed=not (stale & ~matched).any(),
        new_place_known=row in known,
    )


def _match(
    places: Float64Array, house: HouseView, rows: np.ndarray[Any, np.dtype[np.intp]]
) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], set[int]]:
    """Matches as many places to boxes as can be; returns which places, and which rows, matched."""
    gaps = box_gaps(places[:, None], places[:, None], house.low[rows], house.high[rows])
    between = np.linalg.norm(places[:, None] - house.centres[rows], axis=-1)
    far = 1e6  # dearer than any number of real matches, so that most pairs are matched first
    first, second = linear_sum_assignment(np.where(gaps <= TOLERANCE, between, far))
    good = gaps[first, second] <= TOLERANCE
    matched = np.zeros(len(places), bool)
    matched[first[good]] = True
    return matched, {int(row) for row in rows[second[good]]}
