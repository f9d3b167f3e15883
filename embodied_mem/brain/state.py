"""What the brain believes at one tick: all that conditions may speak of.

Everything in here was perceived or remembered. A snapshot is never changed; entities are shared
between snapshots while nothing new was seen, so that making one costs next to nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from embodied_mem.types import Float64Array

EntityKind = Literal["object", "table", "bin", "drawer", "zone", "tray", "room"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Entity:
    """Something that a plan can name."""

    id: str
    """Unique and readable, such as `red_block` or `red_block_2`."""
    kind: EntityKind
    category: str
    """What people call it, such as `block` or `mug`."""
    colour: str = ""
    position: Float64Array
    """(3,) middle of its box in the world, m; of an object in an open drawer, where it is now."""
    size: Float64Array
    """(3,) extent of its box along its own axes, m."""
    yaw: float = 0.0
    """Turn of its box about the vertical, rad."""
    place: str = "table"
    """Id of the fixture in or on which it is, or was last seen; `hand` where it is held."""
    seen_tick: int = 0
    """Tick at which it was last perceived."""
    visible: bool = True
    """Whether the newest picture that covers its place shows it."""
    missing: bool = False
    """Whether a newer picture shows that it is not where it was last seen."""
    opened: float = 0.0
    """How far a drawer is open, from 0 to 1."""
    tilt: float = 0.0
    """How far it leans from upright, rad; of what is held, as the hand has tilted it."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Hand:
    """The gripper."""

    position: Float64Array
    """(3,) point between the finger tips in the world, m."""
    yaw: float
    """Turn of the line between the fingers about the vertical, rad."""
    opening: float
    """Distance of the fingers, m."""
    grip: float
    """Force with which the fingers press on something, N."""
    contact: float
    """Force from outside on the hand, N."""
    holding: str = ""
    """Id of what is held, empty where nothing is."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class State:
    """One tick of belief."""

    tick: int
    seconds: float
    entities: Mapping[str, Entity] = field(default_factory=dict)
    hand: Hand | None = None
    """None for a body without an arm."""
    base: Float64Array | None = None
    """(3,) x, y (m) and heading (rad) of a mobile body; None for one that stands."""
    collided: bool = False
    camera_tick: int = 0
    """Tick of the newest picture; conditions can ask how old it is."""
    readings: Mapping[str, float] = field(default_factory=dict)
    """Other numbers of the body, by name, such as `battery`."""
