"""Floors in questions: "upstairs", "on the ground floor", "which floor", in a house that has some.

In a house of one floor nothing is read so, and such words stay what they were.
"""

import re
from dataclasses import dataclass

from embodied_mem.brain.language.lexicon import Words

_FLOOR = r"(?:floors?|storeys?|story|stories|levels?)"
_ASKED = re.compile(rf"\b(?:(?:on|at|to|in) )?(which|what)(?: of the)? {_FLOOR}\b")
_EITHER = re.compile(r"\b(?:up(?:stairs)? or down(?:stairs)?|down(?:stairs)? or up(?:stairs)?)\b")
_DESCRIBED = re.compile(rf"\bthe {_FLOOR} (?=(?:where|that|which|on which|with)\b)")
_LEFT_OVER = re.compile(r" on((?: (?:please|dear|love|mate|then|now))?)$")
_NOUN = re.compile(r"\b(?:the|my|our|your|a|an|that|this)\b.*$")
_NAMES = {
    "ground": "ground",
    "lower": "lowest",
    "lowest": "lowest",
    "bottom": "lowest",
    "upper": "highest",
    "top": "highest",
    "highest": "highest",
    "topmost": "highest",
    "uppermost": "highest",
    "first": "1",
    "1st": "1",
    "second": "2",
    "2nd": "2",
    "third": "3",
    "3rd": "3",
}
_NAMED = re.compile(
    rf"\b(?:(?:on|in|at|of|from|to) )?(?:(?:the|our|your|this) )?({'|'.join(_NAMES)}) {_FLOOR}\b"
)
_NUMBERED = re.compile(r"\b(?:(?:on|in|at|of) )?(?:floor|storey|level) (?:number )?(\d{1,2})\b")
_STAIRS = re.compile(r"\b(?:(?:from|to|of|in|on|the) )?(upstairs|downstairs)\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreyReading:
    """What a sentence says of floors, and the sentence without it."""

    sentences: tuple[Words, ...]
    """Ways to say the rest; the first that can be understood is meant."""
    asked: bool = False
    """Whether a floor is what is asked for."""
    floors: tuple[int, ...] = ()
    """The floors that it speaks of; () where it does not restrict them."""


def read_storeys(words: Words, count: int) -> StoreyReading:
    """Takes what a sentence says of floors out of it.

    Floors are counted from 0 for the lowest, as the first floor lies over the ground floor; who
    speaks of one more than there are counts from 1.

    Args:
        words: The sentence.
        count: How many floors the house has.

    >>> read_storeys(("how", "many", "chairs", "are", "upstairs"), 2).floors
    (1,)
    >>> read_storeys(("which", "floor", "is", "the", "bath", "on"), 2).asked
    True
    """
    if count < 2:
        return StoreyReading(sentences=(words,))
    text = " ".join(words)
    asking = _asking(text)
    if asking:
        return StoreyReading(sentences=tuple(map(_split, asking)), asked=True)
    for pattern in (_NAMED, _NUMBERED, _STAIRS):
        found = pattern.search(text)
        if found is None:
            continue
        floors = _floors(found.group(1), count)
        rest = f"{text[: found.start()]} {text[found.end() :]}"
        housed = f"{text[: found.start()]} in the house {text[found.end() :]}"
        ways = (rest, housed, f"{rest} have you seen")
        return StoreyReading(sentences=tuple(map(_split, ways)), floors=floors)
    return StoreyReading(sentences=(words,))


def storey_words(floor: int, count: int) -> str:
    """Says on which floor something is; nothing in a house of one floor.

    >>> storey_words(1, 2), storey_words(2, 3), storey_words(0, 1)
    ('upstairs', 'on floor 2', '')
    """
    if count < 2:
        return ""
    if count == 2:
        return "upstairs" if floor > 0 else "downstairs"
    return "on the ground floor" if floor == 0 else f"on floor {floor}"


def _asking(text: str) -> list[str]:
    """Returns ways to ask for the room instead; none where no floor is asked for."""
    either = _EITHER.search(text)
    if either is not None:
        rest = f"{text[: either.start()]} {text[either.end() :]}".strip()
        noun = _NOUN.search(rest)
        return [rest] if noun is None else [f"where is {noun.group()}", rest]
    if _ASKED.search(text) is not None:
        room = _ASKED.sub(r"in \1 room", text)
        if room.startswith("in ") and not text.startswith(("on ", "at ", "to ", "in ")):
            room = room[3:]
        ways = [_LEFT_OVER.sub(r" in\1", room)]
    elif _DESCRIBED.search(text) is not None:
        ways = [_DESCRIBED.sub("the room ", text)]
    else:
        return []
    noun = _NOUN.search(_LEFT_OVER.sub(r"\1", _ASKED.sub("", text)))
    return ways if noun is None else [*ways, f"where is {noun.group()}"]


def _floors(name: str, count: int) -> tuple[int, ...]:
    if name == "upstairs":
        return tuple(range(1, count))
    name = _NAMES.get(name, name)
    if name in ("downstairs", "ground", "lowest"):
        return (0,)
    if name == "highest":
        return (count - 1,)
    return (min(int(name), count - 1),)


def _split(text: str) -> Words:
    return tuple(text.split())
