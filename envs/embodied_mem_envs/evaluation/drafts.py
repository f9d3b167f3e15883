"""What can be asked about a house with one right answer: every candidate for every kind.

A question is asked only where the world itself, not just what was shown, leaves one answer:
all things that the words fit agree, margins are clear, and nothing else goes by the same name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from embodied_mem.types import BoolArray, Float64Array
from embodied_mem_envs.evaluation.nouns import ALSO_CALLED, UNCOUNTED, Noun
from embodied_mem_envs.evaluation.paraphrases import Form
from embodied_mem_envs.evaluation.truth import HouseView

Kind = Literal[
    "where", "which_room", "which_floor", "how_many", "colour", "exists", "near", "superlative"
]
"""`which_floor` is asked only of houses with more than one."""
Corner = tuple[float, float, float]

NEAR = 1.5
"""Metres between boxes within which a thing is near another."""
NEAREST_MARGIN = 0.3
"""Metres by which the nearest thing must beat the next."""
BIGGEST_MARGIN = 1.3
"""How many times the volume of the next the biggest thing must have."""


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that a right answer may mean."""

    id: str
    category: str
    colour: str
    room: str
    low: Corner
    high: Corner
    floor: int = 0
    """0 for the lowest."""


class RightAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is true of a question; the fields that its kind does not use are empty."""

    instances: tuple[Instance, ...] = ()
    """The things that the words fit; none where there is no such thing."""
    count: int = 0
    near: tuple[str, ...] = ()
    """Categories of the shown things that are near, nearest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A question that has no words yet."""

    kind: Kind
    form: Form
    noun: Noun
    second: Noun | None = None
    right: RightAnswer
    about_unseen: bool = False

    @property
    def key(self) -> tuple[str, Noun, Noun | None]:
        """Equal for questions that would ask the same."""
        return (self.form, self.noun, self.second)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Target:
    """A noun and the rows of the things that it fits."""

    noun: Noun
    rows: BoolArray


def seen_drafts(view: HouseView, form: Form) -> list[Draft]:
    """Returns all questions of one form about things that showed, in a fixed order."""
    match form:
        case "where" | "which_room" | "which_floor" | "colour" | "exists" | "how_many":
            return list(_about_one(view, form))
        case "near":
            return list(_near(view))
        case "biggest":
            return list(_biggest(view))
        case "nearest":
            return list(_nearest(view))
        case "nearest_of":
            return list(_nearest_of(view))


def fitting(view: HouseView, noun: Noun) -> BoolArray:
    """Returns (N,) which objects a noun fits, going by the categories' own names."""
    rows = np.array([category == noun.category for category in view.categories], bool)
    return rows & _in_scope(view, noun)


def goes_by_other_name(view: HouseView, noun: Noun) -> bool:
    """Tells whether people would use this noun for a thing of another category in scope."""
    others = ALSO_CALLED.get(noun.category, ())
    alike = np.array([category in others for category in view.categories], bool)
    return bool((alike & _in_scope(view, noun)).any())


def instance_at(view: HouseView, row: int) -> Instance:
    """Returns one object of the view."""
    return Instance(
        id=view.ids[row],
        category=view.categories[row],
        colour=view.colours[row],
        room=view.rooms[row],
        low=tuple(view.low[row].tolist()),
        high=tuple(view.high[row].tolist()),
        floor=view.floors[row],
    )


def _in_scope(view: HouseView, noun: Noun) -> BoolArray:
    rows = np.ones(len(view.ids), bool)
    if noun.colour is not None:
        rows &= np.array([colour == noun.colour for colour in view.colours], bool)
    if noun.room is not None:
        rows &= np.array([room == noun.room for room in view.rooms], bool)
    if noun.floor is not None:
        rows &= np.array([floor == noun.floor for floor in view.floors], bool)
    return rows


def _targets(view: HouseView) -> Iterator[_Target]:
    """Yields every noun that fits something shown and nothing of another name.

    A colour, a room or a floor is added only where it tells things of one category apart.
    """
    for category in sorted(set(view.categories)):
        own = [row for row, name in enumerate(view.categories) if name == category]
        colours = sorted({view.colours[row] for row in own})
        rooms = sorted({view.rooms[row] for row in own})
        nouns = [Noun(category=category)]
        if len(colours) > 1:
            nouns += [Noun(category=category, colour=colour) for colour in colours]
        if len(rooms) > 1:
            singles = view.single_rooms
            nouns += [Noun(category=category, room=room) for room in rooms if room in singles]
        nouns += _with_floor(view, category, own)
        for noun in nouns:
            rows = fitting(view, noun)
            if (rows & view.shown).any() and not goes_by_other_name(view, noun):
                yield _Target(noun=noun, rows=rows)


def _with_floor(view: HouseView, category: str, own: list[int]) -> list[Noun]:
    """Returns the nouns for things of a category that are on both floors, told apart by them."""
    floors = sorted({view.floors[row] for row in own})
    if len(floors) < 2:
        return []
    named = view.rooms_single_on_floor
    rooms = sorted({(view.rooms[row], view.floors[row]) for row in own} & set(named))
    return [
        *(Noun(category=category, floor=floor) for floor in floors),
        *(Noun(category=category, room=room, floor=floor) for room, floor in rooms),
    ]


def _right(view: HouseView, rows: BoolArray) -> RightAnswer:
    found = tuple(instance_at(view, int(row)) for row in np.flatnonzero(rows))
    return RightAnswer(instances=found, count=len(found))


def _about_one(
    view: HouseView,
    form: Literal["where", "which_room", "which_floor", "colour", "exists", "how_many"],
) -> Iterator[Draft]:
    for target in _targets(view):
        if _is_fair(view, form, target):
            yield Draft(kind=form, form=form, noun=target.noun, right=_right(view, target.rows))


def _is_fair(view: HouseView, form: Form, target: _Target) -> bool:
    """Tells whether a question of a form about a target has one answer."""
    noun, rows = target.noun, np.flatnonzero(target.rows)
    uncounted = noun.category in UNCOUNTED
    match form:
        case "which_room":
            return noun.room is None and len({view.rooms[row] for row in rows}) == 1
        case "which_floor":
            floors = {view.floors[row] for row in rows}
            return view.has_floors and noun.floor is None and len(floors) == 1
        case "colour":
            return noun.colour is None and len({view.colours[row] for row in rows}) == 1
        case "exists":
            return not uncounted
        case "how_many":
            return not uncounted and bool(view.shown[rows].all())
    return True


def _references(view: HouseView) -> Iterator[tuple[Noun, int]]:
    """Yields the nouns that fit exactly one thing, which showed, and that thing's row."""
    for target in _targets(view):
        if target.rows.sum() == 1:
            yield target.noun, int(np.flatnonzero(target.rows)[0])


def _same_room(view: HouseView, row: int) -> BoolArray:
    rows = np.array([room == view.room_ids[row] for room in view.room_ids], bool)
    rows[row] = False
    return rows


def _same_floor(view: HouseView, row: int) -> BoolArray:
    return np.array([floor == view.floors[row] for floor in view.floors], bool)


def _near(view: HouseView) -> Iterator[Draft]:
    for noun, row in _references(view):
        gaps = view.gaps_to(row)
        near = view.shown & (gaps <= NEAR) & _same_floor(view, row)
        near[row] = False
        if (near & _same_room(view, row)).sum() < 2:
            continue
        order = [int(other) for other in np.argsort(gaps, kind="stable") if near[other]]
        names = tuple(dict.fromkeys(view.categories[other] for other in order))
        reference = RightAnswer(instances=(instance_at(view, row),), near=names)
        yield Draft(kind="near", form="near", noun=noun, right=reference)


def _scopes(view: HouseView) -> Iterator[Noun]:
    """Yields the house, its rooms and its floors as what the biggest thing may be asked of."""
    yield Noun(category="object")
    yield from (Noun(category="object", room=room) for room in view.single_rooms)
    if view.has_floors:
        yield from (Noun(category="object", floor=floor) for floor in sorted(set(view.room_floors)))
        for room, floor in view.rooms_single_on_floor:
            yield Noun(category="object", room=room, floor=floor)


def _biggest(view: HouseView) -> Iterator[Draft]:
    for noun in _scopes(view):
        rows = _in_scope(view, noun)
        if rows.sum() < 3:
            continue
        volumes = np.where(rows, view.volumes, 0.0)
        first = int(np.argmax(volumes))
        same = np.array([name == view.categories[first] for name in view.categories], bool)
        runner_up = float(np.where(same, 0.0, volumes).max())
        if not view.shown[first] or volumes[first] < BIGGEST_MARGIN * runner_up:
            continue
        rivals = same & (volumes * BIGGEST_MARGIN > volumes[first])
        yield Draft(kind="superlative", form="biggest", noun=noun, right=_right(view, rivals))


def _nearest(view: HouseView) -> Iterator[Draft]:
    for noun, row in _references(view):
        gaps = view.gaps_to(row)
        gaps[row] = np.inf
        first = int(np.argmin(gaps))
        same = np.array([name == view.categories[first] for name in view.categories], bool)
        others = np.where(same, np.inf, gaps)
        clear = float(others.min(initial=np.inf)) - gaps[first] >= NEAREST_MARGIN
        if clear and _fair_nearest(view, row, first, ~same):
            winners = same & (gaps < gaps[first] + NEAREST_MARGIN)
            yield Draft(kind="superlative", form="nearest", noun=noun, right=_right(view, winners))


def _nearest_of(view: HouseView) -> Iterator[Draft]:
    for noun, row in _references(view):
        gaps = view.gaps_to(row)
        for category in sorted(set(view.categories) - {noun.category}):
            second = Noun(category=category)
            own = fitting(view, second)
            if own.sum() < 2 or category in UNCOUNTED or goes_by_other_name(view, second):
                continue
            distances = np.where(own, gaps, np.inf)
            first, runner_up = (int(other) for other in np.argsort(distances, kind="stable")[:2])
            clear = distances[runner_up] - distances[first] >= NEAREST_MARGIN
            if clear and _fair_nearest(view, row, first, own):
                winner = np.zeros(len(own), bool)
                winner[first] = True
                yield Draft(
                    kind="superlative",
                    form="nearest_of",
                    noun=noun,
                    second=second,
                    right=_right(view, winner),
                )


def _fair_nearest(view: HouseView, row: int, first: int, rivals: BoolArray) -> bool:
    """Checks that the nearest thing showed, in the same room, and is nearest by its middle too.

    Things on another floor take part, so that nothing is asked where one lies nearer in a straight
    line through the slab.
    """
    between: Float64Array = np.linalg.norm(view.centres - view.centres[row], axis=1)
    contest = rivals.copy()
    contest[[row, first]] = False
    nearest_middle = not contest.any() or between[first] <= between[contest].min()
    return bool(view.shown[first] and _same_room(view, row)[first] and nearest_middle)
