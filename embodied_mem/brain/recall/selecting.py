"""Finds the carry or the room that is meant."""

from collections.abc import Sequence

from embodied_mem.brain.recall.history import Carry, History, Stay
from embodied_mem.brain.recall.questions import Which


def named(category: str, name: str) -> bool:
    """Whether a name means a category."""
    return category == name.removeprefix("the ")


def select_carry(which: Which, history: History) -> Carry | None:
    """Returns the carry that is meant, None where there is none."""
    carries = history.in_visit(which.visit)
    if not carries:
        return None
    if which.rule in ("last", "nth"):
        return _by_order(which, carries)
    if which.rule in ("after", "before"):
        return _beside(which, carries)
    if which.rule in ("longest", "shortest", "farthest", "least"):
        return _extreme(which, carries)
    return next((carry for carry in carries if _fits(which, carry)), None)


def _by_order(which: Which, carries: Sequence[Carry]) -> Carry | None:
    if which.rule == "last":
        return carries[-1]
    return carries[which.number - 1] if which.number <= len(carries) else None


def _beside(which: Which, carries: Sequence[Carry]) -> Carry | None:
    step = 1 if which.rule == "after" else -1
    for index, carry in enumerate(carries):
        if named(carry.category, which.name):
            return carries[index + step] if 0 <= index + step < len(carries) else None
    return None


def _extreme(which: Which, carries: Sequence[Carry]) -> Carry:
    if which.rule in ("longest", "shortest"):
        pick = max if which.rule == "longest" else min
        return pick(carries, key=lambda carry: carry.ticks)
    pick = max if which.rule == "farthest" else min
    return pick(carries, key=lambda carry: carry.metres)


def _fits(which: Which, carry: Carry) -> bool:
    source_on = carry.source_on.category if carry.source_on is not None else ""
    target_on = carry.target_on.category if carry.target_on is not None else ""
    return {
        "from": which.name in (carry.source.room, source_on),
        "to_room": which.name == carry.target.room,
        "to_on": which.name == target_on,
        "coloured": which.name == carry.colour,
        "named": named(carry.category, which.name),
    }[which.rule]


def select_room(which: Which, history: History) -> Stay | None:
    """Returns the stay in the room that is meant, None where there is none."""
    stays = history.stays if which.visit is None else history.stays_in(which.visit)
    if not stays:
        return None
    if which.rule == "last":
        return stays[-1]
    if which.rule == "nth":
        return stays[which.number - 1] if which.number <= len(stays) else None
    if which.rule in ("after", "before"):
        step = 1 if which.rule == "after" else -1
        found = [index for index, stay in enumerate(stays) if stay.room == which.name]
        index = found[0] + step if found else -1
        return stays[index] if 0 <= index < len(stays) else None
    if which.rule == "longest_ago":
        return min(_last_in_each(stays), key=lambda stay: stay.end)
    spent: dict[str, int] = {}
    for stay in stays:
        spent[stay.place] = spent.get(stay.place, 0) + stay.end - stay.start + 1
    place = (max if which.rule == "most_time" else min)(sorted(spent), key=lambda p: spent[p])
    return next(stay for stay in stays if stay.place == place)


def _last_in_each(stays: Sequence[Stay]) -> list[Stay]:
    last: dict[str, Stay] = {}
    for stay in stays:
        last[stay.place] = stay
    return list(last.values())
