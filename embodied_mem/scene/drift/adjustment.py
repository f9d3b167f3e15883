"""Where keyframes were, from all that they saw in common: a bundle adjustment over surfaces.

Views that saw one surface must put it at one place. As in Liu and Zhang, "BALM: Bundle Adjustment
for Lidar Mapping" (RA-L 2021), the places of the surfaces are eliminated, so that the poses alone
are unknown; every surface that was seen again, from whichever side of a loop, ties the views
together. Odometry ties those that follow each other. What contradicts the rest pulls the less the
more it does, so that a surface that is taken for another bends nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from embodied_mem.scene.drift.planar import between, compose, moved, rotation, wrapped
from embodied_mem.scene.drift.scan import Scan
from embodied_mem.scene.drift.surface_map import SurfaceMapConfig, cells_of
from embodied_mem.types import Float64Array, Int64Array


@dataclass(frozen=True, kw_only=True, slots=True)
class AdjustmentConfig:
    """How keyframes are tied together."""

    rounds: int = 3
    """Gauss-Newton steps."""
    sigma: float = 0.015
    """Standard deviation of what one view says of where a surface is, m."""
    crowd: float = 4.0
    """Points of one view in one cell err together: many count for no more than so many."""
    scale: float = 3.0
    """Residuals of so many standard deviations count for a quarter."""
    flat: float = 0.5
    """A surface's smaller spread is at most this share of the larger; others tie nothing."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tie:
    """What odometry tells of the way from one keyframe to the next."""

    first: int
    second: int
    pose: Float64Array
    """(3,) pose of the second in the frame of the first."""
    information: Float64Array
    """(3, 3) inverse covariance of it."""


def adjust(
    poses: Float64Array,
    scans: Sequence[Scan],
    ties: Sequence[Tie],
    cells: SurfaceMapConfig,
    config: AdjustmentConfig,
) -> Float64Array:
    """Returns the (k, 3) poses that agree best with all that was seen; the first one stays.

    Args:
        poses: (k, 3) the poses as they are believed to be, on one floor.
        scans: What was seen from each.
        ties: Between them.
        cells: The cells that surfaces are found in.
        config: Settings.
    """
    poses = poses.copy()
    size = 3 * len(poses)
    for _ in range(config.rounds):
        H, g = _surfaces(poses, scans, cells, config)
        for tie in ties:
            _add_tie(H, g, poses, tie)
        step = np.zeros(size)
        step[3:] = np.linalg.solve(H[3:, 3:] + 1e-3 * np.eye(size - 3), -g[3:])
        poses = np.array(
            [compose(pose, move) for pose, move in zip(poses, step.reshape(-1, 3), strict=True)]
        )
        if float(np.abs(step).max()) < 1e-4:
            break
    return poses


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Sights:
    """What each view saw of each surface: (m,) arrays."""

    view: Int64Array
    surface: Int64Array
    """Index from 0 on."""
    weight: Float64Array
    local: Float64Array
    """(m, 2) mean point in the frame of the body."""
    world: Float64Array
    """(m, 2) mean point in the map."""
    normal: Float64Array
    """(surfaces, 2)"""
    flat: Float64Array
    """(surfaces,) smaller spread over larger one."""


def _sights(poses: Float64Array, scans: Sequence[Scan], cells: SurfaceMapConfig) -> _Sights:
    """Sorts the points of all views by surface and view."""
    keys = np.concatenate([cells_of(s, p, cells) for s, p in zip(scans, poses, strict=True)])
    world = np.concatenate([moved(p, s.xy) for s, p in zip(scans, poses, strict=True)])
    local = np.concatenate([scan.xy for scan in scans])
    weight = np.concatenate([scan.weight for scan in scans])
    view = np.repeat(np.arange(len(scans)), [len(scan) for scan in scans])
    _, surface = np.unique(keys, return_inverse=True)
    pairs, index = np.unique(surface * len(scans) + view, return_inverse=True)
    total = np.bincount(index, weight).astype(np.float64)
    means = [np.bincount(index, weight * column) / total for column in (*local.T, *world.T)]
    count = int(surface.max(initial=-1)) + 1
    mass = np.bincount(surface, weight, count)
    centre = [np.bincount(surface, weight * column, count) / mass for column in world.T]
    dx, dy = world[:, 0] - centre[0][surface], world[:, 1] - centre[1][surface]
    a, b, c = (
        np.bincount(surface, weight * product, count) / mass
        for product in (dx * dx, dx * dy, dy * dy)
    )
    angle = 0.5 * np.arctan2(2.0 * b, a - c)
    spread = np.hypot(0.5 * (a - c), b)
    low, high = np.maximum(0.5 * (a + c) - spread, 0.0), 0.5 * (a + c) + spread
    return _Sights(
        view=pairs % len(scans),
        surface=pairs // len(scans),
        weight=total,
        local=np.column_stack(means[:2]),
        world=np.column_stack(means[2:]),
        normal=np.column_stack([-np.sin(angle), np.cos(angle)]),
        flat=np.sqrt(low / np.maximum(high, 1e-12)),
    )


def _surfaces(
    poses: Float64Array, scans: Sequence[Scan], cells: SurfaceMapConfig, config: AdjustmentConfig
) -> tuple[Float64Array, Float64Array]:
    """Returns the normal equations of all surfaces, their places eliminated."""
    sights = _sights(poses, scans, cells)
    count, size = len(sights.normal), 3 * len(poses)
    normal = sights.normal[sights.surface]
    weight = sights.weight / (1.0 + sights.weight / config.crowd) / config.sigma**2
    weight = weight * (sights.flat[sights.surface] < config.flat)
    off = (normal * sights.world).sum(axis=1)
    for _ in range(2):  # the place of a surface, without what contradicts it
        mass = np.maximum(np.bincount(sights.surface, weight, count), 1e-12)
        place = np.bincount(sights.surface, weight * off, count) / mass
        error = off - place[sights.surface]
        weight = weight / (1.0 + (error / (config.scale * config.sigma)) ** 2) ** 2
    mass = np.maximum(np.bincount(sights.surface, weight, count), 1e-12)
    error = off - (np.bincount(sights.surface, weight * off, count) / mass)[sights.surface]
    c, s = np.cos(poses[sights.view, 2]), np.sin(poses[sights.view, 2])
    ahead = normal[:, 0] * c + normal[:, 1] * s
    left = normal[:, 1] * c - normal[:, 0] * s
    turn = left * sights.local[:, 0] - ahead * sights.local[:, 1]
    J = np.column_stack([ahead, left, turn])
    H = np.zeros((len(poses), 3, 3))
    np.add.at(H, sights.view, weight[:, None, None] * J[:, :, None] * J[:, None, :])
    g = np.zeros((len(poses), 3))
    np.add.at(g, sights.view, (weight * error)[:, None] * J)
    columns = (3 * sights.view[:, None] + np.arange(3)).ravel()
    rows = np.repeat(sights.surface, 3)
    share = (weight / np.sqrt(mass[sights.surface]))[:, None] * J
    B = csr_matrix((share.ravel(), (rows, columns)), (count, size))
    whole = -(B.T @ B).toarray()
    for k in range(len(poses)):
        whole[3 * k : 3 * k + 3, 3 * k : 3 * k + 3] += H[k]
    return whole, g.ravel()


def tie_error(poses: Float64Array, tie: Tie) -> Float64Array:
    """Returns the (3,) difference between where keyframes are and what odometry tells of them."""
    error = between(poses[tie.first], poses[tie.second]) - tie.pose
    error[2] = wrapped(float(error[2]))
    return error


def _add_tie(H: Float64Array, g: Float64Array, poses: Float64Array, tie: Tie) -> None:
    """Adds what odometry tells of two keyframes."""
    seen, error = between(poses[tie.first], poses[tie.second]), tie_error(poses, tie)
    # The second moves in its own frame, which is turned by its yaw against the first.
    A, B = -np.eye(3), np.eye(3)
    A[:2, 2] = seen[1], -seen[0]
    B[:2, :2] = rotation(seen[2])
    i, j = slice(3 * tie.first, 3 * tie.first + 3), slice(3 * tie.second, 3 * tie.second + 3)
    H[i, i] += A.T @ tie.information @ A
    H[j, j] += B.T @ tie.information @ B
    cross = A.T @ tie.information @ B
    H[i, j] += cross
    H[j, i] += cross.T
    g[i] += A.T @ tie.information @ error
    g[j] += B.T @ tie.information @ error
