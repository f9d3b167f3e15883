"""Requests about how things lay: restore, set the table, swap."""

from embodied_mem.brain.planning.rules.achieve import UnplannableError
from embodied_mem.brain.planning.rules.errand import Errand
from embodied_mem.brain.planning.rules.goals import At, In, On, Target
from embodied_mem.brain.planning.rules.matching import matches
from embodied_mem.brain.planning.rules.world import RESTS, Piece
from embodied_mem.brain.planning.sections import ArrangedView


def arrange(errand: Errand) -> None:
    """Brings the things that are meant, or all, back to where they lay."""
    arranged = errand.arranged()
    chosen = [r for r in errand.instruction.themes if r.category or r.colour]
    if chosen:
        meant = {t for reference in chosen for t in matches(reference, errand.world)}
        arranged = {name: view for name, view in arranged.items() if name in meant}
        if not arranged:
            raise UnplannableError("I do not remember how that lay")
    targets = {
        name: _target(errand, name, arranged)
        for name in sorted(arranged, key=lambda name: (arranged[name].position[2], name))
        if arranged[name].place != "hand"
    }
    errand.bring_about(targets)


def _target(errand: Errand, name: str, arranged: dict[str, ArrangedView]) -> Target:
    view = arranged[name]
    if errand.world.kind(view.place) in ("bin", "drawer", "tray"):
        return In(holder=view.place)
    below = _carrier(errand, name, arranged)
    if below is not None:
        return On(holder=below)
    return At(x=view.position[0], y=view.position[1], yaw=view.yaw)


def _carrier(errand: Errand, name: str, arranged: dict[str, ArrangedView]) -> str | None:
    """Returns what a thing lay on top of in the arrangement, if on another thing."""
    things = errand.world.things
    lay = arranged[name].position
    bottom = lay[2] - 0.5 * things[name].size[2]
    if bottom <= RESTS:
        return None
    for other, view in arranged.items():
        base: Piece = things[other]
        top = view.position[2] + 0.5 * base.size[2]
        over = base.footprint.at(view.position[0], view.position[1], view.yaw)
        dx, dy = lay[0] - over.x, lay[1] - over.y
        near = dx * dx + dy * dy <= over.radius * over.radius
        if other != name and near and abs(bottom - top) <= RESTS:
            return other
    return None


def swap(errand: Errand) -> None:
    """Puts each of two things where the other was."""
    first, second = errand.instruction.themes[0], errand.instruction.themes[-1]
    if first.every and len(errand.instruction.themes) == 1:
        both = errand.things(first)
        if len(both) != 2:
            raise UnplannableError(f"two things can be swapped; there are {len(both)} of these")
        one, two = both
    else:
        one = errand.things(first)[0]
        two = errand.things(second, but=[one])[0]
    places = {one: _place_of(errand, two), two: _place_of(errand, one)}
    for thing, other in ((one, two), (two, one)):
        if places[thing] == On(holder=thing):  # the other lies on it: the pile is turned over
            places[thing] = On(holder=other)
    errand.bring_about(places)


def _place_of(errand: Errand, thing: str) -> Target:
    world = errand.world
    piece = world.things[thing]
    if piece.missing:
        raise UnplannableError(f"I do not know where the {thing.replace('_', ' ')} is")
    if world.kind(piece.place) in ("bin", "drawer", "tray"):
        return In(holder=piece.place)
    for other in world.things:
        if thing in world.on_top_of(other):
            return On(holder=other)
    return At(x=piece.position[0], y=piece.position[1])
