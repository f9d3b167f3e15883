"""Understands what a partner says: statements about people, requests, and what stays private."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from embodied_mem.brain.partners.claims import Claim, Topic

_PRIVATE: Final = re.compile(
    r"\b(between (us|you and me|the two of us)|tell (it to |this to )?(nobody|no one)|"
    r"(do not|don't|never) (tell|mention|repeat|pass)|nobody else|no one else|to yourself|"
    r"in confidence|confidential(ly)?|secret(ly)?|only (for you|you may know)|not for the others|"
    r"for your ears)\b",
    re.IGNORECASE,
)
_PIECES: Final = re.compile(
    r"(?<=\w)[.!?;:]\s+|,? but |, (?=my |[A-Z][a-z]+'s |keep |bring )|\s+-\s+", re.IGNORECASE
)
_LEAD: Final = re.compile(
    r"^(by the way|oh|well|listen|you know|actually|please note|for the record|"
    r"just so you know|i changed my mind|forget what i said( before)?|from now on|correction|"
    r"please remember that|remember that|remember|you should know that|i want you to know that|"
    r"note that|did you know that|as far as i know|i heard that|believe it or not|please|"
    r"could you|would you|can you|i would like you to|be so kind and)[,:]?\s+",
    re.IGNORECASE,
)
_NAME: Final = r"(?P<who>my|[A-Z][a-z]+'s)"
_MINE: Final = r"(?:my|the|these|this)"
_FROM: Final = r"(?P<place>[A-Z][a-z]+'s room|my room|the [a-z ]+?)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What an utterance said."""

    claims: tuple[Claim, ...]
    """Empty for small talk."""
    private: bool
    """Whether it asked to keep this between the two."""


def read_statement(text: str, speaker: str, *, private: bool = False) -> Heard:
    """Reads what a partner says; what fits no rule is small talk.

    Args:
        text: One utterance, of one or several sentences.
        speaker: Who says it.
        private: Whether it is known to be private, whatever the words say.

    >>> heard = read_statement("Keep this between us: my door code is 4711.", "Ana")
    >>> heard.private, heard.claims[0].attribute, heard.claims[0].value
    (True, 'door code', '4711')
    """
    private = private or bool(_PRIVATE.search(text))
    claims: list[Claim] = []
    for piece in _PIECES.split(text):
        sentence = _bare(piece)
        if not sentence:
            continue
        for pattern, make in _RULES:
            found = pattern.fullmatch(sentence)
            if found is not None:
                claims.append(make(found, speaker, private, text))
                break
    return Heard(claims=tuple(claims), private=private)


def _bare(piece: str) -> str:
    sentence = piece.strip().strip(".!?;:, ")
    while (shorter := _LEAD.sub("", sentence, count=1)) != sentence:
        sentence = shorter
    return sentence.strip().strip(".!?;:, ")


def _whose(who: str, speaker: str) -> str:
    return speaker if who.lower() == "my" else who.removesuffix("'s")


def _attribute(found: re.Match[str], speaker: str, private: bool, text: str) -> Claim:
    parts = found.groupdict()
    noun, who = parts.get("noun"), parts.get("who") or "my"
    name = f"favourite {noun}" if noun else parts["name"]
    return _made("attribute", _whose(who, speaker), name, parts["value"], speaker, private, text)


def _request(topic: Topic, *, ended: bool = False) -> "_Make":
    def make(found: re.Match[str], speaker: str, private: bool, text: str) -> Claim:
        place = found.groupdict().get("place") or ""
        place = f"{speaker}'s room" if place.lower() == "my room" else place
        place = place.removeprefix("the ")
        return _made(topic, speaker, place, found["value"], speaker, private, text, ended)

    return make


def _made(
    topic: Topic,
    subject: str,
    attribute: str,
    value: str,
    speaker: str,
    private: bool,
    text: str,
    ended: bool = False,
) -> Claim:
    return Claim(
        topic=topic,
        subject=subject,
        attribute=attribute.strip(),
        value=value.strip(),
        teller=speaker,
        private=private,
        ended=ended,
        text=text,
    )


_Make = Callable[[re.Match[str], str, bool, str], Claim]


def _rule(pattern: str, make: _Make) -> tuple[re.Pattern[str], _Make]:
    return re.compile(f"(?i:{pattern})" if "?P<who>" not in pattern else pattern), make


_THING: Final = r"(?P<value>[a-z][a-z -]*?)"
_RULES: Final[tuple[tuple[re.Pattern[str], _Make], ...]] = (
    _rule(
        rf"i (?:do not|don't) need {_MINE} {_THING} (?:back )?(?:any ?more|any longer)",
        _request("keep", ended=True),
    ),
    _rule(
        rf"(?:you can )?stop keeping {_MINE} {_THING}(?: for me)?",
        _request("keep", ended=True),
    ),
    _rule(
        rf"keep {_MINE} {_THING} from {_FROM}(?: for me| safe)?",
        _request("keep"),
    ),
    _rule(
        rf"(?:look after|take care of) {_MINE} {_THING},? (?:from|which is in|that is in) {_FROM}",
        _request("keep"),
    ),
    _rule(
        rf"take {_MINE} {_THING} out of {_FROM} and keep (?:it|them)(?: safe| for me)*",
        _request("keep"),
    ),
    _rule(rf"(?:bring|fetch|get) me {_MINE} {_THING} from {_FROM}", _request("fetch")),
    _rule(rf"i need {_MINE} {_THING} from {_FROM}", _request("fetch")),
    _rule(r"the (?P<noun>[a-z ]+?) (?:that )?i like best is (?P<value>.+?)(?: now)?", _attribute),
    _rule(r"i like (?P<value>.+?) more than any other (?P<noun>[a-z ]+)", _attribute),
    _rule(r"nothing beats (?P<value>.+?) as an? (?P<noun>[a-z ]+)", _attribute),
    _rule(
        rf"{_NAME.replace('my', '[Mm]y')} (?P<name>[a-z ]+?) is no longer .+?, (?:it is|but) "
        r"(?P<value>.+?)(?: now)?",
        _attribute,
    ),
    _rule(
        rf"{_NAME.replace('my', '[Mm]y')} (?P<name>[a-z ]+?) (?:is|has become)(?: now)? "
        r"(?P<value>.+?)(?: now)?",
        _attribute,
    ),
    _rule(r"(?P<value>.+?) is (?P<who>my|[A-Z][a-z]+'s) (?P<name>[a-z ]+?)(?: now)?", _attribute),
)
