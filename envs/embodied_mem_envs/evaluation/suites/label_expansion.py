"""Suite `label_expansion`: what a buffer of 60 keeps of 2,500 things whose labels grow."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, final

import msgspec

from embodied_mem_envs.evaluation.agents.agent import AgentSetup
from embodied_mem_envs.evaluation.agents.label_expansion import AGENTS, MAKERS
from embodied_mem_envs.evaluation.playing import play_episode
from embodied_mem_envs.evaluation.suites.options import job_options
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job
from embodied_mem_envs.tasks.label_expansion.episode import LabelExpansionEpisode
from embodied_mem_envs.tasks.label_expansion.game import ExpansionConfig


@final
class LabelExpansionSuite:
    """Implements `Suite`.

    Values are `coarse_accuracy` and `fine_accuracy`, means over the checkpoints, the same of the
    last checkpoint as `final_coarse_accuracy` and `final_fine_accuracy`, and `progress`, the mean
    of the first two. Only the asks at which the buffer was tried are kept.
    """

    name: Final = "label_expansion"
    version: Final = 1

    @property
    def agents(self) -> Mapping[str, str]:
        """See `Suite`."""
        return AGENTS

    @property
    def options(self) -> Mapping[str, Any]:
        """See `Suite`; the rest are the fields of `ExpansionConfig`."""
        return {"episodes": 50, "first_seed": 1000, **asdict(ExpansionConfig())}

    def run(self, job: Job, folder: Path) -> EpisodeRecord:
        """Lives through one episode; see `Suite`.

        Raises:
            ConfigError: If there is no such agent, or an option is out of its range.
        """
        options = job_options(self, job)
        shape = {name: options[name] for name in asdict(ExpansionConfig())}
        episode = LabelExpansionEpisode(job.seed, ExpansionConfig(**shape))
        setup = AgentSetup(folder=folder, seed=job.seed)
        record = play_episode(episode, MAKERS[job.agent], setup, job, version=self.version)
        tried = tuple(ask for ask in record.asks if ask.values)
        return msgspec.structs.replace(record, asks=tried)


SUITE: Final = LabelExpansionSuite()
