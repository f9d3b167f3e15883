"""Singles carries and stays out in words, each so that exactly one fits."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from embodied_mem_envs.tasks.recall.log import TrueCarry, TrueStay
from embodied_mem_envs.tasks.recall.words import ORDINALS

_TICKS = 2
_METRES = 0.4
"""By so much the longest or farthest must be ahead of the next."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """A carry that words single out."""

    rule: str
    carry: TrueCarry
    slots: dict[str, str] = field(default_factory=dict)
    """What goes into the words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenStay:
    """A stay that words single out."""

    rule: str
    stay: TrueStay
    slots: dict[str, str] = field(default_factory=dict)


def chosen_carries(
    carries: Sequence[TrueCarry], visits: int, single_rooms: Sequence[str]
) -> list[Chosen]:
    """Returns all ways to single out a carry.

    Args:
        carries: All, in order.
        visits: How many there were.
        single_rooms: Categories of rooms of which the house has one.
    """
    found = [*_by_order(carries, visits), *_by_neighbour(carries), *_by_extreme(carries)]
    found += _by_room(carries, single_rooms)
    found += _by_name(carries)
    return found


def _by_order(carries: Sequence[TrueCarry], visits: int) -> Iterator[Chosen]:
    for index, carry in enumerate(carries[: len(ORDINALS)]):
        yield Chosen(rule="nth", carry=carry, slots={"nth": ORDINALS[index]})
    yield Chosen(rule="last", carry=carries[-1])
    for visit in range(visits):
        inside = [carry for carry in carries if carry.visit == visit]
        for index, carry in enumerate(inside):
            slots = {"nth": ORDINALS[index], "visit": ORDINALS[visit]}
            yield Chosen(rule="nth_in_visit", carry=carry, slots=slots)
        if inside:
            slots = {"visit": ORDINALS[visit]}
            yield Chosen(rule="last_in_visit", carry=inside[-1], slots=slots)


def _by_neighbour(carries: Sequence[TrueCarry]) -> Iterator[Chosen]:
    for before, after in pairwise(carries):
        for rule, other, carry in (("after", before, after), ("before", after, before)):
            if _times(carries, other) == 1:
                yield Chosen(rule=rule, carry=carry, slots={"other": other.thing.category})


def _by_extreme(carries: Sequence[TrueCarry]) -> Iterator[Chosen]:
    measures: tuple[tuple[str, str, Callable[[TrueCarry], float], float], ...] = (
        ("longest", "shortest", lambda carry: carry.placed - carry.picked, _TICKS),
        ("farthest", "least", lambda carry: carry.metres, _METRES),
    )
    for most, least, measure, margin in measures:
        order = sorted(carries, key=measure)
        if len(order) > 1 and measure(order[-1]) - measure(order[-2]) >= margin:
            yield Chosen(rule=most, carry=order[-1])
        if len(order) > 1 and measure(order[1]) - measure(order[0]) >= margin:
            yield Chosen(rule=least, carry=order[0])


def _by_room(carries: Sequence[TrueCarry], single_rooms: Sequence[str]) -> Iterator[Chosen]:
    for carry in carries:
        source, target = carry.source.room.category, carry.target.room.category
        if [c.source.room.category for c in carries].count(source) == 1 and source in single_rooms:
            yield Chosen(rule="from_room", carry=carry, slots={"room": source})
        if [c.target.room.category for c in carries].count(target) == 1 and target in single_rooms:
            yield Chosen(rule="to_room", carry=carry, slots={"room": target})
        for rule, on, all_on in (
            ("from_on", carry.source.on, [c.source.on for c in carries]),
            ("to_on", carry.target.on, [c.target.on for c in carries]),
        ):
            if on is not None:
                same = [other for other in all_on if other and other.category == on.category]
                if len(same) == 1:
                    yield Chosen(rule=rule, carry=carry, slots={"on": on.category})


def _by_name(carries: Sequence[TrueCarry]) -> Iterator[Chosen]:
    for carry in carries:
        if _times(carries, carry) != 1:
            continue
        yield Chosen(rule="named", carry=carry, slots={"thing": carry.thing.category})
        if [c.thing.colour for c in carries].count(carry.thing.colour) == 1:
            yield Chosen(rule="coloured", carry=carry, slots={"colour": carry.thing.colour})


def _times(carries: Sequence[TrueCarry], carry: TrueCarry) -> int:
    return sum(other.thing.category == carry.thing.category for other in carries)


def chosen_stays(
    stays: Sequence[TrueStay], visits: int, single_rooms: Sequence[str]
) -> list[ChosenStay]:
    """Returns all ways to single out a stay in a room; arguments as for `chosen_carries`."""
    found = []
    for visit in range(visits):
        inside = [stay for stay in stays if stay.visit == visit]
        if inside:
            found += list(_stays_of_visit(inside, ORDINALS[visit], single_rooms))
    last = sorted({stay.room.id: stay.end for stay in stays}.items(), key=lambda item: item[1])
    if len(last) > 1:
        oldest = [stay for stay in stays if stay.room.id == last[0][0]][-1]
        found.append(ChosenStay(rule="room_longest_ago", stay=oldest))
    return found


def _stays_of_visit(
    stays: Sequence[TrueStay], visit: str, single_rooms: Sequence[str]
) -> Iterator[ChosenStay]:
    for index, stay in enumerate(stays[: len(ORDINALS)]):
        slots = {"nth": ORDINALS[index], "visit": visit}
        yield ChosenStay(rule="room_nth", stay=stay, slots=slots)
    yield ChosenStay(rule="room_last", stay=stays[-1], slots={"visit": visit})
    names = [stay.room.category for stay in stays]
    for index, name in enumerate(names):
        if name not in single_rooms or names.count(name) > 1:
            continue
        slots = {"room": name, "visit": visit}
        if index + 1 < len(stays):
            yield ChosenStay(rule="room_after", stay=stays[index + 1], slots=slots)
        if index > 0:
            yield ChosenStay(rule="room_before", stay=stays[index - 1], slots=slots)
    spent: dict[str, int] = {}
    for stay in stays:
        spent[stay.room.id] = spent.get(stay.room.id, 0) + stay.end - stay.start + 1
    order = sorted(spent, key=lambda room: spent[room])
    for rule, room, margin in (
        ("room_most", order[-1], spent[order[-1]] - spent[order[-2]] if len(order) > 1 else 0),
        ("room_least", order[0], spent[order[1]] - spent[order[0]] if len(order) > 1 else 0),
    ):
        if margin > _TICKS:
            first = next(stay for stay in stays if stay.room.id == room)
            yield ChosenStay(rule=rule, stay=first, slots={"visit": visit})
