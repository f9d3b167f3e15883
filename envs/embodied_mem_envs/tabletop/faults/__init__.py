"""Faults on purpose, each with a magnitude and a trigger; all of them act on the world only."""

import numpy as np

from embodied_mem_envs.tabletop.faults.active import ActiveFault
from embodied_mem_envs.tabletop.faults.hand import GripperJam, IncompleteGrasp, Slip
from embodied_mem_envs.tabletop.faults.obstacle import BlockedPath
from embodied_mem_envs.tabletop.faults.sensors import CameraDropout, DepthNoise
from embodied_mem_envs.tabletop.faults.spec import (
    FAULTS,
    NATURES,
    FaultName,
    FaultSpec,
    Nature,
    Trigger,
)
from embodied_mem_envs.tabletop.faults.things import (
    ObjectMoved,
    Rotation,
    Translation,
    WrongObject,
)

__all__ = [
    "FAULTS",
    "NATURES",
    "ActiveFault",
    "FaultName",
    "FaultSpec",
    "Nature",
    "Trigger",
    "start_fault",
]

_MAKERS: dict[FaultName, type[ActiveFault]] = {
    "incomplete_grasp": IncompleteGrasp,
    "slip": Slip,
    "translation": Translation,
    "rotation": Rotation,
    "wrong_object": WrongObject,
    "object_moved": ObjectMoved,
    "blocked_path": BlockedPath,
    "camera_dropout": CameraDropout,
    "depth_noise": DepthNoise,
    "gripper_jam": GripperJam,
}


def start_fault(spec: FaultSpec, rng: np.random.Generator) -> ActiveFault | None:
    """Returns the fault, waiting for its trigger; None for one that is not of the body."""
    maker = _MAKERS.get(spec.name)
    return maker(spec, rng) if maker is not None else None
