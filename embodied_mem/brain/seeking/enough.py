"""When a question can be answered with confidence, by what was seen and what was looked into.

- What asks about one thing (where, which room, what colour, whether there is one) is settled as
  soon as that thing was seen well, and its room is known where the answer names it.
- What asks about surroundings (near, nearest to) is settled when the thing was seen well and no
  unknown floor is left within that distance.
- Counts, comparisons over a room or the house, and `there is none` are settled only when all that
  must be looked into was looked into.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from embodied_mem.brain.language.answers import Answer
from embodied_mem.brain.language.question import Question
from embodied_mem.brain.seeking.likelihood import room_shares
from embodied_mem.scene.room_types import UNKNOWN_ROOM

_NEAR: Final = 1.7
"""Unknown floor within this of a thing may hide what is near it, m."""
_ROOM_SURE: Final = 0.7
"""A room must be told apart this well before its name is given as an answer."""
_DOUBT: Final = 4.0
"""Where a room seems unlikely, unknown floor within this may tell another, m."""
_UNLIKELY: Final = 0.1
"""A room that has less than this of such things is believed only when it was all seen."""

POINTED: Final = frozenset(
    {"where", "which_room", "which_floor", "colour", "last_seen", "moved", "size"}
)
"""Kinds of questions about one thing, or about each of several."""


class Looked(Protocol):
    """What is known of how far an exploration has come; frontiers are told by their ids."""

    def open_within(self, object_id: str, metres: float) -> frozenset[str]:
        """Returns the frontiers within a distance of a thing."""

    def open_in(self, room: str | None) -> frozenset[str]:
        """Returns the frontiers in the rooms of a type, all of them for None.

        All of them too where no room of that type was found yet.
        """

    def open_around(self, object_id: str) -> frozenset[str]:
        """Returns the frontiers in the room that a thing stands in."""

    def room_sureness(self, object_id: str) -> float:
        """Returns how sure it is what kind of room a thing stands in, from 0 to 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Enough:
    """Whether enough was seen, and if not, where more should be looked for first."""

    settled: bool
    first: frozenset[str] = frozenset()
    """Ids of the frontiers to visit before others; none where any may help."""


_NOT_YET: Final = Enough(settled=False)


def how_far(question: Question, answer: Answer, looked: Looked) -> Enough:
    """Tells whether more exploring would hardly change an answer.

    Args:
        question: As it was understood.
        answer: What would be answered now.
        looked: How far the exploration has come.
    """
    if question.kind == "not_understood":
        return _until_closed(looked.open_in(None))
    nothing = answer.value in (None, False, 0) and question.kind != "which_floor"
    if answer.status == "unseen" or nothing:
        return _until_closed(looked.open_in(_room(question)))
    if question.kind in POINTED and question.extreme is None:
        return _seen(question, answer, looked)
    if question.kind == "exists":
        return Enough(settled=answer.certain)
    if question.kind in ("near", "on"):
        return _closed_in(answer, looked)
    if question.extreme is not None and question.extreme.reference is not None:
        return _closed_in(answer, looked)
    return _until_closed(looked.open_in(_room(question)))


def _room(question: Question) -> str | None:
    return question.room.category if question.room is not None else None


def _until_closed(frontiers: frozenset[str]) -> Enough:
    return Enough(settled=not frontiers, first=frontiers)


def _seen(question: Question, answer: Answer, looked: Looked) -> Enough:
    if not answer.certain or not answer.objects:
        return _NOT_YET
    if question.kind not in ("where", "which_room"):
        return Enough(settled=True)
    value = answer.value
    named = value if question.kind == "which_room" else value.get("room")
    thing = answer.objects[0]
    unlikely = named is not None and _is_unlikely(question, named)
    unnamed = unlikely or named == UNKNOWN_ROOM or (named is None and question.kind == "which_room")
    if unnamed or (named is not None and looked.room_sureness(thing) < _ROOM_SURE):
        around = looked.open_around(thing)
        return _until_closed(around | looked.open_within(thing, _DOUBT) if unlikely else around)
    return Enough(settled=True)


def _closed_in(answer: Answer, looked: Looked) -> Enough:
    """Whether nothing unknown is left around the things that an answer speaks of."""
    if not answer.certain:
        return _NOT_YET
    around = [looked.open_within(name, _NEAR) for name in answer.objects[:2]]
    return _until_closed(frozenset().union(*around))


def _is_unlikely(question: Question, room: str) -> bool:
    """Whether common sense doubts that such a thing is in such a room: then more must be seen."""
    subject = question.subject
    if subject is None or not subject.categories:
        return False
    shares = room_shares(subject.categories)
    return room in shares and shares[room] < _UNLIKELY
