"""Suite `question_answering`: explore an unknown house, then answer from the saved memory alone."""

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
from embodied_mem_envs.tasks.question_answering import QuestionAnsweringConfig, make


@final
class QuestionAnsweringSuite:
    """Implements `Suite`.

    Agents whose memory can answer end their part with the walk: their folder is copied, weighed
    against `budget_bytes`, and a new process answers from the copy.
    """

    name: Final = "question_answering"
    version: Final = 1

    @property
    def agents(self) -> Mapping[str, str]:
        """See `Suite`."""
        return {name: entry.about for name, entry in AGENTS.items()}

    @property
    def options(self) -> Mapping[str, Any]:
        """See `Suite`.

        `width` is that of the camera's picture, pixels; `floors` is 1 or 2, of every house.
        """
        return {
            "episodes": 200,
            "first_seed": 1000,
            "width": 160,
            "floors": 1,
            "budget_bytes": None,
        }

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
        episode = make(job.seed, QuestionAnsweringConfig(world=world))
        setup = AgentSetup(
            folder=folder,
            seed=job.seed,
            budget_bytes=options["budget_bytes"],
            oracle=episode if job.agent in BOUNDS else None,
            options={"answers": True},
        )
        record = play_episode(episode, AGENTS[job.agent].make, setup, job, version=self.version)
        return with_sizes(record, folder)


SUITE: Final = QuestionAnsweringSuite()
