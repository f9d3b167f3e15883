"""Tiers: cold in the archive, warm in the store, hot and ready to use in memory."""

from embodied_mem.memory.tiers.heat import AgedDensity as AgedDensity
from embodied_mem.memory.tiers.heat import Policy as Policy
from embodied_mem.memory.tiers.ready import Ready as Ready
from embodied_mem.memory.tiers.ready import prompt_line as prompt_line
from embodied_mem.memory.tiers.stored import Tier as Tier
from embodied_mem.memory.tiers.stored import erase_log as erase_log
from embodied_mem.memory.tiers.tiers import Tiers as Tiers
from embodied_mem.memory.tiers.tiers import TiersConfig as TiersConfig

__all__ = [
    "AgedDensity",
    "Policy",
    "Ready",
    "Tier",
    "Tiers",
    "TiersConfig",
    "erase_log",
    "prompt_line",
]
