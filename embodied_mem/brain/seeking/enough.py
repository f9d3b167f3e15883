"""When a question can be answered with confidence, by what was seen and what was looked into.

- What asks about one thing (where, which room, what colour, whether there is one) is settled as
  soon as that thing was seen well, and its room is known where the answer names it.
- What asks about surroundings (near, nearest to) is settled when the thing was seen well and no
  unknown floor is left within that distance.
- Counts, comparisons over a room or the house, and `there is none` are settled only when all that
  must be looked into was looked into.
"""

from typing import Final, Protocol

from embodied_mem.brain.language.answers import Answer
from embodied_mem.brain.language.question import Question
from embodied_mem.scene.room_types import UNKNOWN_ROOM

_NEAR: Final = 1.7
"""Unknown floor within this of a thing may hide what is near it, m."""
_ROOM_SURE: Final = 0.7
"""A room must be told apart this well before its name is given as an answer."""

POINTED: Final = frozenset({"where", "which_room", "colour", "last_seen", "moved", "size"})
"""Kinds of questions about one thing, or about each of several."""


class Looked(Protocol):
    """What is known of how far an exploration has come."""

    def open_within(self, object_id: str, metres: float) -> bool:
        """Tells whether unknown floor is left within a distance of a thing."""

    def open_in(self, room: str | None) -> bool:
        """Tells whether unknown floor is left in the rooms of a type, None for anywhere.

        True where no room of that type was found yet and anything is left at all.
        """

    def room_sureness(self, object_id: str) -> float:
        """Returns how sure it is what kind of room a thing stands in, from 0 to 1."""


def is_settled(question: Question, answer: Answer, looked: Looked) -> bool:
    """Tells whether more exploring would hardly change an answer.

    Args:
        question: As it was understood.
        answer: What would be answered now.
        looked: How far the exploration has come.
    """
    if question.kind == "not_understood":
        return not looked.open_in(None)
    if answer.status == "unseen" or answer.value in (None, False, 0):
        return not looked.open_in(_room(question))
    if question.kind in POINTED:
        return _is_seen(question, answer, looked)
    if question.kind == "exists":
        return answer.certain and answer.value is True
    if question.kind in ("near", "on"):
        return answer.certain and _is_closed_in(question, answer, looked)
    if question.kind == "superlative" and question.extreme is not None:
        if question.extreme.reference is not None:
            return answer.certain and _is_closed_in(question, answer, looked)
        return not looked.open_in(_room(question))
    return not looked.open_in(_room(question))


def _room(question: Question) -> str | None:
    return question.room.category if question.room is not None else None


def _is_seen(question: Question, answer: Answer, looked: Looked) -> bool:
    if not answer.certain or not answer.objects:
        return False
    if question.extreme is not None:
        return not looked.open_in(_room(question))
    if question.kind not in ("where", "which_room"):
        return True
    value = answer.value
    named = value if question.kind == "which_room" else value.get("room")
    if named == UNKNOWN_ROOM or (named is None and question.kind == "which_room"):
        return False
    return named is None or looked.room_sureness(answer.objects[0]) >= _ROOM_SURE


def _is_closed_in(question: Question, answer: Answer, looked: Looked) -> bool:
    """Whether nothing unknown is left around the things that an answer speaks of."""
    return not any(looked.open_within(name, _NEAR) for name in answer.objects[:2])
