"""Which places of several robots are one: they overlap with no wall between them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np

from embodied_mem.memory.merging.classes import Decision, Source, believed, matched, source_of
from embodied_mem.memory.merging.grounds import Grounds
from embodied_mem.memory.merging.held import Held

_UNTYPED: Final = "room"
_APART: Final = 0.75
"""Middles are at most this share of the larger place's radius apart, where nothing else speaks."""
_SHARED: Final = 2
"""Things seen in both places from which on they may be farther apart, and of other types."""
_FLOOR: Final = 0.9
"""Floors are at least twice this far apart, metres."""


def same_places(
    holdings: Sequence[Held], grounds: Grounds, things: Sequence[Decision]
) -> list[Decision]:
    """Decides which places are one.

    Args:
        holdings: All records.
        grounds: All maps.
        things: Which objects are one: those that stand in two places make them one.
    """
    places = {}
    for held in holdings:
        if held.record.content.get("type") == "place" and believed(held.record):
            places[held.record.content["place_id"]] = held
    shared = _shared_things(things)
    scores: dict[tuple[str, str], float] = {}
    for a, b in combinations(sorted(places), 2):
        score = _score(places[a], places[b], shared[a, b], grounds)
        if score > 0.0:
            scores[a, b] = score
    sources = {name: source_of(held.record) for name, held in places.items()}
    classes = matched(scores, sources)
    return [_decided([places[n] for n in group]) for group in classes.groups(places)]


def _shared_things(things: Sequence[Decision]) -> Counter[tuple[str, str]]:
    shared: Counter[tuple[str, str]] = Counter()
    for decision in things:
        rooms = {held.record.place for held in (decision.chosen, *decision.here)}
        for a, b in combinations(sorted(room for room in rooms if room), 2):
            shared[a, b] += 1
    return shared


def _score(a: Held, b: Held, shared: int, grounds: Grounds) -> float:
    first, second = a.record, b.record
    if source_of(first) == source_of(second) or not _on_one_floor(a, b):
        return 0.0
    kinds = {first.content["category"], second.content["category"]} - {_UNTYPED}
    radius = np.sqrt(max(first.content["area"], second.content["area"], 0.01) / np.pi)
    middles = [np.array(each.content["centroid"], float) for each in (first, second)]
    apart = float(np.linalg.norm(middles[0] - middles[1]))
    if shared >= _SHARED:
        return 1.0 + shared if apart <= 3.0 * radius else 0.0
    clear = grounds.clear_between(middles[0], middles[1], first.content.get("floor", 0))
    if apart > _APART * radius or not clear or (len(kinds) > 1 and apart > 0.25 * radius):
        return 0.0
    return float(1.0 - apart / (2.0 * radius) + shared)


def _on_one_floor(a: Held, b: Held) -> bool:
    one, other = a.record.pose, b.record.pose
    if one is not None and other is not None:
        return abs(one[2] - other[2]) < _FLOOR
    return bool(a.record.content.get("floor", 0) == b.record.content.get("floor", 0))


def _decided(places: Sequence[Held]) -> Decision:
    chosen = max(places, key=lambda held: (held.record.content["area"], held.id))
    return Decision(
        name=chosen.record.content["place_id"],
        aliases=frozenset(held.record.content["place_id"] for held in places),
        chosen=chosen,
        here=[held for held in places if held is not chosen],
        past=(),
    )


def pooled(decision: Decision, heard: Sequence[Held]) -> dict[str, Any]:
    """Returns what the chosen place learns from the others: its neighbours, and what it is for."""
    content = decision.chosen.record.content
    known = [content, *(held.record.content for held in heard)]
    beside = dict.fromkeys(name for each in known for name in each.get("neighbours", ()))
    neighbours = [name for name in beside if name not in decision.aliases]
    changes: dict[str, Any] = {"neighbours": neighbours}
    if content["category"] == _UNTYPED:
        typed = [h for h in heard if h.record.content["category"] != _UNTYPED]
        if typed:
            best = max(typed, key=lambda held: (held.record.content["area"], held.id))
            changes["category"] = changes["name"] = best.record.content["category"]
    return {key: value for key, value in changes.items() if content.get(key) != value}


def numbered(places: Sequence[Held]) -> dict[str, str]:
    """Returns the names, by record id, that change so that no two places are called alike.

    Args:
        places: All that are believed, in the order of their ids; what one robot named stays where
            no other's place has that name.
    """
    alike: dict[str, set[Source]] = defaultdict(set)
    for held in places:
        alike[held.record.content["name"]].add(source_of(held.record))
    clashing = {
        held.record.content["category"]
        for held in places
        if len(alike[held.record.content["name"]]) > 1
    }
    kinds: dict[str, list[Held]] = defaultdict(list)
    for held in places:
        kinds[held.record.content["category"]].append(held)
    return {
        held.id: f"{kind} {number}"
        for kind in sorted(clashing)
        for number, held in enumerate(kinds[kind], start=1)
        if held.record.content["name"] != f"{kind} {number}"
    }
