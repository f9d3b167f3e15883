"""Where things go: what a request means by a holder, a side of something, or a zone."""

import math

from embodied_mem.brain.instruction import Reference
from embodied_mem.brain.planning.rules.achieve import UnplannableError
from embodied_mem.brain.planning.rules.errand import Errand
from embodied_mem.brain.planning.rules.footprint import Footprint, rectangle
from embodied_mem.brain.planning.rules.goals import At, Target
from embodied_mem.brain.planning.rules.matching import described, matches
from embodied_mem.brain.planning.rules.spots import free_place
from embodied_mem.brain.planning.rules.world import World

BESIDE = 0.04
"""Room between a thing and what it is put beside, m."""
ZONE_MARGIN = 0.012
"""A thing that is to be off a zone is put so far from its edge, m."""
ASIDE = 0.12
"""A thing that is to go to one side goes so far, m."""


def holder_of(errand: Errand, destination: Reference | None, things: list[str]) -> str:
    """Returns where things go: what was named, else the drawer with the most room."""
    world = errand.world
    if destination is None:
        return _roomiest(world, world.of_kind("drawer"), "drawer")
    if destination.fixture:
        return destination.fixture
    found = matches(destination, world, but=things)
    if found:
        return found[0]
    fixtures = [
        name
        for name, view in world.fixtures.items()
        if destination.category in (name, view.kind)
        or (view.kind == "bin" and destination.category == "box")
    ]
    if destination.colour:
        fixtures = [n for n in fixtures if world.fixtures[n].colour == destination.colour]
    return _roomiest(world, fixtures, described(destination))


def _roomiest(world: World, fixtures: list[str], what: str) -> str:
    if not fixtures:
        raise UnplannableError(f"I know of no {what}")
    held = [piece.place for piece in world.things.values()]
    # One that stands open, then the emptiest, then the first by name.
    return min(fixtures, key=lambda n: (world.opened.get(n) is not True, held.count(n), n))


def spot_over(errand: Errand, thing: str, zone: str, others: list[Target]) -> At:
    """Returns a free spot over a zone or on the table."""
    world = errand.world
    view = world.fixtures[zone]
    piece = world.things[thing]
    taken = [piece.footprint.at(t.x, t.y, t.yaw) for t in others if isinstance(t, At)]
    middle = None
    if view.kind == "zone":
        middle = (0.5 * (view.low[0] + view.high[0]), 0.5 * (view.low[1] + view.high[1]))
    elif world.lies_loose(piece):
        return At(x=piece.position[0], y=piece.position[1])
    return free_place(world, thing, avoid=taken, near=middle)


def spot_beside(errand: Errand, thing: str) -> At:
    """Returns a spot on the side of something that was asked for."""
    world, side = errand.world, errand.instruction.side
    holder = holder_of(errand, errand.instruction.destination, [thing])
    piece = world.things[thing]
    if world.kind(holder) == "object":
        base = world.things[holder].footprint
    else:
        base = rectangle(world.fixtures[holder].low, world.fixtures[holder].high)
    reach = base.radius + piece.footprint.radius + BESIDE
    x, y = base.x, base.y
    spots = {
        "left": (x, y + reach),
        "right": (x, y - reach),
        "front": (x - reach, y),
        "behind": (x + reach, y),
    }
    wanted = [spots[side]] if side in spots else list(spots.values())
    near = min(wanted, key=lambda spot: math.dist(spot, piece.position[:2]))
    return free_place(world, thing, near=near)


def spot_aside(errand: Errand, thing: str) -> At:
    """Returns a spot on the given side of where a thing lies now, or off the zone it must leave."""
    piece = errand.world.things[thing]
    source = errand.instruction.source
    if source is not None and errand.world.kind(source.fixture) == "zone":
        return free_place(errand.world, thing, avoid=[wider(errand.world, source.fixture)])
    way = {
        "left": (0.0, ASIDE),
        "right": (0.0, -ASIDE),
        "front": (ASIDE, 0.0),
        "behind": (-ASIDE, 0.0),
    }
    dx, dy = way.get(errand.instruction.side, (0.0, ASIDE))
    near = (piece.position[0] + dx, piece.position[1] + dy)
    return free_place(errand.world, thing, near=near)


def wider(world: World, zone: str) -> Footprint:
    """Returns a zone with a margin: what is put beside it stays off it."""
    area = rectangle(world.fixtures[zone].low, world.fixtures[zone].high)
    half_x, half_y = area.half_x + ZONE_MARGIN, area.half_y + ZONE_MARGIN
    return Footprint(x=area.x, y=area.y, half_x=half_x, half_y=half_y)
