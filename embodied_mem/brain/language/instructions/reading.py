"""One request taken apart: its verbs, its noun phrases with their roles, and what else it says."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from embodied_mem.brain.instruction import Reference
from embodied_mem.brain.language.instructions.nouns import Phrase, read_phrase
from embodied_mem.brain.language.instructions.tagging import Token
from embodied_mem.brain.language.instructions.words import InstructionWords

LOCATIONS = ("in", "on", "to", "over")
"""Prepositions that say where something is or goes."""
_DOERS = ("i", "you", "we", "he", "she", "they", "someone", "somebody")
ASIDE = {"beside": "beside", "left": "left", "right": "right", "front": "front", "behind": "behind"}
"""Prepositions that say beside what."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A noun phrase with its role."""

    role: str
    """The preposition before it; empty for the thing itself."""
    phrase: Phrase
    verb: int
    """How many verbs were said before it."""
    antecedent: Phrase | None = None
    """What a pronoun stands for."""
    towards: bool = False
    """Whether it was said with "into" or "onto": where something goes, not where it is."""


@dataclass(slots=True)
class Reading:
    """All that was read of a request."""

    lexicon: InstructionWords
    verbs: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    by: str = ""
    side: str = ""
    """A direction with nothing after it."""
    direction: str = ""
    """`up` or `down`, in which order a pile was told."""
    pile: bool = False
    total: bool = False
    for_person: bool = False
    words: list[str] = field(default_factory=list)
    preposition: str = ""
    """The newest, as it was said."""

    def has(self, *verbs: str) -> bool:
        """Whether any of the verbs was said."""
        return any(verb in self.verbs for verb in verbs)

    @property
    def time(self) -> str:
        """When an arrangement was as it should be again; the visit before goes first."""
        return "last_time" if "last_time" in self.times else ("before" if self.times else "")

    def things(self, *roles: str) -> list[Phrase]:
        """Returns the phrases in a role that speak of loose things, pronouns left out."""
        return [
            part.phrase
            for part in self.parts
            if part.role in roles and not part.phrase.pronoun and not part.phrase.fixture
        ]

    @property
    def named(self) -> list[Phrase]:
        """Returns the phrases that speak of particular things: "everything" does not."""
        return [p for p in self.things("") if p.colour or (p.category and not p.unknown)]

    def fixtures(self, *roles: str) -> list[Phrase]:
        """Returns the phrases in a role that speak of fixtures; of all roles if none is named."""
        return [
            part.antecedent or part.phrase
            for part in self.parts
            if (not roles or part.role in roles)
            and (part.phrase.fixture or (part.antecedent and part.antecedent.fixture))
        ]

    def kind(self, phrase: Phrase) -> str:
        """Returns the kind of the fixtures that a phrase speaks of; empty of things."""
        ids = self.lexicon.heads(phrase.fixture) if phrase.fixture else []
        return self.lexicon.fixtures[ids[0]].kind if ids else ""

    def references(self, phrases: Sequence[Phrase]) -> tuple[Reference, ...]:
        """Returns what phrases refer to, each once, in their order."""
        found = [ref for phrase in phrases for ref in phrase.references(self.lexicon)]
        return tuple(dict.fromkeys(found))


def read_tokens(tokens: Sequence[Token], lexicon: InstructionWords) -> Reading:
    """Reads the tokens of a request of one sentence or more."""
    reading = Reading(lexicon)
    role, at = "", 0
    while at < len(tokens):
        token = tokens[at]
        end, phrase = read_phrase(tokens, at)
        if phrase is not None:
            role = _take_phrase(reading, tokens, end, phrase, role)
            at = end
            continue
        told = (token.tag == "verb" and _is_told(tokens, at)) or (
            token.tag == "time" and any(t.text == "not" for t in tokens[max(0, at - 2) : at])
        )
        role = "" if told else _take_token(reading, token, role)
        at += 1
        if token.tag == "preposition" and token.value == "in" and _dangles(tokens, at):
            _take_inside(reading)
    reading.words = [token.text for token in tokens]
    _drop_unknown_words(reading)
    _give_heads(reading)
    return reading


def _take_phrase(
    reading: Reading, tokens: Sequence[Token], end: int, phrase: Phrase, role: str
) -> str:
    """Adds a phrase; returns the role that a phrase joined to it would have."""
    joined = role.startswith(("+", "="))
    actual = role.lstrip("+=")
    follows = next((t for t in tokens[end:] if t.tag != "filler"), None)
    if joined and follows is not None and follows.tag == "preposition":
        actual = ""  # "... in the red bin and the duck in ..."
    antecedent = _antecedent(reading, actual) if phrase.pronoun else None
    reading.parts.append(
        Part(
            role=actual,
            phrase=phrase,
            verb=len(reading.verbs),
            antecedent=antecedent,
            towards=actual in LOCATIONS and "to" in reading.preposition,
        )
    )
    return f"={actual}"


def _is_told(tokens: Sequence[Token], at: int) -> bool:
    """Whether a verb tells what was done: "where I put it", "it was moved"."""
    before = [token for token in tokens[:at] if token.tag != "filler"]
    if len(before) > 1 and before[-1].text in ("was", "were", "been", "have", "has", "had"):
        return tokens[at].value != "want"
    tells_of = bool(before) and before[-1].tag == "person" and before[-1].text in _DOERS
    return tells_of and tokens[at].value not in ("want", "find", "count")


def _dangles(tokens: Sequence[Token], at: int) -> bool:
    """Whether no phrase follows a preposition: "put it inside, and close it"."""
    while at < len(tokens) and tokens[at].tag == "filler":
        at += 1
    return read_phrase(tokens, at)[1] is None


def _take_inside(reading: Reading) -> None:
    antecedent = _antecedent(reading, "in")
    if antecedent is not None:
        inside = Phrase(pronoun=True)
        verb = len(reading.verbs)
        reading.parts.append(Part(role="in", phrase=inside, verb=verb, antecedent=antecedent))


def _take_token(reading: Reading, token: Token, role: str) -> str:
    """Notes what a token says; returns the role of what follows."""
    if token.tag == "conjunction":
        return f"+{role[1:]}" if role.startswith("=") else role
    if token.tag == "preposition":
        reading.preposition = token.text
        return token.value
    if token.tag == "verb":
        reading.verbs.append(token.value)
        return ""
    _note(reading, token)
    return "" if role.startswith("=") else role


def _note(reading: Reading, token: Token) -> None:
    """Notes what a word says about the request as a whole."""
    if token.tag == "time":
        reading.times.append(token.value)
    elif token.tag in ("by", "side"):
        setattr(reading, token.tag, token.value)
    elif token.tag == "order" and token.value in ("up", "down"):
        reading.direction = token.value
    elif token.tag in ("pile", "total"):
        setattr(reading, token.tag, True)
    elif token.tag == "person" and token.text not in ("you", "i", "we", "robot", "yourself"):
        reading.for_person = True


def _antecedent(reading: Reading, role: str) -> Phrase | None:
    """Returns what "it" stands for: after "in" the last fixture, else the last thing."""
    wanted_fixture = role in ("in", "from")
    for part in reversed(reading.parts):
        if not part.phrase.pronoun and bool(part.phrase.fixture) == wanted_fixture:
            return part.phrase
    return None


def _drop_unknown_words(reading: Reading) -> None:
    """Leaves out unknown words that may be anything but the name of a thing.

    "Figure out where the teddy is": without an article, and beside things that are known.
    """
    known = any(p.phrase.category and not p.phrase.unknown for p in reading.parts)
    reading.parts = [
        part
        for part in reading.parts
        if not (known and part.phrase.unknown and not part.phrase.definite)
    ]


def _give_heads(reading: Reading) -> None:
    """Completes "the red and the blue block", "the red block and the blue one"."""
    parts = reading.parts
    for index, part in enumerate(parts):
        if not part.phrase.headless:
            continue
        later = [p.phrase for p in parts[index + 1 :] if _lends_head(p, part)][:1]
        earlier = [p.phrase for p in reversed(parts[:index]) if _lends_head(p, part)][:1]
        bare = part.phrase.headless == "bare"
        for lender in (later + earlier) if bare else (earlier + later):
            phrase = _with_head_of(part.phrase, lender, plural=lender in later and bare)
            parts[index] = replace(part, phrase=phrase)
            break


def _lends_head(lender: Part, part: Part) -> bool:
    """Whether a phrase says what another leaves out: things complete things, places places."""
    phrase = lender.phrase
    if phrase.headless or not (phrase.category or phrase.fixture):
        return False
    return not phrase.fixture or lender.role == part.role or bool(part.phrase.side)


def _with_head_of(phrase: Phrase, lender: Phrase, *, plural: bool) -> Phrase:
    return replace(
        phrase,
        category=lender.category,
        fixture=lender.fixture,
        side=phrase.side if lender.fixture else "",
        plural=phrase.plural or (plural and lender.plural),
        headless="",
    )
