"""Answers questions about what the robot did, from its history alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from embodied_mem.brain.recall.history import Carry, History, Stay, Thing
from embodied_mem.brain.recall.questions import RecallQuestion, read_question
from embodied_mem.brain.recall.selecting import named, select_carry, select_room
from embodied_mem.brain.recall.uses import categories_for
from embodied_mem.memory.facts import Vector

Status = Literal["answered", "unseen", "not_understood"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecallAnswer:
    """An answer in words, in a form that programs check, and as places to go to."""

    status: Status
    text: str
    value: Any = None
    """A word, a whole number or a bool; None where positions are the answer, or nothing is."""
    places: tuple[Vector, ...] = ()
    """Where it is, in order, metres."""

    @property
    def certain(self) -> bool:
        """Whether there is an answer."""
        return self.status == "answered"


def answer_recall(text: str, history: History) -> RecallAnswer:
    """Answers a question, or tells where a request leads to.

    Args:
        text: What is asked.
        history: What is known of the past.
    """
    question = read_question(text)
    if question is None:
        return RecallAnswer(status="not_understood", text="I do not understand that question.")
    return _ANSWERERS[question.form](question, history)


def _carry(question: RecallQuestion, history: History) -> RecallAnswer:
    assert question.which is not None and question.aspect is not None
    if question.aspect == "now" and question.which.rule == "named":
        return _named_now(question.which.name, history)
    carry = select_carry(question.which, history)
    if carry is None:
        return _nothing()
    return _ASPECTS[question.aspect](carry, history)


def _named_now(name: str, history: History) -> RecallAnswer:
    carried = [carry for carry in history.carries if named(carry.category, name)]
    if carried:
        return _at([history.now(carried[-1])])
    seen = [thing for thing in history.things if named(thing.category, name)]
    return _at(seen[:1]) if seen else _nothing()


def _room(question: RecallQuestion, history: History) -> RecallAnswer:
    assert question.which is not None
    stay = select_room(question.which, history)
    if stay is None:
        return _nothing()
    if question.form == "room_go":
        return _in_rooms([stay])
    return _word(stay.room, f"That was the {stay.room}.")


def _ranked_carried(question: RecallQuestion, history: History) -> RecallAnswer:
    """Finds the carried thing that is now nearest to, or farthest from, a piece of furniture."""
    assert question.which is not None
    anchors = [t for t in history.things if named(t.category, question.which.name)]
    things = {(c.category, c.colour): history.now(c) for c in history.carries}
    if not anchors or not things:
        return _nothing()
    gaps = {
        key: min(gap_between(thing, anchor) for anchor in anchors) for key, thing in things.items()
    }
    pick = min if question.form == "nearest_carried" else max
    best = pick(sorted(gaps), key=lambda key: gaps[key])
    if question.places:
        return _at([things[best]])
    return _word(best[0], f"That is the {best[0]}.")


def _nearest_kind(question: RecallQuestion, history: History) -> RecallAnswer:
    carry = select_carry(question.which, history) if question.which is not None else None
    if carry is None:
        return _nothing()
    kinds, own = categories_for(question.other), history.now(carry)
    things = [
        thing
        for thing in history.things
        if (thing.category in kinds or named(thing.category, question.other))
        and not (thing.category == own.category and _apart(thing, own) < _MOVED)
    ]
    return _at([min(things, key=lambda t: gap_between(t, carry.target))]) if things else _nothing()


def _all(question: RecallQuestion, history: History) -> RecallAnswer:
    carries = history.in_visit(question.visit)
    if not carries:
        return _nothing()
    pick: Callable[[Carry], Thing] = {
        "all_now": history.now,
        "all_sources": lambda carry: carry.source,
        "all_targets": lambda carry: carry.target,
    }[question.form]
    return _at([pick(carry) for carry in carries])


def _rooms_after(question: RecallQuestion, history: History) -> RecallAnswer:
    assert question.which is not None
    stays = history.stays_in(question.visit or 0)
    first = next((i for i, s in enumerate(stays) if s.room == question.which.name), None)
    if first is None:
        return _nothing()
    return _in_rooms(_fresh([s for s in stays[first + 1 :] if s.room != question.which.name]))


def _rooms_while(question: RecallQuestion, history: History) -> RecallAnswer:
    carry = select_carry(question.which, history) if question.which is not None else None
    if carry is None:
        return _nothing()
    stays = [s for s in history.stays if s.start <= carry.placed and s.end >= carry.picked]
    return _in_rooms(_fresh(stays))


def _fresh(stays: Sequence[Stay]) -> list[Stay]:
    """Returns the first stay in each place."""
    first: dict[str, Stay] = {}
    for stay in stays:
        first.setdefault(stay.place, stay)
    return list(first.values())


def _count_carries(question: RecallQuestion, history: History) -> RecallAnswer:
    count = len(history.in_visit(question.visit))
    return _word(count, f"I carried {count}.")


def _count_rooms(question: RecallQuestion, history: History) -> RecallAnswer:
    stays = history.stays if question.visit is None else history.stays_in(question.visit)
    count = len({stay.place for stay in stays})
    return _word(count, f"I was in {count} rooms.")


def _earlier_of(question: RecallQuestion, history: History) -> RecallAnswer:
    assert question.which is not None
    times = [
        [carry.picked for carry in history.carries if named(carry.category, name)]
        for name in (question.which.name, question.other)
    ]
    if not all(times):
        return _nothing()
    earlier = times[0][0] < times[1][0]
    return _word(earlier, "Yes." if earlier else "No.")


def _moved(question: RecallQuestion, history: History) -> RecallAnswer:
    assert question.which is not None and question.visit is not None
    name = question.which.name
    before = _at_end(history, name, question.visit - 1)
    carried = [c for c in history.in_visit(question.visit) if named(c.category, name)]
    after = carried[0].source if carried else _single(history.believed(question.visit), name)
    if before is None or after is None:
        return _nothing()
    moved = _apart(before, after) > _MOVED
    return _word(moved, "Yes." if moved else "No.")


def _where_in_visit(question: RecallQuestion, history: History) -> RecallAnswer:
    """Tells where something was at the end of a visit."""
    assert question.which is not None and question.visit is not None
    thing = _at_end(history, question.which.name, question.visit)
    return _at([thing]) if thing is not None else _nothing()


def _at_end(history: History, name: str, visit: int) -> Thing | None:
    """Returns where a thing was at the end of a visit: where it was set down, or else believed."""
    carried = [carry for carry in history.in_visit(visit) if named(carry.category, name)]
    return carried[-1].target if carried else _single(history.believed(visit), name)


def _single(things: Sequence[Thing], name: str) -> Thing | None:
    return next((thing for thing in things if named(thing.category, name)), None)


def _apart(first: Thing, second: Thing) -> float:
    return float(np.linalg.norm(np.subtract(first.centre, second.centre)))


def gap_between(first: Thing, second: Thing) -> float:
    """Returns the metres of free space between two boxes."""
    apart = np.maximum(np.subtract(first.low, second.high), np.subtract(second.low, first.high))
    return float(np.linalg.norm(np.maximum(apart, 0.0)))


def _at(things: Sequence[Thing]) -> RecallAnswer:
    names = ", then ".join(f"the {thing.category}" for thing in things)
    return RecallAnswer(
        status="answered", text=f"There: {names}.", places=tuple(t.centre for t in things)
    )


def _in_rooms(stays: Sequence[Stay]) -> RecallAnswer:
    if not stays:
        return _nothing()
    names = ", then ".join(f"the {stay.room}" for stay in stays)
    places = tuple((stay.point[0], stay.point[1], 0.0) for stay in stays)
    return RecallAnswer(status="answered", text=f"There: {names}.", places=places)


def _word(value: Any, text: str) -> RecallAnswer:
    return RecallAnswer(status="answered", text=text, value=value)


def _or_nothing(value: str | None, text: str) -> RecallAnswer:
    return _nothing() if value is None else _word(value, text.format(value))


def _nothing() -> RecallAnswer:
    return RecallAnswer(status="unseen", text="I remember nothing of that.")


_MOVED: Final = 0.4
"""A thing so far from where it was did not just look a little different, metres."""
_ASPECTS: Final[dict[str, Callable[[Carry, History], RecallAnswer]]] = {
    "now": lambda carry, history: _at([history.now(carry)]),
    "source": lambda carry, history: _at([carry.source]),
    "target": lambda carry, history: _at([carry.target]),
    "what": lambda carry, history: _word(carry.category, f"That was the {carry.category}."),
    "colour": lambda carry, history: _word(carry.colour, f"It is {carry.colour}."),
    "visit": lambda carry, history: _word(carry.visit + 1, f"In visit {carry.visit + 1}."),
    "source_room": lambda carry, history: _or_nothing(carry.source.room, "In the {}."),
    "target_room": lambda carry, history: _or_nothing(carry.target.room, "To the {}."),
    "source_on": lambda carry, history: _or_nothing(
        carry.source_on.category if carry.source_on else None, "On the {}."
    ),
    "target_on": lambda carry, history: _or_nothing(
        carry.target_on.category if carry.target_on else None, "On the {}."
    ),
}
_ANSWERERS: Final[dict[str, Callable[[RecallQuestion, History], RecallAnswer]]] = {
    "carry": _carry,
    "room_go": _room,
    "room_name": _room,
    "nearest_carried": _ranked_carried,
    "farthest_carried": _ranked_carried,
    "nearest_kind": _nearest_kind,
    "all_now": _all,
    "all_sources": _all,
    "all_targets": _all,
    "rooms_after": _rooms_after,
    "rooms_while": _rooms_while,
    "count_carries": _count_carries,
    "count_rooms": _count_rooms,
    "earlier_of": _earlier_of,
    "moved": _moved,
    "where_in_visit": _where_in_visit,
}
