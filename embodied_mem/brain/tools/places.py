"""The tools that tell where things are and were."""

from typing import Any

from embodied_mem.brain.language.answers import answer_from
from embodied_mem.brain.language.recollection import Seen
from embodied_mem.brain.language.relations import is_firm, near
from embodied_mem.brain.language.selection import volume
from embodied_mem.brain.language.wording import situation
from embodied_mem.brain.tools.access import Access, tokens_of
from embodied_mem.brain.tools.arguments import WhatIsNear, WhereIs
from embodied_mem.brain.tools.finding import (
    CONFIG,
    Found,
    find,
    label,
    plain,
    proof,
    settled,
    thing_value,
)
from embodied_mem.brain.tools.recall import notes_on
from embodied_mem.brain.tools.result import Refused, ToolResult, one_line, within
from embodied_mem.memory.facts import PlaceFact

_FARTHEST = 50.0
_NAMED = 20


def where_is(access: Access, arguments: WhereIs) -> ToolResult:
    """Tells where a thing or a room is."""
    budget = tokens_of(arguments.max_tokens)
    words = plain(arguments.thing)
    found = find(access, words)
    if found.objects:
        return _objects(access, found, budget)
    if found.places:
        return _places(access, found, budget)
    return _unknown(access, words, budget)


def _objects(access: Access, found: Found, budget: int) -> ToolResult:
    objects = settled(found.objects)
    lines = [
        f"- {label(seen)}: {_told(access, seen)}{proof(access, seen)}" for seen in objects[:_NAMED]
    ]
    firm = is_firm(objects[0], CONFIG) and not found.doubts
    count = "1 thing fits" if len(objects) == 1 else f"{len(objects)} things fit"
    head = " ".join([f"{count}{'' if firm else ', not certain'}.", *map(one_line, found.doubts)])
    text, shown = within(head, lines, budget)
    things = [thing_value(access, seen) for seen in objects[:shown]]
    return ToolResult(text=text, value={"status": "found", "certain": firm, "things": things})


def _told(access: Access, seen: Seen) -> str:
    sentence = situation(seen, access.recollection, firm=is_firm(seen, CONFIG), coloured=True)
    return one_line(sentence, 240)


def _places(access: Access, found: Found, budget: int) -> ToolResult:
    lines = [f"- {_room_line(access, place)}" for place in found.places]
    text, shown = within("A room of the house.", lines, budget)
    rooms = [_room_value(access, place) for place in found.places[:shown]]
    return ToolResult(text=text, value={"status": "found", "certain": True, "rooms": rooms})


def _room_line(access: Access, place: PlaceFact) -> str:
    x, y = place.centroid
    storey = access.recollection.storey_of(place)
    parts = [f"around ({x:.1f}, {y:.1f}) m", f"{place.area:.0f} m2 seen", storey]
    told = ", ".join(part for part in parts if part)
    return f"{access.place_name(place.place_id)} ({one_line(place.place_id, 40)}): {told}"


def _room_value(access: Access, place: PlaceFact) -> dict[str, Any]:
    return {
        "place": place.place_id,
        "name": access.place_name(place.place_id),
        "category": place.category,
        "centre": [round(value, 2) for value in place.centroid],
        "floor": place.floor,
    }


def _unknown(access: Access, words: str, budget: int) -> ToolResult:
    """Says that nothing fits, what comes close, and what notes tell."""
    answer = answer_from(f"where is the {words}?", access.recollection)
    said = one_line(answer.text, 240) if answer.status == "unseen" else "I know of no such thing."
    notes = notes_on(access, words)
    lines = [f"- {note.line}" for note in notes]
    head = f"{said} Notes that may tell:" if notes else f"{said} That proves no absence."
    text, shown = within(head, lines, budget)
    value = {"status": "unseen", "certain": False, "notes": [n.value for n in notes[:shown]]}
    return ToolResult(text=text, value=value)


def what_is_near(access: Access, arguments: WhatIsNear) -> ToolResult:
    """Lists what is near a thing or in a room."""
    budget = tokens_of(arguments.max_tokens)
    reach = CONFIG.near_distance if arguments.within is None else arguments.within
    if not 0 < reach <= _FARTHEST:
        raise Refused(f"within is {reach}; give metres above 0 and at most {_FARTHEST:g}, or null.")
    words = plain(arguments.target)
    found = find(access, words)
    if found.objects:
        return _near_things(access, found, reach, budget)
    if found.places:
        return _in_rooms(access, found, budget)
    return _unknown(access, words, budget)


def _near_things(access: Access, found: Found, reach: float, budget: int) -> ToolResult:
    anchors = tuple(seen for seen in settled(found.objects) if not seen.gone)
    if not anchors:
        return _objects(access, found, budget)
    own = {seen.id for seen in anchors}
    others = tuple(s for s in access.recollection.objects if not s.gone and s.id not in own)
    close = [(seen, gap) for seen, gap in near(others, anchors) if gap <= reach]
    names = ", ".join(label(seen) for seen in anchors[:3])
    head = f"Within {reach:g} m of {names}: {len(close) or 'nothing that I saw'}."
    lines = [f"- {label(seen)}, {gap:.1f} m{proof(access, seen)}" for seen, gap in close]
    text, shown = within(" ".join([head, *map(one_line, found.doubts)]), lines, budget)
    things = [
        {**thing_value(access, seen), "distance": round(gap, 2)} for seen, gap in close[:shown]
    ]
    value = {"status": "found", "of": [seen.id for seen in anchors], "things": things}
    return ToolResult(text=text, value=value)


def _in_rooms(access: Access, found: Found, budget: int) -> ToolResult:
    memory = access.recollection
    ids = {place.place_id for place in found.places}
    inside = [s for s in memory.objects if not s.gone and s.place and s.place.place_id in ids]
    inside.sort(key=lambda seen: (-volume(seen), seen.id))
    beside = dict.fromkeys(
        each for p in found.places for each in p.neighbours if each in memory.places
    )
    rooms = [access.place_name(each) for each in beside if each not in ids]
    names = " and ".join(access.place_name(place.place_id) for place in found.places)
    adjoining = f" Next to it: {', '.join(rooms)}." if rooms else ""
    head = f"In {names}: {len(inside) or 'nothing that I saw'}.{adjoining}"
    lines = [f"- {label(seen)}{proof(access, seen)}" for seen in inside]
    text, shown = within(head, lines, budget)
    things = [thing_value(access, seen) for seen in inside[:shown]]
    value = {"status": "found", "of": sorted(ids), "things": things, "adjoining": rooms}
    return ToolResult(text=text, value=value)
