"""The skeleton of one sentence: its cues, its subjects, and what hangs on prepositions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from embodied_mem.brain.language.lexicon import YES_NO_OPENERS, Tag, Words
from embodied_mem.brain.language.phrases import PREPOSITIONS, Part, parts_of
from embodied_mem.brain.language.question import NounPhrase, Relation, RelationKind, RoomPhrase
from embodied_mem.brain.language.tokens import tokens_of
from embodied_mem.brain.language.vocabulary import Vocabulary

_RELATIONS = {
    Tag.ON: "on",
    Tag.IN: "in",
    Tag.UNDER: "under",
    Tag.ABOVE: "above",
    Tag.NEAR: "near",
}
_CUES = frozenset(
    {
        Tag.WHERE,
        Tag.FETCH,
        Tag.COUNT,
        Tag.COLOUR_WORD,
        Tag.SIZE_WORD,
        Tag.DISTANCE_WORD,
        Tag.EXISTS,
        Tag.ANY,
        Tag.SEE,
        Tag.FIND,
        Tag.HAVE,
        Tag.WHEN,
        Tag.MOVE,
        Tag.BEFORE,
        Tag.LIST,
        Tag.WHAT,
        Tag.WHICH,
        Tag.WHETHER,
        Tag.ROOM_WORD,
        Tag.HOW,
        Tag.BLOCK,
    }
)


_POLITE = frozenset({"please", "thanks", "thank you"})


@dataclass(slots=True)
class Clause:
    """One sentence taken apart; the intents read it, none of them sees the words again."""

    first: Tag | None = None
    """The tag of the first word that says anything."""
    yes_or_no: bool = False
    terse: bool = True
    """Whether nothing but phrases was said: no verb, no small talk but "please"."""
    many: bool = False
    """Whether it says "are" and not "is"."""
    cues: dict[Tag, int] = field(default_factory=dict)
    """Every cue with the place where it stood first."""
    things: list[NounPhrase] = field(default_factory=list)
    """Things outside prepositions in the order of the sentence, unknown ones too."""
    generic: NounPhrase | None = None
    """A word for any thing, outside prepositions: "what objects are ..."."""
    joined: Tag | None = None
    """AND or OR, where it stands between things."""
    rooms: list[RoomPhrase] = field(default_factory=list)
    """Rooms that stand alone: "does the kitchen have ...", "where is the kitchen"."""
    inside: RoomPhrase | None = None
    """A room after "in"."""
    near_room: RoomPhrase | None = None
    relations: list[Relation] = field(default_factory=list)
    dangling: list[Tag] = field(default_factory=list)
    """Prepositions whose thing stands elsewhere: "what is the mug on"."""
    towards: NounPhrase | None = None
    """What follows "to" or "from"."""
    owner: NounPhrase | None = None
    """What follows "of" after another thing: "the handle of the door"."""
    here: bool = False
    """Whether it is about where the asker is: "near me"."""
    extreme: Part | None = None
    reference: NounPhrase | None = None
    """What follows a word of distance directly: "nearest the bed"."""
    reference_room: RoomPhrase | None = None
    """A room that belongs to what a distance is measured from: "nearest the bed in the office"."""
    comparison: Part | None = None
    colours: list[str] = field(default_factory=list)
    """Colours that are said of a thing, not part of its name: "is the sofa red"."""
    choice: Tag | None = None
    """ROOM or COLOUR, where "or" stands between two of them: "red or white"."""
    asks_room: bool = False
    """Whether "room" itself is what is asked for: "which room", "the room with"."""
    unused: list[str] = field(default_factory=list)

    def has(self, *tags: Tag) -> bool:
        """Whether any of the cues was there."""
        return any(tag in self.cues for tag in tags)

    @property
    def known(self) -> list[NounPhrase]:
        """The things whose names are known."""
        return [thing for thing in self.things if thing.how != "unknown"]


def clause_of(words: Words, vocabulary: Vocabulary) -> Clause:
    """Takes one sentence apart."""
    tokens = tokens_of(words, vocabulary)
    parts = parts_of(tokens, vocabulary)
    clause = Clause()
    telling = [t for t in tokens if t.tag not in (Tag.FILLER, Tag.PERSON)]
    if telling:
        clause.first = telling[0].tag
        opener = telling[0].text.split(" ")[0]
        clause.yes_or_no = opener in YES_NO_OPENERS or telling[0].tag is Tag.WHETHER
    said = [t for t in tokens if t.text not in _POLITE]
    clause.terse = all(t.tag not in (Tag.FILLER, Tag.AUXILIARY) for t in said)
    clause.many = "are" in words and "is" not in words
    at = 0
    while at < len(parts):
        at = _read_part(clause, parts, at)
    return clause


def _read_part(clause: Clause, parts: Sequence[Part], at: int) -> int:
    part = parts[at]
    if part.tag in _CUES:
        clause.cues.setdefault(part.tag, at)
        if part.tag is Tag.ROOM_WORD:
            _read_room_word(clause, parts, at)
        return at + 1
    if part.tag in PREPOSITIONS:
        return _read_preposition(clause, parts, at)
    if part.tag is Tag.EXTREME or part.tag is Tag.COMPARE:
        return _read_extreme(clause, parts, at)
    _read_plain(clause, parts, at)
    return at + 1


def _read_plain(clause: Clause, parts: Sequence[Part], at: int) -> None:
    part = parts[at]
    if part.tag in (Tag.AND, Tag.OR):
        if _between_things(parts, at):
            clause.joined = part.tag
        if part.tag is Tag.OR and at + 1 < len(parts):
            after = parts[at + 1].tag
            clause.choice = after if after in (Tag.ROOM, Tag.COLOUR) else None
    elif part.tag is Tag.GENERIC:
        clause.generic = clause.generic or part.thing
    elif part.tag in (Tag.THING, Tag.WORD) and part.thing is not None:
        if _continues_an_object(parts, at):
            clause.unused.append(part.text)
        else:
            clause.things.append(part.thing)
    elif part.tag is Tag.ROOM and part.room is not None:
        clause.rooms.append(part.room)
    elif part.tag is Tag.COLOUR:
        clause.colours.append(part.value)
    elif part.tag in (Tag.WORD, Tag.QUALITY, Tag.NUMBER):
        clause.unused.append(part.text)


def _between_things(parts: Sequence[Part], at: int) -> bool:
    things = (Tag.THING, Tag.WORD, Tag.ROOM)
    return 0 < at < len(parts) - 1 and parts[at - 1].tag in things and parts[at + 1].tag in things


def _continues_an_object(parts: Sequence[Part], at: int) -> bool:
    """Whether this is the second of two things under one preposition: "near X and Y"."""
    return (
        at > 2
        and parts[at - 1].tag in (Tag.AND, Tag.OR)
        and parts[at - 3].tag in _RELATIONS
        and parts[at - 2].thing is not None
    )


def _read_room_word(clause: Clause, parts: Sequence[Part], at: int) -> None:
    """Tells "which room", "the room with the bed" from "in the room", "any room"."""
    before = parts[at - 1].tag if at > 0 else None
    after = parts[at + 1].tag if at + 1 < len(parts) else None
    asked = before in (Tag.WHICH, Tag.WHAT, Tag.LIST, Tag.WHERE, Tag.EXTREME, None)
    if before is Tag.OF and at > 1:
        asked = parts[at - 2].tag in (Tag.WHICH, Tag.WHAT)
    described = after in (Tag.WITH, Tag.HAVE, Tag.OF, Tag.WHERE, Tag.THING, Tag.IN)
    clause.asks_room = clause.asks_room or asked or (described and before is not Tag.IN)


def _read_preposition(clause: Clause, parts: Sequence[Part], at: int) -> int:
    preposition = parts[at].tag
    following = parts[at + 1] if at + 1 < len(parts) else None
    if following is None or following.tag in (Tag.AUXILIARY, Tag.AND, Tag.OR, *_CUES):
        return _dangle(clause, parts, at)
    if following.tag in PREPOSITIONS:
        if following.tag in (Tag.TO, Tag.OF):  # "close by to", "inside of", "on to"
            return _read_object(clause, preposition, parts, at + 2)
        return at + 1
    return _read_object(clause, preposition, parts, at + 1)


def _dangle(clause: Clause, parts: Sequence[Part], at: int) -> int:
    tag = parts[at].tag
    following = parts[at + 1].tag if at + 1 < len(parts) else None
    asked = following in (Tag.WHAT, Tag.WHICH, Tag.ROOM_WORD)
    if (tag in _RELATIONS or tag is Tag.TO) and not (tag is Tag.IN and asked):
        clause.dangling.append(tag)
    return at + 1


def _read_object(clause: Clause, preposition: Tag, parts: Sequence[Part], at: int) -> int:
    """Reads what a preposition governs."""
    if at >= len(parts):
        clause.dangling.append(preposition)
        return at
    part = parts[at]
    if part.tag in (Tag.HERE, Tag.PERSON):
        clause.here = clause.here or preposition in (Tag.NEAR, Tag.TO)
        return at + 1
    if part.tag is Tag.HOUSE:
        return at + 1
    if part.tag is Tag.PRONOUN:
        clause.dangling.append(preposition)
        return at + 1
    if part.room is not None:
        before = parts[at - 2].thing if at > 1 else None
        if before is not None and clause.extreme and before in (clause.reference, clause.towards):
            clause.reference_room = part.room
        else:
            _read_room_object(clause, preposition, part.room)
        return at + 1
    if part.thing is None:
        return at  # not an object at all: let it be read for itself
    _read_thing_object(clause, preposition, part)
    return at + 1


def _read_room_object(clause: Clause, preposition: Tag, room: RoomPhrase) -> None:
    if preposition is Tag.NEAR:
        clause.near_room = room
    elif preposition is Tag.OF and not clause.things and clause.generic is None:
        clause.rooms.append(room)  # "the number of bedrooms"
    elif preposition in (Tag.IN, Tag.ON, Tag.OF) and clause.inside is None:
        clause.inside = room
    else:
        clause.rooms.append(room)


def _read_thing_object(clause: Clause, preposition: Tag, part: Part) -> None:
    thing = cast(NounPhrase, part.thing)
    if preposition in _RELATIONS:
        if thing.how == "everything":
            clause.generic = clause.generic or thing
            clause.dangling.append(preposition)
            return
        kind = cast(RelationKind, _RELATIONS[preposition])
        clause.relations.append(Relation(kind=kind, anchor=thing))
    elif preposition is Tag.TO and clause.towards is None:
        clause.towards = thing
    elif preposition is Tag.OF and clause.things:
        clause.owner = thing
    elif thing.how == "everything":
        clause.generic = clause.generic or thing
    else:
        clause.things.append(thing)


def _read_extreme(clause: Clause, parts: Sequence[Part], at: int) -> int:
    part = parts[at]
    if part.tag is Tag.COMPARE:
        clause.comparison = clause.comparison or part
        return at + 1
    if clause.extreme is not None:
        if part.value != clause.extreme.value:
            clause.cues.setdefault(Tag.BLOCK, at)
        return at + 1
    clause.extreme = part
    following = parts[at + 1] if at + 1 < len(parts) else None
    if following is None or not part.value.startswith("distance"):
        return at + 1
    if following.tag in (Tag.HERE, Tag.PERSON):
        clause.here = True
        return at + 2
    if following.tag in (Tag.THING, Tag.WORD) and following.definite:
        clause.reference = following.thing
        return at + 2
    return at + 1
