"""The words that give a question its form: what each asks for, and which mean nothing here."""

from enum import Enum, auto
from typing import NamedTuple

import msgspec

from embodied_mem.assets import asset_path

Words = tuple[str, ...]


class Tag(Enum):
    """The part that a word or a phrase plays."""

    WHERE = auto()
    FETCH = auto()
    COUNT = auto()
    COLOUR_WORD = auto()
    SIZE_WORD = auto()
    DISTANCE_WORD = auto()
    EXISTS = auto()
    ANY = auto()
    SEE = auto()
    FIND = auto()
    HAVE = auto()
    WHEN = auto()
    MOVE = auto()
    BEFORE = auto()
    EXTREME = auto()
    COMPARE = auto()
    LIST = auto()
    WHAT = auto()
    WHICH = auto()
    AUXILIARY = auto()
    WHETHER = auto()
    ROOM_WORD = auto()
    HOUSE = auto()
    PERSON = auto()
    HERE = auto()
    NEAR = auto()
    ON = auto()
    IN = auto()
    UNDER = auto()
    ABOVE = auto()
    OF = auto()
    TO = auto()
    WITH = auto()
    AND = auto()
    OR = auto()
    DETERMINER = auto()
    GENERIC = auto()
    PRONOUN = auto()
    QUALITY = auto()
    NUMBER = auto()
    FILLER = auto()
    HOW = auto()
    IDLE = auto()
    BLOCK = auto()
    THING = auto()
    ROOM = auto()
    COLOUR = auto()
    WORD = auto()


class Meaning(NamedTuple):
    """The tag of a phrase and, for some tags, what it says exactly."""

    tag: Tag
    value: str = ""


def _table() -> dict[Words, Meaning]:
    """Reads the asset: tag name -> value -> phrases."""
    data = asset_path("question_words.json").read_bytes()
    phrases = msgspec.json.decode(data, type=dict[str, dict[str, list[str]]])
    return {
        tuple(phrase.split(" ")): Meaning(Tag[name.upper()], value)
        for name, by_value in phrases.items()
        for value, group in by_value.items()
        for phrase in group
    }


FORMS: dict[Words, Meaning] = _table()
"""Every phrase of form; the asset holds none twice."""

LONGEST = max(map(len, FORMS))

YES_NO_OPENERS = frozenset(
    (
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "have",
        "has",
        "had",
        "can",
        "could",
        "will",
        "would",
        "any",
        "got",
    )
)
"""First words that make a question one of yes or no."""
