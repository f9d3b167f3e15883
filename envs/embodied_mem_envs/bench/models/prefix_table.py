"""The prompts of a planner that is asked again after every step of an arm at the tabletop."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, final

from embodied_mem.brain.arm_build import ArmBrainBuilder, ArmBrainParts
from embodied_mem.models.client import Completion, Message, ModelClient
from embodied_mem.models.scripted import Scripted
from embodied_mem_envs.bench.models.prefix_episode import Prompt
from embodied_mem_envs.evaluation.baselines.agents import BASELINES
from embodied_mem_envs.tabletop import TabletopBody, default_cell
from embodied_mem_envs.tabletop.tasks import make_episode
from embodied_mem_envs.tabletop.tasks.playing import starting_layout

_LEVEL: Final = 2
_FAMILIES: Final = ("sort", "clear", "swap", "put_away", "stack", "find_moved", "fetch")
TASKS: Final = tuple((family, seed) for seed in range(2000, 2004) for family in _FAMILIES)
"""Families that take several steps, and seeds, in the order in which they are played."""


def table_prompts(family: str, seed: int) -> tuple[Prompt, ...]:
    """Plays one task and returns all that the planner read.

    The agent is the baseline `every_step` (Inner Monologue), which asks the model after each step:
    no other asks so often.

    Args:
        family: Of the task, such as `restore`.
        seed: Of the task.
    """
    episode = make_episode(family, _LEVEL, seed)
    model = _Recording(Scripted())
    with TabletopBody(starting_layout(episode, default_cell()), seed=seed) as body:
        builder = ArmBrainBuilder(body, body.cell, ArmBrainParts(model=model))
        runner = BASELINES["every_step"].cerebellum(builder.library, body.seconds_per_tick)
        builder.brain(cerebellum=runner).do(episode.instruction)
    return tuple(Prompt(role="planner", messages=each) for each in model.read)


@final
class _Recording:
    """Keeps the prompts that a client reads."""

    def __init__(self, client: ModelClient) -> None:
        self.client = client
        self.read: list[tuple[Message, ...]] = []

    @property
    def name(self) -> str:
        """The client's own."""
        return self.client.name

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        """Returns what the client answers; see there for errors."""
        self.read.append(tuple(messages))
        return self.client.complete(messages, schema=schema, timeout=timeout)
