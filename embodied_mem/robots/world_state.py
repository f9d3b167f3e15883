"""What a simulated body's thread has seen, and what it is to the outside as a robot."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.robots.arm import Arm, ArmState
from embodied_mem.robots.body import Body, Feature
from embodied_mem.robots.driver import RobotInfo
from embodied_mem.robots.readings import CameraFrame
from embodied_mem.types import Command, Float64Array, Observation

_SPEEDS = ("forward", "turn", "tilt")


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulationConfig:
    """How a simulated body is run as a robot."""

    name: str = "simulated"
    """How it is called in messages and recordings."""
    seconds_per_tick: float = 0.1
    """How long the brain's tick is, s; the body's own may be shorter."""
    camera_hz: float = 10.0
    """Pictures a second."""
    cmd_vel_timeout: float = 0.5
    """The base stops where it was told nothing for so long, s (ros2_controllers,
    diff_drive_controller, parameter `cmd_vel_timeout`)."""
    time_scale: float = 1.0
    """How much faster than the wall clock the world runs. Seen from outside, the robot is that
    many times quicker: its speeds are those of the wall clock."""

    def __post_init__(self) -> None:
        """Checks ranges.

        Raises:
            ConfigError: If a time or a rate is not positive.
        """
        for name in ("seconds_per_tick", "camera_hz", "cmd_vel_timeout", "time_scale"):
            if not 0.0 < getattr(self, name) < inf:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected more than 0")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WorldState:
    """What the world's thread has seen; replaced as a whole."""

    pose: Float64Array | None = None
    pose_at: float = -inf
    forward: float = 0.0
    turn: float = 0.0
    frame: CameraFrame | None = None
    arm: ArmState | None = None
    arm_at: float = -inf
    values: Mapping[str, float] | None = None
    fault: str = ""


def moved(state: WorldState, pose: Float64Array, seconds: float, now: float) -> WorldState:
    """Adds a pose, and the speeds that it shows since the one before.

    Args:
        state: What was known.
        pose: T_world_body, (4, 4).
        seconds: Time since the pose before, s.
        now: When the pose was measured, monotonic, s.
    """
    if state.pose is None:
        return replace(state, pose=pose, pose_at=now)
    step = np.linalg.inv(state.pose) @ pose
    return replace(
        state,
        pose=pose,
        pose_at=now,
        forward=float(step[0, 3]) / seconds,
        turn=float(np.arctan2(step[1, 0], step[0, 0])) / seconds,
    )


def frame_of(seen: Observation, now: float, number: int) -> CameraFrame:
    """Returns an observation as the picture with a number, taken now (monotonic, s)."""
    return CameraFrame(
        rgb=seen.rgb,
        depth=seen.depth,
        intrinsics=seen.intrinsics,
        T_world_camera=seen.T_world_camera,
        T_world_body=seen.T_world_body,
        taken=now,
        number=number,
        camera=seen.camera,
        instance=seen.instance,
        labels=seen.labels,
    )


def slowed(command: Command, scale: float) -> Command:
    """Returns a command in the world's own time."""
    if scale == 1.0:
        return command
    return replace(
        command,
        forward=command.forward / scale,
        turn=command.turn / scale,
        tilt=command.tilt / scale,
    )


def info_of(body: Body, arm: Arm | None, config: SimulationConfig) -> RobotInfo:
    """Returns what a body is as a robot; `arm` is the body once more where it has one."""
    actions = {
        name: _quickened(feature, config.time_scale) if name in _SPEEDS else feature
        for name, feature in body.action_features.items()
    }
    base = "forward" in actions
    return RobotInfo(
        name=config.name,
        observation_features=body.observation_features,
        action_features=actions,
        radius=body.radius,
        seconds_per_tick=config.seconds_per_tick,
        joints=() if arm is None else arm.description.joints,
        required=(("odom", "depth") if base else ()) + (() if arm is None else ("joints",)),
    )


def _quickened(feature: Feature, scale: float) -> Feature:
    low = None if feature.low is None else feature.low * scale
    return replace(feature, low=low, high=None if feature.high is None else feature.high * scale)
