"""Any episode as a Gymnasium environment, at two levels of action.

`low`: move, turn, tilt, submit or choose an option, every tick. `memory`: choose a picture from the
memory, a frontier or an option; the product's own memory and legs do the rest.
"""

from embodied_mem_envs.tasks.levels.env import LEVELS, EpisodeEnv, LevelName
from embodied_mem_envs.tasks.levels.play import Play

__all__ = ["LEVELS", "EpisodeEnv", "LevelName", "Play"]
