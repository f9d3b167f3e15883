"""Rooms and doorways from a seed: recursive splits around an optional hallway."""

import numpy as np

from embodied_mem.errors import HouseError
from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.house.config import MAX_ROOMS, MIN_ROOMS, HouseConfig
from embodied_mem_envs.house.doorways import PUBLIC, door_links, draw_door, extra_doors
from embodied_mem_envs.house.rooms import Box, Plot
from embodied_mem_envs.house.rooms import Door as Door
from embodied_mem_envs.house.rooms import Room as Room

_MIN_SIDE = 2.6
_MAX_SIDE = 5.6
_NEEDED = ("kitchen", "bedroom", "bathroom")
_FURTHER = ("living room", "office", "dining room", "laundry", "storage")


def make_layout(
    config: HouseConfig, rng: np.random.Generator
) -> tuple[tuple[Room, ...], tuple[Door, ...]]:
    """Draws the rooms and the doors of a one-storey house.

    Every room is connected to every other through doors, and every house has at least a kitchen,
    a bedroom and a bathroom. The lower corner of the house lies at a drawn place, so that nothing
    can rely on the origin.

    Raises:
        HouseError: If no valid plan was found (does not happen for the allowed room counts).
    """
    count = config.rooms
    if count is None:
        count = int(rng.integers(MIN_ROOMS, MAX_ROOMS + 1))
    for _ in range(400):
        with_hallway = count >= 5 and rng.random() < 0.8
        boxes = _hallway_plan(count, rng) if with_hallway else _split_plan(count, rng)
        if boxes is None:
            continue
        links = door_links(boxes, rng, with_hallway, config.wall_thickness)
        if links is None:
            continue
        names = _name_rooms(boxes, links, with_hallway, rng)
        return finish(boxes, links, names, config, Plot(shift=draw_shift(rng)), rng)
    raise HouseError(f"no floor plan of {count} rooms found in 400 draws; choose another seed")


def draw_shift(rng: np.random.Generator) -> tuple[float, float]:
    """Draws where the lower corner of a house lies, so that nothing can rely on the origin."""
    dx, dy = np.round(rng.uniform(-6.0, 0.0, 2), 2).tolist()
    return dx, dy


def finish(
    boxes: list[Box],
    links: list[tuple[int, int]],
    names: list[str],
    config: HouseConfig,
    plot: Plot,
    rng: np.random.Generator,
) -> tuple[tuple[Room, ...], tuple[Door, ...]]:
    """Moves a plan to its plot, thickens the walls and draws the doors."""
    (dx, dy), half = plot.shift, config.wall_thickness / 2
    rooms = tuple(
        Room(
            id=f"room-{plot.first + index}",
            category=name,
            min=(round(box[0] + dx + half, 3), round(box[1] + dy + half, 3)),
            max=(round(box[2] + dx - half, 3), round(box[3] + dy - half, 3)),
            floor=plot.floor,
        )
        for index, (box, name) in enumerate(zip(boxes, names, strict=True))
    )
    doors = tuple(
        draw_door(boxes, pair, config, plot, rng)
        for pair in extra_doors(boxes, links, names, config.wall_thickness, rng)
    )
    return rooms, doors


def split_box(box: Box, count: int, rng: np.random.Generator) -> list[Box] | None:
    """Splits a box into `count` rooms, or returns None where a room gets too narrow or too long."""
    width, height = box[2] - box[0], box[3] - box[1]
    if count == 1:
        fits = min(width, height) >= _MIN_SIDE and max(width, height) <= _MAX_SIDE
        return [box] if fits else None
    for _ in range(3):
        first = count // 2 if rng.random() < 0.5 else count - count // 2
        share = float(np.clip(first / count + rng.normal(0.0, 0.05), 0.15, 0.85))
        across = 0 if rng.random() < width**3 / (width**3 + height**3) else 1
        halves = _cut(box, across, share)
        left = split_box(halves[0], first, rng)
        right = split_box(halves[1], count - first, rng) if left is not None else None
        if left is not None and right is not None:
            return left + right
    return None


def _cut(box: Box, axis: int, share: float) -> tuple[Box, Box]:
    """Cuts a box in two at a share of its extent along `axis`."""
    at = round(box[axis] + share * (box[axis + 2] - box[axis]), 2)
    if axis == 0:
        return (box[0], box[1], at, box[3]), (at, box[1], box[2], box[3])
    return (box[0], box[1], box[2], at), (box[0], at, box[2], box[3])


def _split_plan(count: int, rng: np.random.Generator) -> list[Box] | None:
    """Draws a plan without a hallway."""
    area = count * rng.uniform(10.0, 17.0)
    aspect = rng.uniform(0.6, 1.7)
    width = round(float(np.sqrt(area * aspect)), 2)
    return split_box((0.0, 0.0, width, round(area / width, 2)), count, rng)


def _hallway_plan(count: int, rng: np.random.Generator) -> list[Box] | None:
    """Draws a plan with a hallway between two blocks of rooms; the hallway is room 0."""
    hall = round(rng.uniform(1.55, 1.95), 2)
    first = (count - 1) // 2
    second = count - 1 - first
    area = rng.uniform(10.0, 16.0)
    length = round(float(rng.uniform(0.8, 1.3) * 4.2 * np.sqrt(second)), 2)
    depths = [round(k * area / length * rng.uniform(0.9, 1.1), 2) for k in (first, second)]
    lower = split_box((0.0, 0.0, length, depths[0]), first, rng)
    base = round(depths[0] + hall, 2)
    upper = split_box((0.0, base, length, round(base + depths[1], 2)), second, rng)
    if lower is None or upper is None:
        return None
    boxes: list[Box] = [(0.0, depths[0], length, base), *lower, *upper]
    return [(b[1], b[0], b[3], b[2]) for b in boxes] if rng.random() < 0.5 else boxes


def _name_rooms(
    boxes: list[Box], links: list[tuple[int, int]], with_hallway: bool, rng: np.random.Generator
) -> list[str]:
    """Gives every room of a one-storey house a type."""
    wanted = list(_NEEDED)
    rest = len(boxes) - len(wanted) - int(with_hallway)
    further = [
        _FURTHER[0],
        *rng.permutation(_FURTHER[1:]).tolist(),
        "bedroom",
        "bathroom",
        "bedroom",
        "office",
    ]
    wanted += further[:rest]
    return assign(boxes, links, wanted, "hallway" if with_hallway else None, rng)


def assign(
    boxes: list[Box],
    links: list[tuple[int, int]],
    wanted: list[str],
    first: str | None,
    rng: np.random.Generator,
) -> list[str]:
    """Hands out room types: areas as the programmes like them, private rooms at the ends.

    Args:
        boxes: The rooms.
        links: Pairs of rooms that a door joins.
        wanted: The types to hand out, one for each room but a first one that has its type.
        first: The type of the first room where that is settled.
        rng: The source of chance.
    """
    programmes = catalogue().rooms
    degree = [sum(index in link for link in links) for index in range(len(boxes))]
    names = [""] * len(boxes)
    free = list(range(len(boxes)))
    if first is not None:
        names[0] = first
        free.remove(0)

    def cost(index: int, name: str) -> float:
        box = boxes[index]
        area = (box[2] - box[0]) * (box[3] - box[1])
        low, high = programmes[name].area
        off = max(low - area, 0.0) + max(area - high, 0.0) * 0.5
        through = degree[index] - 1
        toll = 3.0 * through if name not in PUBLIC else -0.5 * through
        return off + toll + float(jitter[index])

    jitter = rng.uniform(0.0, 2.0, len(boxes))
    # Choosy rooms first: the private ones need dead ends, the living room needs space.
    order = {"bathroom": 0, "bedroom": 1, "living room": 2, "laundry": 3, "storage": 4}
    for name in sorted(wanted, key=lambda n: (order.get(n, 9), n)):
        best = min(free, key=lambda i: (cost(i, name), i))
        names[best] = name
        free.remove(best)
    return names
