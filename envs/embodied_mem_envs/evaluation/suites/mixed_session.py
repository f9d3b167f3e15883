"""Suite `mixed_session`: three partners, six sessions, private facts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, final

import msgspec

from embodied_mem.errors import unknown_name
from embodied_mem_envs.evaluation.agents.agent import Agent, AgentSetup
from embodied_mem_envs.evaluation.agents.mixed_session import (
    MIXED_SESSION_AGENTS,
    OwnPartnerAgent,
    mixed_session_maker,
)
from embodied_mem_envs.evaluation.playing import play_episode
from embodied_mem_envs.evaluation.retrieval import RankingScores
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job
from embodied_mem_envs.house.body import CameraConfig
from embodied_mem_envs.tasks.episode import Ask, Judgement, Reply
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
        if job.agent not in self.agents:
            raise unknown_name("agent", job.agent, self.agents)
        options = {**self.options, **job.options}
        width = int(options["width"])
        config = MixedSessionConfig(
            adversarial=options["adversarial"],
            rooms=options["rooms"],
            camera=CameraConfig(width=width, height=width * 3 // 4),
        )
        episode = MixedSessionEpisode(job.seed, config)
        scores = RankingScores()
        living: list[Agent] = []

        def make(setup: AgentSetup) -> Agent:
            living.append(mixed_session_maker(job.agent)(setup))
            return living[-1]

        def judged(ask: Ask, reply: Reply, judgement: Judgement) -> None:
            relevant = episode.truth_of(ask.number).relevant
            if relevant and living and isinstance(living[0], OwnPartnerAgent):
                scores.add(living[0].rankings(ask, scores.k), relevant)

        setup = AgentSetup(
            folder=folder,
            seed=job.seed,
            budget_bytes=options["budget_bytes"],
            oracle=episode if job.agent.startswith("oracle") else None,
        )
        record = play_episode(episode, make, setup, job, version=self.version, on_judged=judged)
        return msgspec.structs.replace(record, values={**record.values, **scores.values()})


SUITE: Final = MixedSessionSuite()
