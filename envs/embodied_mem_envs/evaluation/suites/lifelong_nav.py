"""Suite `lifelong_nav`: go to one thing after the other, over visits between which things move."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, final

from embodied_mem.errors import unknown_name
from embodied_mem_envs.evaluation.agents.agent import AgentSetup
from embodied_mem_envs.evaluation.agents.sizes import with_sizes
from embodied_mem_envs.evaluation.agents.table import AGENTS, BOUNDS
from embodied_mem_envs.evaluation.playing import play_episode
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job
from embodied_mem_envs.house.body import CameraConfig
from embodied_mem_envs.tasks.house_world import HouseWorldConfig
from embodied_mem_envs.tasks.lifelong_nav import LifelongNavConfig, make

_SHAPE: Final[Mapping[str, Any]] = {
    "subtasks": 10,
    "visits": 4,
    "goals_moved": 1.0,
    "asked_again": 0.8,
    "moved_again": 1.0,
    "moves": 8,
    "ticks_a_room": 20,
    "least_ticks": 100,
    "named_pictures": True,
}


@final
class LifelongNavSuite:
    """Implements `Suite`.

    Its defaults make memory count: goals come back after they were moved more often than the
    task's own defaults have it (every portable former goal moves between two of four visits), and
    the ticks of a goal are enough for the way to it with a detour, not for a search of the whole
    house each time.
    """

    name: Final = "lifelong_nav"
    version: Final = 1

    @property
    def agents(self) -> Mapping[str, str]:
        """See `Suite`."""
        return {name: entry.about for name, entry in AGENTS.items()}

    @property
    def options(self) -> Mapping[str, Any]:
        """See `Suite`.

        `width` is that of the camera's picture, pixels; `floors` is 1 or 2, of every house; the
        others are of `LifelongNavConfig`.
        """
        return {"episodes": 100, "first_seed": 1000, "width": 160, "floors": 1, **_SHAPE}

    def run(self, job: Job, folder: Path) -> EpisodeRecord:
        """Lives through one episode; see `Suite`.

        Raises:
            ConfigError: If there is no such agent.
        """
        if job.agent not in AGENTS:
            raise unknown_name("agent", job.agent, AGENTS)
        options = {**self.options, **job.options}
        width = int(options["width"])
        world = HouseWorldConfig(
            floors=int(options["floors"]),
            camera=CameraConfig(width=width, height=width * 3 // 4),
        )
        shape = {name: options[name] for name in _SHAPE}
        episode = make(job.seed, LifelongNavConfig(world=world, **shape))
        setup = AgentSetup(
            folder=folder, seed=job.seed, oracle=episode if job.agent in BOUNDS else None
        )
        record = play_episode(episode, AGENTS[job.agent].make, setup, job, version=self.version)
        return with_sizes(record, folder)


SUITE: Final = LifelongNavSuite()
