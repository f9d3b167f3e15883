"""Bodies: everything that the brainstem drives, simulated or real."""

from embodied_mem.robots.body import Body as Body
from embodied_mem.robots.body import Feature as Feature
from embodied_mem.robots.followed import Followed as Followed
from embodied_mem.robots.health import Health as Health
from embodied_mem.robots.robot import Robot as Robot

__all__ = ["Body", "Feature", "Followed", "Health", "Robot"]
