"""Which objects of several robots are one: by box and category, or because it was carried on.

Whoever saw a thing last decides where it is now; among those who saw it there, whoever saw it best
decides what it looks like.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from embodied_mem.memory.links import LinkType
from embodied_mem.memory.merging.classes import (
    Classes,
    Decision,
    Source,
    believed,
    matched,
    source_of,
)
from embodied_mem.memory.merging.grounds import Grounds
from embodied_mem.memory.merging.held import Held
from embodied_mem.types import Float64Array

_SAME_OBJECT: Final[LinkType] = "same_object"
_SURE: Final = 10.0
"""Score of what is known to be one already; boxes score less."""
_OVERLAP: Final = 0.2
"""Two boxes of a category with this much of their union in common are one thing's."""
_INSIDE: Final = 0.5
"""So are two of which one has this much of itself in the other: a part was seen."""
_FIRM: Final = 2
"""Views from which on a thing is believed."""
_GLIMPSE: Final = 0.8
"""A thing seen once with this much of itself in another of its category is a part of that."""
_ALIKE: Final = 0.85
"""Least cosine of descriptors by which a thing is known again elsewhere."""
_CARRIED: Final = 0.5
"""Metres from which on a thing is elsewhere."""
_STANDING: Final = (0.25, 0.2)
"""A thing whose box begins below the first and is higher than the second stands in the way, m."""
_VOTED: Final = 0.3
"""Share of the votes by which the other's category is a thing's second name."""


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """An object as one source believes in it."""

    name: str
    held: Held
    low: Float64Array
    high: Float64Array

    @property
    def content(self) -> dict[str, Any]:
        """The content of its fact."""
        return self.held.record.content

    @property
    def firm(self) -> bool:
        """Whether it was seen often enough to be believed."""
        return self.content["views"] >= _FIRM and self.content["state"] in ("present", "moved")

    @property
    def evidence(self) -> tuple[Any, ...]:
        """Ranks how well it was seen."""
        size = float(np.prod(self.high - self.low))
        return (self.firm, self.content["views"], size, self.held.id)

    @property
    def middle(self) -> Float64Array:
        """Middle of its box, metres."""
        return 0.5 * (self.low + self.high)


def things_in(holdings: Sequence[Held]) -> tuple[dict[str, Thing], dict[str, list[Thing]]]:
    """Returns by name what is believed of each object, and where each was before."""
    now: dict[str, Thing] = {}
    past: dict[str, list[Thing]] = defaultdict(list)
    for held in holdings:
        content = held.record.content
        # Things on tables are told by visits, each of its own; see `brain.remember.items`.
        if content.get("type") != "object" or "visit" in content:
            continue
        thing = _thing(held)
        if thing is None:
            continue
        if believed(held.record):
            known = now.get(thing.name)
            if known is None or _seen_last(known) < _seen_last(thing):
                now[thing.name] = thing
        else:
            past[thing.name].append(thing)
    return now, past


def _thing(held: Held) -> Thing | None:
    content = held.record.content
    try:
        low, high = (np.array(content[key], np.float64) for key in ("box_min", "box_max"))
        usable = low.shape == high.shape == (3,) and {"views", "state", "category"} <= set(content)
        name, last = content["object_id"], content["last_tick"]
    except (KeyError, TypeError, ValueError):
        return None
    if not usable or not isinstance(name, str) or type(last) is not int:
        return None
    return Thing(name, held, low, high)


def _seen_last(thing: Thing) -> tuple[int, str]:
    return (thing.content["last_tick"], thing.held.id)


def same_things(holdings: Sequence[Held], grounds: Grounds) -> list[Decision]:
    """Decides which objects are one, and what is believed of each."""
    now, past = things_in(holdings)
    sources = {name: source_of(thing.held.record) for name, thing in now.items()}
    scores = dict(_standing_together(now, past))
    classes = matched(scores | dict.fromkeys(_linked(holdings, now), _SURE), sources)
    _join_glimpses(now, scores, sources, classes)
    _join_carried(now, sources, classes, grounds)
    return [_decided([now[name] for name in group]) for group in classes.groups(now)]


def _linked(holdings: Sequence[Held], now: Mapping[str, Thing]) -> Iterator[tuple[str, str]]:
    """Yields the pairs that were found to be one before, and went on as one."""
    named = {
        held.id: name
        for held in holdings
        if isinstance(name := held.record.content.get("object_id"), str) and name in now
    }
    for held in holdings:
        for link in held.record.links:
            a, b = named.get(held.id), named.get(link.id)
            if link.type == _SAME_OBJECT and a is not None and b is not None and a != b:
                yield min(a, b), max(a, b)


def _standing_together(
    now: Mapping[str, Thing], past: Mapping[str, Sequence[Thing]]
) -> Iterator[tuple[tuple[str, str], float]]:
    """Yields pairs of one category whose boxes are one, with how well they fit."""
    for a, b in _near_pairs(now, past):
        first, second = now[a], now[b]
        if not _akin(first.content, second.content):
            continue
        score = max(
            _fit(first, second),
            *(_fit(first, was) for was in past.get(b, ()) if _meanwhile(first, was)),
            *(_fit(second, was) for was in past.get(a, ()) if _meanwhile(second, was)),
            0.0,
        )
        if score > 0.0:
            alike = first.held.like(second.held)
            yield (a, b), score + 0.25 * (0.0 if alike is None else alike)


def _near_pairs(
    now: Mapping[str, Thing], past: Mapping[str, Sequence[Thing]]
) -> Iterator[tuple[str, str]]:
    """Yields the pairs of names, of two sources, of which two boxes touch."""
    names, low, high = [], [], []
    for name in sorted(now):
        for thing in (now[name], *past.get(name, ())):
            names.append(name)
            low.append(thing.low)
            high.append(thing.high)
    if not names:
        return
    lows, highs = np.array(low), np.array(high)
    order = np.argsort(lows[:, 0], kind="stable")
    found = set()
    for place, row in enumerate(order):
        last = np.searchsorted(lows[order, 0], highs[row, 0], side="right")
        others = order[place + 1 : last]
        touch = ((lows[others] <= highs[row]) & (highs[others] >= lows[row])).all(axis=1)
        for other in others[touch]:
            pair = sorted((names[row], names[other]))
            if pair[0] != pair[1]:
                found.add((pair[0], pair[1]))
    for a, b in sorted(found):
        if source_of(now[a].held.record) != source_of(now[b].held.record):
            yield a, b


def _akin(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    if a["category"] == b["category"]:
        return True
    return _share(a, b["category"]) >= _VOTED or _share(b, a["category"]) >= _VOTED


def _share(content: Mapping[str, Any], category: str) -> float:
    votes = content.get("votes") or {}
    total = sum(votes.values())
    return float(votes.get(category, 0.0) / total) if total else 0.0


def _fit(a: Thing, b: Thing) -> float:
    """Returns how well two boxes fit on one thing, up to 1; 0 where they do not."""
    inside = float(np.prod(np.maximum(np.minimum(a.high, b.high) - np.maximum(a.low, b.low), 0.0)))
    one, other = float(np.prod(a.high - a.low)), float(np.prod(b.high - b.low))
    if inside <= 0.0:
        return 0.0
    union, part = inside / (one + other - inside), inside / min(one, other)
    return max(union, 0.5 * part) if union >= _OVERLAP or part >= _INSIDE else 0.0


def _meanwhile(thing: Thing, was: Thing) -> bool:
    """Tells whether a thing was last seen no later than another was held to be where it was."""
    until = was.held.record.valid_to
    return until is not None and thing.content["last_tick"] <= until


def _join_glimpses(
    now: Mapping[str, Thing],
    scores: Mapping[tuple[str, str], float],
    sources: Mapping[str, Source],
    classes: Classes,
) -> None:
    """Takes what was seen once for a part of what another robot saw there."""
    for a, b in sorted(scores, key=lambda pair: (-scores[pair], pair)):
        for glimpse, whole in ((a, b), (b, a)):
            alone = all(classes.find(glimpse) != classes.find(n) for n in now if n != glimpse)
            if not alone or now[glimpse].firm or not now[whole].firm:
                continue
            small, large = now[glimpse], now[whole]
            common = np.minimum(small.high, large.high) - np.maximum(small.low, large.low)
            part = float(np.prod(np.maximum(common, 0.0)) / np.prod(small.high - small.low))
            if part >= _GLIMPSE and sources[glimpse] != sources[whole]:
                classes.join(glimpse, whole)


def _join_carried(
    now: Mapping[str, Thing],
    sources: Mapping[str, Source],
    classes: Classes,
    grounds: Grounds,
) -> None:
    """Knows things again that stand elsewhere, where all speaks for it.

    A thing is alone with its category, colour and look, before and after; whoever saw it later
    looked at its old place and found it empty, and whoever saw it before, at its new one.
    """
    grouped = {name for group in classes.groups(now) for name in group}
    loose: dict[tuple[str, str], list[Thing]] = defaultdict(list)
    for name in sorted(set(now) - grouped):
        thing = now[name]
        if thing.firm:
            loose[thing.content["category"], str(thing.content.get("colour"))].append(thing)
    for things in loose.values():
        pairs = [pair for pair in map(_in_order, combinations(things, 2)) if pair is not None]
        pairs = [p for p in pairs if _carried(*p, sources, grounds)]
        counts: dict[str, int] = defaultdict(int)
        for earlier, later in pairs:
            counts[earlier.name] += 1
            counts[later.name] += 1
        for earlier, later in pairs:
            if counts[earlier.name] == counts[later.name] == 1:
                classes.join(earlier.name, later.name)


def _in_order(pair: tuple[Thing, Thing]) -> tuple[Thing, Thing] | None:
    first, second = sorted(pair, key=_seen_last)
    return (first, second) if first.content["last_tick"] < second.content["first_tick"] else None


def _carried(earlier: Thing, later: Thing, sources: Mapping[str, Source], grounds: Grounds) -> bool:
    one, other = sources[earlier.name], sources[later.name]
    if one == other or np.linalg.norm(earlier.middle - later.middle) < _CARRIED:
        return False
    alike = earlier.held.like(later.held)
    if alike is not None and alike < _ALIKE:
        return False
    return grounds.looked_at(other, earlier.middle) and grounds.looked_at(one, later.middle)


def _decided(things: Sequence[Thing]) -> Decision:
    latest = max(things, key=_seen_last)
    here = _standing_with(latest, things)
    chosen = max(here, key=lambda thing: thing.evidence)
    rest = [thing for thing in things if thing is not chosen]
    return Decision(
        name=chosen.name,
        aliases=frozenset(thing.name for thing in things),
        chosen=chosen.held,
        here=[thing.held for thing in rest if thing in here],
        past=[thing.held for thing in rest if thing not in here],
    )


def _standing_with(latest: Thing, things: Sequence[Thing]) -> list[Thing]:
    """Returns the sightings of one place, each of which fits on another: parts of a thing, too."""
    here, rest = [latest], [thing for thing in things if thing is not latest]
    while near := [t for t in rest if any(_fit(t, other) > 0.0 for other in here)]:
        here += near
        rest = [thing for thing in rest if thing not in near]
    return here


def pooled(decision: Decision, heard: Sequence[Held]) -> dict[str, Any]:
    """Returns what the chosen fact learns from the others: when it was seen, and that it moved."""
    content = decision.chosen.record.content
    ids = {held.id for held in decision.here}
    same = [held.record.content for held in heard if held.id in ids]
    changes = {
        "first_tick": min([content["first_tick"], *(each["first_tick"] for each in same)]),
        "last_tick": max([content["last_tick"], *(each["last_tick"] for each in same)]),
    }
    if len(heard) > len(same) and content["state"] == "present":
        changes["state"] = "moved"
    return {key: value for key, value in changes.items() if content[key] != value}


def gone(now: Sequence[Held], grounds: Grounds) -> dict[str, dict[str, Any]]:
    """Returns what changes in the content of things whose place a later walk found free.

    Of what stands on the floor only: whether a thing still lies on a table no map tells.

    Args:
        now: The facts that are believed.
        grounds: All maps.
    """
    changes = {}
    for held in now:
        thing = _thing(held)
        if thing is None or not thing.firm:
            continue
        low, high = thing.low, thing.high
        standing = low[2] - grounds.height(held) < _STANDING[0] and high[2] - low[2] > _STANDING[1]
        if standing and grounds.found_free(held, low[:2], high[:2], thing.content["last_tick"]):
            changes[held.id] = {"state": "missing"}
    return changes
