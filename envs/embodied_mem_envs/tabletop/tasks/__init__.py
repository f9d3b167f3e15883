"""Tasks for an arm at a table: ten families, three levels, any number of seeds."""

from embodied_mem_envs.tabletop.tasks.episode import LEVELS, Level, Outcome, TaskEpisode
from embodied_mem_envs.tabletop.tasks.make import FAMILIES, make_episode

__all__ = ["FAMILIES", "LEVELS", "Level", "Outcome", "TaskEpisode", "make_episode"]
