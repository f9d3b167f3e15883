"""Which pixels show the arm itself."""

from typing import Final

import numpy as np

from embodied_mem.scene.tabletop.view import View
from embodied_mem.types import BoolArray, Float64Array

_INFLATION: Final = 0.008
"""How much larger than its link's hull a sphere is taken, m."""
_EDGE: Final = 3
"""Pixels around the outline of a sphere that are looked at too."""


def arm_mask(view: View, spheres: Float64Array) -> BoolArray:
    """Returns the (H, W) pixels whose points lie within the arm's spheres.

    Args:
        view: A picture.
        spheres: (N, 4) centre in the world and radius, m, which together contain the arm.
    """
    mask = np.zeros(view.depth.shape, bool)
    height, width = view.depth.shape
    centres = spheres[:, :3].astype(np.float32)
    radii = (spheres[:, 3] + _INFLATION + view.noise).astype(np.float32)
    column, row, depth = view.project(centres)
    focal = np.float32(max(view.intrinsics.fx, view.intrinsics.fy))
    reach = np.where(
        depth > radii + 0.02, focal * radii / np.maximum(depth - radii, 0.02), width + height
    )
    reach = np.minimum(reach + _EDGE, width + height)
    first_row, last_row = np.clip(row - reach, 0, height), np.clip(row + reach + 1, 0, height)
    first_column = np.clip(column - reach, 0, width)
    last_column = np.clip(column + reach + 1, 0, width)
    shown = (depth > -radii) & (last_row > first_row) & (last_column > first_column)
    for k in np.flatnonzero(shown):
        part = (
            slice(int(first_row[k]), int(last_row[k])),
            slice(int(first_column[k]), int(last_column[k])),
        )
        apart = view.points[part] - centres[k]
        mask[part] |= np.einsum("ijk,ijk->ij", apart, apart) < radii[k] * radii[k]
    return mask & view.valid
