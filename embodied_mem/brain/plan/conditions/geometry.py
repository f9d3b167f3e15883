"""What `on`, `inside`, `near` and their like mean: relations of boxes that stand upright.

An entity's box is turned about the vertical by its yaw. Tolerances allow for what a depth camera
gets wrong (about 5 mm) and for how boxes of round things overlap. Nothing here asks whether a
thing is held, missing or shut in a drawer: `relations` does. Results are kept as long as the
entity objects they are about, for entities never change and are shared between snapshots.
"""

import math
from functools import lru_cache
from typing import NamedTuple

from embodied_mem.brain.state import Entity

RESTS = 0.015
"""The bottom of a thing lies within this of the top of what it lies on, m."""
RIM = 0.005
"""A middle may lie this far outside the box that it counts as over, m."""
SUNK = 0.005
"""The bottom of a thing that is inside must be so much below the rim, m."""
OVERLAP = 0.005
"""A thing reaches so far over a zone's edge before it counts as over the zone, m."""
TOUCHES = 0.005
"""Boxes with no wider gap touch, m."""
ASIDE = 0.02
"""Middles must differ by so much for left, right, in front and behind, m."""


class Box(NamedTuple):
    """A box turned about the vertical, as plain numbers: m and rad."""

    x: float
    y: float
    bottom: float
    top: float
    half_x: float
    half_y: float
    cosine: float
    sine: float

    def local(self, x: float, y: float) -> tuple[float, float]:
        """Returns a point of the floor plan along the box's own axes, seen from its middle."""
        dx, dy = x - self.x, y - self.y
        return self.cosine * dx + self.sine * dy, self.cosine * dy - self.sine * dx

    def covers(self, x: float, y: float, margin: float) -> bool:
        """Tells whether a point of the floor plan lies within the box, or this near to it."""
        along, across = self.local(x, y)
        return abs(along) <= self.half_x + margin and abs(across) <= self.half_y + margin

    def corners(self) -> list[tuple[float, float]]:
        """Returns the four corners of the floor plan, m."""
        a, b = self.half_x * self.cosine, self.half_x * self.sine
        c, d = -self.half_y * self.sine, self.half_y * self.cosine
        return [
            (self.x + i * a + j * c, self.y + i * b + j * d)
            for i, j in ((1, 1), (1, -1), (-1, -1), (-1, 1))
        ]

    def gap_to(self, x: float, y: float) -> float:
        """Returns the distance of a point of the floor plan from the box, m; 0 within it."""
        along, across = self.local(x, y)
        return math.hypot(max(0.0, abs(along) - self.half_x), max(0.0, abs(across) - self.half_y))


@lru_cache(maxsize=1024)
def box_of(entity: Entity) -> Box:
    """Returns an entity's box as plain numbers."""
    x, y, z = entity.position.tolist()
    width, depth, height = entity.size.tolist()
    return Box(
        x=x,
        y=y,
        bottom=z - 0.5 * height,
        top=z + 0.5 * height,
        half_x=0.5 * width,
        half_y=0.5 * depth,
        cosine=math.cos(entity.yaw),
        sine=math.sin(entity.yaw),
    )


@lru_cache(maxsize=4096)
def rests_on(a: Entity, b: Entity) -> bool:
    """Tells whether a lies on b: its middle over b, its bottom at b's top."""
    low, high = box_of(b), box_of(a)
    return abs(high.bottom - low.top) <= RESTS and low.covers(high.x, high.y, RIM)


@lru_cache(maxsize=4096)
def lies_within(a: Entity, b: Entity) -> bool:
    """Tells whether a's middle is over b and its bottom below b's rim, yet not below b."""
    outer, inner = box_of(b), box_of(a)
    within = outer.bottom - RESTS <= inner.bottom <= outer.top - SUNK
    return within and outer.covers(inner.x, inner.y, RIM)


@lru_cache(maxsize=4096)
def reaches_over(a: Entity, b: Entity) -> bool:
    """Tells whether any part of a is over b, seen from above."""
    return _separation(box_of(a), box_of(b)) < -OVERLAP


@lru_cache(maxsize=4096)
def is_above(a: Entity, b: Entity) -> bool:
    """Tells whether a's middle is over b and its bottom no lower than b's top."""
    low, high = box_of(b), box_of(a)
    return high.bottom >= low.top - RESTS and low.covers(high.x, high.y, RIM)


@lru_cache(maxsize=4096)
def gap_between(a: Entity, b: Entity) -> float:
    """Returns the shortest way from one box to the other, m; 0 where they touch or overlap."""
    one, two = box_of(a), box_of(b)
    upright = max(0.0, one.bottom - two.top, two.bottom - one.top)
    if _separation(one, two) <= 0.0:
        return upright
    flat = min(
        min(one.gap_to(x, y) for x, y in two.corners()),
        min(two.gap_to(x, y) for x, y in one.corners()),
    )
    return math.hypot(flat, upright)


@lru_cache(maxsize=4096)
def distance_between(a: Entity, b: Entity) -> float:
    """Returns the distance of the middles of two entities, m."""
    return math.dist(a.position.tolist(), b.position.tolist())


def offset(a: Entity, b: Entity, heading: float) -> tuple[float, float]:
    """Returns how far a lies ahead and to the left of b, for one who looks along a heading, m."""
    one, two = box_of(a), box_of(b)
    dx, dy = one.x - two.x, one.y - two.y
    cosine, sine = math.cos(heading), math.sin(heading)
    return cosine * dx + sine * dy, cosine * dy - sine * dx


def _separation(one: Box, two: Box) -> float:
    """Returns the widest gap along the axes of two rectangles, m; negative where they overlap.

    Separating axis theorem: convex shapes are apart just where their shadows on the normal of
    some edge are.
    """
    widest = -math.inf
    dx, dy = two.x - one.x, two.y - one.y
    for cosine, sine in (
        (one.cosine, one.sine),
        (-one.sine, one.cosine),
        (two.cosine, two.sine),
        (-two.sine, two.cosine),
    ):
        shadows = sum(
            box.half_x * abs(box.cosine * cosine + box.sine * sine)
            + box.half_y * abs(box.cosine * sine - box.sine * cosine)
            for box in (one, two)
        )
        widest = max(widest, abs(dx * cosine + dy * sine) - shadows)
    return widest
