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
_LOWEST: Final = 0.007
"""Only points that are higher, or in its upper two thirds, tell a thing from the ground, m."""
_AROUND: Final = np.array([(0, 0), *((r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if r or c)])
"""Rows and columns of a pixel and its neighbours."""


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


def look_for(thing: Thing, picture: Picture, *, by_colour: bool = True) -> Evidence:
    """Looks for a thing where it is believed to be.

    Args:
        thing: What to look for.
        picture: Where.
        by_colour: Whether something of another colour there shows that it is gone; not where it
            is seen from another side than before.
    """
    points, tints = _points(thing)
    view = picture.view
    column, row, depth = view.project(points)
    height, width = view.depth.shape
    u, v = np.rint(column).astype(np.int64), np.rint(row).astype(np.int64)
    shown = (u >= 1) & (v >= 1) & (u < width - 1) & (v < height - 1) & (depth > 0.03)
    outside = len(points) - int(shown.sum())
    if not shown.any():
        return Evidence(outside=outside)
    # Seen from elsewhere, a point falls between pixels: any neighbour may show it.
    at = (v[shown, None] + _AROUND[:, 0], u[shown, None] + _AROUND[:, 1])
    far = view.depth[at] - depth[shown, None]
    known = view.valid[at] & ~picture.arm[at]
    slack = np.float32(2.0 * view.noise)
    # Low things hide little of the ground behind them.
    above = points[shown, 2] - np.float32(thing.low)
    behind = (np.minimum(_BEHIND, 0.6 * above) + slack)[:, None]
    fits = known & (far <= behind) & (far > -_BEFORE - slack)
    gone = (known & (far > behind)).all(axis=1)
    if by_colour and len(tints):
        share, _ = chroma(view.rgb[at])
        alike = np.abs(share - tints[shown, None]).max(axis=2) < _HUE
        gone |= fits[:, 0] & (fits & ~alike).any(axis=1) & ~(fits & alike).any(axis=1)
        fits &= alike
    here = fits.any(axis=1) & ~gone
    if not len(tints):
        # Whatever is there may be something else.
        here[:] = False
    return Evidence(
        here=int(here.sum()),
        gone=int(gone.sum()),
        hidden=len(here) - int(here.sum()) - int(gone.sum()),
        outside=outside,
    )


def _points(thing: Thing) -> tuple[Float32Array, Float32Array]:
    """Returns the points to look for, and their colours where they were seen before."""
    if len(thing.points) >= 6:
        above = thing.points[:, 2] + np.float32(0.5 * thing.size[2])
        high = above > min(_LOWEST, 0.35 * float(thing.size[2]))
        if high.sum() >= 4:
            return thing.world_points()[high], thing.tints[high]
    steps = np.array([-0.25, 0.0, 0.25])
    grid = np.array([(x, y) for x in steps for y in steps]) * thing.size[:2]
    cos, sin = np.cos(thing.yaw), np.sin(thing.yaw)
    flat = grid @ np.array([[cos, sin], [-sin, cos]]) + thing.position[:2]
    top = np.column_stack([flat, np.full(len(flat), thing.top)])
    return top.astype(np.float32), np.zeros((0, 3), np.float32)
