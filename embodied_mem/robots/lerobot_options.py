"""What must be told of a LeRobot robot that its own features do not say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, Literal

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.robots.lerobot_keys import LeRobotKeys, Units
from embodied_mem.types import Float64Array, Intrinsics

_DEPTH = "_depth"


@dataclass(frozen=True, kw_only=True, slots=True)
class LeRobotOptions:
    """Options of the driver `lerobot`."""

    object: str = ""
    """What makes the robot: `package.module:factory`."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Handed to the factory by name."""
    name: str = "lerobot"
    """How it is called in messages and recordings."""
    joints: tuple[str, ...] = ()
    """Motors of the arm in the order of `Command.joints`; all but the gripper when left out."""
    gripper: str = ""
    """Motor of the gripper; the one whose name ends in `gripper` when left out."""
    widest: float = 0.08
    """Distance of the fingers where the gripper says 100, m."""
    units: Units = "degrees"
    """What positions are counted in: `degrees` (`use_degrees` of SO-100/101), `normalized` (-100
    to 100) or `radians`."""
    ranges: tuple[tuple[float, float], ...] = ()
    """Angles at -100 and at 100 of each joint, rad; for `normalized`."""
    offsets: tuple[float, ...] = ()
    """Angle of each joint where LeRobot says 0, rad; all 0 when left out."""
    turn_units: Literal["degrees", "radians"] = "degrees"
    """Of `theta.vel`, a second; LeKiwi's are degrees."""
    camera: str = ""
    """Name of the main camera; the first colour picture when left out."""
    depth: str = ""
    """Name of its depth picture; the camera's with `_depth` after it when left out."""
    hfov: float = 1.0
    """Horizontal field of view of the main camera, rad."""
    mount: tuple[float, float, float] = (0.1, 0.0, 0.3)
    """Where the camera is on the body: forward, left, up, m."""
    pitch: float = 0.0
    """Tilt of the camera, rad; positive looks up."""
    observation_hz: float = 30.0
    """How often the robot is read, Hz."""
    seconds_per_tick: float = 0.1
    """How long the brain's tick is, s."""
    radius: float = 0.2
    """Radius of the upright cylinder that contains the body, m."""

    def __post_init__(self) -> None:
        """Checks ranges.

        Raises:
            ConfigError: If a size, a rate or a time is not positive, or a range is empty.
        """
        for name in ("widest", "observation_hz", "seconds_per_tick", "radius"):
            if not 0.0 < getattr(self, name) < inf:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected more than 0")
        if not 0.0 < self.hfov < 3.0:
            raise ConfigError(f"hfov is {self.hfov} rad; expected more than 0 and less than 3")
        for low, high in self.ranges:
            if not low != high:
                raise ConfigError(f"ranges holds {(low, high)}; a joint needs room to move")

    def keys_of(self, actions: Mapping[str, Any]) -> LeRobotKeys:
        """Returns names and units of one robot; raises ConfigError where they do not fit."""
        return LeRobotKeys(
            actions,
            joints=self.joints,
            gripper=self.gripper,
            widest=self.widest,
            units=self.units,
            ranges=self.ranges,
            offsets=self.offsets,
            turn_units=self.turn_units,
        )

    def camera_key(self, features: Mapping[str, Any]) -> str:
        """Returns the key of the main camera's colour picture; empty where there is none.

        Raises:
            ConfigError: If the camera that was asked for is no colour picture.
        """
        colour = [
            key
            for key, shape in features.items()
            if isinstance(shape, tuple) and len(shape) == 3 and shape[2] == 3
        ]
        if self.camera and self.camera not in colour:
            raise ConfigError(f"there is no camera {self.camera!r}; the robot has {colour}")
        return self.camera or next(iter(colour), "")

    def depth_key(self, features: Mapping[str, Any]) -> str:
        """Returns the key of the main camera's depth picture; empty where there is none.

        Raises:
            ConfigError: If the picture that was asked for does not exist or has another size.
        """
        camera = self.camera_key(features)
        key = self.depth or f"{camera}{_DEPTH}"
        if key not in features:
            if self.depth:
                raise ConfigError(f"there is no depth picture {key!r} in {list(features)}")
            return ""
        shape, wanted = features[key], self.picture_shape(features)
        if wanted is None or tuple(shape) not in (wanted, (*wanted, 1)):
            raise ConfigError(f"depth {key!r} has the shape {shape}; expected {wanted}")
        return key

    def picture_shape(self, features: Mapping[str, Any]) -> tuple[int, int] | None:
        """Returns height and width of the main camera's pictures; None where there is none."""
        camera = self.camera_key(features)
        return (int(features[camera][0]), int(features[camera][1])) if camera else None

    def intrinsics(self, shape: tuple[int, int]) -> Intrinsics:
        """Returns the main camera without distortion."""
        return Intrinsics.from_hfov(shape[1], shape[0], self.hfov)

    @property
    def T_body_camera(self) -> Float64Array:
        """Where the main camera is on the body, (4, 4)."""
        cos, sin = np.cos(self.pitch), np.sin(self.pitch)
        pose = np.eye(4)
        pose[:3, 0] = (0.0, -1.0, 0.0)
        pose[:3, 1] = (sin, 0.0, -cos)
        pose[:3, 2] = (cos, 0.0, sin)
        pose[:3, 3] = self.mount
        return pose

    def other_values(self, seen: Mapping[str, Any]) -> dict[str, float]:
        """Returns the plain numbers of an observation by their LeRobot names, finite ones only."""
        return {
            key: float(value)
            for key, value in seen.items()
            if isinstance(value, int | float | np.floating | np.integer) and np.isfinite(value)
        }
