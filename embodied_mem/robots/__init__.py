"""Bodies: everything that the brainstem drives, simulated or real."""

from embodied_mem.robots.body import Body as Body
from embodied_mem.robots.body import Feature as Feature

__all__ = ["Body", "Feature"]
