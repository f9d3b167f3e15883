"""A Panda over a table with drawers, bins and thirty kinds of things, in PyBullet.

`TabletopBody` is the body; ground truth comes from its `truth()` alone, and never while sealed.
"""

from embodied_mem_envs.tabletop.body import TabletopBody
from embodied_mem_envs.tabletop.cell import default_cell
from embodied_mem_envs.tabletop.faults import FaultSpec
from embodied_mem_envs.tabletop.layout import Placed

__all__ = ["FaultSpec", "Placed", "TabletopBody", "default_cell"]
