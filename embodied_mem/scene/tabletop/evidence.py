"""What a picture says of a thing that it need not show: still there, gone, or out of sight."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.scene.tabletop.perception import Picture
from embodied_mem.scene.tabletop.segments import chroma
from embodied_mem.scene.tabletop.thing import Thing
from embodied_mem.types import Float32Array

_BEHIND: Final = np.float32(0.012)
"""How much farther than a point of the thing the picture must reach to show that it is gone, m."""
_BEFORE: Final = np.float32(0.015)
"""How much nearer something is that hides it, m."""
_HUE: Final = np.float32(0.09)
"""Difference in the shares of red, green and blue from which on it is something else."""
_LOWEST: Final = np.float32(0.35)
"""Only points above this share of its height tell it from the ground that it stands on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """How many of a thing's points are found, by what the picture shows there."""

    here: int = 0
    gone: int = 0
    hidden: int = 0
    outside: int = 0

    @property
    def total(self) -> int:
        """Points that were looked for."""
        return self.here + self.gone + self.hidden + self.outside

    @property
    def still_there(self) -> bool:
        """Whether what is seen of its place shows the thing."""
        return self.here >= 3 and self.here >= 3 * self.gone

    @property
    def empty(self) -> bool:
        """Whether most of its place is seen and the thing is not."""
        return self.gone >= 3 * max(self.here, 1) and self.gone >= 0.35 * self.total

    @property
    def clearly_empty(self) -> bool:
        """Whether nearly all of its place is seen and none of the thing."""
        return self.gone >= 0.75 * self.total and self.gone > 8 * self.here

    @property
    def out_of_sight(self) -> bool:
        """Whether the picture cannot tell."""
        return not self.still_there and not self.empty


def look_for(thing: Thing, picture: Picture) -> Evidence:
    """Looks for a thing where it is believed to be."""
    points, tints = _points(thing)
    view = picture.view
    column, row, depth = view.project(points)
    height, width = view.depth.shape
    u, v = np.rint(column).astype(np.int64), np.rint(row).astype(np.int64)
    shown = (u >= 0) & (v >= 0) & (u < width) & (v < height) & (depth > 0.03)
    outside = len(points) - int(shown.sum())
    if not shown.any():
        return Evidence(outside=outside)
    at = (v[shown], u[shown])
    far = view.depth[at] - depth[shown]
    known = view.valid[at] & ~picture.arm[at]
    slack = np.float32(2.0 * view.noise)
    # Low things hide little of the ground behind them.
    above = points[shown, 2] - np.float32(thing.low)
    behind = np.minimum(_BEHIND, 0.6 * above) + slack
    gone = known & (far > behind)
    here = known & ~gone & (far > -_BEFORE - slack)
    if len(tints):
        share, _ = chroma(view.rgb[at])
        other = np.abs(share - tints[shown]).max(axis=1) > _HUE
        gone |= here & other
        here &= ~other
    return Evidence(
        here=int(here.sum()),
        gone=int(gone.sum()),
        hidden=len(here) - int(here.sum()) - int(gone.sum()),
        outside=outside,
    )


def _points(thing: Thing) -> tuple[Float32Array, Float32Array]:
    """Returns the points to look for, and their colours where they were seen before."""
    if len(thing.points) >= 6:
        high = thing.points[:, 2] > thing.size[2] * (_LOWEST - np.float32(0.5))
        if high.sum() >= 4:
            return thing.world_points()[high], thing.tints[high]
    steps = np.array([-0.25, 0.0, 0.25])
    grid = np.array([(x, y) for x in steps for y in steps]) * thing.size[:2]
    cos, sin = np.cos(thing.yaw), np.sin(thing.yaw)
    flat = grid @ np.array([[cos, sin], [-sin, cos]]) + thing.position[:2]
    top = np.column_stack([flat, np.full(len(flat), thing.top)])
    return top.astype(np.float32), np.zeros((0, 3), np.float32)
