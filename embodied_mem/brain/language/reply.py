"""What every kind of answer gives back, and the answers to things that were never seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from embodied_mem.brain.language.morphology import with_article
from embodied_mem.brain.language.question import NounPhrase
from embodied_mem.brain.language.recollection import Seen
from embodied_mem.brain.language.relations import is_firm
from embodied_mem.brain.language.selection import Context, Selection
from embodied_mem.brain.language.storeys import storey_words
from embodied_mem.brain.language.wording import (
    capital,
    described,
    in_place,
    in_room,
    joined,
    kinds,
    noun_of,
    situation,
)
from embodied_mem.perception.segmentation import UNKNOWN_CATEGORY

Status = Literal["answered", "unseen", "not_understood", "uncertain"]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer before citations are added and doubts about the question are counted in."""

    status: Status
    text: str
    value: Any = None
    objects: tuple[Seen, ...] = ()


def reply(text: str, value: Any, objects: Sequence[Seen], doubts: Sequence[str] = ()) -> Reply:
    """Makes a reply that is certain unless there are doubts, which it tells."""
    return Reply(
        status="uncertain" if doubts else "answered",
        text=" ".join([text, *(doubt for doubt in doubts if doubt)]),
        value=value,
        objects=tuple(objects),
    )


def doubts_about(context: Context, objects: Sequence[Seen]) -> list[str]:
    """Returns one silent doubt if any of the objects was not seen well; texts tell it already."""
    return [] if all(is_firm(seen, context.config) for seen in objects) else [""]


def unseen(context: Context, phrase: NounPhrase, selection: Selection, value: Any = None) -> Reply:
    """Says honestly that a thing was not seen, and what near it was."""
    if selection.unseen_anchor is not None:
        anchor = with_article(described(selection.unseen_anchor))
        return Reply(status="unseen", text=f"I have not seen {anchor}.", value=value)
    where = asked_place(context)
    if phrase.how == "unknown":
        text = f'I do not know the word "{phrase.label}", and I have seen nothing by that name.'
        return Reply(status="unseen", text=text, value=value)
    if phrase.categories and set(phrase.categories) <= set(context.vocabulary.structure):
        text = f"I keep no record of {context.vocabulary.plural(phrase.label)}, only of things."
        return Reply(status="unseen", text=text, value=value)
    relation = context.question.relation
    if relation is not None:
        link = {"near": "near", "in": "in"}.get(relation.kind, relation.kind)
        where += f" {link} the {described(relation.anchor)}"
    sentences = [f"I have not seen {with_article(described(phrase))}{where}."]
    sentences += _also(context, phrase, selection)
    return Reply(status="unseen", text=" ".join(sentences), value=value)


def asked_place(context: Context) -> str:
    """Says where a question asks, with a space before it: ` in the kitchen upstairs`."""
    question = context.question
    where = f" {in_room(question.room)}" if question.room is not None else ""
    names = [storey_words(floor, context.memory.storeys) for floor in question.floors]
    return f"{where} {joined(names, 'or')}" if names else where


def _also(context: Context, phrase: NounPhrase, selection: Selection) -> list[str]:
    """Mentions what comes close: the same thing elsewhere, its kin, things without a name."""
    wider = [seen for seen in selection.wider if not seen.gone]
    if wider and phrase.how != "everything":
        best = wider[0]
        where = in_place(best.place)
        there = f" {where}" if where else ""
        if len(wider) == 1:
            return [f"But there is {with_article(noun_of(best, coloured=True))}{there}."]
        return [f"But elsewhere I have seen {kinds(wider, context.vocabulary)}."]
    if context.question.room is not None and not _knows_room(context):
        return [f"I have not come across {with_article(context.question.room.category)} at all."]
    kin: set[str] = set()
    for category in phrase.categories:
        kin.update(context.vocabulary.kin_of(category))
    related = [seen for seen in context.memory.objects if seen.category in kin and not seen.gone]
    if related:
        return [f"I have seen {kinds(related, context.vocabulary)}, if that is what you mean."]
    unnamed = sum(seen.category == UNKNOWN_CATEGORY for seen in context.memory.objects)
    if unnamed:
        return [
            f"There are {unnamed} objects that I could not name."
            if unnamed > 1
            else "There is 1 object that I could not name."
        ]
    return []


def _knows_room(context: Context) -> bool:
    room = context.question.room
    places = context.memory.places.values()
    return room is None or any(place.category == room.category for place in places)


def situations(context: Context, objects: Sequence[Seen]) -> str:
    """Tells where objects are, one sentence each, the first few of them."""
    named = objects[: context.config.most_named]
    coloured = len(named) > 1 or any(s.colour for s in context.question.subjects)
    lines = [
        capital(
            situation(
                seen,
                context.memory,
                firm=is_firm(seen, context.config),
                coloured=coloured,
            )
        )
        + "."
        for seen in named
    ]
    more = len(objects) - len(named)
    if more > 0:
        lines.append(f"And {more} more.")
    return " ".join(lines)


def location_value(seen: Seen) -> dict[str, Any]:
    """Returns where an object is in a form that programs check."""
    return {
        "object": seen.id,
        "category": seen.category,
        "position": list(seen.fact.position),
        "room": seen.place.category if seen.place is not None else None,
        "room_name": seen.place.name if seen.place is not None else None,
        "on": seen.fact.on,
        "floor": seen.floor,
    }


def all_described(phrases: Sequence[NounPhrase], last: str = "or") -> str:
    """Says several noun phrases again: `a sofa or a piano`."""
    return joined([with_article(described(phrase)) for phrase in phrases], last)
