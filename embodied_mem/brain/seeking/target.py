"""What is sought, read from words: a thing by its name or by a description."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, final

from embodied_mem.brain.language.intents import EVERYTHING
from embodied_mem.brain.language.question import NounPhrase, Question
from embodied_mem.brain.language.questions import parse_question
from embodied_mem.brain.language.vocabulary import Vocabulary, load_vocabulary
from embodied_mem.brain.seeking.likelihood import can_hold_things, is_portable, room_shares
from embodied_mem.scene.room_types import room_types

_ON_HOLDERS: Final = 3.0
_ELSEWHERE: Final = 0.05
"""Share of the rooms that were not named, for a phrase that names one."""


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Target:
    """What a search is for."""

    question: Question
    """As the parser understood it: its subjects, room and relation."""
    shares: dict[str, float]
    """Room type -> how likely the thing is there."""
    on_floor: float
    portable: bool

    @property
    def categories(self) -> tuple[str, ...]:
        """What the thing, or what it is described by, may be called."""
        return named_categories(self.question)

    def holds(self, category: str) -> float:
        """How likely the thing is found on or in a piece of furniture, as a weight."""
        return _ON_HOLDERS if self.portable and can_hold_things(category) else 0.0


def read_target(
    text: str, vocabulary: Vocabulary | None = None, *, storeys: int = 1
) -> Target | None:
    """Reads what somebody wants to be brought to; None where no thing is understood.

    Args:
        text: As it was said.
        vocabulary: The words to know; those of the common-sense asset if None.
        storeys: How many floors the house has: only then is "upstairs" a place.

    >>> read_target("Go to the red mug in the kitchen.").question.room.category
    'kitchen'
    >>> read_target("Find a chair").categories
    ('chair',)
    >>> read_target("Find the bed upstairs", storeys=2).question.floors
    (1,)
    """
    vocabulary = vocabulary or load_vocabulary()
    plain = _SHOWN.sub("", text)
    for said in (plain, f"Where is {_without_verb(plain)}"):
        question = parse_question(said, vocabulary, storeys=storeys)
        if question.kind == "where" and question.subjects:
            return target_of(question)
    return None


def target_of(question: Question) -> Target:
    """Returns what must be searched for to answer a question."""
    names = named_categories(question)
    portable = any(map(is_portable, names)) if names else True
    return Target(
        question=question,
        shares=_shares(question, names),
        on_floor=0.5 if portable else 0.3,
        portable=portable,
    )


def named_categories(question: Question) -> tuple[str, ...]:
    """Returns all categories that a question speaks of; none where it means every thing."""
    phrases: list[NounPhrase] = list(question.subjects)
    if question.relation is not None:
        phrases.append(question.relation.anchor)
    if question.extreme is not None and question.extreme.reference is not None:
        phrases.append(question.extreme.reference)
    named = [name for phrase in phrases for name in phrase.categories]
    return tuple(dict.fromkeys(named))


def _shares(question: Question, names: Iterable[str]) -> dict[str, float]:
    room = question.room
    if room is None or room.category not in room_types():
        return room_shares(names)
    return {name: 1.0 if name == room.category else _ELSEWHERE for name in room_types()}


_SHOWN: Final = re.compile(
    r"(where was this picture of)|(taken\?.*)|( in this picture)|( that this picture shows)", re.I
)
"""What is said about a picture beside the thing that it shows."""

_VERBS: Final = (
    *("go to", "walk to", "drive to", "move to", "navigate to", "head to", "come to"),
    *(
        "find me",
        "find",
        "search for",
        "look for",
        "bring me to",
        "take me to",
        "show me",
        "get to",
    ),
    *("reach", "locate", "stop at", "approach"),
)


def _without_verb(text: str) -> str:
    """Drops the order that a description begins with."""
    plain = text.strip().rstrip(".!").lower()
    for verb in _VERBS:
        if plain.startswith(f"{verb} "):
            return plain[len(verb) + 1 :]
    return plain


ANYTHING: Final = Target(
    question=Question(text="", kind="where", subjects=(EVERYTHING,)),
    shares=room_shares(()),
    on_floor=0.5,
    portable=True,
)
"""What is sought where no word tells: any thing at all."""
