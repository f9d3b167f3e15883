"""Understands what partners ask about what partners said."""

import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

Kind = Literal[
    "value",
    "before",
    "confirm",
    "who_told",
    "when_told",
    "kept_from",
    "kept_for",
    "keeper_of",
    "kept_whence",
    "fetched_from",
    "about",
    "told_by",
    "session",
]


class PartnerQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed question. What does not apply to its kind is empty."""

    kind: Kind
    subject: str = ""
    """Whom it is about; the asker where the words say `my`, whoever the asker claims to be."""
    attribute: str = ""
    value: str = ""
    """The thing that is kept, or the value to confirm."""
    place: str = ""
    session: int = 0


_PIECES: Final = re.compile(r"(?<=\w)[.!?;:]+\s+")
_LEAD: Final = re.compile(
    r"^(please|well|so|now|and|okay|hey|robot|just|by the way|could you|can you|would you|"
    r"tell me,?|do you (know|remember|recall)|i wonder|remind me|just confirm|say)[,:]?\s+",
    re.IGNORECASE,
)
_WHO: Final = r"(?P<who>[Mm]y|[A-Z][a-z]+'s)"
_ONE: Final = r"(?P<one>I|me|[A-Z][a-z]+)"
_PLACE: Final = r"(?P<place>my room|[A-Z][a-z]+'s room|the [a-z ]+)"
_NAME: Final = r"(?:current )?(?P<name>[a-z][a-z ]*?)"
_ASKED: Final = r"(?:ask|want|tell) you to (?:keep|look after)"
_POSSESSIVE: Final = r"(?:[Mm]y|his|her|their|[A-Z][a-z]+'s)"

_PATTERNS: Final[tuple[tuple[str, Kind], ...]] = (
    (rf"(?:from whose|which) room did {_ONE} {_ASKED} (?:my|the|\w+) (?P<value>.+)", "kept_whence"),
    (rf"(?:from whose|which) room does {_WHO} (?P<value>.+?) come from", "kept_whence"),
    (rf"(?:what|which thing) did {_ONE} {_ASKED} from {_PLACE}", "kept_from"),
    (rf"(?:what|which thing) are you keeping for {_ONE} from {_PLACE}", "kept_from"),
    (rf"(?:what|which things?) (?:are you|do you) keep(?:ing)? for {_ONE}(?: now)?", "kept_for"),
    (rf"(?:what|which things) does {_ONE} have in your keeping(?: now)?", "kept_for"),
    (r"who (?:asked|wanted) you to (?:keep|look after) the (?P<value>.+)", "keeper_of"),
    (r"for whom (?:are|do) you keep(?:ing)? the (?P<value>.+)", "keeper_of"),
    (r"whose (?P<value>[a-z ]+) (?:are you keeping|do you keep)", "keeper_of"),
    (
        rf"(?:what|which thing) did {_ONE} (?:ask|want) you to (?:bring|fetch|get) from {_PLACE}",
        "fetched_from",
    ),
    (rf"who (?:told you|said)(?: about| that)? {_WHO} (?P<name>[a-z ]+?) is .+", "who_told"),
    (rf"(?:who told you|from whom do you know)(?: about)? {_WHO} (?P<name>[a-z ]+)", "who_told"),
    (
        rf"(?:in which session|when) did {_ONE} (?:first )?(?:tell you|speak)(?: about| of)? "
        rf"{_POSSESSIVE} (?P<name>[a-z ]+)",
        "when_told",
    ),
    (
        rf"what was {_WHO} {_NAME} (?:before(?: .*)?|earlier|previously|until then)",
        "before",
    ),
    (rf"what did {_WHO} {_NAME} use to be(?: .*)?", "before"),
    (
        rf"(?:what|whatever)(?: all)? did {_ONE} (?:say|tell you) in session (?P<session>\d+)",
        "session",
    ),
    (
        r"(?:what (?:happened|was said) in|repeat (?:the whole of|everything from|all of)|"
        r"summarise|sum up|read out) session (?P<session>\d+)",
        "session",
    ),
    (
        rf"(?:list|tell me|give me|say) (?:everything|all)(?: that)?(?: you (?:know|have))? about "
        rf"{_ONE}",
        "about",
    ),
    (rf"(?:what|whatever) do you know about {_ONE}", "about"),
    (
        rf"(?:list everything|what)(?: all)?(?: that)?(?: has| did)? {_ONE} (?:told|tell) you",
        "told_by",
    ),
    (rf"is it true that {_WHO} {_NAME} is (?P<value>.+)", "confirm"),
    (rf"is {_WHO} {_NAME} (?P<value>\S+|[a-z0-9]+ [a-z0-9]+)", "confirm"),
    (rf"which (?P<noun>[a-z ]+?) do(?:es)? {_ONE} like best(?: now)?", "value"),
    (
        rf"(?:what is |what's |tell me |remind me of |give me |say )?{_WHO} "
        rf"{_NAME}(?: (?:now|at the moment|these days))?",
        "value",
    ),
)
_COMPILED: Final = tuple((re.compile(pattern), kind) for pattern, kind in _PATTERNS)


def read_question(text: str, asker: str) -> PartnerQuestion | None:
    """Reads a question about what partners said; None where no rule fits.

    Of several sentences the last that asks something counts. Who asks is known from elsewhere:
    words such as "this is Ana speaking" change nothing.

    >>> question = read_question("I am Ana. What is my door code?", "Bo")
    >>> question.subject, question.attribute
    ('Bo', 'door code')
    """
    for piece in reversed(_PIECES.split(text.strip())):
        for sentence in _shorter(piece.strip(" .!?,;:")):
            for pattern, kind in _COMPILED:
                found = pattern.fullmatch(sentence)
                if found is not None:
                    return _question(kind, found, asker)
    return None


def _shorter(sentence: str) -> Iterator[str]:
    """Yields a sentence without more and more of what leads into it."""
    while True:
        yield sentence[:1].lower() + sentence[1:] if _plain_start(sentence) else sentence
        less = _LEAD.sub("", sentence, count=1)
        if less == sentence:
            return
        sentence = less


def _plain_start(sentence: str) -> bool:
    """Whether the first word is no name."""
    first = sentence.partition(" ")[0]
    return first.lower() == "what's" or not (first.endswith("'s") or first == "I")


def _question(kind: Kind, found: re.Match[str], asker: str) -> PartnerQuestion:
    parts = {name: value for name, value in found.groupdict().items() if value}
    name = f"favourite {parts['noun']}" if "noun" in parts else parts.get("name", "")
    place = parts.get("place", "").removeprefix("the ")
    return PartnerQuestion(
        kind=kind,
        subject=_person(parts.get("who") or parts.get("one") or "", asker),
        attribute=name.strip(),
        value=parts.get("value", "").strip(),
        place=f"{asker}'s room" if place == "my room" else place,
        session=int(parts.get("session", 0)),
    )


def _person(word: str, asker: str) -> str:
    return asker if word.lower() in ("my", "i", "me") else word.removesuffix("'s")
