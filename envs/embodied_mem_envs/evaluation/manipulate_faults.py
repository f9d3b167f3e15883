"""Which fault makes sense in which task, and within what time it must be noticed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from embodied_mem.errors import unknown_name
from embodied_mem_envs.tabletop.faults import FAULTS, NATURES, FaultName, FaultSpec
from embodied_mem_envs.tabletop.tasks import FAMILIES, LEVELS, Level

_GRASPING = tuple(family for family in FAMILIES if family != "count")


@dataclass(frozen=True, kw_only=True, slots=True)
class FaultPlan:
    """Where a fault is tried, and how soon it must be noticed."""

    families: tuple[str, ...]
    """Families in which it can act and is still to be coped with."""
    levels: tuple[Level, ...] = LEVELS
    window: float
    """Seconds after it began to act within which any anomaly counts as noticing it."""


FAULT_PLANS: Mapping[FaultName, FaultPlan] = {
    # The hand closes, lifts and looks.
    "incomplete_grasp": FaultPlan(families=_GRASPING, window=4.0),
    # Friction is gone for three seconds; what falls later was held well enough.
    "slip": FaultPlan(families=_GRASPING, window=4.0),
    "translation": FaultPlan(families=_GRASPING, window=4.0),
    # A turned cylinder or ball is no fault; blocks have sides.
    "rotation": FaultPlan(families=("sort", "stack"), window=4.0),
    # There must be a look-alike of another colour (two blocks of one colour to be sorted are the
    # same to everyone), and what is asked must not depend on where that one is.
    "wrong_object": FaultPlan(
        families=("stack", "put_away", "fetch", "find_moved", "clear"), levels=(2, 3), window=8.0
    ),
    "object_moved": FaultPlan(families=_GRASPING, window=5.0),
    "blocked_path": FaultPlan(families=_GRASPING, window=4.0),
    "camera_dropout": FaultPlan(families=_GRASPING, window=2.0),
    "depth_noise": FaultPlan(families=_GRASPING, window=4.0),
    "gripper_jam": FaultPlan(families=_GRASPING, window=4.0),
    # The model is given up on after its own time limit.
    "model_timeout": FaultPlan(families=tuple(FAMILIES), window=32.0),
}
"""By fault."""


def fault_spec(name: FaultName, factor: float = 1.0) -> FaultSpec:
    """Returns a fault with its usual magnitude times a factor, within its range.

    Raises:
        ConfigError: If there is no such fault.
    """
    usual = FaultSpec(name=name)
    nature = NATURES[name]
    return FaultSpec(
        name=name, magnitude=float(np.clip(factor * usual.size, nature.low, nature.high))
    )


def fault_names(text: str) -> tuple[FaultName, ...]:
    """Reads `none`, `all`, or names with commas between them.

    Raises:
        ConfigError: If there is no such fault.
    """
    if text == "none":
        return ()
    if text == "all":
        return FAULTS
    return tuple(fault_name(name.strip()) for name in text.split(","))


def fault_name(text: str) -> FaultName:
    """Checks the name of a fault.

    Raises:
        ConfigError: If there is no such fault.
    """
    for name in FAULTS:
        if name == text:
            return name
    raise unknown_name("fault", text, FAULTS)
