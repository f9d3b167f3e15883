"""Stands for Habitat-Sim 0.2.2, which cannot be installed here: it comes through conda only.

What it does is what was seen of the real one: y up, agents at the feet, RGBA, uint32 semantics from
vertex colours after linear to sRGB, resolution as [height, width], one simulator a process, a
navmesh one cell above the floor with furniture tops as islands, `set_state` that does not snap,
`snap_point` that returns a vector of its own kind, and a process that ends (no exception) where no
EGL or CUDA device is found. Geometry comes from the files of the scene, cast with Embree.

`HABITAT_STAND_IN=egl` makes it fail as without EGL.
"""

from habitat_sim import agent, gfx, nav
from habitat_sim.settings import (
    CameraSensorSpec,
    Configuration,
    SensorType,
    SimulatorConfiguration,
)
from habitat_sim.simulator import Simulator

__version__ = "0.2.2"
__all__ = [
    "CameraSensorSpec",
    "Configuration",
    "SensorType",
    "Simulator",
    "SimulatorConfiguration",
    "agent",
    "gfx",
    "nav",
]
