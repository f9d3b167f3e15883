"""The functions of the state that conditions are made of, as Python.

They take a state, then the entities or numbers of the call. What is missing from its place
stands in no relation, and what the hand holds lies nowhere.
"""

import math

from embodied_mem.brain.plan.conditions import geometry
from embodied_mem.brain.state import Entity, State

NAN = math.nan
HAND_REACH = 0.05
"""The point between the finger tips is this near to what the hand has reached, m."""
BASE_REACH = 1.5
"""A mobile body is this near to what it has reached, seen from above, m."""
SHUT = 0.08
"""A drawer that is open by no more than this share counts as closed."""
_LOOSE = ("", "table")
"""Places that leave it to geometry where a thing is; any other is known better than its box."""
_CONTAINERS = frozenset({"bin", "drawer", "tray", "zone", "room"})


def _lies(entity: Entity) -> bool:
    return not entity.missing and entity.place != "hand"


def on(state: State, a: Entity, b: Entity) -> bool:
    """Tells whether a lies on b, or in it where b is a container."""
    if b.kind in _CONTAINERS:
        return inside(state, a, b)
    if b.kind == "table":
        return _lies(a) and a.place == b.id and geometry.rests_on(a, b)
    return _lies(a) and not b.missing and a is not b and geometry.rests_on(a, b)


def inside(state: State, a: Entity, b: Entity) -> bool:
    """Tells whether a is in b; anything over a zone is in it."""
    if not _lies(a) or a is b:
        return False
    if b.kind == "zone":
        return a.place in (*_LOOSE, b.id) and geometry.reaches_over(a, b)
    return a.place == b.id or (a.place in _LOOSE and geometry.lies_within(a, b))


def above(state: State, a: Entity, b: Entity) -> bool:
    """Tells whether a is somewhere over b."""
    return not a.missing and not b.missing and a is not b and geometry.is_above(a, b)


def near(state: State, a: Entity, b: Entity, metres: float) -> bool:
    """Tells whether the gap between a and b is at most so wide."""
    return not a.missing and not b.missing and geometry.gap_between(a, b) <= metres


def touching(state: State, a: Entity, b: Entity) -> bool:
    """Tells whether there is no gap between a and b."""
    return a is not b and near(state, a, b, geometry.TOUCHES)


def distance(state: State, a: Entity, b: Entity) -> float:
    """Returns how far the middles are apart."""
    return geometry.distance_between(a, b)


def left_of(state: State, a: Entity, b: Entity) -> bool:
    """Tells whether a is rather to the left of b than before or behind it."""
    ahead, left = _aside(state, a, b)
    return left >= max(geometry.ASIDE, abs(ahead))


def right_of(state: State, a: Entity, b: Entity) -> bool:
    """Tells whether a is rather to the right of b than before or behind it."""
    ahead, left = _aside(state, a, b)
    return -left >= max(geometry.ASIDE, abs(ahead))


def in_front_of(state: State, a: Entity, b: Entity) -> bool:
    """Tells whether a is nearer to the robot than b rather than beside it."""
    ahead, left = _aside(state, a, b)
    return -ahead >= max(geometry.ASIDE, abs(left))


def behind(state: State, a: Entity, b: Entity) -> bool:
    """Tells whether a is farther from the robot than b rather than beside it."""
    ahead, left = _aside(state, a, b)
    return ahead >= max(geometry.ASIDE, abs(left))


def _aside(state: State, a: Entity, b: Entity) -> tuple[float, float]:
    if a.missing or b.missing:
        return NAN, NAN
    heading = 0.0 if state.base is None else float(state.base[2])
    return geometry.offset(a, b, heading)


def at(state: State, a: Entity, x: float, y: float, z: float | None, tol: float) -> bool:
    """Tells whether a's middle is at a point."""
    if a.missing:
        return False
    px, py, pz = a.position.tolist()
    up = 0.0 if z is None else pz - z
    return math.hypot(px - x, py - y, up) <= tol


def clear(state: State, a: Entity) -> bool:
    """Tells whether nothing lies on or in a."""
    return not any(
        other.kind == "object" and on(state, other, a) for other in state.entities.values()
    )


def opened(state: State, d: Entity, share: float) -> bool:
    """Tells whether a drawer is open so far."""
    return d.opened >= share


def closed(state: State, d: Entity) -> bool:
    """Tells whether a drawer is closed."""
    return d.opened <= SHUT


def tilted(state: State, a: Entity, least: float) -> bool:
    """Tells whether a leans from upright."""
    return a.tilt >= least


def visible(state: State, a: Entity) -> bool:
    """Tells whether a is seen."""
    return a.visible and not a.missing


def missing(state: State, a: Entity) -> bool:
    """Tells whether a is not where it was."""
    return a.missing


def age(state: State, a: Entity) -> float:
    """Returns how long ago a was seen."""
    if state.tick <= 0:
        return 0.0
    return max(0.0, (state.tick - a.seen_tick) * (state.seconds / state.tick))


def place(state: State, a: Entity) -> str:
    """Returns where a is."""
    return a.place


def reached(state: State, a: Entity) -> bool:
    """Tells whether the hand, or the base, is near a."""
    box = geometry.box_of(a)
    if state.hand is not None:
        x, y, z = state.hand.position.tolist()
        upright = max(0.0, box.bottom - z, z - box.top)
        if math.hypot(box.gap_to(x, y), upright) <= HAND_REACH:
            return True
    if state.base is None:
        return False
    x, y = float(state.base[0]), float(state.base[1])
    return box.gap_to(x, y) <= (0.0 if a.kind in ("room", "zone") else BASE_REACH)


def known(state: State, a: str) -> bool:
    """Tells whether there is such an entity."""
    return a in state.entities


def holding(state: State, a: str) -> bool:
    """Tells whether the hand holds a."""
    return state.hand is not None and state.hand.holding == a


def holding_any(state: State) -> bool:
    """Tells whether the hand holds anything."""
    return state.hand is not None and state.hand.holding != ""


def hand_empty(state: State) -> bool:
    """Tells whether there is a hand that holds nothing."""
    return state.hand is not None and state.hand.holding == ""


def contact(state: State) -> float:
    """Returns the force on the hand."""
    return NAN if state.hand is None else state.hand.contact


def grip(state: State) -> float:
    """Returns the force of the fingers."""
    return NAN if state.hand is None else state.hand.grip


def opening(state: State) -> float:
    """Returns the distance of the fingers."""
    return NAN if state.hand is None else state.hand.opening


def collided(state: State) -> bool:
    """Tells whether the body bumped into something."""
    return state.collided


def reading(state: State, name: str) -> float:
    """Returns another number of the body."""
    return state.readings.get(name, NAN)


def seconds(state: State) -> float:
    """Returns the time."""
    return state.seconds


def count(state: State, kind: str, category: str, colour: str, place: str | None) -> float:
    """Returns how many entities fit and are not missing."""
    box = None if place is None else state.entities.get(place)
    found = 0
    for entity in state.entities.values():
        fits = (
            entity.kind == kind
            and category in ("", entity.category)
            and colour in ("", entity.colour)
            and not entity.missing
        )
        if fits and (place is None or _is_at(state, entity, place, box)):
            found += 1
    return float(found)


def _is_at(state: State, entity: Entity, place: str, box: Entity | None) -> bool:
    return entity.place == place or (box is not None and on(state, entity, box))
