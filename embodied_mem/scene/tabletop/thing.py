"""What is believed of one thing."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from embodied_mem.scene.tabletop.boxes import turned
from embodied_mem.scene.tabletop.recognition import UNKNOWN
from embodied_mem.scene.tabletop.sightings import Sighting
from embodied_mem.types import Float32Array, Float64Array

_STILL: Final = 0.008
"""A thing seen this near to where it was has not moved, m."""
_MOST_VIEWS: Final = 6
"""Views of a thing at rest that its pose is the mean of."""
_FADE: Final = 0.85
"""What is left of older opinions after each new one."""
_SQUARE: Final = 0.12
"""Share by which the sides of what counts as square differ."""
_ROUND: Final = 0.86
"""Share of its rectangle below which a square footprint is round."""


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """Where a thing lay."""

    position: Float64Array
    """(3,) middle of its box in the world, m."""
    yaw: float
    place: str


@dataclass(slots=True, eq=False)
class Thing:
    """One thing, as far as it is known; changed only by `Table` and what it calls."""

    id: str
    category: str
    colour: str
    position: Float64Array
    """(3,) middle of its box in the world, m."""
    size: Float64Array
    """(3,) extent along its own axes, m."""
    yaw: float
    place: str
    tick: int
    """When it was last seen."""
    share: Float32Array
    """(3,) its mean shares of red, green and blue."""
    confidence: float = 0.0
    tilt: float = 0.0
    """How far it leans from upright, rad."""
    visible: bool = True
    missing: bool = False
    closed_in: bool = False
    """Whether it was in a drawer when that was closed."""
    session: str = ""
    """The earlier visit that it is known from; empty once it was seen on this one."""
    proven: bool = False
    """Whether the main camera saw the whole of it, or an earlier visit did."""
    views: int = 0
    rest: int = 0
    """Views since it last moved."""
    doubts: int = 0
    """Pictures in a row that show its place empty."""
    first: Pose | None = None
    """Where it lay when it was first seen on this visit."""
    moved: bool = False
    """Whether it moved on this visit."""
    points: Float32Array = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    """(n, 3) points of it that were seen, from the middle of its box and turned with it, m."""
    tints: Float32Array = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    """(n, 3) shares of red, green and blue of these points."""
    _votes: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def low(self) -> float:
        """Height of its underside, m."""
        return float(self.position[2] - 0.5 * self.size[2])

    @property
    def top(self) -> float:
        """Height of its upper side, m."""
        return float(self.position[2] + 0.5 * self.size[2])

    @property
    def pose(self) -> Pose:
        """Where it is believed to be."""
        return Pose(self.position.copy(), self.yaw, self.place)

    def world_points(self) -> Float32Array:
        """Returns the (n, 3) points that were seen of it, where they should be now."""
        cos, sin = np.float32(np.cos(self.yaw)), np.float32(np.sin(self.yaw))
        x, y, z = self.points.T
        turned_points = np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=1)
        moved: Float32Array = turned_points + self.position.astype(np.float32)
        return moved

    def see(self, sighting: Sighting, tick: int, weight: float) -> None:
        """Takes a sighting of the whole thing in.

        Args:
            sighting: What was seen.
            tick: When.
            weight: How much its look counts.
        """
        self._judge(sighting, weight)
        apart = float(np.linalg.norm(sighting.position - self.position))
        yaw = _nearest_turn(sighting, self.yaw)
        if apart < _STILL and self.rest > 0:
            self.rest += 1
            share = 1.0 / min(self.rest, _MOST_VIEWS)
            self.position = self.position + share * (sighting.position - self.position)
            self.yaw = turned(self.yaw + share * _turn_between(self.yaw, yaw))
        else:
            self.moved |= self.rest > 0
            self.position, self.yaw, self.rest = sighting.position.copy(), yaw, 1
        self.size = sighting.box.size.copy()
        self.tilt = 0.5 * np.pi if sighting.lying else 0.0
        self.share, self.points, self.tints = sighting.share, sighting.points, sighting.tints
        self.views += 1
        self.noticed(tick)

    def glimpse(self, sighting: Sighting, tick: int, *, elsewhere: bool) -> None:
        """Takes a sighting of a part of it in.

        Args:
            sighting: What was seen.
            tick: When.
            elsewhere: Whether it cannot be where it is believed to be.
        """
        if elsewhere:
            self.moved |= self.rest > 0
            low = sighting.box.low
            self.position = np.array([*sighting.position[:2], low + 0.5 * self.size[2]])
            self.rest = 0
        self.noticed(tick)

    def noticed(self, tick: int) -> None:
        """Hears that it was seen where it is believed to be."""
        self.tick, self.visible, self.missing, self.doubts = tick, True, False, 0
        self.session = ""

    def put(self, position: Float64Array, yaw: float, place: str, tilt: float = 0.0) -> None:
        """Moves it to where it is felt or known to be, not seen."""
        self.position, self.yaw, self.place, self.tilt = position, yaw, place, tilt
        self.rest, self.moved = 0, True

    def _judge(self, sighting: Sighting, weight: float) -> None:
        for look in self._votes:
            self._votes[look] *= _FADE
        if sighting.category != UNKNOWN:
            look = (sighting.category, sighting.colour)
            self._votes[look] = self._votes.get(look, 0.0) + weight * sighting.confidence
        elif self.category == UNKNOWN:
            self.colour = sighting.colour
        if self._votes:
            total = sum(self._votes.values())
            (self.category, self.colour), best = max(self._votes.items(), key=lambda item: item[1])
            self.confidence = best / max(total, 1.0)


def _nearest_turn(sighting: Sighting, yaw: float) -> float:
    """Returns the turn of a sighting that looks the same and is nearest to an earlier one."""
    box = sighting.box
    if box.size[0] - box.size[1] > _SQUARE * box.size[0]:
        return box.yaw
    if box.fill < _ROUND:
        return yaw
    quarter = 0.5 * np.pi
    return turned(box.yaw + quarter * round((yaw - box.yaw) / quarter))


def _turn_between(first: float, second: float) -> float:
    """Returns the smallest turn of a rectangle from one yaw to another."""
    return (second - first + 0.5 * np.pi) % np.pi - 0.5 * np.pi
