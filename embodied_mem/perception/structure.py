"""The parts of a frame that belong to the building: floor, ceiling and walls."""

from dataclasses import dataclass

import cv2
import numpy as np

from embodied_mem.perception.components import label_quantiles, linked_components
from embodied_mem.perception.frame import Frame
from embodied_mem.perception.planes import UprightPlanes, find_upright_planes, near_plane
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Float64Array, IntArray

_LEVEL = 0.85
"""Cosine with the vertical from which on a surface is horizontal."""
_FARTHER = np.float32(0.2)
"""A step in depth, metres, past which another thing shows."""
_RELIEF = np.float32(0.06)
"""How far handles and plinths stand out of a front, metres."""
_LOOK_ACROSS = (2, 4)
"""Pixels beyond a border at which is looked for what lies behind."""
_MIN_PART = 12
"""Strided pixels of a part of a plane that is judged by itself."""
_MIN_WITNESS = 40
"""Strided pixels of a part that makes its whole plane a wall."""


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
    """Share of a wall's upper border above which something farther may show."""
    open_side: float = 0.08
    """The same for the whole border of a low part of a wall."""
    min_front: float = 0.4
    """Length of a front of furniture that is told apart from one square to it, metres."""


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """Where the building shows, and the long upright fronts that are not part of it."""

    floor: BoolArray
    ceiling: BoolArray
    walls: IntArray
    """(h, w) number of the wall from 1, 0 where there is none."""
    fronts: IntArray
    """(h, w) number of a long upright plane that is no wall, 0 elsewhere."""
    concave: BoolArray
    """(k, k) which fronts meet in an inner corner."""

    @property
    def mask(self) -> BoolArray:
        """(h, w) the building."""
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
    close = np.abs(height) < tolerance * np.where(good, np.float32(1.0), np.float32(0.5))
    floor = frame.valid & (close & ((up > 0.6) | ~good) | (height < -tolerance))
    ceiling = good & (up < -_LEVEL) & (height > config.ceiling)
    free = frame.valid & ~floor & ~ceiling
    least = config.min_share * frame.depth.size
    planes = find_upright_planes(frame, normals, good & free, tolerance, least)
    wall_core = _wall_parts(planes, height, frame.depth, config)
    front_core = np.where(wall_core > 0, 0, planes.of_pixel)
    front_core *= (planes.lengths >= config.min_front)[planes.of_pixel]
    walls, fronts = np.zeros(frame.shape, np.int32), np.zeros(frame.shape, np.int32)
    for number in _present(wall_core):
        near = near_plane(frame, normals, good, tolerance, planes, number)
        # Around things that hang flat on a wall, and at its edges, normals lean.
        grown = _grown(wall_core == number, 7)
        walls[grown & near & free & (walls == 0)] = number
    free &= walls == 0
    for number in _present(front_core) if planes.concave.any() else ():
        # A front takes in its handles and its plinth, which would join it with the next one.
        near = near_plane(frame, normals, good, tolerance + _RELIEF, planes, number)
        fronts[_grown(front_core == number, 15) & near & free & (fronts == 0)] = number
    return Structure(
        floor=floor, ceiling=ceiling, walls=walls, fronts=fronts, concave=planes.concave
    )


def level_surfaces(normals: Float32Array, good: BoolArray) -> BoolArray:
    """Tells which pixels lie on surfaces that face up."""
    return good & (normals[..., 2] > _LEVEL)


def _present(labels: IntArray) -> list[int]:
    """Returns the labels above 0 that occur, in order."""
    return [int(label) for label in np.flatnonzero(np.bincount(labels.ravel())) if label > 0]


def _grown(mask: BoolArray, size: int) -> BoolArray:
    """Returns a mask and the pixels within half of `size` of it."""
    return cv2.dilate(mask.view(np.uint8), np.ones((size, size), np.uint8)).view(bool)


def _wall_parts(
    planes: UprightPlanes, height: Float32Array, depth: Float32Array, config: StructureConfig
) -> IntArray:
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
    low_wall = np.where(planes.outermost, config.low_outermost_wall, config.low_wall)[owner]
    above, around = _open_shares(parts, depth, count)
    high = (top > config.high_wall) | ((top > low_wall) & (above < config.open_top))
    witness = np.zeros(len(planes), dtype=bool)
    witness[owner[high & (pixels >= _MIN_WITNESS)]] = True
    # A low part is wall only if nothing shows behind it on any side: chair backs have gaps.
    walls = witness[owner] & (high | (around < config.open_side)) & (pixels >= _MIN_PART)
    walls[0] = False
    return np.where(walls[parts], of_pixel, 0)


def _open_shares(
    parts: IntArray, depth: Float32Array, count: int
) -> tuple[Float64Array, Float64Array]:
    """Returns for each part the share of its border past which something farther shows.

    Returns:
        (count,) of the upper border alone, and of the border on all sides.
    """
    total, opened = np.zeros((2, count)), np.zeros((2, count))
    pad = max(_LOOK_ACROSS)
    around_parts, around_depth = np.pad(parts, pad), np.pad(depth, pad)
    for side, (dy, dx) in enumerate(((-1, 0), (1, 0), (0, -1), (0, 1))):
        beside = _shifted(around_parts, parts.shape, pad, dy, dx)
        border = np.flatnonzero((parts > 0) & (beside != parts))
        owner, limit = parts.ravel()[border], depth.ravel()[border] + _FARTHER
        # Some pixels on: the border itself has pixels of no sure depth.
        beyond = [
            _shifted(around_depth, parts.shape, pad, dy * step, dx * step).ravel()[border]
            for step in _LOOK_ACROSS
        ]
        farthest = np.max(beyond, axis=0)
        for kind in (0, 1) if side == 0 else (1,):
            total[kind] += np.bincount(owner, farthest > 0.0, count)
            opened[kind] += np.bincount(owner, farthest > limit, count)
    above, around = opened / np.maximum(total, 1.0)
    return above, around


def _shifted(padded: AnyArray, shape: tuple[int, ...], pad: int, down: int, right: int) -> AnyArray:
    """Returns the part of a padded image that lies so many pixels down and right."""
    return padded[pad + down : pad + down + shape[0], pad + right : pad + right + shape[1]]
