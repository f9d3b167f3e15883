"""Plays MixedSession episodes for the figures of partners."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.partners import ProfileRecords
from embodied_mem.memory import MemoryStore
from embodied_mem.types import Observation
from embodied_mem_envs.evaluation.agents.agent import AgentSetup
from embodied_mem_envs.evaluation.agents.mixed_session import OwnPartnerAgent, mixed_session_maker
from embodied_mem_envs.tasks.episode import Ask, Judgement, NewVisit, Utterance
from embodied_mem_envs.tasks.mixed_session.config import MixedSessionConfig
from embodied_mem_envs.tasks.mixed_session.episode import MixedSessionEpisode

BUDGET = 8 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One ask of an episode, and what became of it."""

    ask: Ask
    judgement: Judgement


def play(
    seed: int,
    agent: str,
    folder: Path,
    *,
    config: MixedSessionConfig | None = None,
    before_session: Callable[[int, MemoryStore], None] | None = None,
) -> tuple[MixedSessionEpisode, list[Asked]]:
    """Plays an episode to its end; the memory stays in `folder / "memory"`.

    Args:
        seed: Of the episode.
        agent: One of `MIXED_SESSION_AGENTS`.
        folder: Where the agent keeps what it keeps; made.
        config: How much is asked.
        before_session: Called with the number of each session that is over, and with the store of
            `ours`, before the next begins.
    """
    folder.mkdir(parents=True)
    episode = MixedSessionEpisode(seed, config)
    made = mixed_session_maker(agent)(
        AgentSetup(folder=folder, seed=seed, budget_bytes=BUDGET, oracle=None)
    )
    asked: list[Asked] = []
    try:
        while (happening := episode.next()) is not None:
            match happening:
                case Observation():
                    made.see(happening)
                case Utterance():
                    made.hear(happening)
                case NewVisit():
                    if before_session is not None and isinstance(made, OwnPartnerAgent):
                        before_session(happening.number, made.store)
                    made.visit(happening)
                case Ask():
                    judgement = episode.submit(made.reply(happening, None))
                    asked.append(Asked(ask=happening, judgement=judgement))
        if isinstance(made, OwnPartnerAgent):
            _settle(made.hippocampus)
    finally:
        made.close()
        episode.close()
    return episode, asked


def _settle(hippocampus: Hippocampus) -> None:
    """Lets the memory come to rest: all that was seen is written, profiles are derived."""
    hippocampus.consolidate()
    ProfileRecords(hippocampus.store).write()
