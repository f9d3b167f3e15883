"""Furnishes one room after its programme, keeping doors and lanes free."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from embodied_mem_envs.house import spots
from embodied_mem_envs.house.catalogue import ItemSpec, catalogue
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.footprint import Footprint, overlap
from embodied_mem_envs.house.lanes import Lanes
from embodied_mem_envs.house.layout import Door, Room
from embodied_mem_envs.house.objects import HouseObject
from embodied_mem_envs.house.stairs import Stairs
from embodied_mem_envs.house.surfaces import stand_on

_TRIES = 10
_GAP = 0.02
_NEEDS_ACCESS = ("wall", "corner", "row", "beside")
_STRAIGHT = ("monitor", "television", "keyboard", "pillow", "printer", "cushion")
"""What stands square on its support."""


@dataclass(slots=True, eq=False)
class _Plan:
    """A room while it is being furnished."""

    room: Room
    lanes: Lanes
    objects: list[HouseObject] = field(default_factory=list)
    missing: int = 0

    def of(self, categories: tuple[str, ...]) -> list[HouseObject]:
        """Returns the objects of the named categories."""
        return [o for o in self.objects if o.category in categories]


NewId = Callable[[str], str]


def furnish(
    room: Room,
    doors: list[Door],
    config: HouseConfig,
    rng: np.random.Generator,
    stairs: Stairs | None = None,
) -> list[HouseObject]:
    """Draws the furniture and the small objects of one room.

    Ids are provisional (`category@room`); the house numbers its objects afterwards. The plan that
    places the most of the needed objects out of a few draws is taken. Heights count from the floor
    of the room. `stairs` is the flight that begins or ends in the room.
    """
    best: _Plan | None = None
    for _ in range(_TRIES):
        plan = _draw(room, Lanes(room, doors, stairs), config, rng)
        if best is None or plan.missing < best.missing:
            best = plan
        if best.missing == 0:
            break
    assert best is not None
    return best.objects


def _draw(room: Room, lanes: Lanes, config: HouseConfig, rng: np.random.Generator) -> _Plan:
    plan = _Plan(room, lanes)
    for item in catalogue().rooms[room.category].items:
        low, high = item.count
        count = low + int(rng.binomial(high - low, 0.6 * config.clutter))
        shared = draw_looks(item.category, [], rng) if item.place == "around" else None
        for index in range(count):
            taken = [o.colour for o in plan.of((item.category,))]
            looks = shared or draw_looks(item.category, taken, rng)
            placed = _place(plan, item, looks, rng)
            if placed is not None:
                plan.objects.append(placed)
            elif index < low:
                plan.missing += 1
    return plan


@dataclass(frozen=True, kw_only=True, slots=True)
class Looks:
    """What is drawn about an object before its place."""

    category: str
    colour: str
    material: str
    size: tuple[float, float, float]
    style: int


def draw_looks(category: str, taken: list[str], rng: np.random.Generator) -> Looks:
    """Draws size, colour, material and style; colours of its neighbours are avoided."""
    spec = catalogue().category(category)
    colours = [c for c in spec.colours if c not in taken] or list(spec.colours)
    size = [float(rng.uniform(low, high)) for low, high in spec.size]
    if spec.size[0] == spec.size[1]:
        size[1] = size[0]  # round things stay round
    return Looks(
        category=category,
        colour=colours[int(rng.integers(len(colours)))],
        material=spec.materials[int(rng.integers(len(spec.materials)))],
        size=(round(size[0], 4), round(size[1], 4), round(size[2], 4)),
        style=int(rng.integers(1 << 31)),
    )


def _place(
    plan: _Plan, item: ItemSpec, looks: Looks, rng: np.random.Generator
) -> HouseObject | None:
    """Finds a place for one object after the rule of its item, or None."""
    if item.place == "on":
        return _place_on(plan, item, looks, rng)
    if item.place == "hang":
        return _hang(plan, item, looks, rng)
    access = item.place in _NEEDS_ACCESS
    for x, y, yaw in _candidates(plan, item, looks.size, rng):
        piece = Footprint(x, y, looks.size[0] / 2, looks.size[1] / 2, yaw)
        if _fits(plan, piece, 0.0, looks.size[2]) and plan.lanes.allows(piece, access):
            plan.lanes.add(piece, access)
            return _made(plan, looks, (x, y, looks.size[2] / 2), yaw, None)
    return None


def _candidates(
    plan: _Plan, item: ItemSpec, size: tuple[float, float, float], rng: np.random.Generator
) -> Iterator[spots.Pose]:
    """Yields the places that the rule of an item means, best first."""
    room, anchors = plan.room, plan.of(item.anchor)
    match item.place:
        case "corner":
            yield from spots.corners(room, size, rng)
        case "row":
            yield from spots.beside([o for o in plan.objects if o.on is None], size, 0.01, rng)
            yield from spots.along_walls(room, size, rng)
        case "centre":
            yield from spots.middle(room, size, rng)
        case "beside":
            yield from spots.beside(anchors, size, item.gap, rng)
            yield from spots.along_walls(room, size, rng)
        case "front":
            yield from spots.in_front(anchors, size, item.gap, rng)
        case "facing":
            yield from spots.facing(room, anchors, size, rng)
        case "around":
            yield from spots.around(anchors, size, item.gap, rng)
        case _:
            yield from spots.along_walls(room, size, rng)


def _fits(plan: _Plan, piece: Footprint, low: float, high: float) -> bool:
    """Tells whether a piece lies in the room, off the doors and off all other objects."""
    room, bounds = plan.room, piece.bounds()
    inside = (
        bounds[0] >= room.min[0] and bounds[1] >= room.min[1]
        and bounds[2] <= room.max[0] and bounds[3] <= room.max[1]
    )  # fmt: skip
    if not inside or any(overlap(piece, zone) for zone in plan.lanes.zones):
        return False
    return not any(
        o.base < high and o.top > low and overlap(piece, o.footprint, _GAP / 2)
        for o in plan.objects
    )


def _place_on(
    plan: _Plan, item: ItemSpec, looks: Looks, rng: np.random.Generator
) -> HouseObject | None:
    supports = plan.of(item.on)
    turn = 0.0 if item.category in _STRAIGHT else 0.3
    for index in rng.permutation(len(supports)):
        support = supports[index]
        found = stand_on(support, looks.size, plan.objects, rng, item.zone, turn)
        if found is not None:
            return _made(plan, looks, found[0], found[1], support.id)
    return None


def _hang(
    plan: _Plan, item: ItemSpec, looks: Looks, rng: np.random.Generator
) -> HouseObject | None:
    """Finds a place on a wall, above or beside whatever stands there."""
    z = float(rng.uniform(*item.height))
    low, high = z - looks.size[2] / 2 - 0.03, z + looks.size[2] / 2 + 0.03
    for x, y, yaw in spots.along_walls(plan.room, looks.size, rng):
        piece = Footprint(x, y, looks.size[0] / 2, looks.size[1] / 2, yaw)
        if _fits(plan, piece, low, high):
            return _made(plan, looks, (x, y, z), yaw, None)
    return None


def _made(
    plan: _Plan,
    looks: Looks,
    position: tuple[float, float, float],
    yaw: float,
    on: str | None,
) -> HouseObject:
    number = len(plan.objects)
    return HouseObject(
        id=f"{looks.category}@{plan.room.id}#{number}",
        category=looks.category,
        colour=looks.colour,
        material=looks.material,
        room=plan.room.id,
        on=on,
        position=(round(position[0], 4), round(position[1], 4), round(position[2], 4)),
        yaw=round(yaw, 4),
        size=looks.size,
        style=looks.style,
    )
