"""Rooms, doors and stairs of a house with two floors: two plans round a common stair hall."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.errors import HouseError
from embodied_mem_envs.house.config import MAX_ROOMS, HouseConfig
from embodied_mem_envs.house.doorways import door_links
from embodied_mem_envs.house.layout import assign, draw_shift, finish, split_box
from embodied_mem_envs.house.rooms import Box, Door, Plot, Room
from embodied_mem_envs.house.stairs import LANDING, PARAPET, Stairs, run_of

_FEWEST = 5
"""Least number of rooms that is drawn: two halls, a kitchen, a bedroom and a bathroom."""
_DRAWS = 400
_PASSAGE = (1.0, 1.3)
"""Free width beside the flight, metres."""
_LIVED_IN = 1.2
"""More of it where the stairs rise in a furnished room, metres."""
_LANDING = LANDING + 0.06
_LOWER = ("kitchen", "living room")
_LOWER_FURTHER = ("dining room", "laundry", "storage", "bathroom", "office")
_UPPER = ("bedroom", "bathroom")
_UPPER_FURTHER = ("bedroom", "office", "storage", "bathroom", "living room")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Programme:
    """Which rooms the two floors have; the first of each is the one with the stairs."""

    lower: tuple[str, list[str]]
    upper: tuple[str, list[str]]


@dataclass(frozen=True, slots=True)
class _Turn:
    """One of the eight ways to turn and mirror a plan."""

    mirror_x: bool
    mirror_y: bool
    swap: bool

    def point(self, x: float, y: float) -> tuple[float, float]:
        a, b = (-x if self.mirror_x else x), (-y if self.mirror_y else y)
        return (b, a) if self.swap else (a, b)

    def way(self, x: int, y: int) -> tuple[int, int]:
        a, b = (-x if self.mirror_x else x), (-y if self.mirror_y else y)
        return (b, a) if self.swap else (a, b)

    def box(self, box: Box) -> Box:
        (ax, ay), (bx, by) = self.point(box[0], box[1]), self.point(box[2], box[3])
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


@dataclass(frozen=True, slots=True)
class _Hall:
    """The room with the stairs in plan coordinates: flight along y = 0, other rooms above it."""

    length: float
    depth: float
    foot: float
    """Where along the hall the first step is, metres."""
    clear: float
    """Clear width of the flight, metres."""

    @property
    def box(self) -> Box:
        return (0.0, 0.0, self.length, self.depth)


def make_storeys(
    config: HouseConfig, rng: np.random.Generator
) -> tuple[tuple[Room, ...], tuple[Door, ...], Stairs]:
    """Draws the rooms, the doors and the stairs of a house with two floors.

    Both floors have a hall of the same place and size; the flight runs along its wall, and all
    other rooms of a floor lie on its other side. With fewer than five rooms the stairs rise in the
    kitchen. There are at least a kitchen, a bedroom and a bathroom.

    Raises:
        HouseError: If no valid plan was found (does not happen for the allowed room counts).
    """
    count = config.rooms
    if count is None:
        count = int(rng.integers(_FEWEST, MAX_ROOMS + 1))
    programme = _programme(count, rng)
    shift = draw_shift(rng)
    for _ in range(_DRAWS):
        hall = _draw_hall(programme, config, rng)
        turn = _Turn(*(rng.random(3) < 0.5).tolist())
        lower = _draw_floor(hall, turn, programme.lower, config.wall_thickness, rng)
        upper = (
            _draw_floor(hall, turn, programme.upper, config.wall_thickness, rng) if lower else None
        )
        if lower is None or upper is None:
            continue
        rooms, doors = finish(*lower, config, Plot(shift=shift), rng)
        plot = Plot(shift=shift, first=len(rooms), floor=1)
        more_rooms, more_doors = finish(*upper, config, plot, rng)
        ends = (rooms[0].id, more_rooms[0].id)
        stairs = _stairs(hall, turn, shift, config, ends)
        return (*rooms, *more_rooms), (*doors, *more_doors), stairs
    raise HouseError(f"no two plans of {count} rooms found in {_DRAWS} draws; choose another seed")


def _programme(count: int, rng: np.random.Generator) -> _Programme:
    """Draws which types of room the two floors have."""
    if count == 3:
        return _Programme(lower=("kitchen", []), upper=("bedroom", ["bathroom"]))
    if count == 4:
        return _Programme(lower=("kitchen", []), upper=("hallway", ["bedroom", "bathroom"]))
    rest = count - 2
    lower = max(rest // 2, 1)
    if rest % 2 and rest > 3:
        lower += int(rng.random() < 0.5)
    below = [*_LOWER, *rng.permutation(_LOWER_FURTHER).tolist()]
    above = [*_UPPER, _UPPER_FURTHER[0], *rng.permutation(_UPPER_FURTHER[1:]).tolist()]
    return _Programme(lower=("hallway", below[:lower]), upper=("hallway", above[: rest - lower]))


def _draw_hall(programme: _Programme, config: HouseConfig, rng: np.random.Generator) -> _Hall:
    run = run_of(round(config.levels[1], 4))
    shortest = run + 2 * _LANDING + config.wall_thickness
    most = max(len(programme.lower[1]), len(programme.upper[1]))
    length = max(shortest, float(rng.uniform(1.8, 2.6) * np.sqrt(12.0 * most / 2)))
    length = round(min(length, shortest + 2.5) + 0.005, 2)
    clear = round(float(rng.uniform(0.95, 1.1)), 2)
    passage = float(rng.uniform(*_PASSAGE))
    if programme.lower[0] != "hallway":
        passage += _LIVED_IN
    slack = max(length - config.wall_thickness - run - 2 * _LANDING, 0.0)
    foot = round(config.wall_thickness / 2 + _LANDING + float(rng.uniform(0.0, slack)), 2)
    depth = round(clear + PARAPET + passage + config.wall_thickness, 2)
    return _Hall(length, depth, foot, clear)


def _draw_floor(
    hall: _Hall,
    turn: _Turn,
    names: tuple[str, list[str]],
    thickness: float,
    rng: np.random.Generator,
) -> tuple[list[Box], list[tuple[int, int]], list[str]] | None:
    """Draws the rooms of one floor beside the hall, their doors and their types."""
    first, wanted = names
    beside = _beside(hall, len(wanted), rng)
    if beside is None:
        return None
    boxes = [turn.box(box) for box in (hall.box, *beside)]
    links = door_links(boxes, rng, with_hallway=True, thickness=thickness)
    if links is None:
        return None
    return boxes, links, assign(boxes, links, wanted, first, rng)


def _beside(hall: _Hall, count: int, rng: np.random.Generator) -> list[Box] | None:
    """Draws `count` rooms along the open side of the hall."""
    if count == 0:
        return []
    area = count * float(rng.uniform(10.0, 15.5))
    # One room need not be as long as the hall, and must not be.
    length = hall.length if count > 1 else min(hall.length, float(rng.uniform(3.0, 5.2)))
    left = 0.0 if count > 1 else float(rng.uniform(0.0, hall.length - length))
    low, high = round(left, 2), round(left + length, 2)
    return split_box((low, hall.depth, high, round(hall.depth + area / length, 2)), count, rng)


def _stairs(
    hall: _Hall,
    turn: _Turn,
    shift: tuple[float, float],
    config: HouseConfig,
    rooms: tuple[str, str],
) -> Stairs:
    x, y = turn.point(hall.foot, config.wall_thickness / 2)
    return Stairs(
        rooms=rooms,
        corner=(round(x + shift[0], 3), round(y + shift[1], 3)),
        up=turn.way(1, 0),
        across=turn.way(0, 1),
        width=hall.clear,
        height=config.levels[1],
    )
