"""The Franka Panda of the tabletop, as far as it can be known before connecting."""

from collections.abc import Mapping, Sequence

import numpy as np

from embodied_mem.errors import BodyError
from embodied_mem.robots.arm import ArmDescription
from embodied_mem.robots.body import Feature
from embodied_mem.types import Float64Array
from embodied_mem_envs.tabletop.meshes import data_folder
from embodied_mem_envs.tabletop.urdf import PANDA

HOME = (0.0, -1.2, 0.0, -2.6, 0.0, 1.4, 0.25 * np.pi)
JOINT_LIMITS = (
    (-2.8973, 2.8973),
    (-1.7628, 1.7628),
    (-2.8973, 2.8973),
    (-3.0718, -0.0698),
    (-2.8973, 2.8973),
    (-0.0175, 3.7525),
    (-2.8973, 2.8973),
)
"""Soft limits of the URDF, rad."""
WIDEST = 0.08
REACH = 0.855
"""How far the arm reaches, m."""


def panda_description() -> ArmDescription:
    """Returns the arm's kinematics."""
    return ArmDescription(
        urdf=data_folder() / PANDA,
        joints=tuple(f"panda_joint{k}" for k in range(1, 8)),
        tool_frame="panda_grasptarget",
        home=HOME,
        widest=WIDEST,
    )


def panda_actions() -> Mapping[str, Feature]:
    """Returns the fields of `Command` that the arm takes, with their limits."""
    joints = {
        f"joints.{k}": Feature(shape=(), dtype="float64", unit="rad", low=low, high=high)
        for k, (low, high) in enumerate(JOINT_LIMITS)
    }
    hand = Feature(shape=(), dtype="float64", unit="m", low=0.0, high=WIDEST)
    return {**joints, "gripper": hand}


def limited(joints: Sequence[float]) -> Float64Array:
    """Returns joint targets inside the limits.

    Raises:
        BodyError: If there are not seven finite numbers.
    """
    targets = np.array(joints, np.float64)
    if targets.shape != (len(JOINT_LIMITS),) or not np.isfinite(targets).all():
        raise BodyError(f"joints are {joints}; expected seven finite angles in rad")
    low, high = np.array(JOINT_LIMITS).T
    result: Float64Array = np.clip(targets, low, high)
    return result
