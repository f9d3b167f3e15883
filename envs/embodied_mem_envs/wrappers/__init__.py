"""Wrappers that give any Gymnasium environment a memory."""

from embodied_mem_envs.wrappers.head import HeadPolicy as HeadPolicy
from embodied_mem_envs.wrappers.memory import Memory as Memory
from embodied_mem_envs.wrappers.rules import RULES as RULES
from embodied_mem_envs.wrappers.view import MemoryView as MemoryView
from embodied_mem_envs.wrappers.view import SlotPolicy as SlotPolicy

__all__ = ["RULES", "HeadPolicy", "Memory", "MemoryView", "SlotPolicy"]
