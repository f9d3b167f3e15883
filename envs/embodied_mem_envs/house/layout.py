"""Rooms and doorways from a seed: recursive splits around an optional hallway."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.errors import HouseError
from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.house.config import MAX_ROOMS, MIN_ROOMS, HouseConfig

Box = tuple[float, float, float, float]
"""min x, min y, max x, max y on wall centre lines, metres."""

_MIN_SIDE = 2.6
_MAX_SIDE = 5.6
_DOOR_CLEAR = 0.22
"""Least wall between the edge of a door and the corner of a room, metres."""
_WIDEST_DOOR = 1.0
_USUAL_WALL = 0.12
_NEEDED = ("kitchen", "bedroom", "bathroom")
_FURTHER = ("living room", "office", "dining room", "laundry", "storage")
_PUBLIC = ("hallway", "living room", "dining room", "kitchen")


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """One room; `min` and `max` are the inner faces of its walls."""

    id: str
    category: str
    min: tuple[float, float]
    max: tuple[float, float]
    floor: int = 0

    @property
    def area(self) -> float:
        """Floor area, square metres."""
        return (self.max[0] - self.min[0]) * (self.max[1] - self.min[1])

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the floor."""
        return (self.min[0] + self.max[0]) / 2, (self.min[1] + self.max[1]) / 2

    def contains(self, x: float, y: float, margin: float = 0.0) -> bool:
        """Tells whether a point lies inside, at least `margin` from every wall."""
        return (
            self.min[0] + margin <= x <= self.max[0] - margin
            and self.min[1] + margin <= y <= self.max[1] - margin
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """A doorway between two rooms; `axis` 0 lies in a wall of constant x, 1 of constant y."""

    rooms: tuple[str, str]
    centre: tuple[float, float]
    width: float
    axis: int
    height: float
    floor: int = 0

    def holds(self, x: float, y: float, thickness: float) -> bool:
        """Tells whether a floor point lies in the opening of a wall of the given thickness."""
        off = (abs(x - self.centre[0]), abs(y - self.centre[1]))
        return off[self.axis] <= thickness / 2 and off[1 - self.axis] <= self.width / 2


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """Where in the world a floor plan lies, and how its rooms count."""

    shift: tuple[float, float]
    """World place of the origin of the plan, metres."""
    first: int = 0
    """Number of its first room."""
    floor: int = 0


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
        _draw_door(boxes, pair, config, plot, rng)
        for pair in _extra_doors(boxes, links, names, config.wall_thickness, rng)
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


def _shared_wall(a: Box, b: Box) -> tuple[int, float, float, float] | None:
    """Returns (axis, wall coordinate, from, to) of the wall two rooms share, if any."""
    for axis in (0, 1):
        other = 1 - axis
        for low, high in ((a, b), (b, a)):
            if abs(low[axis + 2] - high[axis]) < 1e-6:
                start = max(a[other], b[other])
                stop = min(a[other + 2], b[other + 2])
                if stop - start > 0:
                    return axis, low[axis + 2], start, stop
    return None


def _can_link(a: Box, b: Box, thickness: float) -> bool:
    wall = _shared_wall(a, b)
    needed = _WIDEST_DOOR + 2 * _DOOR_CLEAR + max(thickness, _USUAL_WALL)
    return wall is not None and wall[3] - wall[2] >= needed


def door_links(
    boxes: list[Box], rng: np.random.Generator, with_hallway: bool, thickness: float
) -> list[tuple[int, int]] | None:
    """Returns a spanning tree of doors, breadth first from the hallway or the middle room."""
    count = len(boxes)
    near = {
        i: [j for j in range(count) if j != i and _can_link(boxes[i], boxes[j], thickness)]
        for i in range(count)
    }
    root = 0 if with_hallway else max(range(count), key=lambda i: (len(near[i]), -i))
    seen, queue, links = {root}, [root], []
    while queue:
        here = queue.pop(0)
        for there in rng.permutation(near[here]).tolist() if near[here] else []:
            if there not in seen:
                seen.add(there)
                queue.append(there)
                links.append((here, there))
    return links if len(seen) == count else None


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
        toll = 3.0 * through if name not in _PUBLIC else -0.5 * through
        return off + toll + float(jitter[index])

    jitter = rng.uniform(0.0, 2.0, len(boxes))
    # Choosy rooms first: the private ones need dead ends, the living room needs space.
    order = {"bathroom": 0, "bedroom": 1, "living room": 2, "laundry": 3, "storage": 4}
    for name in sorted(wanted, key=lambda n: (order.get(n, 9), n)):
        best = min(free, key=lambda i: (cost(i, name), i))
        names[best] = name
        free.remove(best)
    return names


def _extra_doors(
    boxes: list[Box],
    links: list[tuple[int, int]],
    names: list[str],
    thickness: float,
    rng: np.random.Generator,
) -> list[tuple[int, int]]:
    """Adds second doors between public rooms, so that some houses have loops."""
    result = list(links)
    for i in range(len(boxes)):
        for j in range(i + 1, len(boxes)):
            linked = (i, j) in links or (j, i) in links
            public = names[i] in _PUBLIC and names[j] in _PUBLIC
            if (
                not linked
                and public
                and _can_link(boxes[i], boxes[j], thickness)
                and rng.random() < 0.5
            ):
                result.append((i, j))
    return result


def _draw_door(
    boxes: list[Box],
    pair: tuple[int, int],
    config: HouseConfig,
    plot: Plot,
    rng: np.random.Generator,
) -> Door:
    """Draws one door in the wall that two rooms share."""
    wall = _shared_wall(boxes[pair[0]], boxes[pair[1]])
    assert wall is not None
    axis, at, start, stop = wall
    width = round(float(rng.uniform(0.9, _WIDEST_DOOR)), 2)
    margin = width / 2 + _DOOR_CLEAR + config.wall_thickness / 2
    along = round(float(rng.uniform(start + margin, stop - margin)), 2)
    centre = (at, along) if axis == 0 else (along, at)
    return Door(
        rooms=(f"room-{plot.first + pair[0]}", f"room-{plot.first + pair[1]}"),
        centre=(round(centre[0] + plot.shift[0], 3), round(centre[1] + plot.shift[1], 3)),
        width=width,
        axis=axis,
        height=config.door_height,
        floor=plot.floor,
    )
