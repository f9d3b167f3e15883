"""Plays an episode whose answers come from known records, and judges how well they are found."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import msgspec

from embodied_mem_envs.evaluation.agents.agent import Agent, AgentMaker, AgentSetup
from embodied_mem_envs.evaluation.playing import play_episode
from embodied_mem_envs.evaluation.retrieval import RankingScores
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job
from embodied_mem_envs.tasks.episode import Ask, Episode, Judgement, Reply


class Sources(Protocol):
    """What an answer comes from."""

    @property
    def relevant(self) -> Collection[int]:
        """Ticks of the records."""


class SourcedEpisode(Episode, Protocol):
    """An episode that knows what each answer comes from."""

    def truth_of(self, number: int) -> Sources:
        """Returns the truth of an ask: for evaluations and bounds, never for an agent."""


@runtime_checkable
class RankingAgent(Protocol):
    """An agent that can say in which order it would look things up."""

    def rankings(self, ask: Ask, k: int) -> Mapping[str, Sequence[int]]:
        """Returns ticks, best first, by the name of the way to rank."""


def play_ranked_episode(
    episode: SourcedEpisode,
    make_agent: AgentMaker,
    job: Job,
    folder: Path,
    *,
    version: int,
    budget_bytes: int | None,
) -> EpisodeRecord:
    """Plays as `play_episode`; where the agent can rank, the record holds `RankingScores` too.

    Args:
        episode: A fresh one.
        make_agent: Makes the agent; bounds (`oracle` in their name) are given the episode.
        job: Names the suite, the agent and the seed for the record.
        folder: For the agent's memory.
        version: Of the suite.
        budget_bytes: What the memory may take on disk; None for no limit.

    Raises:
        EvaluationError: If the episode itself is used or made wrongly.
    """
    scores = RankingScores()
    living: list[Agent] = []

    def make(setup: AgentSetup) -> Agent:
        living.append(make_agent(setup))
        return living[-1]

    def judged(ask: Ask, reply: Reply, judgement: Judgement) -> None:
        relevant = episode.truth_of(ask.number).relevant
        if relevant and living and isinstance(living[0], RankingAgent):
            scores.add(living[0].rankings(ask, scores.k), relevant)

    setup = AgentSetup(
        folder=folder,
        seed=job.seed,
        budget_bytes=budget_bytes,
        oracle=episode if job.agent.startswith("oracle") else None,
    )
    record = play_episode(episode, make, setup, job, version=version, on_judged=judged)
    return msgspec.structs.replace(record, values={**record.values, **scores.values()})
