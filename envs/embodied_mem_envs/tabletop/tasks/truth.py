"""What is really so on the table: all that goals may be judged by, and no brain may read."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from embodied_mem.robots.arm import Fixture, WorkCell
from embodied_mem.types import Float64Array
from embodied_mem_envs.tabletop.truth import TrueThing, Truth

SHUT = 0.1
"""A drawer that is open by less than this share counts as closed."""
_TIPPED = 0.3


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Lying:
    """How one thing lies."""

    position: Float64Array
    """(3,) middle of its box in the world, m."""
    size: Float64Array
    """(3,) extent of its box along its turned axes, m; the last is its height."""
    yaw: float = 0.0
    """Turn about the vertical, rad."""
    held: bool = False
    """Whether the arm touches it."""

    @property
    def corners(self) -> Float64Array:
        """(4, 2) corners of its outline from above, m."""
        return outline(self.position[:2], self.size[:2], self.yaw)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TableTruth:
    """How everything lies at one moment."""

    things: Mapping[str, Lying]
    drawers: Mapping[str, float]
    """How far each drawer is open, from 0 to 1."""
    cell: WorkCell

    def box(self, place: str) -> tuple[Float64Array, Float64Array]:
        """Returns the low and high corner of a fixture, a drawer where it is now."""
        fixture = self.cell[place]
        shift = slide(fixture, self.drawers.get(place, 0.0))
        return np.array(fixture.low) + shift, np.array(fixture.high) + shift

    def inside(self, thing: str, place: str) -> bool:
        """Tells whether the middle of a thing is in a fixture, or over a zone or tray."""
        low, high = self.box(place)
        at = self.things[thing].position
        within = bool(np.all(at[:2] > low[:2]) and np.all(at[:2] < high[:2]))
        if self.cell[place].kind in ("zone", "tray", "table"):
            return within
        return within and bool(low[2] - 0.01 < at[2] < high[2])

    def fallen(self, thing: str) -> bool:
        """Tells whether a thing has left the table, its fixtures included."""
        low, high = self.box("table")
        at = self.things[thing].position
        return bool(at[2] < -0.02 or np.any(at[:2] < low[:2]) or np.any(at[:2] > high[:2]))


def table_truth(truth: Truth, cell: WorkCell) -> TableTruth:
    """Returns what goals need of a simulator's truth."""
    return TableTruth(
        things={name: _lying(thing) for name, thing in truth.things.items()},
        drawers=dict(truth.drawers),
        cell=cell,
    )


def _lying(thing: TrueThing) -> Lying:
    """Boxes of things that have tipped over are taken along the axes of the world."""
    upright = thing.tilt < _TIPPED
    extent = np.abs(thing.T_world_thing[:3, :3]) @ thing.size
    return Lying(
        position=np.array(thing.position),
        size=thing.size if upright else extent,
        yaw=thing.yaw if upright else 0.0,
        held="arm" in thing.touches,
    )


def slide(fixture: Fixture, share: float) -> Float64Array:
    """Returns by how much a drawer that is open by `share` has moved; zero of other fixtures."""
    return np.array(fixture.slides or (0.0, 0.0, 0.0)) * fixture.travel * share


def outline(middle: Float64Array, size: Float64Array, yaw: float) -> Float64Array:
    """Returns the (4, 2) corners of a turned rectangle, m."""
    half = 0.5 * np.asarray(size, float)
    signs = np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
    c, s = np.cos(yaw), np.sin(yaw)
    turned: Float64Array = (signs * half) @ np.array([[c, s], [-s, c]]) + np.asarray(middle)
    return turned
