"""The large upright planes of a frame: walls, and the fronts of furniture."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.perception.components import median
from embodied_mem.perception.frame import Frame
from embodied_mem.types import BoolArray, Float32Array, Int64Array, IntArray

_UPRIGHT = 0.2
"""Largest vertical part of the normal of an upright surface."""
_AZIMUTHS = 72
_OFFSET = 0.05
"""Metres between the planes that upright surfaces vote for."""
_OFFSETS = 128
_FACING = np.float32(np.cos(np.deg2rad(25.0)))
"""Normals within this of a plane's surely lie on it."""
_LEANING = np.float32(np.cos(np.deg2rad(60.0)))
_MAX_PLANES = 6
_BEHIND = 0.2
"""Metres behind a plane from which on a point is not on it."""
_OUTERMOST = 0.02
"""Share of the picture that may lie behind the outermost planes."""
_SAMPLE = 7
_EVEN = np.sqrt(12.0)
"""How many standard deviations long an evenly filled line is."""


@dataclass(frozen=True, slots=True, eq=False)
class UprightPlanes:
    """k - 1 upright planes n . p = d, p from the camera's place; row 0 stands for none."""

    of_pixel: IntArray
    """(h, w) the plane that a pixel surely lies on, 0 for none."""
    normals: Float32Array
    """(k, 3) unit, towards the camera."""
    offsets: Float32Array
    """(k,) metres, negative."""
    outermost: BoolArray
    """(k,) whether nothing in the picture lies behind a plane."""
    lengths: Float32Array
    """(k,) how long the seen part is along the floor, metres."""
    concave: BoolArray
    """(k, k) whether two planes meet as the walls of a room do, not as the sides of a box."""

    def __len__(self) -> int:
        return len(self.offsets)


def find_upright_planes(
    frame: Frame,
    normals: Float32Array,
    usable: BoolArray,
    tolerance: Float32Array,
    min_pixels: float,
) -> UprightPlanes:
    """Finds planes by the votes of the upright pixels for azimuth and distance.

    Args:
        frame: The frame.
        normals: (h, w, 3) unit normals in the world frame.
        usable: (h, w) pixels with a sure normal that may vote.
        tolerance: (h, w) metres from a plane that belong to it.
        min_pixels: The least size of a plane.
    """
    eye = frame.observation.T_world_camera[:3, 3].astype(np.float32)
    chosen = np.flatnonzero(usable & (np.abs(normals[..., 2]) < _UPRIGHT))
    points = frame.points.reshape(-1, 3)[chosen] - eye  # small numbers keep float32 exact
    facing, limit = normals.reshape(-1, 3)[chosen], tolerance.ravel()[chosen]
    votes = _votes(facing, points)
    owner = np.zeros(len(chosen), np.int32)
    free = np.ones(len(chosen), dtype=bool)
    planes: list[Float32Array] = [np.zeros(4, np.float32)]
    for _ in range(_MAX_PLANES):
        voters = _largest_vote(votes, free)
        if len(voters) < 0.5 * min_pixels:
            break
        mean = facing[voters, :2].mean(axis=0)
        normal = np.array([*mean / max(float(np.linalg.norm(mean)), 1e-6), 0.0], np.float32)
        along = (points @ normal).astype(np.float32)
        offset = median(along[voters])
        inlier = free & (np.abs(along - offset) < limit) & (facing @ normal > _FACING)
        free &= ~inlier
        free[voters] = False
        if np.count_nonzero(inlier) >= min_pixels:
            owner[inlier] = len(planes)
            planes.append(np.array([*normal, offset], np.float32))
    of_pixel = np.zeros(frame.shape, np.int32)
    of_pixel.ravel()[chosen] = owner
    return _described(frame, of_pixel, np.stack(planes), owner, points)


def near_plane(
    frame: Frame,
    normals: Float32Array,
    good: BoolArray,
    tolerance: Float32Array,
    planes: UprightPlanes,
    number: int,
) -> BoolArray:
    """Returns the (h, w) pixels within the tolerance of a plane that do not face away from it."""
    normal = planes.normals[number]
    eye = frame.observation.T_world_camera[:3, 3].astype(np.float32)
    distance = frame.points.reshape(-1, 3) @ normal - (planes.offsets[number] + eye @ normal)
    leaning = normals.reshape(-1, 3) @ normal > _LEANING
    near = (np.abs(distance) < tolerance.ravel()) & (leaning | ~good.ravel())
    near_image: BoolArray = near.reshape(frame.shape) & frame.valid
    return near_image


def _votes(normals: Float32Array, points: Float32Array) -> Int64Array:
    """Returns for each pixel the bin of its plane: azimuth, then distance."""
    azimuth = np.arctan2(normals[:, 1], normals[:, 0])
    turn = np.rint(azimuth * np.float32(_AZIMUTHS / (2 * np.pi))).astype(np.int64) % _AZIMUTHS
    angle = np.arange(_AZIMUTHS) * (2 * np.pi / _AZIMUTHS)
    cosine, sine = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
    distance = points[:, 0] * cosine[turn] + points[:, 1] * sine[turn]
    step = np.clip(np.rint(distance * np.float32(-1.0 / _OFFSET)), 0, _OFFSETS - 1)
    bins: Int64Array = turn * _OFFSETS + step.astype(np.int64)
    return bins


def _largest_vote(votes: Int64Array, free: BoolArray) -> Int64Array:
    """Returns the free pixels of the four neighbouring bins that together hold the most."""
    left = np.flatnonzero(free)
    grid = np.bincount(votes[left], minlength=_AZIMUTHS * _OFFSETS).reshape(_AZIMUTHS, _OFFSETS)
    pairs = grid + np.roll(grid, -1, axis=0)
    pairs[:, :-1] += pairs[:, 1:]
    turn, step = divmod(int(np.argmax(pairs)), _OFFSETS)
    chosen = np.zeros((_AZIMUTHS, _OFFSETS), dtype=bool)
    chosen[[turn, (turn + 1) % _AZIMUTHS], step : step + 2] = True
    return left[chosen.ravel()[votes[left]]]


def _described(
    frame: Frame, of_pixel: IntArray, planes: Float32Array, owner: IntArray, points: Float32Array
) -> UprightPlanes:
    count = len(planes)
    normals, offsets = planes[:, :3], planes[:, 3]
    eye = frame.observation.T_world_camera[:3, 3].astype(np.float32)
    sample = np.flatnonzero(frame.valid)[::_SAMPLE]
    apart = (frame.points.reshape(-1, 3)[sample] - eye) @ normals.T - offsets
    outermost = np.count_nonzero(apart < -_BEHIND, axis=0) < _OUTERMOST * max(len(sample), 1)
    centres, lengths = np.zeros((count, 3), np.float32), np.zeros(count, np.float32)
    for number in range(1, count):
        inside = points[owner == number]
        centres[number] = inside.mean(axis=0)
        along = inside[:, :2] @ np.array([-normals[number, 1], normals[number, 0]], np.float32)
        lengths[number] = along.std() * _EVEN
    before = centres @ normals.T - offsets > 0.05  # (l, k): centre of l lies before plane k
    return UprightPlanes(
        of_pixel=of_pixel,
        normals=normals,
        offsets=offsets,
        outermost=outermost,
        lengths=lengths,
        concave=before & before.T,
    )
