"""Where a scan fits into the map: a few Gauss-Newton steps from where it is believed to be.

The residual of a point is its distance to the distribution of its cell in standard deviations
(Biber and Strasser, IROS 2003); large ones are worth less and less (Geman and McClure). The poses
are planar, as gravity tells the rest.
"""

from dataclasses import dataclass

import numpy as np

from embodied_mem.scene.drift.planar import compose, inverted, moved, rotation
from embodied_mem.scene.drift.scan import Scan
from embodied_mem.scene.drift.surface_map import SurfaceMap
from embodied_mem.types import Float64Array


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchConfig:
    """When a scan fits."""

    steps: int = 6
    """Gauss-Newton steps at most."""
    still: float = 5e-4
    """A step shorter than this, m and rad, is the last."""
    scale: float = 3.0
    """Residuals of so many standard deviations count for a quarter."""
    longest: float = 0.2
    """Longest single step, m and rad."""
    correlation: float = 40.0
    """So many neighbouring points err together: they count as one."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Match:
    """Where a scan fits, and how well."""

    pose: Float64Array
    """(3,) pose of the body in the map."""
    information: Float64Array
    """(3, 3) inverse covariance of it by the scan alone, in the frame of the body."""
    known: float
    """Share of the scan's weight that falls into cells in use."""
    fit: float
    """Share of that which lies within two standard deviations of its cell."""


def match(
    scan: Scan,
    surfaces: SurfaceMap,
    start: Float64Array,
    config: MatchConfig,
    prior: Float64Array,
) -> Match:
    """Fits a scan into a map.

    Args:
        scan: What is seen.
        surfaces: What was seen earlier.
        start: (3,) where the body is believed to be in the map.
        config: Settings.
        prior: (3, 3) inverse covariance of `start` in the frame of the body.
    """
    pose, offset = start.copy(), np.zeros(3)
    for _ in range(config.steps):
        H, g, known, fit = _linearise(scan, surfaces, pose, config)
        step = inverted(H + prior + 1e-6 * np.eye(3)) @ (g - prior @ offset)
        longest = max(float(np.hypot(step[0], step[1])), abs(float(step[2])))
        step *= min(1.0, config.longest / max(longest, 1e-9))
        pose = compose(pose, step)
        offset += step
        if longest < config.still:
            break
    total = max(float(scan.weight.sum()), 1e-9)
    return Match(pose=pose, information=H, known=known / total, fit=fit / max(known, 1e-9))


def _linearise(
    scan: Scan, surfaces: SurfaceMap, pose: Float64Array, config: MatchConfig
) -> tuple[Float64Array, Float64Array, float, float]:
    """Returns the normal equations of a step in the body's frame, and how much fits."""
    use, index = surfaces.find(scan, pose)
    R, (x, y) = rotation(pose[2]), scan.xy[use].T
    dx, dy = moved(pose, scan.xy[use]).T - surfaces.mean[:, index]
    r00, r01, r11 = surfaces.root[:, index]
    e0, e1 = r00 * dx + r01 * dy, r11 * dy
    square = e0 * e0 + e1 * e1
    weight = scan.weight[use]
    robust = weight / (1.0 + square / config.scale**2) ** 2
    # A step (forward, left, turn) of the body moves a point by R (1, 0), R (0, 1), R (-y, x).
    tx, ty = R[0, 1] * x - R[0, 0] * y, R[1, 1] * x - R[1, 0] * y
    J0 = np.stack([*(r00 * R[0, k] + r01 * R[1, k] for k in range(2)), r00 * tx + r01 * ty])
    J1 = np.stack([*(r11 * R[1, k] for k in range(2)), r11 * ty])
    H = (J0 * robust) @ J0.T + (J1 * robust) @ J1.T
    g = -(J0 @ (robust * e0) + J1 @ (robust * e1))
    known, fit = float(weight.sum()), float(weight[square < 4.0].sum())
    return H / config.correlation, g / config.correlation, known, fit
