"""Small makers for tests of the safety gate: robots, readings and pictures without any wire."""

from dataclasses import replace

import numpy as np

from embodied_mem.robots.body import Feature
from embodied_mem.robots.driver import RobotInfo
from embodied_mem.robots.readings import CameraFrame, Readings
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.types import Float32Array, Float64Array, Intrinsics

INTRINSICS = Intrinsics.from_hfov(160, 120, 1.2)
LEVEL = np.array(
    [[0.0, 0.0, 1.0, 0.1], [-1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.5], [0.0, 0.0, 0.0, 1.0]]
)
"""T_body_camera of a camera half a metre high that looks straight ahead."""


def base_info(*, required: tuple[str, ...] = ()) -> RobotInfo:
    """A differential base whose own limits are wider than the gate's, but for the tilt."""
    wide = Feature(shape=(), dtype="float64", low=-9.0, high=9.0)
    return RobotInfo(
        name="base",
        observation_features={},
        action_features={
            "forward": wide,
            "turn": wide,
            "tilt": Feature(shape=(), dtype="float64", low=-0.5, high=0.5),
        },
        radius=0.2,
        seconds_per_tick=0.1,
        required=required,
    )


def arm_info(joints: int, *, follows: bool = False) -> RobotInfo:
    """An arm with a gripper."""
    return RobotInfo(
        name="arm",
        observation_features={},
        action_features={
            "joints": Feature(shape=(joints,), dtype="float64"),
            "gripper": Feature(shape=(), dtype="float64", low=0.0, high=0.08),
        },
        radius=0.5,
        seconds_per_tick=0.05,
        joints=tuple(f"joint{number}" for number in range(1, joints + 1)),
        follows_trajectories=follows,
    )


def no_base(config: GateConfig) -> GateConfig:
    """The same gate for an arm that stands still."""
    return replace(config, forward=None, turn=None, zones=None)


def pose(x: float = 0.0, y: float = 0.0, yaw: float = 0.0) -> Float64Array:
    """(4, 4) pose on the floor."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0.0, x], [s, c, 0.0, y], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])


def wall(distance: float) -> Float32Array:
    """Depth of a wall across the way, so far from the camera, m."""
    return np.full((INTRINSICS.height, INTRINSICS.width), distance, np.float32)


def picture(
    depth: Float32Array, *, taken: float, number: int, at: Float64Array | None = None
) -> CameraFrame:
    """A picture of the level camera on a body at a pose."""
    at = pose() if at is None else at
    rgb = np.full((INTRINSICS.height, INTRINSICS.width, 3), number % 251, np.uint8)
    return CameraFrame(
        rgb=rgb,
        depth=depth,
        intrinsics=INTRINSICS,
        T_world_camera=at @ LEVEL,
        T_world_body=at,
        taken=taken,
        number=number,
    )


def seen(time: float, depth: Float32Array, *, number: int | None = None) -> Readings:
    """Readings with one new picture and a body at the origin."""
    frame = picture(depth, taken=time, number=round(time * 1000) if number is None else number)
    return Readings(time=time, T_world_body=frame.T_world_body, frame=frame)
