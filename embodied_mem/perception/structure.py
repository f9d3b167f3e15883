"""The parts of a frame that belong to the building: floor, ceiling and walls."""

from dataclasses import dataclass

import cv2
import numpy as np

from embodied_mem.perception.components import label_quantiles, linked_components
from embodied_mem.perception.frame import Frame
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Int64Array, IntArray

_LEVEL = 0.85
"""Cosine with the vertical from which on a surface is horizontal."""
_UPRIGHT = 0.2
"""Largest vertical part of the normal of an upright surface."""
_AZIMUTHS = 72
_OFFSET = 0.05
"""Metres between the planes that upright surfaces vote for."""
_OFFSETS = 256
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


@dataclass(frozen=True, slots=True, eq=False)
class _Planes:
    """Upright planes of a frame, the largest first; row 0 stands for none."""

    of_pixel: IntArray
    """(h, w) the plane that a pixel surely lies on."""
    near: BoolArray
    """(k, h, w) pixels within the tolerance of a plane, whatever way they face."""
    leaning: BoolArray
    """(k, h, w) pixels whose normal is at most far off."""
    behind: BoolArray
    """(k, h, w) pixels behind a plane."""


def _find_walls(
    frame: Frame,
    normals: Float32Array,
    good: BoolArray,
    free: BoolArray,
    height: Float32Array,
    tolerance: Float32Array,
    config: StructureConfig,
) -> IntArray:
    planes = _find_planes(frame, normals, good, free, tolerance, config)
    core = _wall_parts(planes, height, config)
    walls = np.zeros(frame.shape, np.int32)
    for number in range(1, len(planes.near)):
        part = (core == number).view(np.uint8)
        if part.any():
            # Around things that hang flat on a wall, and at its edges, normals lean.
            grown = cv2.dilate(part, np.ones((7, 7), np.uint8)).view(bool)
            within = planes.near[number] & planes.leaning[number] & (walls == 0)
            walls[grown & within] = number
    return walls


def _find_planes(
    frame: Frame,
    normals: Float32Array,
    good: BoolArray,
    free: BoolArray,
    tolerance: Float32Array,
    config: StructureConfig,
) -> _Planes:
    eye = frame.observation.T_world_camera[:3, 3].astype(np.float32)
    points = frame.points - eye  # small numbers, so that float32 planes are exact
    upright = good & (np.abs(normals[..., 2]) < _UPRIGHT)
    chosen = np.flatnonzero(upright)
    least = config.min_share * frame.depth.size
    votes = _votes(normals.reshape(-1, 3)[chosen], points.reshape(-1, 3)[chosen])
    of_pixel = np.zeros(frame.shape, np.int32)
    nothing = np.zeros(frame.shape, dtype=bool)
    near, leaning, behind = [nothing], [nothing], [nothing]
    taken = np.zeros(len(chosen), dtype=bool)
    for _ in range(_MAX_PLANES):
        plane = _best_plane(votes, normals.reshape(-1, 3), points.reshape(-1, 3), chosen, taken)
        if plane is None or plane[2] < 0.5 * least:
            break
        normal, offset, _ = plane
        distance = points @ normal - offset
        close = free & (np.abs(distance) < tolerance)
        facing = normals @ normal
        core = close & good & (facing > _SAME_WALL) & (of_pixel == 0)
        taken |= core.ravel()[chosen]
        if core.sum() >= least:
            of_pixel[core] = len(near)
            near.append(close)
            leaning.append(~good | (facing > _LEANING))
            behind.append(frame.valid & (distance < -_BEHIND))
    return _Planes(of_pixel, np.stack(near), np.stack(leaning), np.stack(behind))


def _wall_parts(planes: _Planes, height: Float32Array, config: StructureConfig) -> IntArray:
    """Keeps the connected parts of planes that are wall: furniture may stand in one plane with it.

    Returns:
        (h, w) number of the plane, 0 where no wall is.
    """
    of_pixel = planes.of_pixel
    parts = linked_components(
        of_pixel > 0, of_pixel[:, 1:] == of_pixel[:, :-1], of_pixel[1:] == of_pixel[:-1]
    )
    count = int(parts.max(initial=0)) + 1
    owner = np.zeros(count, np.int64)
    owner[parts] = of_pixel
    pixels = np.bincount(parts.ravel(), minlength=count)
    (top,) = label_quantiles(parts, height, (0.98,), count)
    (plane_top,) = label_quantiles(of_pixel, height, (0.98,), len(planes.near))
    outermost = planes.behind.mean(axis=(1, 2)) < 0.02
    low_wall = np.where(outermost, config.low_outermost_wall, config.low_wall)
    high_plane = plane_top > low_wall
    closed = _open_share(parts, planes, count) < config.open_top
    walls = (top > config.high_wall) | (high_plane[owner] & closed)
    walls &= pixels >= _MIN_PART
    walls[0] = False
    return np.where(walls[parts], of_pixel, 0)


def _open_share(parts: IntArray, planes: _Planes, count: int) -> Float64Array:
    """Returns for each part the share of its upper edge above which something behind it shows."""
    edge = parts > 0
    edge[1:] &= parts[1:] != parts[:-1]
    row, column = np.nonzero(edge)
    # A few pixels above the edge: the edge itself has pixels of no sure depth.
    above = np.maximum(row - 3, 0)
    opened = planes.behind[planes.of_pixel[row, column], above, column] & (row >= 3)
    owner = parts[row, column]
    total = np.bincount(owner, minlength=count)
    return np.bincount(owner, opened, count) / np.maximum(total, 1)


def _votes(normals: Float32Array, points: Float32Array) -> Int64Array:
    """Returns for each upright pixel the bin of its plane: azimuth, then distance."""
    azimuth = np.arctan2(normals[:, 1], normals[:, 0])
    turn = np.rint(azimuth * (_AZIMUTHS / (2 * np.pi))).astype(np.int64) % _AZIMUTHS
    angle = turn * (2 * np.pi / _AZIMUTHS)
    distance = points[:, 0] * np.cos(angle) + points[:, 1] * np.sin(angle)
    step = np.clip(np.rint(-distance / _OFFSET), 0, _OFFSETS - 1).astype(np.int64)
    bins: Int64Array = turn * _OFFSETS + step
    return bins


def _best_plane(
    votes: Int64Array,
    normals: Float32Array,
    points: Float32Array,
    pixels: Int64Array,
    taken: BoolArray,
) -> tuple[Float32Array, np.float32, int] | None:
    """Returns normal, offset and votes of the upright plane that most free pixels vote for."""
    free = np.flatnonzero(~taken)
    counts = np.bincount(votes[free], minlength=_AZIMUTHS * _OFFSETS)
    grid = counts.reshape(_AZIMUTHS, _OFFSETS).copy()
    # A plane between two bins votes for both.
    grid[:, :-1] += grid[:, 1:]
    grid += np.roll(grid, -1, axis=0)
    turn, step = divmod(int(np.argmax(grid)), _OFFSETS)
    if grid[turn, step] == 0:
        return None
    chosen = np.zeros(_AZIMUTHS * _OFFSETS, dtype=bool)
    for other in (turn, (turn + 1) % _AZIMUTHS):
        chosen[other * _OFFSETS + step : other * _OFFSETS + step + 2] = True
    supporters = pixels[free[chosen[votes[free]]]]
    mean = normals[supporters, :2].mean(axis=0)
    normal = np.array([*mean / max(float(np.linalg.norm(mean)), 1e-6), 0.0], np.float32)
    offset = np.float32(np.median(points[supporters] @ normal))
    return normal, offset, int(grid[turn, step])
