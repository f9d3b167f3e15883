"""How goals are said: by category, by a description that fits one thing only, or with a picture."""

from collections.abc import Iterator

import numpy as np

from embodied_mem.types import BoolArray
from embodied_mem_envs.evaluation.drafts import fitting, goes_by_other_name
from embodied_mem_envs.evaluation.nouns import (
    ALSO_CALLED,
    SPOKEN_ROOMS,
    UNCOUNTED,
    Noun,
    plain_words,
    spoken_words,
)
from embodied_mem_envs.evaluation.truth import HouseView
from embodied_mem_envs.house.house import House

_ANY = (
    "Find {a}.",
    "Go to {a}.",
    "Can you find {a}?",
    "Please look for {a} and stop there.",
    "I need {a}. Go there.",
)
_ONE = (
    "Find the {x}.",
    "Go to the {x}.",
    "Take me to the {x}.",
    "Please go to the {x} and stop there.",
    "Can you find the {x}?",
)
_PICTURED = (
    "Find the {name} in this picture.",
    "Go to the {name} that this picture shows.",
    "Where was this picture of the {name} taken? Go there.",
)
_PICTURED_ONLY = ("Find what is in the middle of this picture.", "Go to what this picture shows.")
_BESIDE = 0.8
"""A thing is next to another with at most this much between their boxes, metres..."""
_NOT_BESIDE = 1.6
"""...and nothing of its kind is within this much of any such thing."""


def category_text(view: HouseView, category: str, rng: np.random.Generator) -> str | None:
    """Says `find a chair`; None where people would call other things in the house that too."""
    noun = Noun(category=category)
    if category in UNCOUNTED or goes_by_other_name(view, noun):
        return None
    words = plain_words(noun) if rng.random() < 0.5 else spoken_words(noun, rng)
    return _one_of(_ANY, rng).format(a=words.indefinite)


def picture_text(category: str, rng: np.random.Generator, named: bool) -> str:
    """Says what comes with a picture."""
    ways = _PICTURED if named else _PICTURED_ONLY
    return _one_of(ways, rng).format(name=plain_words(Noun(category=category)).name)


def description_text(
    view: HouseView, house: House, row: int, rng: np.random.Generator
) -> str | None:
    """Describes one thing so that the words fit nothing else in the house; None if they cannot.

    Of the descriptions with the fewest remarks that single it out, one is drawn: its colour, its
    room, what it stands on, what it stands beside.
    """
    alike = _may_be_called(view, view.categories[row])
    remarks = list(_remarks(view, house, row, alike))
    for count in (1, 2, 3):
        chosen = []
        for group in _choices(remarks, count):
            fits = alike.copy()
            for _, rows in group:
                fits &= rows
            if fits.sum() == 1 and fits[row]:
                chosen.append([words for words, _ in group])
        if chosen:
            words = chosen[int(rng.integers(len(chosen)))]
            return _one_of(_ONE, rng).format(x=_joined(view.categories[row], words))
    return None


Remark = tuple[str, BoolArray]
"""Words with a gap for the name, and (N,) which things they may be said of."""


def _remarks(view: HouseView, house: House, row: int, alike: BoolArray) -> Iterator[Remark]:
    """Yields what can be said of a thing."""
    yield (
        f"{view.colours[row]} {{}}",
        np.array([colour == view.colours[row] for colour in view.colours], bool),
    )
    if view.rooms[row] in view.single_rooms:
        rooms = np.array([room == view.rooms[row] for room in view.rooms], bool)
        yield f"{{}} in the {SPOKEN_ROOMS[view.rooms[row]][0]}", rooms
    carriers = [_carrier(view, house, other) for other in range(len(view.ids))]
    if carriers[row]:
        on = np.array([carrier == carriers[row] for carrier in carriers], bool)
        yield f"{{}} on the {carriers[row]}", on
    else:
        yield from _beside(view, house, row, alike)


def _beside(view: HouseView, house: House, row: int, alike: BoolArray) -> Iterator[Remark]:
    """Yields what a thing on the floor stands next to, if no other of its kind comes near such."""
    gaps = view.gaps_to(row)
    for other in np.argsort(gaps, kind="stable")[1:8].tolist():
        name = view.categories[other]
        same_room = view.room_ids[other] == view.room_ids[row]
        if (
            gaps[other] > _BESIDE
            or not same_room
            or alike[other]
            or house.object(view.ids[other]).on
        ):
            continue
        near = np.zeros(len(view.ids), bool)
        for each in np.flatnonzero(_may_be_called(view, name)):
            near |= view.gaps_to(int(each)) <= _NOT_BESIDE
        yield f"{{}} next to the {name}", near


def _choices(remarks: list[Remark], count: int) -> Iterator[list[Remark]]:
    if count == 0:
        yield []
        return
    for index, remark in enumerate(remarks):
        for rest in _choices(remarks[index + 1 :], count - 1):
            yield [remark, *rest]


def _joined(name: str, remarks: list[str]) -> str:
    """Puts the remarks around the name: colour before, place behind, the room last."""
    order = sorted(remarks, key=lambda words: (words.startswith("{} in the"), words))
    for words in order:
        name = words.format(name)
    return name


def _carrier(view: HouseView, house: House, row: int) -> str:
    on = house.object(view.ids[row]).on
    return house.object(on).category if on is not None else ""


def _may_be_called(view: HouseView, category: str) -> BoolArray:
    """Returns (N,) what people may mean by the name of a category."""
    rows = fitting(view, Noun(category=category))
    for other in ALSO_CALLED.get(category, ()):
        rows |= fitting(view, Noun(category=other))
    return rows


def _one_of(ways: tuple[str, ...], rng: np.random.Generator) -> str:
    return ways[int(rng.integers(len(ways)))]
