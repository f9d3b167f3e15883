"""Answers about things: where, in which room, how many, what colour, whether, when, moved."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from embodied_mem.brain.language.morphology import with_article
from embodied_mem.brain.language.question import NounPhrase
from embodied_mem.brain.language.recollection import Seen
from embodied_mem.brain.language.relations import is_firm
from embodied_mem.brain.language.reply import (
    Reply,
    all_described,
    asked_place,
    doubts_about,
    location_value,
    reply,
    situations,
    unseen,
)
from embodied_mem.brain.language.selection import Context, Selection, measure, select
from embodied_mem.brain.language.wording import (
    at,
    capital,
    counted,
    described,
    in_place,
    in_storey,
    joined,
    kinds,
    noun_of,
)
from embodied_mem.memory.facts import PlaceFact

_NO_PROOF = "That does not prove that there is none."


def selected(context: Context) -> Selection:
    """Returns the objects that all subjects of a question describe, the chosen one first.

    A superlative in the question ("the biggest plant") puts that object first and alone.
    """
    merged = Selection(found=())
    found: dict[str, Seen] = {}
    wider: dict[str, Seen] = {}
    for phrase in context.question.subjects:
        selection = select(context, phrase)
        found.update({seen.id: seen for seen in selection.found})
        wider.update({seen.id: seen for seen in selection.wider})
        merged.doubts.extend(selection.doubts)
        merged.unseen_anchor = merged.unseen_anchor or selection.unseen_anchor
    merged.found = tuple(found.values())
    merged.wider = tuple(wider.values())
    extreme = context.question.extreme
    if extreme is not None and merged.present:
        measured = measure(context, extreme, merged.present)
        if measured is None:
            merged.doubts.append(f'I cannot tell from where "{extreme.word}" is to be measured.')
        elif measured:
            sign = -1.0 if extreme.largest else 1.0
            best = min(measured, key=lambda entry: (sign * entry[1], entry[0].id))
            merged.found = (best[0],)
    return merged


def _first(context: Context) -> NounPhrase:
    return context.question.subjects[0]


def _settled(context: Context, selection: Selection) -> Sequence[Seen]:
    """Returns the objects to speak of: those well seen, else those believed there, else all.

    A glimpse counts only where there is nothing better: it is often a corner of a known thing.
    """
    firm = tuple(seen for seen in selection.present if is_firm(seen, context.config))
    return firm or selection.present or selection.found


def answer_where(context: Context) -> Reply:
    """Says where a thing is, or each of several."""
    if not context.question.subjects:
        return _where_is_a_room(context)
    selection = selected(context)
    if not selection.found:
        return unseen(context, _first(context), selection)
    objects = _settled(context, selection)
    best = objects[0]
    doubts = [*selection.doubts, *doubts_about(context, [best])]
    missed = [p for p in context.question.subjects[1:] if not select(context, p).found]
    if missed:
        doubts.append(f"I have not seen {all_described(missed)}.")
    text = situations(context, objects)
    if len(objects) > 1:
        text = f"I have seen {kinds(objects, context.vocabulary)}. {text}"
    return reply(text, location_value(best), objects, doubts)


def _where_is_a_room(context: Context) -> Reply:
    room = context.question.room
    assert room is not None
    places = sorted(
        (p for p in context.memory.places.values() if p.category == room.category),
        key=lambda place: (-place.area, place.place_id),
    )
    if not places:
        return Reply(status="unseen", text=f"I have not seen {with_article(room.category)}.")
    lines = [_around(context, place) for place in places]
    best = places[0]
    value = {
        "object": None,
        "category": None,
        "position": list(best.centroid),
        "room": best.category,
        "room_name": best.name,
        "place": best.place_id,
        "floor": best.floor,
    }
    return reply(capital(joined(lines)) + ".", value, ())


def _around(context: Context, place: PlaceFact) -> str:
    storey = context.memory.storey_of(place)
    where = f"{storey}, around" if storey else "around"
    return f"the {place.name or place.category} is {where} {at(place.centroid)}"


def answer_which_floor(context: Context) -> Reply:
    """Says on which floor a thing is."""
    selection = selected(context)
    if not selection.found:
        return unseen(context, _first(context), selection)
    objects = _settled(context, selection)
    best = objects[0]
    doubts = [*selection.doubts, *doubts_about(context, [best])]
    floors: dict[str, list[Seen]] = {}
    for seen in objects:
        floors.setdefault(seen.storey, []).append(seen)
    if best.gone:
        text = situations(context, [best])
    elif len(objects) == 1:
        coloured = _first(context).colour is not None
        room = in_place(best.place)
        inside = f", {room}" if room else ""
        text = f"The {noun_of(best, coloured=coloured)} is {best.storey}{inside}."
    else:
        told = [f"{kinds(group, context.vocabulary)} {floor}" for floor, group in floors.items()]
        text = f"I have seen {joined(told)}."
    return reply(text, best.floor, objects, doubts)


def answer_which_room(context: Context) -> Reply:
    """Says in which room a thing is."""
    selection = selected(context)
    if not selection.found:
        return unseen(context, _first(context), selection)
    objects = _settled(context, selection)
    best = objects[0]
    doubts = [*selection.doubts, *doubts_about(context, [best])]
    if best.place is None:
        text = f"{situations(context, objects[:1])} I cannot tell which room that is."
        return reply(text, None, objects, [*doubts, ""])
    if best.room is None:
        doubts.append("I cannot tell what kind of room that is.")
    rooms: dict[str, list[Seen]] = {}
    for seen in objects:
        rooms.setdefault(in_storey(seen) or "in a place that I cannot name", []).append(seen)
    if best.gone:
        text = situations(context, [best])
    elif len(objects) == 1:
        coloured = _first(context).colour is not None
        hedge = "is" if is_firm(best, context.config) else "is probably"
        text = f"The {noun_of(best, coloured=coloured)} {hedge} {in_storey(best)}."
    else:
        places = [f"{kinds(group, context.vocabulary)} {where}" for where, group in rooms.items()]
        text = f"I have seen {joined(places)}."
    return reply(text, best.place.category, objects, doubts)


def answer_how_many(context: Context) -> Reply:
    """Counts things; what was hardly seen is not counted but told."""
    selection = selected(context)
    phrase = _first(context)
    present = selection.present
    if not present and selection.unseen_anchor is not None:
        return unseen(context, phrase, selection, 0)
    firm = [seen for seen in present if is_firm(seen, context.config)]
    vague = [seen for seen in present if not is_firm(seen, context.config)]
    gone = tuple(seen for seen in selection.found if seen.gone)
    if not present and gone:
        text = f"None any longer, as far as I know. {situations(context, gone)}"
        return Reply(status="uncertain", text=text, value=0, objects=gone)
    if not present:
        return unseen(context, phrase, selection, 0)
    number = len(firm) or len(vague)
    label = described(phrase) if len(context.question.subjects) == 1 else "thing"
    where = asked_place(context)
    doubts = list(selection.doubts)
    if not firm:
        text = f"I may have seen {counted(number, label, context.vocabulary)}{where}."
        doubts.append("I did not see them well." if number > 1 else "I did not see it well.")
    else:
        text = f"I have seen {counted(number, label, context.vocabulary)}{where}"
        mixed = len({seen.category for seen in firm}) > 1 and phrase.how != "everything"
        text += f": {kinds(firm, context.vocabulary)}." if mixed else "."
        if vague:
            doubts.append(f"There may be {len(vague)} more that I did not see well.")
    if gone:
        text += f" {len(gone)} more {'was' if len(gone) == 1 else 'were'} there before."
    return reply(text, number, firm or vague, doubts)


def answer_colour(context: Context) -> Reply:
    """Says which colour a thing has."""
    selection = selected(context)
    if not selection.found:
        return unseen(context, _first(context), selection)
    objects = _settled(context, selection)
    doubts = list(selection.doubts)
    firm = [seen for seen in objects if is_firm(seen, context.config)]
    judged = firm or list(objects)
    counts = Counter(seen.fact.colour for seen in judged)
    colour = max(counts, key=lambda name: (counts[name], -list(counts).index(name)))
    if not firm:
        doubts.append("I did not see it well.")
    if len(counts) == 1:
        noun = noun_of(judged[0])
        subject = f"The {noun} is" if len(judged) == 1 else f"All {len(judged)} are"
        return reply(f"{subject} {colour}.", colour, judged, doubts)
    told = joined([f"{number} {name}" for name, number in counts.most_common()])
    label = counted(len(judged), _first(context).label, context.vocabulary)
    doubts.append("Tell me which one you mean.")
    return reply(f"I have seen {label}: {told}.", colour, judged, doubts)


def answer_exists(context: Context) -> Reply:
    """Says whether there is a thing; not having seen one proves nothing, and the text says so."""
    if not context.question.subjects:
        return _is_there_a_room(context)
    selections = [select(context, phrase) for phrase in context.question.subjects]
    missing = [
        (phrase, selection)
        for phrase, selection in zip(context.question.subjects, selections, strict=True)
        if not selection.present
    ]
    enough = not missing if context.question.every else len(missing) < len(selections)
    if not enough:
        return _none_there(context, missing)
    objects = [seen for selection in selections for seen in selection.present]
    doubts = [doubt for selection in selections for doubt in selection.doubts]
    firm = [seen for seen in objects if is_firm(seen, context.config)]
    if not firm:
        return reply(f"Perhaps. {situations(context, objects)}", True, objects, [*doubts, ""])
    text = f"Yes, I have seen {kinds(firm, context.vocabulary)}. {situations(context, firm)}"
    return reply(text, True, firm, doubts)


def _none_there(context: Context, missing: Sequence[tuple[NounPhrase, Selection]]) -> Reply:
    phrase, selection = missing[0]
    gone = [seen for _, other in missing for seen in other.found]
    if gone:
        text = f"Not any longer, as far as I know. {situations(context, gone)}"
        return Reply(status="uncertain", text=text, value=False, objects=tuple(gone))
    answer = unseen(context, phrase, selection, False)
    text = f"{answer.text} {_NO_PROOF}"
    return Reply(status="unseen", text=text, value=False)


def _is_there_a_room(context: Context) -> Reply:
    room = context.question.room
    assert room is not None
    number = sum(place.category == room.category for place in context.memory.places.values())
    if number == 0:
        text = f"I have not seen {with_article(room.category)}. {_NO_PROOF}"
        return Reply(status="unseen", text=text, value=False)
    return reply(
        f"Yes, I have seen {counted(number, room.category, context.vocabulary)}.", True, ()
    )


def answer_last_seen(context: Context) -> Reply:
    """Says at which tick a thing was last seen."""
    selection = selected(context)
    if not selection.found:
        return unseen(context, _first(context), selection)
    best = max(selection.found, key=lambda seen: (seen.fact.last_tick, seen.id))
    noun = noun_of(best, coloured=_first(context).colour is not None)
    text = f"I last saw the {noun} at tick {best.fact.last_tick}, {in_storey(best)}".rstrip(" ,")
    doubts = [*selection.doubts, *doubts_about_identity(context, best)]
    return reply(text + ".", best.fact.last_tick, [best], doubts)


def doubts_about_identity(context: Context, seen: Seen) -> list[str]:
    """Returns a doubt if it is not sure what the object is, whether or not it is still there."""
    fact = seen.fact
    sure = (
        fact.confidence >= context.config.min_confidence and fact.views >= context.config.min_views
    )
    return [] if sure else ["I did not see it well."]


def answer_moved(context: Context) -> Reply:
    """Says whether a thing, or which of all things, was moved or is gone."""
    selection = selected(context)
    if _first(context).how == "everything":
        return _all_that_moved(context, selection)
    if not selection.found:
        return unseen(context, _first(context), selection)
    changed = [seen for seen in selection.found if seen.fact.state in ("moved", "missing")]
    if not changed:
        objects = selection.present
        text = f"I have not noticed that. {situations(context, objects)}"
        return reply(text, False, objects, [*selection.doubts, *doubts_about(context, objects)])
    doubts = [doubt for seen in changed for doubt in doubts_about_identity(context, seen)]
    lines = " ".join(_how_it_moved(context, seen) for seen in changed)
    return reply(f"Yes. {lines}", True, changed, [*selection.doubts, *doubts])


def _all_that_moved(context: Context, selection: Selection) -> Reply:
    changed = [seen for seen in selection.found if seen.fact.state in ("moved", "missing")]
    ids = [seen.id for seen in changed]
    if not changed:
        return reply("I have not noticed that anything was moved.", ids, (), [""])
    named = changed[: context.config.most_named]
    lines = " ".join(_how_it_moved(context, seen) for seen in named)
    return reply(
        f"{counted(len(changed), 'object', context.vocabulary)} changed. {lines}", ids, changed
    )


def _how_it_moved(context: Context, seen: Seen) -> str:
    earlier = [e for e in context.memory.earlier(seen.id) if _apart(e.fact.position, seen) > 0.25]
    sentence = capital(situations(context, [seen]))
    if not earlier or seen.gone:
        return sentence
    last = earlier[-1]
    where = in_place(last.place)
    there = f"{where}, at" if where else "at"
    return f"{sentence} Before tick {last.until} it was {there} {at(last.fact.position)}."


def _apart(position: Sequence[float], seen: Seen) -> float:
    pairs = zip(position, seen.fact.position, strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


def answer_before(context: Context) -> Reply:
    """Says where a thing was before it was moved."""
    selection = selected(context)
    if not selection.found:
        return unseen(context, _first(context), selection)
    for seen in selection.found:
        earlier = [
            e for e in context.memory.earlier(seen.id) if _apart(e.fact.position, seen) > 0.25
        ]
        if seen.gone or earlier:
            return _was_there(context, seen, selection)
    text = f"I know of no other place. {situations(context, selection.found)}"
    return Reply(status="uncertain", text=text, objects=selection.found)


def _was_there(context: Context, seen: Seen, selection: Selection) -> Reply:
    doubts = [*selection.doubts, *doubts_about_identity(context, seen)]
    if seen.gone:
        return reply(situations(context, [seen]), location_value(seen), [seen], doubts)
    earlier = [e for e in context.memory.earlier(seen.id) if _apart(e.fact.position, seen) > 0.25]
    past = context.memory.seen(earlier[-1].fact, earlier[-1].place)
    value: dict[str, Any] = {**location_value(past), "until": earlier[-1].until}
    return reply(_how_it_moved(context, seen), value, [seen], doubts)
