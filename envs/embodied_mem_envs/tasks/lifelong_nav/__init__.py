"""Goals one after the other, over several visits to a house in which things move."""

from embodied_mem_envs.tasks.lifelong_nav.config import LifelongNavConfig
from embodied_mem_envs.tasks.lifelong_nav.episode import LifelongNav, make

__all__ = ["LifelongNav", "LifelongNavConfig", "make"]
