"""The parts of a frame that belong to the building: floor, ceiling and walls."""

from dataclasses import dataclass

import cv2
import numpy as np

from embodied_mem.perception.frame import Frame
from embodied_mem.types import BoolArray, Float32Array, Int64Array, IntArray

_LEVEL = 0.85
"""Cosine with the vertical from which on a surface is horizontal."""
_UPRIGHT = 0.2
"""Largest vertical part of the normal of an upright surface."""
_AZIMUTHS = 72
_OFFSET = 0.05
"""Metres between the planes that upright surfaces vote for."""
_SAME_WALL = np.float32(np.cos(np.deg2rad(25.0)))
_LEANING = np.float32(np.cos(np.deg2rad(60.0)))
_MAX_PLANES = 8
_BEHIND = 0.12
"""Metres behind a plane from which on a point is not on it."""
_MIN_PART = 12
"""Strided pixels of a part of a plane that is judged by itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StructureConfig:
    """What is taken for floor, ceiling and wall."""

    tolerance: float = 0.03
    """Distance from a plane that belongs to it, metres, at no depth."""
    tolerance_growth: float = 0.007
    """Added per square metre of depth: the noise of structured light grows so."""
    ceiling: float = 1.9
    """Downward-facing surfaces above this height are ceiling, metres."""
    high_wall: float = 2.05
    """An upright plane that reaches this height is a wall; furniture does not, metres."""
    low_wall: float = 1.15
    """One that reaches this height is a wall where nothing behind it shows above it, metres."""
    min_share: float = 0.006
    """Share of the picture that a plane must fill to be looked at."""
    low_outermost_wall: float = 0.9
    """The same for a plane that nothing in the whole picture lies behind, metres."""
    open_top: float = 0.3
    """Share of a wall's columns that may show something behind it above its top."""


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """Where the building shows."""

    floor: BoolArray
    ceiling: BoolArray
    walls: IntArray
    """(h, w) number of the wall from 1, 0 where there is none."""

    @property
    def mask(self) -> BoolArray:
        """(h, w) all of it."""
        return self.floor | self.ceiling | (self.walls > 0)


def find_structure(
    frame: Frame, normals: Float32Array, good: BoolArray, config: StructureConfig
) -> Structure:
    """Finds floor, ceiling and walls.

    Args:
        frame: The frame.
        normals: (h, w, 3) unit normals in the world frame.
        good: (h, w) where they can be relied on.
        config: What counts.
    """
    height = frame.points[..., 2] - np.float32(frame.observation.T_world_body[2, 3])
    growth = np.float32(config.tolerance_growth)
    tolerance = np.float32(config.tolerance) + growth * np.square(frame.depth)
    up = normals[..., 2]
    # Where the normal is unsure, as at the feet of things, the floor gets the benefit of the doubt
    # only within half the tolerance.
    close = np.abs(height) < tolerance * np.where(good, 1.0, 0.5)
    floor = frame.valid & (close & ((up > 0.6) | ~good) | (height < -tolerance))
    ceiling = good & (up < -_LEVEL) & (height > config.ceiling)
    free = frame.valid & ~floor & ~ceiling
    walls = _find_walls(frame, normals, good & free, free, height, tolerance, config)
    return Structure(floor=floor, ceiling=ceiling, walls=walls)


def level_surfaces(normals: Float32Array, good: BoolArray) -> BoolArray:
    """Tells which pixels lie on surfaces that face up."""
    return good & (normals[..., 2] > _LEVEL)


def _find_walls(
    frame: Frame,
    normals: Float32Array,
    good: BoolArray,
    free: BoolArray,
    height: Float32Array,
    tolerance: Float32Array,
    config: StructureConfig,
) -> IntArray:
    walls = np.zeros(frame.shape, np.int32)
    eye = frame.observation.T_world_camera[:3, 3].astype(np.float32)
    points = frame.points - eye  # small numbers, so that float32 planes are exact
    upright = np.flatnonzero(good & (np.abs(normals[..., 2]) < _UPRIGHT))
    flat_normals, flat_points = normals.reshape(-1, 3)[upright], points.reshape(-1, 3)[upright]
    least = config.min_share * frame.depth.size
    votes = _votes(flat_normals, flat_points)
    taken = np.zeros(len(upright), dtype=bool)
    for number in range(1, _MAX_PLANES + 1):
        plane = _best_plane(votes, flat_normals, flat_points, ~taken, least)
        if plane is None:
            break
        normal, offset = plane
        along = np.abs(flat_points @ normal - offset) < tolerance.ravel()[upright]
        taken |= along & (flat_normals @ normal > _SAME_WALL)
        distance: Float32Array = points @ normal - offset
        near = free & (np.abs(distance) < tolerance) & (walls == 0)
        core = near & good & (normals @ normal > _SAME_WALL)
        core = _wall_parts(core, distance, frame.valid, height, config)
        # Around things that hang flat on a wall, and at its edges, normals lean.
        grown = cv2.dilate(core.view(np.uint8), np.ones((7, 7), np.uint8)).view(bool)
        walls[near & grown & (~good | (normals @ normal > _LEANING))] = number
    return walls


def _wall_parts(
    core: BoolArray,
    distance: Float32Array,
    valid: BoolArray,
    height: Float32Array,
    config: StructureConfig,
) -> BoolArray:
    """Keeps the connected parts of a plane that are wall: furniture may stand in one plane with it.

    Args:
        core: (h, w) the plane's pixels.
        distance: (h, w) signed distance of all pixels from the plane, positive before it.
        valid: (h, w) pixels with depth.
        height: (h, w) metres above the floor.
        config: What counts.
    """
    if core.sum() < config.min_share * core.size:
        return np.zeros_like(core)
    plane_top = float(np.percentile(height[core], 98.0))
    behind = valid & (distance < -_BEHIND)
    outermost = behind.mean() < 0.02
    low_wall = config.low_outermost_wall if outermost else config.low_wall
    joined = cv2.morphologyEx(core.view(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
    walls = np.zeros(count, dtype=bool)
    for part in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= _MIN_PART):
        if part == 0:
            continue
        inside = core & (labels == part)
        if float(np.percentile(height[inside], 98.0)) > config.high_wall:
            walls[part] = True
        elif plane_top > low_wall:
            walls[part] = _open_share(inside, behind) < config.open_top
    kept: BoolArray = core & walls[labels]
    return kept


def _open_share(inside: BoolArray, behind: BoolArray) -> float:
    """Returns the share of a part's columns above which something behind its plane shows."""
    columns = np.flatnonzero(inside.any(axis=0))
    first = np.argmax(inside[:, columns], axis=0)
    # A few pixels above the top edge: the edge itself has pixels of no sure depth.
    above = np.maximum(first - 3, 0)
    return float((behind[above, columns] & (first >= 3)).mean())


def _votes(normals: Float32Array, points: Float32Array) -> Int64Array:
    """Returns for each upright pixel the bin of its plane: azimuth, then distance."""
    azimuth = np.arctan2(normals[:, 1], normals[:, 0])
    turn = np.rint(azimuth * (_AZIMUTHS / (2 * np.pi))).astype(np.int64) % _AZIMUTHS
    angle = turn * (2 * np.pi / _AZIMUTHS)
    distance = points[:, 0] * np.cos(angle) + points[:, 1] * np.sin(angle)
    step = np.clip(np.rint(-distance / _OFFSET), 0, 255).astype(np.int64)
    bins: Int64Array = turn * 256 + step
    return bins


def _best_plane(
    votes: Int64Array,
    normals: Float32Array,
    points: Float32Array,
    free: BoolArray,
    least: float,
) -> tuple[Float32Array, np.float32] | None:
    """Returns the upright plane with the most votes of free pixels, refined, if it has enough."""
    counts = np.bincount(votes[free], minlength=_AZIMUTHS * 256).reshape(_AZIMUTHS, 256)
    # A plane between two bins votes for both.
    counts[:, :-1] += counts[:, 1:]
    counts += np.roll(counts, -1, axis=0)
    turn, step = divmod(int(np.argmax(counts)), 256)
    if counts[turn, step] < 0.5 * least:
        return None
    bins = [((turn + dt) % _AZIMUTHS) * 256 + step + ds for dt in (0, 1) for ds in (0, 1)]
    chosen = np.flatnonzero(free & np.isin(votes, bins))
    mean = normals[chosen, :2].mean(axis=0)
    normal = np.array([*mean / max(float(np.linalg.norm(mean)), 1e-6), 0.0], np.float32)
    return normal, np.float32(np.median(points[chosen] @ normal))
