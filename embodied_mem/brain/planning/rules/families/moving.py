"""Requests to bring things somewhere: sort, stack, put, bring, clear."""

import math
from itertools import pairwise

from embodied_mem.brain.planning.rules.achieve import UnplannableError
from embodied_mem.brain.planning.rules.errand import Errand
from embodied_mem.brain.planning.rules.footprint import Footprint, gap, rectangle
from embodied_mem.brain.planning.rules.goals import In, On, Target
from embodied_mem.brain.planning.rules.matching import described, fits
from embodied_mem.brain.planning.rules.placing import (
    holder_of,
    spot_aside,
    spot_beside,
    spot_over,
    wider,
)
from embodied_mem.brain.planning.rules.spots import NoRoomError, free_place
from embodied_mem.brain.planning.rules.world import RESTS, World


def sort(errand: Errand) -> None:
    """Every thing that has a bin goes into it."""
    world = errand.world
    bins = world.of_kind("bin")
    things = [
        piece.id
        for reference in errand.instruction.themes
        for piece in world.things.values()
        if fits(reference, piece)
    ]
    if errand.instruction.by == "category":
        kinds = sorted({world.things[thing].category for thing in things})
        holders = dict(zip(kinds, bins, strict=False))
        targets = {t: holders.get(world.things[t].category) for t in dict.fromkeys(things)}
    else:
        colours = {world.fixtures[name].colour: name for name in reversed(bins)}
        targets = {t: colours.get(world.things[t].colour) for t in dict.fromkeys(things)}
    sorted_: dict[str, Target] = {t: In(holder=h) for t, h in targets.items() if h is not None}
    if not sorted_:
        names = " or ".join(described(ref) for ref in errand.instruction.themes)
        raise UnplannableError(f"I know of no {names} that has a bin")
    errand.bring_about(dict(sorted(sorted_.items(), key=lambda item: _distance(world, item[0]))))


def _distance(world: World, thing: str) -> tuple[bool, float, str]:
    piece = world.things[thing]
    return (world.is_shut_in(thing), math.hypot(*piece.position[:2]), thing)


def stack(errand: Errand) -> None:
    """Piles things up on the lowest, which stays where it is if it lies loose."""
    pile: list[str] = []
    for reference in errand.instruction.themes:
        pile += errand.things(reference, but=pile)
    if len(pile) < 2:
        raise UnplannableError("I know of only one thing that could be stacked")
    if all(reference.every for reference in errand.instruction.themes):
        pile.sort(key=lambda thing: -min(errand.world.things[thing].size[:2]))
    world = errand.world
    targets: dict[str, Target] = {}
    base = world.things[pile[0]]
    away = [world.things[t] for t in pile if world.things[t].missing or world.is_shut_in(t)]
    # A pile must not stand where a drawer has still to open.
    sweeps = [world.sweep(drawer) for drawer in world.opened] if away else []
    clear = all(gap(base.footprint, sweep) > 0.0 for sweep in sweeps)
    loose = world.lies_loose(base) and base.bottom < RESTS and clear
    if not loose and base.id != world.holding:
        targets[base.id] = free_place(world, base.id, avoid=sweeps)
    targets |= {upper: On(holder=lower) for lower, upper in pairwise(pile)}
    errand.bring_about(targets)


def put(errand: Errand) -> None:
    """Puts things in or on something, beside it, or away into a drawer."""
    instruction = errand.instruction
    things = errand.themes()
    if instruction.side and instruction.destination is not None:
        errand.bring_about({t: spot_beside(errand, t) for t in things[:1]})
        return
    from_zone = instruction.source is not None and instruction.destination is None
    if instruction.side or from_zone:
        errand.bring_about({things[0]: spot_aside(errand, things[0])})
        return
    holder = holder_of(errand, instruction.destination, things)
    kind = errand.world.kind(holder)
    targets: dict[str, Target] = {}
    for thing in things:
        if kind in ("bin", "drawer", "tray"):
            targets[thing] = In(holder=holder)
        elif kind == "object":
            targets[thing] = On(holder=holder)
        else:
            targets[thing] = spot_over(errand, thing, holder, [*targets.values()])
    errand.bring_about(targets)
    if kind == "drawer" and instruction.shut:
        _shut(errand, holder)


def _shut(errand: Errand, drawer: str) -> None:
    """Closes a drawer that stood open already."""
    if errand.world.opened[drawer] is not False:
        errand.draft.close(drawer)
    if f"closed({drawer})" not in errand.post:
        errand.post.append(f"closed({drawer})")


def bring(errand: Errand) -> None:
    """Brings things to the tray, wherever they turn out to be."""
    trays = errand.world.of_kind("tray")
    if not trays:
        raise UnplannableError("there is no tray to bring things to")
    targets: dict[str, Target] = {thing: In(holder=trays[0]) for thing in errand.themes()}
    errand.bring_about(targets, thorough=True)


def clear(errand: Errand) -> None:
    """Takes everything off a zone and puts it down beside it."""
    zone = errand.instruction.themes[0].fixture
    if errand.world.kind(zone) != "zone":
        raise UnplannableError(f"I can clear the {' or the '.join(errand.world.of_kind('zone'))}")
    clear_zone(errand, zone)


def clear_zone(errand: Errand, zone: str, *, unpickable: frozenset[str] = frozenset()) -> None:
    """Plans to have nothing over a zone; things that cannot be picked up are pushed off it."""
    world = errand.world
    area = rectangle(world.fixtures[zone].low, world.fixtures[zone].high)
    wide = wider(world, zone)
    targets: dict[str, Target] = {}
    promised: list[Footprint] = []
    for thing in world.in_way_of(area, margin=0.002):
        piece = world.things[thing]
        try:
            spot = free_place(world, thing, avoid=[wide, *promised])
        except NoRoomError as error:
            raise UnplannableError(str(error)) from None
        targets[thing] = spot
        promised.append(piece.footprint.at(spot.x, spot.y, spot.yaw))
    errand.bring_about(targets, avoid=[wide], unpickable=unpickable)
    errand.post[:] = [f"clear({zone})"]
