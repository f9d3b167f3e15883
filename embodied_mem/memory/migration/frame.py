"""A change of the world frame: a turn about the vertical and a shift."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.errors import ConfigError
from embodied_mem.memory.record import Pose
from embodied_mem.types import Float64Array

_RIGHT: Final = 0.5 * np.pi
_EXACT: Final = 1e-9
_UPRIGHT: Final = 1e-6
_NOISE: Final = 1e-11
"""Metres of rounding that a way there and back leaves; see `tidy`."""
_FARTHEST: Final = 1e6


@final
@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Maps points of the old world frame to the new one; both have z up.

    Args:
        yaw: Turn about z, rad; one that is a right angle but for rounding is that.
        shift: Where the old origin lies in the new frame, metres.

    Raises:
        ConfigError: If a number is not finite, or the shift is over 1000 km.
    """

    yaw: float
    shift: tuple[float, float, float]

    def __post_init__(self) -> None:
        """Checks the numbers, and snaps the turn to a right angle."""
        if not np.isfinite([self.yaw, *self.shift]).all() or len(self.shift) != 3:
            raise ConfigError(f"a frame is made of finite numbers, not {self.yaw}, {self.shift}")
        if max(map(abs, self.shift)) > _FARTHEST:
            raise ConfigError(f"a frame may be shifted by up to 1000 km, not by {self.shift}")
        yaw = float(np.remainder(self.yaw, 2.0 * np.pi))
        quarter = round(yaw / _RIGHT)
        if abs(yaw - quarter * _RIGHT) < _EXACT:
            yaw = (quarter % 4) * _RIGHT
        object.__setattr__(self, "yaw", yaw)
        x, y, z = map(float, self.shift)
        object.__setattr__(self, "shift", (x, y, z))

    @classmethod
    def of(cls, T: ArrayLike) -> "Frame":
        """Reads a (4, 4) transform T_new_old.

        Raises:
            ConfigError: If it is no rigid motion, or would tilt the vertical: boxes, maps and
                floors are upright and could not follow.
        """
        matrix = np.asarray(T, np.float64)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            raise ConfigError(f"a frame is a finite 4x4 transform, not of shape {matrix.shape}")
        turn = matrix[:3, :3]
        rigid = np.allclose(turn @ turn.T, np.eye(3), atol=_UPRIGHT) and np.linalg.det(turn) > 0.0
        if not rigid or not np.allclose(matrix[3], (0.0, 0.0, 0.0, 1.0), atol=_UPRIGHT):
            raise ConfigError("a frame is a rotation and a shift; this one scales, shears or flips")
        if abs(turn[2, 2] - 1.0) > _UPRIGHT:
            raise ConfigError(
                "the new frame must keep z up: give a turn about z and a shift; boxes, maps and "
                "floors are upright and cannot be tilted"
            )
        x, y, z = matrix[:3, 3].tolist()
        return cls(float(np.arctan2(turn[1, 0], turn[0, 0])), (x, y, z))

    @property
    def quarters(self) -> int | None:
        """How many right angles it turns by, 0 to 3; None for any other turn."""
        quarter = round(self.yaw / _RIGHT)
        return quarter % 4 if self.yaw == (quarter % 4) * _RIGHT else None

    @property
    def inverse(self) -> "Frame":
        """The way back."""
        x, y, z = (-turned for turned in Frame(-self.yaw, (0.0, 0.0, 0.0)).vector(self.shift))
        return Frame(-self.yaw, (x, y, z))

    @property
    def rotation(self) -> Float64Array:
        """The turn, (2, 2); exact for right angles."""
        cosine, sine = np.cos(self.yaw), np.sin(self.yaw)
        if self.quarters is not None:
            cosine, sine = np.round(cosine), np.round(sine)
        return np.array([[cosine, -sine], [sine, cosine]]) + 0.0

    def vector(self, values: Sequence[float]) -> tuple[float, ...]:
        """Turns a direction or an offset of 2 or 3 numbers."""
        turned = self.rotation @ np.asarray(values[:2], np.float64)
        return (*map(tidy, turned.tolist()), *map(float, values[2:]))

    def point(self, values: Sequence[float]) -> tuple[float, ...]:
        """Moves a point of 2 or 3 numbers, metres."""
        turned = self.rotation @ np.asarray(values[:2], np.float64)
        parts = (*turned.tolist(), *map(float, values[2:]))
        return tuple(tidy(part + by) for part, by in zip(parts, self.shift, strict=False))

    def pose(self, pose: Pose, *, turned: bool = True) -> Pose:
        """Moves a pose.

        Args:
            pose: x, y, z, metres, and a quaternion w, x, y, z.
            turned: False where the direction of the pose says nothing, and stays.
        """
        x, y, z = self.point(pose[:3])
        qw, qx, qy, qz = self._quaternion(pose[3:]) if turned else pose[3:]
        return (x, y, z, qw, qx, qy, qz)

    def _quaternion(self, old: Sequence[float]) -> tuple[float, ...]:
        if self.yaw == 0.0:
            return tuple(old)
        cosine, sine = np.cos(0.5 * self.yaw), np.sin(0.5 * self.yaw)
        w, x, y, z = old
        new = (
            cosine * w - sine * z,
            cosine * x - sine * y,
            cosine * y + sine * x,
            cosine * z + sine * w,
        )
        tidied = tuple(tidy(float(part)) for part in new)
        first = next((part for part in tidied if part), 1.0)
        return tuple(-part + 0.0 for part in tidied) if first < 0.0 else tidied

    def box(
        self, low: Sequence[float], high: Sequence[float]
    ) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Returns the upright box, along the new axes, that just holds an old one.

        By right angles sides swap at most; by a turn of yaw the sides of the floor plan a, b
        become a |cos| + b |sin| and a |sin| + b |cos|.
        """
        corners = [
            self.point((x, y, z))
            for x in (low[0], high[0])
            for y in (low[1], high[1])
            for z in (low[2], high[2])
        ]
        lowest, highest = np.min(corners, axis=0), np.max(corners, axis=0)
        return tuple(lowest.tolist()), tuple(highest.tolist())


def tidy(value: float) -> float:
    """Takes away the rounding of a way there and back.

    A number that is, but for 1e-11, one of six decimals or one of single precision, becomes that:
    these are what memories hold.

    >>> tidy(0.1 + 0.2)
    0.3
    """
    for near in (round(value, 6), float(np.float32(value))):
        if abs(near - value) <= _NOISE:
            return near + 0.0
    return value
