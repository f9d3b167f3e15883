"""Suite `mixed_session`: three partners, six sessions, private facts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, final

from embodied_mem_envs.evaluation.agents.mixed_session import (
    MIXED_SESSION_AGENTS,
    mixed_session_maker,
)
from embodied_mem_envs.evaluation.ranked_playing import play_ranked_episode
from embodied_mem_envs.evaluation.suites.options import job_options
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job
from embodied_mem_envs.house.body import CameraConfig
from embodied_mem_envs.tasks.mixed_session import MixedSessionConfig, MixedSessionEpisode


@final
class MixedSessionSuite:
    """Implements `Suite`.

    Besides `answer_accuracy`, values of an episode are `<kind>_accuracy` for each kind of ask
    (`own`, `cross_partner`, `updated`, `before`, `provenance`, `seen`, `adversarial`), `leaks`
    (summed over all asks), `contradictions` (share of the asks about now that were answered by
    what held before), `chance` (of a random choice of an option), and for `ours` how well the
    retriever, recency and popularity rank what an answer comes from.
    """

    name: Final = "mixed_session"
    version: Final = 1

    @property
    def agents(self) -> Mapping[str, str]:
        """See `Suite`."""
        return MIXED_SESSION_AGENTS

    @property
    def options(self) -> Mapping[str, Any]:
        """See `Suite`; `adversarial` is how many attempts are made to get at private facts."""
        return {
            "episodes": 50,
            "first_seed": 1000,
            "adversarial": 20,
            "rooms": 4,
            "width": 96,
            "budget_bytes": None,
        }

    def run(self, job: Job, folder: Path) -> EpisodeRecord:
        """Lives through one episode; see `Suite`.

        Raises:
            ConfigError: If there is no such agent.
        """
        options = job_options(self, job)
        width = int(options["width"])
        config = MixedSessionConfig(
            adversarial=options["adversarial"],
            rooms=options["rooms"],
            camera=CameraConfig(width=width, height=width * 3 // 4),
        )
        episode = MixedSessionEpisode(job.seed, config)
        return play_ranked_episode(
            episode,
            mixed_session_maker(job.agent),
            job,
            folder,
            version=self.version,
            budget_bytes=options["budget_bytes"],
        )


SUITE: Final = MixedSessionSuite()
