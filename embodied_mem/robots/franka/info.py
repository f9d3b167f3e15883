"""What an arm of Franka Robotics is, known before it is connected."""

from collections.abc import Mapping
from typing import Final

from embodied_mem.robots.body import Feature
from embodied_mem.robots.driver import RobotInfo
from embodied_mem.robots.franka.config import FrankaConfig
from embodied_mem.robots.franka.limits import JOINT_COUNT

REACH: Final = 0.855
"""How far the arm reaches, m (Franka Robotics, "Robot and interface specifications")."""
WIDEST: Final = 0.08
"""How far the fingers of a Franka Hand open, m."""


def franka_info(config: FrankaConfig) -> RobotInfo:
    """Returns what the robot of a configuration is."""
    return RobotInfo(
        name=config.name,
        observation_features={
            "joints": Feature(shape=(JOINT_COUNT,), dtype="float64", unit="rad"),
            "opening": Feature(shape=(), dtype="float64", unit="m", low=0.0, high=WIDEST),
        },
        action_features=_actions(config),
        radius=REACH,
        seconds_per_tick=config.seconds_per_tick,
        joints=tuple(f"{config.model}_joint{k}" for k in range(1, JOINT_COUNT + 1)),
        required=("joints",),
        follows_trajectories=True,
    )


def _actions(config: FrankaConfig) -> Mapping[str, Feature]:
    limits = config.limits()
    joints = {
        f"joints.{index}": Feature(shape=(), dtype="float64", unit="rad", low=low, high=high)
        for index, (low, high) in enumerate(zip(limits.low, limits.high, strict=True))
    }
    if not config.gripper:
        return joints
    hand = Feature(shape=(), dtype="float64", unit="m", low=0.0, high=WIDEST)
    return {**joints, "gripper": hand}
