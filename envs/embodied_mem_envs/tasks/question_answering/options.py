"""Answers to choose from: exactly one right, the others of the same kind from the same house."""

from collections.abc import Iterable

import numpy as np

from embodied_mem_envs.evaluation.drafts import NEAR
from embodied_mem_envs.evaluation.nouns import SPOKEN_FLOORS
from embodied_mem_envs.evaluation.questions import HouseQuestion
from embodied_mem_envs.evaluation.truth import HouseView, view_house
from embodied_mem_envs.house.house import House

NOT_SEEN = "I have not seen one"
"""The right one about what is not there, and among the wrong ones otherwise."""
_NAMED = 3


def make_options(
    question: HouseQuestion, house: House, count: int, rng: np.random.Generator
) -> tuple[tuple[str, ...], int]:
    """Makes options for a question.

    Args:
        question: What is asked.
        house: The house as it is when it is asked.
        count: How many options, where the house holds enough that differs; yes and no are two.
        rng: Draws the wrong ones and the order.

    Returns:
        The options, and the index of the right one.
    """
    view = view_house(house.truth(), ())
    if question.kind == "exists":
        options = ["yes", "no"]
        right = "yes" if question.right.instances else "no"
    elif question.kind == "how_many":
        first = max(0, question.right.count - int(rng.integers(count)))
        options = [str(number) for number in range(first, first + count)]
        right = str(question.right.count)
    else:
        right, wrong = _of_kind(question, view, house)
        drawn = _drawn([each for each in wrong if each != right], count, rng)
        if question.about_unseen:
            right, options = NOT_SEEN, [NOT_SEEN, *drawn[: count - 1]]
        elif question.kind == "superlative":
            options = [right, *drawn[: count - 1]]
        else:
            options = [right, NOT_SEEN, *drawn[: count - 2]]
    order = [options[int(index)] for index in rng.permutation(len(options))]
    return tuple(order), order.index(right)


def _of_kind(question: HouseQuestion, view: HouseView, house: House) -> tuple[str, list[str]]:
    """Returns the right answer in words (of something that is there), and wrong ones."""
    rows = [view.ids.index(instance.id) for instance in question.right.instances]
    match question.kind:
        case "which_room":
            own = {view.rooms[row] for row in rows}
            return next(iter(sorted(own)), ""), sorted(set(view.room_categories) - own)
        case "colour":
            own = {view.colours[row] for row in rows}
            return next(iter(sorted(own)), ""), sorted(set(view.colours) - own)
        case "which_floor":
            floors = {view.floors[row] for row in rows}
            names = [ways[0] for ways in SPOKEN_FLOORS]
            right = names[min(floors)] if floors else ""
            return right, [name for name in names if name != right]
        case "where":
            return _where(view, house, rows)
        case "near":
            return _near(question, view, rows)
        case _:
            return _superlative(question, view, house, rows)


def _where(view: HouseView, house: House, rows: list[int]) -> tuple[str, list[str]]:
    """Places by room and by what a thing stands on or beside; wrong ones lie in other rooms."""
    right = place_of(view, house, rows[0]) if rows else ""
    own = {view.rooms[row] for row in rows}
    others = [row for row in range(len(view.ids)) if view.rooms[row] not in own]
    if not others:  # one in every room: then what it stands on tells places apart
        taken = {place_of(view, house, row).partition(", ")[2] for row in rows}
        others = [
            row
            for row in range(len(view.ids))
            if place_of(view, house, row).partition(", ")[2] not in taken
        ]
    return right, sorted({place_of(view, house, row) for row in others})


def _near(question: HouseQuestion, view: HouseView, rows: list[int]) -> tuple[str, list[str]]:
    true = set(question.right.near)
    wrong = set()
    for row in range(len(view.ids)):
        names = _neighbours(view, row)
        if row not in rows and len(names) == _NAMED and not true.intersection(names):
            wrong.add(", ".join(names))
    right = ", ".join(question.right.near[:_NAMED])
    return right, sorted(wrong)


def _superlative(
    question: HouseQuestion, view: HouseView, house: House, rows: list[int]
) -> tuple[str, list[str]]:
    own = {view.categories[row] for row in rows}
    if question.form != "nearest_of":
        rooms = {view.room_ids[row] for row in rows}
        near = {view.categories[row] for row in range(len(view.ids)) if view.room_ids[row] in rooms}
        return next(iter(sorted(own))), sorted((near or set(view.categories)) - own)
    name = next(iter(own))
    right = f"the {name} {place_of(view, house, rows[0])}"
    alike = [row for row in range(len(view.ids)) if view.categories[row] in own and row not in rows]
    wrong = {f"the {name} {place_of(view, house, row)}" for row in alike}
    others = [row for row in range(len(view.ids)) if view.rooms[row] != view.rooms[rows[0]]]
    filled = {f"the {name} {place_of(view, house, row)}" for row in others}
    return right, sorted(wrong - {right}) or sorted(filled)


def place_of(view: HouseView, house: House, row: int) -> str:
    """Says where a thing is: its room, and what it stands on or beside."""
    on = house.object(view.ids[row]).on
    where = f"in the {view.rooms[row]}"
    if view.has_floors:
        where += f" {SPOKEN_FLOORS[view.floors[row]][0]}"
    if on is not None:
        return f"{where}, on the {house.object(on).category}"
    names = _neighbours(view, row)
    return f"{where}, next to the {names[0]}" if names else where


def _neighbours(view: HouseView, row: int) -> list[str]:
    """Returns up to three other categories near a thing in its room, nearest first."""
    gaps = view.gaps_to(row)
    near = [
        int(other)
        for other in np.argsort(gaps, kind="stable")
        if gaps[other] <= NEAR and view.room_ids[int(other)] == view.room_ids[row]
    ]
    names = dict.fromkeys(view.categories[other] for other in near)
    names.pop(view.categories[row], None)
    return list(names)[:_NAMED]


def _drawn(names: Iterable[str], count: int, rng: np.random.Generator) -> list[str]:
    given = list(names)
    return [given[int(index)] for index in rng.permutation(len(given))[:count]]
