"""Which object stands on or in which, from their boxes alone."""

import numpy as np

from embodied_mem.types import Float32Array, Int64Array

TOLERANCE = 0.1
"""How far, in metres, the bottom of a thing may lie off the surface that it stands on."""


def supports(rows: Int64Array, low: Float32Array, high: Float32Array) -> dict[int, int]:
    """Finds for each object the one that carries it.

    A carrier holds the object's centre within its footprint, is wider than the object, and either
    ends where the object begins (on) or reaches around its bottom (in or on a board of it). Of
    several the one with the smallest footprint is taken: the tray, not the table below it.

    Args:
        rows: Rows to consider.
        low: (objects, 3) lower box corners, metres, world frame.
        high: (objects, 3) upper box corners.

    Returns:
        Row of the carrier by row of the carried object.
    """
    low, high = low[rows], high[rows]
    centre = 0.5 * (low + high)[:, :2]
    footprint = np.prod(np.maximum(high - low, 0.01)[:, :2], axis=1)
    inside = ((centre[:, None] > low[None, :, :2]) & (centre[:, None] < high[None, :, :2])).all(
        axis=2
    )
    bottom = low[:, None, 2]
    reached = (bottom > low[None, :, 2] + TOLERANCE) & (bottom < high[None, :, 2] + TOLERANCE)
    carries = inside & reached & (footprint[None, :] > 1.2 * footprint[:, None])
    cost = np.where(carries, footprint[None, :], np.inf)
    best = cost.argmin(axis=1) if len(rows) else np.empty(0, np.int64)
    return {
        int(rows[i]): int(rows[best[i]]) for i in range(len(rows)) if np.isfinite(cost[i, best[i]])
    }
