"""Suite `recall`: a history of carrying things, and what is asked of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, final

from embodied_mem_envs.evaluation.agents.recall import RECALL_AGENTS, recall_maker
from embodied_mem_envs.evaluation.ranked_playing import play_ranked_episode
from embodied_mem_envs.evaluation.suites.options import job_options
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job
from embodied_mem_envs.house.body import CameraConfig
from embodied_mem_envs.tasks.recall import RecallConfig, RecallEpisode


@final
class RecallSuite:
    """Implements `Suite`.

    Besides `right`, values of an episode are `success` (of asks for places), `answer_accuracy` (of
    asks for words), `<kind>_accuracy` for `temporal`, `spatial`, `semantic` and `multi`, `chance`
    (of a blind reply, exactly), and for `ours` how well the retriever, recency and popularity rank
    the events that an answer comes from. With `walked` above 0 so many places are walked to and
    `spl` is measured.
    """

    name: Final = "recall"
    version: Final = 1

    @property
    def agents(self) -> Mapping[str, str]:
        """See `Suite`."""
        return RECALL_AGENTS

    @property
    def options(self) -> Mapping[str, Any]:
        """See `Suite`; `width` (pixels) is the camera's, the rest as in `RecallConfig`."""
        return {
            "episodes": 50,
            "first_seed": 1000,
            "asks": 60,
            "walked": 0,
            "rooms": None,
            "visits": None,
            "width": 160,
            "budget_bytes": None,
        }

    def run(self, job: Job, folder: Path) -> EpisodeRecord:
        """Lives through one episode; see `Suite`.

        Raises:
            ConfigError: If there is no such agent.
        """
        options = job_options(self, job)
        width = int(options["width"])
        config = RecallConfig(
            asks=options["asks"],
            walked=options["walked"],
            rooms=options["rooms"],
            visits=options["visits"],
            camera=CameraConfig(width=width, height=width * 3 // 4),
        )
        episode = RecallEpisode(job.seed, config)
        return play_ranked_episode(
            episode,
            recall_maker(job.agent),
            job,
            folder,
            version=self.version,
            budget_bytes=options["budget_bytes"],
        )


SUITE: Final = RecallSuite()
