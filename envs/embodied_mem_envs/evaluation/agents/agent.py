"""What an evaluation expects of an agent in a task of a mobile body."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from embodied_mem.robots.body import Body
from embodied_mem.types import Observation
from embodied_mem_envs.tasks.episode import Ask, NewVisit, Reply, Utterance


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentSetup:
    """What an agent is told before an episode; nothing of the truth."""

    folder: Path
    """Where its memory goes; empty at the start, and its own."""
    seed: int
    """For its own chance."""
    budget_bytes: int | None = None
    """What the memory may take on disk; None for no limit."""
    oracle: Any = None
    """The episode itself, for agents that are bounds (`oracle` in their name) and say so."""
    options: Mapping[str, Any] = field(default_factory=dict)


class Agent(Protocol):
    """Lives through one episode: sees, hears, moves when asked, and answers from its memory."""

    def see(self, observation: Observation) -> None:
        """Takes in what it is shown, without moving."""

    def hear(self, utterance: Utterance) -> None:
        """Takes in what somebody says."""

    def visit(self, visit: NewVisit) -> None:
        """Hears that another visit begins."""

    def reply(self, ask: Ask, body: Body | None) -> Reply:
        """Answers, after moving the body for `ask.max_ticks` ticks at most."""

    def memory_bytes(self) -> int:
        """Returns what its memory takes on disk now: all that it would need to go on."""

    def close(self) -> None:
        """Lets go of everything; safe to call twice."""


class AgentMaker(Protocol):
    """Makes a fresh agent for one episode."""

    def __call__(self, setup: AgentSetup) -> Agent:
        """Makes it."""
