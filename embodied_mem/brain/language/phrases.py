"""Groups tagged words: noun phrases, the prepositions they hang on, and the cues in between."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from embodied_mem.brain.language.lexicon import Tag
from embodied_mem.brain.language.question import NounPhrase, RoomPhrase
from embodied_mem.brain.language.tokens import Token
from embodied_mem.brain.language.vocabulary import Vocabulary, unknown

PREPOSITIONS = frozenset({Tag.NEAR, Tag.ON, Tag.IN, Tag.UNDER, Tag.ABOVE, Tag.OF, Tag.TO, Tag.WITH})
_MODIFIERS = frozenset({Tag.COLOUR, Tag.QUALITY, Tag.WORD, Tag.NUMBER})
_VERBS = frozenset({Tag.FILLER, Tag.SEE, Tag.FIND, Tag.HAVE, Tag.LIST, Tag.COUNT, Tag.MOVE})
_ADJECTIVE_ENDINGS = tuple(
    ("y", "ish", "ing", "ed", "ful", "less", "able", "ible", "al", "ic", "ous", "ive", "en", "like")
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "two": 2, "three": 3, "four": 4}


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One group of words: a cue, a preposition, a thing or a room."""

    tag: Tag
    text: str
    value: str = ""
    thing: NounPhrase | None = None
    room: RoomPhrase | None = None
    definite: bool = False
    """Whether an article or the like stood before it."""


@dataclass(slots=True)
class _Description:
    """What was read of a noun phrase before its head."""

    words: list[str] = field(default_factory=list)
    colour: str | None = None
    unverified: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    prefers_large: bool | None = None
    room: RoomPhrase | None = None

    def take(self, token: Token) -> None:
        self.words.append(token.text)
        if token.tag is Tag.COLOUR:
            self.colour = token.value
        elif token.tag is Tag.WORD:
            self.unknown.append(token.text)
        elif token.tag is Tag.NUMBER:
            self.numbers.append(token.text)
        elif token.value == "size":
            self.prefers_large = token.text not in _SMALL
        elif token.value == "unseen":
            self.unverified.append(token.text)


_SMALL = frozenset({"small", "little", "tiny", "short", "low", "mini"})


def parts_of(tokens: Sequence[Token], vocabulary: Vocabulary) -> tuple[Part, ...]:
    """Groups the tokens of one sentence."""
    parts: list[Part] = []
    at = 0
    while at < len(tokens):
        if _is_infinitive(tokens, at):
            at += 1
            continue
        end, grouped = _noun_phrase(tokens, at, vocabulary)
        if grouped:
            parts.extend(grouped)
            at = end
        else:
            token = tokens[at]
            parts.append(Part(tag=token.tag, text=token.text, value=token.value))
            at += 1
    return tuple(part for part in parts if part.tag not in (Tag.FILLER, Tag.DETERMINER))


def _is_infinitive(tokens: Sequence[Token], at: int) -> bool:
    """Tells the "to" of "to use the printer" from that of "close to the printer"."""
    following = tokens[at + 1].tag if at + 1 < len(tokens) else None
    return tokens[at].text == "to" and following in _VERBS


def _noun_phrase(
    tokens: Sequence[Token], start: int, vocabulary: Vocabulary
) -> tuple[int, list[Part]]:
    """Reads a noun phrase or a room from `start` on; an empty list where none begins there."""
    at = start
    while at < len(tokens) and tokens[at].tag is Tag.DETERMINER:
        at += 1
    definite = at > start
    description = _Description()
    while at < len(tokens):
        tag = tokens[at].tag
        room = _room(tokens, at)
        if room is not None:
            end, phrase = room
            if not _names_a_thing(tokens, end):
                return _end_with_room(tokens, end, phrase, description, definite)
            description.room = phrase
            at = end
        elif tag in _MODIFIERS:
            description.take(tokens[at])
            at += 1
        elif tag is Tag.THING:
            return _end_with_thing(tokens, at, description, definite)
        elif tag in (Tag.GENERIC, Tag.PRONOUN) and (tag is Tag.GENERIC or description.words):
            return at + 1, _with_room(_everything(tokens[at], description), description, definite)
        else:
            break
    return _end_without_head(tokens, start, at, description, definite, vocabulary)


def _room(tokens: Sequence[Token], at: int) -> tuple[int, RoomPhrase] | None:
    """Reads a room's name with its number: "second bedroom", "bedroom 2"."""
    number = None
    if tokens[at].text in _ORDINALS and at + 1 < len(tokens) and tokens[at + 1].tag is Tag.ROOM:
        if tokens[at].tag is not Tag.NUMBER:
            number = _ORDINALS[tokens[at].text]
        at += 1
    if tokens[at].tag is not Tag.ROOM:
        return None
    token, end = tokens[at], at + 1
    if end < len(tokens) and tokens[end].text.isdigit():
        number, end = int(tokens[end].text[:4]), end + 1
    elif end < len(tokens) and tokens[end].tag is Tag.NUMBER and tokens[end].text in _ORDINALS:
        number, end = _ORDINALS[tokens[end].text], end + 1
    plural = token.text.endswith("s") and not token.text.endswith("ss")
    return end, RoomPhrase(category=token.value, number=number, plural=plural, label=token.text)


def _names_a_thing(tokens: Sequence[Token], at: int) -> bool:
    """Whether a thing's name follows at once, so that a room before it only describes it."""
    while at < len(tokens) and tokens[at].tag in (Tag.COLOUR, Tag.QUALITY):
        at += 1
    return at < len(tokens) and tokens[at].tag in (Tag.THING, Tag.GENERIC)


def _end_with_room(
    tokens: Sequence[Token], end: int, room: RoomPhrase, description: _Description, definite: bool
) -> tuple[int, list[Part]]:
    words = [Part(tag=Tag.WORD, text=word) for word in description.unknown]
    name = tokens[end - 1].text
    return end, [*words, Part(tag=Tag.ROOM, text=name, room=room, definite=definite)]


def _end_with_thing(
    tokens: Sequence[Token], at: int, description: _Description, definite: bool
) -> tuple[int, list[Part]]:
    kinds = [word for word in description.unknown if not _looks_like_an_adjective(word)]
    description.unverified += [word for word in description.unknown if word not in kinds]
    while at + 1 < len(tokens) and tokens[at + 1].tag is Tag.THING:
        description.words.append(tokens[at].text)
        kinds.append(tokens[at].text)
        at += 1
    token = tokens[at]
    assert token.term is not None
    phrase = NounPhrase(
        text=" ".join((*description.words, token.text)),
        label=" ".join((*kinds, token.term.label)),
        categories=token.term.categories,
        how="compound" if kinds else token.term.how,
        plural=token.term.plural,
        colour=description.colour,
        unverified=tuple(description.unverified),
        prefers_large=description.prefers_large,
    )
    return at + 1, _with_room(phrase, description, definite)


def _looks_like_an_adjective(word: str) -> bool:
    """Tells "the squeaky chair" from "the dentist chair", as far as an unknown word shows."""
    return word.endswith(_ADJECTIVE_ENDINGS) or word.isdigit()


def _everything(token: Token, description: _Description) -> NounPhrase:
    return NounPhrase(
        text=" ".join((*description.words, token.text)),
        label="object",
        how="everything",
        plural=token.text.endswith("s"),
        colour=description.colour,
        unverified=(*description.unverified, *description.unknown),
        prefers_large=description.prefers_large,
    )


def _with_room(phrase: NounPhrase, description: _Description, definite: bool) -> list[Part]:
    tag = Tag.GENERIC if phrase.how == "everything" else Tag.THING
    head = Part(tag=tag, text=phrase.text, thing=phrase, definite=definite)
    numbers = [Part(tag=Tag.NUMBER, text=number) for number in description.numbers]
    if description.room is None:
        return [head, *numbers]
    place = Part(tag=Tag.ROOM, text=description.room.label, room=description.room)
    return [head, *numbers, Part(tag=Tag.IN, text="in"), place]


def _end_without_head(
    tokens: Sequence[Token],
    start: int,
    end: int,
    description: _Description,
    definite: bool,
    vocabulary: Vocabulary,
) -> tuple[int, list[Part]]:
    """Ends a group that names no known thing: an unknown one, a bare colour, or nothing."""
    if description.unknown:
        reading = unknown(tuple(" ".join(description.unknown).split(" ")))
        phrase = NounPhrase(
            text=" ".join(description.words),
            label=reading.label,
            how="unknown",
            plural=reading.plural,
            colour=description.colour,
        )
        return end, [Part(tag=Tag.WORD, text=phrase.text, thing=phrase, definite=definite)]
    if description.colour is not None:
        fruit = vocabulary.terms.get((tokens[end - 1].text, "fruit"))
        if definite and fruit is not None:
            phrase = NounPhrase(
                text=fruit.label, label=fruit.label, categories=fruit.categories, how=fruit.how
            )
            return end, [Part(tag=Tag.THING, text=phrase.text, thing=phrase, definite=True)]
        return end, [Part(tag=Tag.COLOUR, text=description.colour, value=description.colour)]
    return start, []
