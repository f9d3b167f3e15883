"""What a sentence asks for: ordered rules over a `Clause`, the most telling cue first."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import msgspec

from embodied_mem.brain.language.clause import Clause
from embodied_mem.brain.language.lexicon import Tag
from embodied_mem.brain.language.question import (
    Extreme,
    Kind,
    Measure,
    NounPhrase,
    Question,
    Relation,
    RoomPhrase,
)

EVERYTHING = NounPhrase(text="object", label="object", how="everything")
_MOST_UNUSED = 4
"""A sentence with more words than this that mean nothing here is not understood."""

Intent = Callable[[Clause], Question | None]


def read_intent(clause: Clause) -> Question | None:
    """Returns what the sentence asks, its `text` still empty, or None if no rule fits."""
    if clause.has(Tag.BLOCK) or (clause.comparison is not None and len(clause.known) < 2):
        return None
    if clause.has(Tag.HOW) and not clause.has(Tag.COLOUR_WORD):
        return None
    for intent in _INTENTS:
        question = intent(clause)
        if question is not None:
            return None if _is_mostly_foreign(question) else question
    return None


def _is_mostly_foreign(question: Question) -> bool:
    """Whether too little of a sentence is understood to answer it, even with a hedge."""
    unused = sum(len(text.split(" ")) for text in question.unused)
    subject = question.subject or (question.relation.anchor if question.relation else None)
    if subject is None or subject.how != "unknown":
        return unused > _MOST_UNUSED
    named = len(subject.text.split(" "))
    return named > 2 or unused > (1 if question.kind in _ABOUT_A_THING else 0)


_POINTED_AT = frozenset({"where", "which_room", "colour", "last_seen", "before"})
_ABOUT_A_THING = frozenset({"where", "which_room", "how_many", "colour", "exists"})


def _question(
    kind: Kind,
    clause: Clause,
    subjects: Sequence[NounPhrase] = (),
    *,
    relation: Relation | None = None,
    room: RoomPhrase | None = None,
    extreme: Extreme | None = None,
    every: bool = False,
    here: bool = False,
) -> Question:
    """Fills in what all kinds share, and notes what no field holds."""
    if relation is None and clause.relations:
        relation = clause.relations[0]
        if subjects and relation.anchor.how == "unknown" and kind in _POINTED_AT:
            relation = None  # "which room do I enter in pursuit of the mug"
    if room is None:
        room = clause.inside or (clause.rooms[0] if clause.rooms else None)
    extreme = extreme or _extreme(clause)
    subjects = _coloured(clause, subjects)
    used = [*(s.text for s in subjects), *([relation.anchor.text] if relation else [])]
    if extreme is not None and extreme.reference is not None:
        used.append(extreme.reference.text)
    rest = [thing.text for thing in clause.things]
    rest += [other.anchor.text for other in clause.relations]
    rest += [thing.text for thing in (clause.owner, clause.towards) if thing is not None]
    unused = [*clause.unused, *(text for text in rest if text not in used)]
    return Question(
        text="",
        kind=kind,
        subjects=tuple(subjects),
        every=every,
        room=room,
        relation=relation,
        extreme=extreme,
        here=here,
        unused=tuple(dict.fromkeys(unused)),
    )


def _coloured(clause: Clause, subjects: Sequence[NounPhrase]) -> list[NounPhrase]:
    """Gives the subjects the colour that the sentence says of them: "are the chairs red"."""
    if not clause.colours:
        return list(subjects)
    colour = clause.colours[0]
    return [s if s.colour else msgspec.structs.replace(s, colour=colour) for s in subjects]


def _extreme(clause: Clause) -> Extreme | None:
    part = clause.extreme or clause.comparison
    if part is None:
        return None
    measure = cast(Measure, part.value[:-1])
    reference = clause.reference
    if reference is None and measure == "distance":
        reference = clause.towards
    if reference is not None and clause.reference_room is not None:
        reference = msgspec.structs.replace(reference, room=clause.reference_room)
    return Extreme(
        measure=measure,
        largest=part.value.endswith("+"),
        word=part.text,
        reference=reference,
        compared=clause.extreme is None,
    )


def _subjects(clause: Clause) -> list[NounPhrase]:
    """The things asked about: all of them if joined, else the first known one."""
    known = clause.known
    if clause.joined is not None and len(clause.things) > 1:
        return clause.things
    if known:
        return known[:1]
    if clause.things:
        return clause.things[:1]
    if clause.generic is not None:
        return [clause.generic]
    return []


def _count(clause: Clause) -> Question | None:
    if not clause.has(Tag.COUNT) or clause.has(Tag.COLOUR_WORD):
        return None
    if not clause.things and clause.generic is None and not clause.relations:
        if clause.has(Tag.ROOM_WORD):
            return _question("how_many_rooms", clause)
        if clause.rooms:
            return _question("how_many_rooms", clause)
        return None
    subjects = _subjects(clause)
    if clause.things and clause.joined is None:
        subjects = clause.things[:1]  # "how many legs has the chair" does not count chairs
    return _question("how_many", clause, subjects or [EVERYTHING])


def _last_seen(clause: Clause) -> Question | None:
    if not clause.has(Tag.WHEN) or clause.has(Tag.WHERE) or not clause.things:
        return None
    if not clause.known and not clause.has(Tag.SEE):
        return None
    return _question("last_seen", clause, _subjects(clause))


def _before(clause: Clause) -> Question | None:
    if not clause.has(Tag.BEFORE) or not clause.things:
        return None
    return _question("before", clause, _subjects(clause))


def _moved(clause: Clause) -> Question | None:
    if not clause.has(Tag.MOVE) or clause.has(Tag.WHERE) or clause.first is Tag.MOVE:
        return None
    if clause.things:
        return _question("moved", clause, _subjects(clause))
    if clause.generic is not None or clause.has(Tag.WHAT, Tag.WHICH, Tag.ANY):
        return _question("moved", clause, [EVERYTHING])
    return None


def _distance(clause: Clause) -> Question | None:
    if not clause.has(Tag.DISTANCE_WORD):
        return None
    things = [*clause.known]
    others = [clause.towards, *(relation.anchor for relation in clause.relations)]
    things += [thing for thing in others if thing is not None and thing.how != "everything"]
    if len(things) < 1 or len(things) > 2:
        return None
    return msgspec.structs.replace(_question("distance", clause, things), relation=None)


def _size(clause: Clause) -> Question | None:
    if not clause.has(Tag.SIZE_WORD) or not clause.things or clause.extreme is not None:
        return None
    return _question("size", clause, clause.things[:1])


def _colour(clause: Clause) -> Question | None:
    if not clause.has(Tag.COLOUR_WORD) or clause.colours:
        return None
    described = clause.relations or clause.extreme is not None
    subjects = [s for s in _subjects(clause) if s.how != "everything" or described]
    if not subjects and clause.towards is not None:
        subjects = [clause.towards]  # "is there a specific colour to the desk"
    if not subjects and clause.relations and not clause.generic:
        anchor = clause.relations[0].anchor  # "the colour on the mug"
        return msgspec.structs.replace(_question("colour", clause, [anchor]), relation=None)
    return _question("colour", clause, subjects) if subjects else None


def _choice(clause: Clause) -> Question | None:
    """Reads "is the mug red or white", "is it in the kitchen or the office" as what it asks."""
    if clause.choice is None or not clause.yes_or_no or len(clause.things) != 1:
        return None
    if clause.choice is Tag.COLOUR:
        plain = replace(clause, colours=[])
        return _question("colour", plain, clause.things)
    plain = replace(clause, rooms=[], inside=None)
    return _question("which_room", plain, clause.things)


def _rooms(clause: Clause) -> Question | None:
    """Questions whose answer is a room."""
    if not clause.asks_room or (
        clause.yes_or_no and not clause.has(Tag.WHICH, Tag.WHAT, Tag.WHERE)
    ):
        return None
    described = clause.relations or (clause.extreme is not None and clause.generic is not None)
    subjects = [s for s in _subjects(clause) if s.how != "everything" or described]
    if not subjects and clause.towards is not None:
        subjects = [clause.towards]  # "which room do I enter to get to the printer"
    if subjects:
        return _question("which_room", clause, subjects)
    if clause.relations:  # "which room is next to the sofa" has no better reading
        return _question("which_room", clause, [clause.relations[0].anchor])
    if clause.near_room is not None:
        return _question("near", clause, room=clause.near_room)
    if clause.generic is not None and clause.inside is None and clause.extreme is None:
        return None
    return _question("rooms", clause)


def _comparison(clause: Clause) -> Question | None:
    """Which of two named things is the bigger, nearer, ... one."""
    several = len(clause.known) > 1 and clause.joined is not None
    if clause.comparison is None and not (clause.extreme is not None and several):
        return None
    if not several or len(clause.known) < len(clause.things):
        return None
    return _question("superlative", clause, clause.known)


def _superlative(clause: Clause) -> Question | None:
    if clause.extreme is None:
        return None
    extreme = cast(Extreme, _extreme(clause))
    subjects = _subjects(clause)
    of_one = Tag.TO in clause.dangling or "neighbour" in extreme.word
    if of_one and clause.things and extreme.reference is None:
        extreme = msgspec.structs.replace(extreme, reference=clause.things[0])
        subjects = []
    if clause.has(Tag.WHERE) or (clause.has(Tag.FIND) and not clause.yes_or_no):
        return _question("where", clause, subjects or [EVERYTHING], extreme=extreme)
    if clause.yes_or_no and not clause.has(*_ASKING):
        return None  # "is the sofa the biggest?"
    several = clause.many and clause.generic is not None and not clause.things
    if several and extreme.measure == "distance" and not extreme.largest and extreme.reference:
        beside = Relation(kind="near", anchor=extreme.reference)
        return msgspec.structs.replace(_question("near", clause, relation=beside), extreme=None)
    return _question("superlative", clause, subjects or [EVERYTHING], extreme=extreme)


_ASKING = (Tag.WHAT, Tag.WHICH, Tag.LIST, Tag.FIND, Tag.SEE)


def _where(clause: Clause) -> Question | None:
    if not clause.has(Tag.WHERE) and not _asks_to_find(clause):
        return None
    subjects = _subjects(clause)
    if not subjects and clause.towards is not None:
        subjects = [clause.towards]
    if subjects and (subjects[0].how != "everything" or clause.relations):
        return _question("where", clause, subjects)
    room = clause.inside or (clause.rooms[0] if clause.rooms else None)
    if room is not None and not subjects:
        return _question("where", clause, room=room)
    return None


def _asks_to_find(clause: Clause) -> bool:
    """Tells "can you find my mug" from "did you find any", which asks whether it exists."""
    if not clause.has(Tag.FIND) or clause.has(Tag.ANY, Tag.WHAT, Tag.WHICH, Tag.EXISTS):
        return False
    if not clause.things:
        return False
    return not clause.has(Tag.HAVE) and clause.first in (Tag.FIND, Tag.AUXILIARY)


def _surroundings(clause: Clause) -> Question | None:
    """What is near, on, in, under a thing."""
    asks = clause.has(Tag.WHAT, Tag.WHICH, Tag.LIST) or clause.generic is not None
    if not asks or clause.has(Tag.WHERE):
        return None
    if Tag.NEAR in clause.dangling and (clause.known or clause.relations):
        anchor = clause.relations[0].anchor if clause.relations else clause.known[0]
        near = Relation(kind="near", anchor=anchor)
        return _question("near", clause, _filter(clause, anchor), relation=near)
    if clause.relations:
        kind: Kind = "near" if clause.relations[0].kind == "near" else "on"
        return _question(kind, clause, _filter(clause, clause.relations[0].anchor))
    if clause.near_room is not None and not clause.things:
        return _question("near", clause, room=clause.near_room)
    if clause.here and not clause.things and clause.first is not Tag.LIST:
        return _question("near", clause, here=True)
    held = clause.has(Tag.HAVE) and len(clause.known) == 1 and clause.has(Tag.WHAT)
    if held and not clause.rooms and clause.inside is None:
        holds = Relation(kind="on", anchor=clause.known[0])
        return _question("on", clause, relation=holds)
    if clause.dangling and clause.known and clause.has(Tag.WHAT, Tag.WHICH):
        return _question("where", clause, clause.known[:1])  # "what is the mug on"
    return None


def _filter(clause: Clause, anchor: NounPhrase) -> list[NounPhrase]:
    return [s for s in _subjects(clause) if s.how != "everything" and s != anchor]


def _lists(clause: Clause) -> Question | None:
    """Everything in a room, every chair, all that was seen."""
    asks = clause.has(Tag.WHAT, Tag.WHICH, Tag.LIST) or clause.generic is not None
    if not asks or clause.has(Tag.WHERE) or clause.joined is Tag.OR:
        return None  # "which is prettier, the vase or the globe" asks for a measure, not a list
    things = clause.things
    room = clause.inside or (clause.rooms[0] if clause.rooms else None)
    if not things and room is not None:
        wanted = [clause.generic] if clause.generic is not None and clause.generic.colour else []
        return _question("in_room", clause, wanted)
    if not things:
        told = clause.has(Tag.SEE, Tag.EXISTS, Tag.HAVE, Tag.LIST, Tag.FIND)
        if clause.generic is not None and (told or clause.colours or clause.generic.colour):
            return _question("list", clause, [clause.generic])
        if told and clause.has(Tag.SEE, Tag.FIND, Tag.EXISTS):
            return _question("list", clause, [EVERYTHING])
        return None
    told = clause.has(Tag.LIST, Tag.WHICH, Tag.SEE, Tag.EXISTS, Tag.FIND) or room is not None
    if told and (not clause.yes_or_no or clause.has(Tag.LIST, Tag.WHAT, Tag.WHICH)):
        return _question("list", clause, _subjects(clause))
    return None


def _exists(clause: Clause) -> Question | None:
    told = clause.has(Tag.EXISTS, Tag.ANY, Tag.SEE, Tag.HAVE, Tag.FIND)
    compares = clause.extreme is not None or clause.comparison is not None
    if compares or (not told and not clause.yes_or_no):
        return None
    if not told and (clause.unused or (len(clause.things) > 1 and clause.joined is None)):
        return None  # "is the mug clean" asks for more than whether there is one
    if _has_more_to_it(clause):
        return None
    every = clause.joined is Tag.AND
    if clause.things:
        plain = not told and not clause.known
        return None if plain else _question("exists", clause, _subjects(clause), every=every)
    if clause.rooms and clause.inside is None and not clause.colours:
        return _question("exists", clause)
    if clause.generic is not None and clause.generic.colour:
        return _question("exists", clause, [clause.generic])
    return None


def _has_more_to_it(clause: Clause) -> bool:
    """Whether a sentence that speaks of a thing asks or tells more than that there is one."""
    if clause.has(Tag.HAVE):
        if len(clause.things) > 1 and clause.joined is None:
            return True  # "does the sofa have legs"
        if not (clause.yes_or_no or clause.rooms or clause.has(Tag.SEE, Tag.EXISTS, Tag.ANY)):
            return True  # "my mug has wandered off"
    return Tag.ON in clause.dangling and not clause.relations  # "is the stove on"


def _fetch(clause: Clause) -> Question | None:
    """Reads "I need my backpack": who fetches a thing must know where it is."""
    if not clause.has(Tag.FETCH):
        return None
    subjects = _subjects(clause) or ([clause.towards] if clause.towards else [])
    known = [s for s in subjects if s.how not in ("unknown", "everything")]
    return _question("where", clause, known) if known else None


def _bare(clause: Clause) -> Question | None:
    """A thing and nothing else: "red mug?" asks where it is."""
    if not clause.terse or clause.cues or clause.unused or clause.extreme is not None:
        return None
    if clause.yes_or_no:
        return None
    if len(clause.known) != len(clause.things):
        return None
    return _question("where", clause, _subjects(clause)) if clause.known else None


_INTENTS: tuple[Intent, ...] = (
    _count,
    _last_seen,
    _before,
    _moved,
    _distance,
    _size,
    _colour,
    _choice,
    _rooms,
    _comparison,
    _superlative,
    _where,
    _surroundings,
    _lists,
    _exists,
    _fetch,
    _bare,
)
