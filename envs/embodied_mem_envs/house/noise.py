"""Errors of real sensors: structured-light depth and drifting odometry."""

from dataclasses import dataclass
from math import cos, hypot, pi, sin, sqrt

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import Float32Array

Pose = tuple[float, float, float]
"""x, y and yaw."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SensorNoise:
    """How large the errors are; the defaults are those of a Kinect-class camera and good odometry.

    The depth model follows the published measurements of structured-light cameras: noise across
    the line of sight that shifts edges, noise along it that grows with the square of the distance,
    and disparity in steps of an eighth of a pixel.
    """

    depth_sigma: float = 0.0012
    """Standard deviation of depth at 1 m, metres; grows with the square of the distance."""
    baseline: float = 0.075
    """Distance of projector and camera, metres; quantises depth through disparity. 0 is off."""
    disparity_step: float = 0.125
    """Smallest step of the disparity, pixels of a 640-pixel image."""
    edge_shift: float = 0.5
    """Standard deviation of the pixel that depth is read from, pixels of a 640-pixel image."""
    grazing: float = 0.12
    """Surfaces whose normal makes an angle with a cosine below this give no depth."""
    dropout: float = 0.002
    """Share of all pixels that give no depth by chance."""
    max_range: float = 8.0
    """Farthest distance that gives depth, metres."""
    drift_translation: float = 0.004
    """Standard deviation of the drift per metre driven, along each axis, metres."""
    drift_yaw: float = 0.002
    """Standard deviation of the yaw drift per metre driven and per radian turned, rad."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a size is negative or a share is above 1.
        """
        for name in self.__slots__:
            value = float(getattr(self, name))
            if value < 0.0 or (name in ("grazing", "dropout") and value > 1.0):
                raise ConfigError(f"noise {name} is {value}; expected 0 or more, shares up to 1")


def noisy_depth(
    depth: Float32Array, focal: float, noise: SensorNoise, rng: np.random.Generator
) -> Float32Array:
    """Returns a depth image as a structured-light camera would give it.

    Args:
        depth: (H, W) exact z-depth, metres, 0 where invalid.
        focal: Focal length, pixels.
        noise: The sizes of the errors.
        rng: The source of chance.
    """
    height, width = depth.shape
    scale = width / 640.0
    rows, columns = np.indices((height, width), np.float32)
    shift = rng.standard_normal((2, height, width), np.float32) * np.float32(
        noise.edge_shift * scale
    )
    rows = np.clip(np.rint(rows + shift[0]), 0, height - 1).astype(np.intp)
    columns = np.clip(np.rint(columns + shift[1]), 0, width - 1).astype(np.intp)
    z = depth[rows, columns]
    sigma = np.float32(noise.depth_sigma) * z * z
    z = z + sigma * rng.standard_normal(z.shape, np.float32)
    if noise.baseline > 0.0 and noise.disparity_step > 0.0:
        z = _quantised(z, noise.baseline * focal / scale, noise.disparity_step)
    invalid = (depth[rows, columns] <= 0.0) | (z > noise.max_range)
    invalid |= _facing(depth, focal) < noise.grazing
    invalid |= rng.random(z.shape, np.float32) < noise.dropout
    return np.where(invalid, np.float32(0.0), z).astype(np.float32)


def _quantised(z: Float32Array, reach: float, step: float) -> Float32Array:
    """Rounds depth to whole steps of disparity; `reach` is baseline times focal length."""
    safe = np.maximum(z, 0.05)
    steps = np.maximum(np.rint(reach / safe / step), 1.0)
    result: Float32Array = (reach / (steps * step)).astype(np.float32)
    return result


def _facing(depth: Float32Array, focal: float) -> Float32Array:
    """Returns about the cosine between the line of sight and the surface normal.

    At depth edges the slope is steep, so they count as grazing: that is the shadow which a
    structured-light camera shows there.
    """
    pixel = np.maximum(depth, 1e-3) / np.float32(focal)
    slope_y, slope_x = np.gradient(depth)
    steep = np.hypot(slope_x / pixel, slope_y / pixel)
    result: Float32Array = (1.0 / np.sqrt(1.0 + steep * steep)).astype(np.float32)
    return result


class PoseDrift:
    """Odometry: adds up the moves of a body with an error in each, as wheels do."""

    def __init__(self, noise: SensorNoise, rng: np.random.Generator, pose: Pose) -> None:
        self._noise = noise
        self._rng = rng
        self._pose = pose

    @property
    def pose(self) -> Pose:
        """The x, y, yaw that odometry believes."""
        return self._pose

    def advance(self, before: Pose, after: Pose) -> None:
        """Adds one true move, from `before` to `after`, with its error.

        The variances grow with the way driven (and, for the yaw, with the angle turned).
        """
        c, s = cos(before[2]), sin(before[2])
        dx, dy = after[0] - before[0], after[1] - before[1]
        turned = (after[2] - before[2] + pi) % (2 * pi) - pi
        driven = hypot(dx, dy)
        errors = self._rng.standard_normal(3)
        errors[:2] *= self._noise.drift_translation * sqrt(driven)
        errors[2] *= self._noise.drift_yaw * sqrt(driven + abs(turned))
        forward = c * dx + s * dy + float(errors[0])
        left = c * dy - s * dx + float(errors[1])
        x, y, yaw = self._pose
        self._pose = (
            x + cos(yaw) * forward - sin(yaw) * left,
            y + sin(yaw) * forward + cos(yaw) * left,
            yaw + turned + float(errors[2]),
        )
