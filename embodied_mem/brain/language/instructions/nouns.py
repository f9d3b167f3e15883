"""Noun phrases of instructions: what they say of the things or the fixture that they mean."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from embodied_mem.brain.instruction import Reference
from embodied_mem.brain.language.instructions.tagging import Token
from embodied_mem.brain.language.instructions.words import InstructionWords

_BEFORE_HEAD = frozenset({"determiner", "every", "colour", "sided", "unknown", "order"})
_HEADS = frozenset({"noun", "fixture", "generic", "everything", "pronoun"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Phrase:
    """A noun phrase."""

    category: str = ""
    colour: str = ""
    fixture: str = ""
    """Last word of a fixture's id, such as `drawer`."""
    side: str = ""
    every: bool = False
    plural: bool = False
    pronoun: bool = False
    unknown: str = ""
    """The word of a head that no word list holds."""
    definite: bool = False
    """Whether an article or the like stood before it."""
    order: str = ""
    """`bottom`, `middle` or `top`, where it was said with it."""
    headless: Literal["", "one", "bare"] = ""
    """`one` of "the red one", `bare` of "the red" in "the red and blue blocks"."""

    def references(self, lexicon: InstructionWords) -> tuple[Reference, ...]:
        """Returns what it refers to: several for "both drawers"."""
        if not self.fixture:
            every = self.every or self.plural
            return (Reference(category=self.category, colour=self.colour, every=every),)
        ids = self.fixture_ids(lexicon)
        if len(ids) == 1 or ((self.every or self.plural) and ids):
            return tuple(Reference(fixture=name) for name in ids)
        every = self.every or self.plural
        return (Reference(category=self.fixture, colour=self.colour, every=every),)

    def fixture_ids(self, lexicon: InstructionWords) -> list[str]:
        """Returns the ids of the fixtures that fit."""
        return [
            name
            for name in lexicon.heads(self.fixture)
            if (not self.side or self.side in name.split("_"))
            and (not self.colour or self.colour == lexicon.fixtures[name].colour)
        ]


@dataclass(slots=True)
class _Description:
    """What was read of a phrase before its head."""

    colour: str = ""
    side: str = ""
    every: bool = False
    order: str = ""
    unknown: list[Token] = field(default_factory=list)
    definite: bool = False
    said: bool = False
    """Whether there was anything but an article."""

    def is_full_for(self, token: Token) -> bool:
        """Whether a word begins another phrase: "the red | the blue", "red | blue and green"."""
        if token.tag == "determiner":
            return bool(self.colour or self.side or self.unknown)
        return token.tag == "colour" and bool(self.colour)

    def take(self, token: Token) -> None:
        if token.tag == "colour":
            self.colour = token.value
        elif token.tag == "sided":
            self.side = token.value
        elif token.tag == "every":
            self.every = True
        elif token.tag == "order":
            self.order = token.value
        elif token.tag == "unknown":
            self.unknown.append(token)
        self.said = self.said or token.tag != "determiner"
        self.definite = self.definite or token.tag in ("determiner", "every")


def read_phrase(tokens: Sequence[Token], start: int) -> tuple[int, Phrase | None]:
    """Reads a noun phrase that starts at a token; returns where it ends, and None without one."""
    described = _Description()
    at = start
    while at < len(tokens) and tokens[at].tag in _BEFORE_HEAD:
        if tokens[at].tag == "order" and tokens[at].value in ("up", "down"):
            break
        if described.is_full_for(tokens[at]):
            break
        described.take(tokens[at])
        at += 1
    if at < len(tokens) and tokens[at].tag in _HEADS:
        phrase, at = _with_head(tokens, at, described)
        return _with_tail(tokens, at, phrase)
    if not described.said:
        return start, None
    return at, _without_head(described)


def _with_head(tokens: Sequence[Token], at: int, described: _Description) -> tuple[Phrase, int]:
    head = tokens[at]
    end = at + 1
    following = tokens[end] if end < len(tokens) else None
    if head.tag in ("noun", "generic") and following and following.tag in ("noun", "generic"):
        # "lego piece", "duck toy": the particular word says what it is
        keeps_first = following.tag == "generic" or following.value in ("toy", "fruit", "food")
        plural = following.plural or following.text.endswith("s")
        if head.tag == "generic" or not keeps_first:
            head = following
        head = head._replace(plural=plural)
        end += 1
    base = Phrase(
        colour=described.colour, side=described.side, every=described.every, order=described.order
    )
    if head.tag == "noun":
        return replace(base, category=head.value, plural=head.plural), end
    if head.tag == "fixture":
        return replace(base, fixture=head.value, plural=head.plural), end
    if head.tag == "everything":
        return replace(base, every=True), end
    if head.tag == "pronoun":
        return replace(base, pronoun=True, plural=head.text in ("them", "they")), end
    if described.unknown:
        return replace(base, category=described.unknown[-1].value, plural=_is_many(head)), end
    headless: Literal["", "one"] = "one" if head.text in ("one", "ones") else ""
    return replace(base, plural=_is_many(head), headless=headless), end


def _is_many(token: Token) -> bool:
    return token.plural or (token.text.endswith("s") and token.text != "belongings")


def _without_head(described: _Description) -> Phrase:
    """Reads "the red and ...", "every", "the giraffe"."""
    if described.unknown:
        last = described.unknown[-1]
        return Phrase(
            category=last.value,
            colour=described.colour,
            every=described.every,
            plural=last.plural,
            unknown=last.text,
            definite=described.definite,
            order=described.order,
        )
    only_all = described.every and not described.colour and not described.side
    return Phrase(
        colour=described.colour,
        side=described.side,
        every=described.every,
        order=described.order,
        headless="" if only_all else "bare",
    )


def _with_tail(tokens: Sequence[Token], at: int, phrase: Phrase) -> tuple[int, Phrase]:
    """Reads what follows a head and belongs to it: "on the left", "that is red", "at the top"."""
    while at < len(tokens):
        token = tokens[at]
        if token.tag == "side" and phrase.fixture and not phrase.side:
            phrase = replace(phrase, side=token.value)
            at += 1
        elif token.tag == "order" and token.value in ("bottom", "middle", "top"):
            if phrase.order:
                break
            phrase = replace(phrase, order=token.value)
            at += 1
        elif _is_red(tokens, at) and not phrase.colour:
            end = next(i for i in range(at, len(tokens)) if tokens[i].tag == "colour")
            phrase = replace(phrase, colour=tokens[end].value)
            at = end + 1
        else:
            break
    return at, phrase


def _is_red(tokens: Sequence[Token], at: int) -> bool:
    """Recognises "that is red", "which are red"."""
    tags = [token.tag for token in tokens[at : at + 3]]
    texts = [token.text for token in tokens[at : at + 3]]
    return (
        len(tags) == 3
        and texts[0] in ("that", "which")
        and texts[1] in ("is", "are")
        and tags[2] == "colour"
    ) or (len(tags) >= 2 and texts[0] == "with" and tags[1] == "colour" and len(tags) == 2)
