"""Which way is up in a recording, and where its floor is, from a handful of its frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embodied_mem.perception.frame import Frame
from embodied_mem.perception.normals import world_normals
from embodied_mem.types import Float64Array

_SEARCH = np.deg2rad(40.0)
"""How far the first guess of up may be off."""
_VOTE = np.deg2rad(6.0)
"""Normals this close to a direction vote for it."""
_LEAST_SUPPORT = 0.02
"""Share of all normals that the up direction must have, else the first guess stays."""
_BIN = 0.02
"""Metres of height in which points of one level are counted."""
_LEVEL_SHARE = 0.03
"""Share of the upward-facing points that the floor must have."""
_SAMPLE = 17
"""Every so-many-th pixel of a frame is used."""


@dataclass(frozen=True, slots=True, eq=False)
class _Surfaces:
    """Sampled points and normals in the recording's world, and the cameras that saw them."""

    points: Float64Array
    normals: Float64Array
    cameras: Float64Array
    """(f, 4, 4)"""


def estimate_alignment(frames: Sequence[Frame], upright: bool) -> Float64Array:
    """Finds the world frame of a recording: z up, floor at 0, walls along the axes.

    Up is the direction near the cameras' own up that most surfaces face; the floor is the lowest
    level with a fair share of the surfaces that face up. The axes are turned by the walls, such
    that the first camera looks along x as nearly as a quarter turn allows, and the origin is the
    ground point of the first camera.

    Args:
        frames: A few frames from all over the recording, poses in the recording's world.
        upright: Whether the recording's world is known to have z up; then nothing is turned, and
            only a floor within 0.2 m of z = 0 moves it up or down.

    Returns:
        (4, 4) T_world_recording.
    """
    surfaces = _sample(frames)
    if upright:
        return _upright(surfaces)
    up = _refined_up(surfaces, _first_guess(surfaces.cameras))
    rotation = _levelled(up, surfaces)
    heights = surfaces.points @ up
    floor = _floor_height(heights, surfaces.normals @ up)
    T_world_recording = np.eye(4)
    T_world_recording[:3, :3] = rotation
    ground = rotation @ surfaces.cameras[0, :3, 3]
    T_world_recording[:3, 3] = -ground[0], -ground[1], -floor
    return T_world_recording


def _sample(frames: Sequence[Frame]) -> _Surfaces:
    points, normals = [np.zeros((0, 3))], [np.zeros((0, 3))]
    for frame in frames:
        normal, good = world_normals(frame)
        index = np.flatnonzero(good)[::_SAMPLE]
        points.append(frame.points.reshape(-1, 3)[index].astype(np.float64))
        normals.append(normal.reshape(-1, 3)[index].astype(np.float64))
    cameras = np.stack([frame.observation.T_world_camera for frame in frames])
    return _Surfaces(np.concatenate(points), np.concatenate(normals), cameras)


def _upright(surfaces: _Surfaces) -> Float64Array:
    floor = _floor_height(surfaces.points[:, 2], surfaces.normals[:, 2])
    T_world_recording = np.eye(4)
    if abs(floor) < 0.2:
        T_world_recording[2, 3] = -floor
    return T_world_recording


def _first_guess(cameras: Float64Array) -> Float64Array:
    """Returns the direction nearest to the pictures' up that is level with the pictures' rows.

    A hand-held camera looks up and down more than it rolls: up is square to every picture's x
    axis, and on the whole along minus its y axis.
    """
    rows, upward = cameras[:, :3, 0], -cameras[:, :3, 1].mean(axis=0)
    _, vectors = np.linalg.eigh(rows.T @ rows / len(rows) - 0.2 * np.outer(upward, upward))
    guess: Float64Array = vectors[:, 0]
    return guess if guess @ upward > 0 else -guess


def _refined_up(surfaces: _Surfaces, guess: Float64Array) -> Float64Array:
    normals = surfaces.normals
    if len(normals) == 0:
        return guess
    candidates = _cap(guess)
    facing = np.abs(normals @ candidates.T) > np.cos(_VOTE)
    support = facing.mean(axis=0)
    best = int(np.argmax(support * (candidates @ guess)))
    if support[best] < _LEAST_SUPPORT:
        return guess
    up: Float64Array = candidates[best]
    for angle in np.deg2rad([8.0, 6.0, 5.0, 4.0, 4.0, 4.0]):
        along = normals @ up
        near = np.abs(along) > np.cos(angle)
        if not near.any():
            break
        mean = (normals[near] * np.sign(along[near])[:, None]).mean(axis=0)
        up = mean / np.linalg.norm(mean)
    return up


def _cap(centre: Float64Array) -> Float64Array:
    """Returns directions about 3 degrees apart, spread evenly within the search angle."""
    count = 800
    index = np.arange(count)
    z = 1.0 - (1.0 - np.cos(_SEARCH)) * index / (count - 1)
    angle = np.pi * (3.0 - np.sqrt(5.0)) * index  # the golden angle (a Fibonacci lattice)
    radius = np.sqrt(1.0 - z * z)
    side, other = _across(centre)
    local = np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)
    cap: Float64Array = local @ np.stack([side, other, centre])
    return cap


def _across(axis: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Returns two unit vectors that make a right-handed frame with an axis as the third."""
    helper = np.eye(3)[int(np.argmin(np.abs(axis)))]
    side = np.cross(helper, axis)
    side /= np.linalg.norm(side)
    return side, np.cross(axis, side)


def _levelled(up: Float64Array, surfaces: _Surfaces) -> Float64Array:
    """Returns the rotation to z up with the walls along the axes."""
    side, other = _across(up)
    rotation = np.stack([side, other, up])
    walls = surfaces.normals[np.abs(surfaces.normals @ up) < np.sin(_VOTE)] @ rotation.T
    ahead = rotation @ surfaces.cameras[0, :3, 2]
    yaw = np.arctan2(ahead[1], ahead[0])
    if len(walls):
        # Directions a quarter turn apart are one: the angle is found at four times its size.
        turned = np.exp(4j * np.arctan2(walls[:, 1], walls[:, 0])).mean()
        if abs(turned) > 0.1:
            wall = np.angle(turned) / 4
            yaw = wall + np.pi / 2 * np.round((yaw - wall) / (np.pi / 2))
    c, s = np.cos(yaw), np.sin(yaw)
    levelled: Float64Array = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]) @ rotation
    return levelled


def _floor_height(heights: Float64Array, facing: Float64Array) -> float:
    """Returns the lowest level that many upward-facing points share, metres."""
    if len(heights) == 0:
        return 0.0
    level = heights[facing > np.cos(2 * _VOTE)]
    if len(level) == 0:
        return float(np.percentile(heights, 1.0))
    low = float(level.min())
    counts = np.bincount(((level - low) / _BIN).astype(np.int64), minlength=4)
    around = np.convolve(counts, np.ones(3), mode="same")
    peak = int(np.argmax(around >= _LEVEL_SHARE * len(level)))
    if around[peak] < _LEVEL_SHARE * len(level):
        return float(np.percentile(level, 1.0))
    while peak + 1 < len(around) and around[peak + 1] > around[peak]:
        peak += 1
    centre = low + (peak + 0.5) * _BIN
    return float(np.median(level[np.abs(level - centre) <= 2.0 * _BIN]))
