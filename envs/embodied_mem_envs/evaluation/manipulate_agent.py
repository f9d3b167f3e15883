"""What an agent must offer to be evaluated at the tabletop, and what it is given.

An agent's life in one episode: `start`, then `watch` and `new_session` as its history goes, then
`do` once, then `close`. All of it happens while the simulator's ground truth is sealed.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from embodied_mem.errors import EvaluationError
from embodied_mem.models.client import ModelClient
from embodied_mem.plugins import load_plugin
from embodied_mem.robots.arm import Arm, WorkCell


class AnomalyNote(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that an agent noticed by itself while it carried out an instruction."""

    tick: int
    """The body's tick."""
    level: str
    """Where it was handled, such as `reflex` or `retry`."""
    kind: str
    """What it was, such as `grip_lost` or `postcondition`."""


class AgentResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent says of one instruction."""

    success_claimed: bool
    """Whether it believes that it did what was asked."""
    answer: str = ""
    """What it said, where something was asked."""
    model_calls: int = 0
    """How often a model was asked."""
    anomalies: tuple[AnomalyNote, ...] = ()
    """Everything it noticed that was not as planned, in order."""
    report_text: str = ""
    """The story for a person."""
    ticks: int = 0
    """Ticks of the body that it took."""
    tick_cpu_ms: float = 0.0
    """CPU of its own a tick, without the simulator, ms; 0 where it was not measured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EpisodeContext:
    """What an agent is told besides what it senses: never which task is coming."""

    cell: WorkCell
    """The fixtures, as an engineer measured them."""
    seed: int
    """For the agent's own chance."""
    memory: Path | None
    """Folder for what it keeps between visits; None where it must keep nothing of earlier ones and
    of what it watched."""
    skills: Path | None = None
    """Folder for what it learns to do, kept when the task comes again; None for no learning."""
    wrap_model: Callable[[ModelClient], ModelClient] = field(default=lambda client: client)
    """Every model client must be passed through this: faults of models act there."""


class Agent(Protocol):
    """Anything that can be evaluated."""

    def start(self, body: Arm, context: EpisodeContext) -> None:
        """Gets to know the connected body; called once, first."""

    def watch(self) -> None:
        """Looks at the table for a while without moving."""

    def new_session(self) -> None:
        """Goes away and comes back: keeps only what lies in `EpisodeContext.memory`."""

    def do(self, instruction: str) -> AgentResult:
        """Carries out one instruction; the arm is at rest afterwards."""

    def close(self) -> None:
        """Lets go of files and threads; the body is closed by whoever opened it."""


AgentFactory = Callable[[], Agent]

AGENTS: Mapping[str, str] = {
    name: f"embodied_mem_envs.evaluation.manipulate_brain:{name}"
    for name in ("full", "open_loop", "rekep", "tree", "every_step")
}
"""Where the built-in agents are made: `module:factory`, imported only when they are asked for."""


def load_agent(name: str) -> AgentFactory:
    """Returns what makes an agent: a built-in name, an entry point, or `module:factory`.

    Entry points belong to the group `embodied_mem.manipulation_agents`.

    Raises:
        ConfigError: If no agent has that name.
        EvaluationError: If `module:factory` cannot be imported.
    """
    where = name if ":" in name else load_plugin("manipulation_agent", name, AGENTS)
    if not isinstance(where, str):
        factory: AgentFactory = where
        return factory
    module, _, attribute = where.partition(":")
    try:
        factory = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise EvaluationError(
            f"the agent {name!r} cannot be loaded from {where}: {error}"
        ) from error
    return factory
