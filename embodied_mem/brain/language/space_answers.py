"""Answers about space: near, on, the biggest, the nearest, distances, rooms and lists."""

from collections.abc import Sequence

import msgspec

from embodied_mem.brain.language.morphology import with_article
from embodied_mem.brain.language.object_answers import selected
from embodied_mem.brain.language.question import Extreme, NounPhrase, Question
from embodied_mem.brain.language.recollection import Seen, gaps_to
from embodied_mem.brain.language.relations import is_firm, related
from embodied_mem.brain.language.reply import (
    Reply,
    doubts_about,
    location_value,
    reply,
    situations,
    unseen,
)
from embodied_mem.brain.language.selection import (
    Context,
    Selection,
    distance_from,
    fits_room,
    measure,
    present_of_kind,
    volume,
)
from embodied_mem.brain.language.wording import (
    at,
    capital,
    counted,
    described,
    in_room,
    joined,
    kinds,
    noun_of,
    whereabouts,
)


def _unseen_thing(context: Context, phrase: NounPhrase) -> Reply:
    return unseen(context, phrase, Selection(found=(), unseen_anchor=phrase))


def _wanted(context: Context, objects: Sequence[Seen]) -> tuple[Seen, ...]:
    """Keeps what the subject of the question asks for: "which chairs are near the sofa"."""
    subjects = context.question.subjects
    if not subjects:
        return tuple(objects)
    ids = {seen.id for phrase in subjects for seen in present_of_kind(context, phrase)}
    return tuple(seen for seen in objects if seen.id in ids)


def _well_seen(context: Context, objects: Sequence[Seen]) -> list[Seen]:
    return [seen for seen in objects if is_firm(seen, context.config)]


def answer_near(context: Context) -> Reply:
    """Lists what is near a thing, nearest first, or which rooms are next to a room."""
    relation = context.question.relation
    if context.question.here:
        return _near_here(context)
    if relation is None:
        return _rooms_next_to(context)
    anchors = _anchors(context, relation.anchor)
    if not anchors:
        return _unseen_thing(context, relation.anchor)
    present = tuple(seen for seen in context.memory.objects if not seen.gone)
    others = _wanted(context, related("near", present, anchors, context.config))
    doubts = doubts_about(context, anchors)
    firm = _well_seen(context, others)
    what = described(relation.anchor)
    if not others:
        text = (
            f"I have seen nothing of that kind near the {what}."
            if context.question.subjects
            else f"I have seen nothing near the {what}."
        )
        return reply(text, [], anchors, [*doubts, ""])
    shown = firm or list(others)
    if not firm:
        doubts.append("I did not see them well.")
    if len(anchors) > 1:
        number = counted(len(anchors), relation.anchor.label, context.vocabulary)
        doubts.append(f"I know {number} and took them all together.")
    text = f"Near the {what} I have seen {kinds(shown, context.vocabulary)}."
    value = list(dict.fromkeys(seen.category for seen in shown))
    return reply(text, value, [*shown, *anchors], doubts)


def _near_here(context: Context) -> Reply:
    here = context.here or context.memory.standpoint
    if here is None:
        return Reply(status="uncertain", text="I do not know where I stand.")
    present = tuple(seen for seen in context.memory.objects if not seen.gone)
    gaps = zip(distance_from(present, here), present, strict=True)
    reach = context.config.near_distance
    close = sorted((round(gap, 6), seen.id, seen) for gap, seen in gaps if gap <= reach)
    shown = _well_seen(context, [seen for _, _, seen in close])
    if not shown:
        return reply("I have seen nothing near here.", [], (), [""])
    value = list(dict.fromkeys(seen.category for seen in shown))
    return reply(f"Near here I have seen {kinds(shown, context.vocabulary)}.", value, shown)


def _anchors(context: Context, phrase: NounPhrase) -> tuple[Seen, ...]:
    """Returns the present objects that a relation leans on, in the room that was named."""
    anchors = present_of_kind(context, phrase)
    room = context.question.room
    if room is not None:
        anchors = tuple(seen for seen in anchors if fits_room(seen.place, room))
    firm = tuple(seen for seen in anchors if is_firm(seen, context.config))
    return firm or anchors


def _rooms_next_to(context: Context) -> Reply:
    room = context.question.room
    assert room is not None
    places = context.memory.places
    own = [place for place in places.values() if fits_room(place, room)]
    if not own:
        return Reply(status="unseen", text=f"I have not seen {with_article(room.category)}.")
    beside = dict.fromkeys(name for place in own for name in place.neighbours if name in places)
    names = [places[name].name for name in beside]
    if not names:
        text = f"I know of no room next to the {room.category}."
        return reply(text, [], (), [""])
    value = list(dict.fromkeys(places[name].category for name in beside))
    return reply(f"Next to the {room.category}: {joined(names)}.", value, ())


def answer_on(context: Context) -> Reply:
    """Lists what is on, in, under or above a thing."""
    relation = context.question.relation
    assert relation is not None
    anchors = _anchors(context, relation.anchor)
    if not anchors:
        return _unseen_thing(context, relation.anchor)
    present = tuple(seen for seen in context.memory.objects if not seen.gone)
    others = _wanted(context, related(relation.kind, present, anchors, context.config))
    where = f"{relation.kind} the {described(relation.anchor)}"
    if not others:
        return reply(f"I have seen nothing {where}.", [], anchors, [""])
    shown = _well_seen(context, others) or list(others)
    text = f"{capital(where)} I have seen {kinds(shown, context.vocabulary)}."
    value = list(dict.fromkeys(seen.category for seen in shown))
    return reply(text, value, [*shown, *anchors], doubts_about(context, [*shown, *anchors]))


def answer_superlative(context: Context) -> Reply:
    """Names the biggest, smallest, tallest, nearest, ... of some things."""
    extreme = context.question.extreme
    assert extreme is not None
    if extreme.reference is not None and not present_of_kind(context, extreme.reference):
        return _unseen_thing(context, extreme.reference)
    plain = Context(
        question=_without_extreme(context),
        memory=context.memory,
        vocabulary=context.vocabulary,
        config=context.config,
        here=context.here,
    )
    selection = selected(plain)
    candidates = tuple(_well_seen(context, selection.present)) or selection.present
    if not candidates:
        return unseen(context, context.question.subjects[0], selection)
    measured = measure(context, extreme, candidates)
    if measured is None:
        text = f'I do not know from where "{extreme.word}" is to be measured.'
        return Reply(status="uncertain", text=text)
    if not measured:
        return unseen(context, context.question.subjects[0], selection)
    return _best_of(context, extreme, measured, selection.doubts)


def _without_extreme(context: Context) -> Question:
    return msgspec.structs.replace(context.question, extreme=None)


def _best_of(
    context: Context, extreme: Extreme, measured: list[tuple[Seen, float]], doubts: list[str]
) -> Reply:
    sign = -1.0 if extreme.largest else 1.0
    ordered = sorted(measured, key=lambda entry: (sign * round(entry[1], 6), entry[0].id))
    best, value = ordered[0]
    doubts = [*doubts, *doubts_about(context, [best])]
    if len(ordered) > 1 and _is_a_tie(context, extreme, value, ordered[1][1]):
        doubts.append(f"The {noun_of(ordered[1][0], coloured=True)} comes very close.")
    noun = noun_of(best, coloured=True)
    of_all = (
        f"The {extreme.word} one"
        if not context.question.room
        else (f"The {extreme.word} one {in_room(context.question.room)}")
    )
    if extreme.reference is not None:
        of_all = f"The {extreme.word} to the {described(extreme.reference)}"
        if extreme.largest:
            of_all = f"The {extreme.word} from the {described(extreme.reference)}"
    text = (
        f"{of_all} is the {noun}, {whereabouts(best, context.memory)}"
        f" ({_amount(extreme, best, value)})."
    )
    location = location_value(best)
    chosen = {key: location[key] for key in ("category", "object", "position", "room")}
    return reply(text, chosen, [best], doubts)


def _is_a_tie(context: Context, extreme: Extreme, best: float, second: float) -> bool:
    if extreme.measure in ("distance", "top"):
        return abs(best - second) < context.config.tie_distance
    return abs(best - second) <= context.config.tie_ratio * max(abs(best), abs(second))


def _amount(extreme: Extreme, seen: Seen, value: float) -> str:
    if extreme.measure == "size":
        return " x ".join(f"{side:.2f}" for side in seen.fact.size) + " m"
    return f"{value:.2f} m"


def answer_distance(context: Context) -> Reply:
    """Says how far two things are apart, or how far one is from here."""
    found: list[Seen] = []
    for phrase in context.question.subjects:
        objects = present_of_kind(context, phrase)
        if not objects:
            return _unseen_thing(context, phrase)
        found.append(sorted(objects, key=lambda s: (not is_firm(s, context.config), s.id))[0])
    doubts = doubts_about(context, found)
    if len(found) == 1:
        here = context.here or context.memory.standpoint
        if here is None:
            return Reply(status="uncertain", text="I do not know where I stand.")
        point = (here[0], here[1], found[0].fact.box_min[2])
        gap = float(gaps_to((found[0],), point, point)[0])
        return reply(f"The {noun_of(found[0])} is {gap:.1f} m from here.", gap, found, doubts)
    gap = float(gaps_to((found[0],), found[1].fact.box_min, found[1].fact.box_max)[0])
    text = f"The {noun_of(found[0])} and the {noun_of(found[1])} are {gap:.1f} m apart."
    return reply(text, gap, found, doubts)


def answer_size(context: Context) -> Reply:
    """Says how big a thing is: the sides of its box along the world's axes."""
    selection = selected(context)
    if not selection.found:
        return unseen(context, context.question.subjects[0], selection)
    best = selection.found[0]
    sides = [round(side, 3) for side in best.fact.size]
    text = (
        f"The {noun_of(best)} takes up {sides[0]:.2f} x {sides[1]:.2f} m of floor"
        f" and is {sides[2]:.2f} m high."
    )
    return reply(text, sides, [best], [*selection.doubts, *doubts_about(context, [best])])


def answer_in_room(context: Context) -> Reply:
    """Lists what is in a room, the biggest things first."""
    room = context.question.room
    assert room is not None
    if not any(fits_room(place, room) for place in context.memory.places.values()):
        return Reply(status="unseen", text=f"I have not seen {with_article(room.category)}.")
    present = [
        seen for seen in context.memory.objects if not seen.gone and fits_room(seen.place, room)
    ]
    objects = sorted(_wanted(context, present), key=lambda s: (-round(volume(s), 6), s.id))
    shown = _well_seen(context, objects) or objects
    where = in_room(room)
    if not shown:
        return reply(f"I have seen nothing {where}.", [], (), [""])
    text = f"{capital(where)} I have seen {kinds(shown, context.vocabulary)}."
    value = list(dict.fromkeys(seen.category for seen in shown))
    return reply(text, value, shown, doubts_about(context, shown))


def answer_list(context: Context) -> Reply:
    """Lists all things of a kind with their places."""
    selection = selected(context)
    phrase = context.question.subjects[0]
    if not selection.present:
        return unseen(context, phrase, selection, [])
    objects = selection.present
    shown = tuple(_well_seen(context, objects)) or objects
    value = [location_value(seen) for seen in shown]
    text = f"I have seen {kinds(shown, context.vocabulary)}."
    if phrase.how != "everything":
        text = f"{text} {situations(context, shown)}"
    return reply(text, value, shown, [*selection.doubts, *doubts_about(context, shown)])


def answer_rooms(context: Context) -> Reply:
    """Lists the rooms, or names the biggest or smallest of them."""
    places = sorted(context.memory.places.values(), key=lambda place: place.name)
    room = context.question.room
    if room is not None:
        places = [place for place in places if fits_room(place, room)]
    if not places:
        return Reply(status="unseen", text="I have not seen any room.", value=[])
    extreme = context.question.extreme
    if extreme is None:
        number = counted(len(places), "room", context.vocabulary)
        text = f"I have seen {number}: {joined([place.name for place in places])}."
        return reply(text, [place.category for place in places], ())
    if extreme.measure not in ("size", "width"):
        return Reply(status="uncertain", text=f"I cannot tell which room is the {extreme.word}.")
    sign = -1.0 if extreme.largest else 1.0
    best = min(places, key=lambda place: (sign * place.area, place.place_id))
    text = (
        f"The {extreme.word} room is the {best.name}, around {at(best.centroid)}:"
        f" I have seen {best.area:.1f} square metres of it."
    )
    return reply(text, best.category, ())


def answer_how_many_rooms(context: Context) -> Reply:
    """Counts the rooms, all or of one type."""
    room = context.question.room
    places = list(context.memory.places.values())
    noun = "room"
    if room is not None:
        noun = room.category
        places = [place for place in places if place.category == room.category]
    text = f"I have seen {counted(len(places), noun, context.vocabulary)}"
    if not places:
        return Reply(status="unseen", text=text + ".", value=0)
    names = joined(sorted(place.name for place in places))
    return reply(f"{text}: {names}.", len(places), ())
