"""What a body senses and what it is told: the types that every other module shares.

Conventions (the whole project): metres, radians, right-handed world with z up; body frame x
forward, y left, z up; camera frame as OpenCV has it (x right, y down, z forward); `T_a_b` maps
points in b to points in a; depth is z-depth in metres, 0 where invalid; time is integer ticks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from embodied_mem.errors import ObservationError

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
IntArray = NDArray[np.int32]
Int64Array = NDArray[np.int64]
UInt8Array = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Intrinsics:
    """A pinhole camera without distortion, in pixels; pixel centres lie on whole numbers."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    @classmethod
    def from_hfov(cls, width: int, height: int, hfov: float) -> Self:
        """Builds square-pixel intrinsics from the horizontal field of view in radians.

        >>> Intrinsics.from_hfov(128, 128, np.pi / 2).fx
        64.0
        """
        focal = float(round(0.5 * width / np.tan(0.5 * hfov), 9))
        return cls(
            width=width,
            height=height,
            fx=focal,
            fy=focal,
            cx=0.5 * (width - 1),
            cy=0.5 * (height - 1),
        )

    @property
    def matrix(self) -> Float64Array:
        """The 3x3 camera matrix K."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """What a body is asked to do for one tick; velocities in the body frame."""

    forward: float = 0.0
    """Forward speed, m/s; negative is backward."""
    turn: float = 0.0
    """Yaw rate, rad/s; positive is to the left."""
    tilt: float = 0.0
    """Camera tilt rate, rad/s; positive looks up."""
    joints: tuple[float, ...] | None = None
    """Where an arm's joints are to be at the end of the tick, rad; None holds them."""
    gripper: float | None = None
    """How far apart an arm's fingers are to be, m; they press where that is less than what they
    hold. None leaves them as they are."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Observation:
    """One timestep of one camera: what was seen, from where, and when."""

    rgb: UInt8Array
    """(H, W, 3) colour, RGB order."""
    depth: Float32Array
    """(H, W) z-depth in metres, 0 where invalid."""
    intrinsics: Intrinsics
    T_world_camera: Float64Array
    """(4, 4) camera pose."""
    T_world_body: Float64Array
    """(4, 4) body pose: on the floor between the wheels; for a free camera, its ground point."""
    tick: int
    seconds_per_tick: float = 1.0
    instance: IntArray | None = None
    """(H, W) instance ids of a simulator, 0 for background; ids mean nothing across visits."""
    labels: Mapping[int, str] = field(default_factory=dict)
    """Category of each instance id in this frame, where a simulator gives ids."""
    proprioception: Mapping[str, float] = field(default_factory=dict)
    """Named body readings, such as `tilt` (rad) and `collided` (0 or 1)."""
    agent: str = "agent"
    camera: str = "front"

    def __post_init__(self) -> None:
        """Checks shapes and types once, at the border.

        Raises:
            ObservationError: If an array has the wrong shape or type or the pose is not finite.
        """
        shape = (self.intrinsics.height, self.intrinsics.width)
        if self.rgb.shape != (*shape, 3) or self.rgb.dtype != np.uint8:
            raise ObservationError(
                f"rgb is {self.rgb.dtype} {self.rgb.shape}; expected uint8 {(*shape, 3)}"
            )
        if self.depth.shape != shape or self.depth.dtype != np.float32:
            raise ObservationError(
                f"depth is {self.depth.dtype} {self.depth.shape}; expected float32 {shape}"
            )
        if self.instance is not None and self.instance.shape != shape:
            raise ObservationError(f"instance is {self.instance.shape}; expected {shape}")
        for name, pose in (("camera", self.T_world_camera), ("body", self.T_world_body)):
            if pose.shape != (4, 4) or not np.isfinite(pose).all():
                raise ObservationError(f"T_world_{name} must be a finite 4x4 matrix, got {pose}")

    def told_in(self, T_other_world: Float64Array) -> Self:
        """Returns it with its poses told in another world.

        Args:
            T_other_world: (4, 4): maps points of its own world to that.
        """
        return replace(
            self,
            T_world_camera=T_other_world @ self.T_world_camera,
            T_world_body=T_other_world @ self.T_world_body,
        )
