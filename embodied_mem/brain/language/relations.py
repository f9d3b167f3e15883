"""Which objects stand on, in, under or near another, told by records and by boxes."""

from dataclasses import dataclass

from embodied_mem.brain.language.question import RelationKind
from embodied_mem.brain.language.recollection import Seen, gaps_to
from embodied_mem.memory.facts import ObjectFact

_SLACK = 0.08
"""How far a box may stick out and still count as on or in another, metres: about two voxels."""


@dataclass(frozen=True, kw_only=True)
class AnswerConfig:
    """When an answer counts as certain, and how far "near" reaches."""

    near_distance: float = 1.5
    """Metres from box to box within which a thing is near another."""
    min_confidence: float = 0.5
    """Confidence in an object's category below which claims about it are hedged."""
    min_views: int = 2
    """Frames that must have shown an object before claims about it are certain."""
    tie_ratio: float = 0.05
    """Two sizes closer than this ratio make "the biggest" uncertain."""
    tie_distance: float = 0.1
    """Two distances closer than this, metres, make "the nearest" uncertain."""
    most_named: int = 5
    """How many objects of a kind an answer describes one by one."""


def is_firm(seen: Seen, config: AnswerConfig) -> bool:
    """Whether an object was seen well enough for a certain claim about it."""
    fact = seen.fact
    return (
        fact.state in ("present", "moved")
        and fact.confidence >= config.min_confidence
        and fact.views >= config.min_views
    )


def related(
    kind: RelationKind, objects: tuple[Seen, ...], anchors: tuple[Seen, ...], config: AnswerConfig
) -> tuple[Seen, ...]:
    """Returns the objects that stand in a relation to any of the anchors, without these.

    Those near come nearest first; the others keep their order.
    """
    own = {anchor.id for anchor in anchors}
    others = tuple(seen for seen in objects if seen.id not in own)
    if kind == "near":
        return tuple(seen for seen, gap in near(others, anchors) if gap <= config.near_distance)
    return tuple(
        seen
        for seen in others
        if any(seen.floor == a.floor and _holds(kind, seen.fact, a.fact) for a in anchors)
    )


def near(objects: tuple[Seen, ...], anchors: tuple[Seen, ...]) -> list[tuple[Seen, float]]:
    """Returns objects with their distance to the nearest anchor, metres, nearest first.

    Objects on the other side of a wall are not near: where the rooms of both are known, they
    must be the same.
    """
    best: dict[str, tuple[float, Seen]] = {}
    for anchor in anchors:
        here = tuple(seen for seen in objects if _may_share_a_room(seen, anchor))
        gaps = gaps_to(here, anchor.fact.box_min, anchor.fact.box_max)
        for seen, gap in zip(here, gaps.tolist(), strict=True):
            if seen.id not in best or gap < best[seen.id][0]:
                best[seen.id] = (gap, seen)
    ordered = sorted(best.values(), key=lambda entry: (round(entry[0], 6), entry[1].id))
    return [(seen, gap) for gap, seen in ordered]


def _may_share_a_room(a: Seen, b: Seen) -> bool:
    if a.floor != b.floor:
        return False
    return a.place is None or b.place is None or a.place.place_id == b.place.place_id


def _holds(kind: RelationKind, thing: ObjectFact, anchor: ObjectFact) -> bool:
    if kind in ("on", "in"):
        if thing.on is not None:
            return thing.on == anchor.object_id
        return _rests_on(thing, anchor) or (kind == "in" and _is_inside(thing, anchor))
    if kind == "above":
        return _overlaps_in_plan(thing, anchor) and thing.box_min[2] >= anchor.box_max[2] - _SLACK
    under = thing.box_max[2] <= anchor.box_max[2] and thing.box_min[2] <= anchor.box_min[2] + _SLACK
    return under and _overlaps_in_plan(thing, anchor) and thing.on != anchor.object_id


def _overlaps_in_plan(a: ObjectFact, b: ObjectFact) -> bool:
    return all(a.box_min[i] < b.box_max[i] and b.box_min[i] < a.box_max[i] for i in (0, 1))


def _centre_in_plan(thing: ObjectFact, anchor: ObjectFact) -> bool:
    return all(
        anchor.box_min[i] - _SLACK <= thing.position[i] <= anchor.box_max[i] + _SLACK
        for i in (0, 1)
    )


def _rests_on(thing: ObjectFact, anchor: ObjectFact) -> bool:
    """Whether a thing's bottom lies above its supporter's: on a table, on a shelf's board."""
    bottom = thing.box_min[2]
    between = anchor.box_min[2] + _SLACK < bottom <= anchor.box_max[2] + _SLACK
    return between and _centre_in_plan(thing, anchor)


def _is_inside(thing: ObjectFact, anchor: ObjectFact) -> bool:
    return all(
        anchor.box_min[i] - _SLACK <= thing.box_min[i]
        and thing.box_max[i] <= anchor.box_max[i] + _SLACK
        for i in range(3)
    )
