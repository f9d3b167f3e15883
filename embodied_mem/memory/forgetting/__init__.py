"""Forgetting for good: what goes when somebody or something is to be forgotten, every byte."""

from embodied_mem.memory.forgetting.dependents import Dependent as Dependent
from embodied_mem.memory.forgetting.dependents import Lost as Lost
from embodied_mem.memory.forgetting.dependents import attach as attach
from embodied_mem.memory.forgetting.report import Forgotten as Forgotten
from embodied_mem.memory.forgetting.wish import Pictures as Pictures
from embodied_mem.memory.forgetting.wish import Wish as Wish

__all__ = ["Dependent", "Forgotten", "Lost", "Pictures", "Wish", "attach"]
