"""A history of carrying things about a house over several visits, and what is asked of it."""

from embodied_mem_envs.tasks.recall.config import RecallConfig as RecallConfig
from embodied_mem_envs.tasks.recall.episode import RecallEpisode as RecallEpisode

__all__ = ["RecallConfig", "RecallEpisode"]
