"""Which guests there are, how long agents train in them, and what their memory is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

import gymnasium as gym

from embodied_mem.errors import unknown_name
from embodied_mem_envs.bench.allocation.pair_env import PairEnv
from embodied_mem_envs.guests.memory_gym import MortarMayhemGrid, MysteryPathGrid
from embodied_mem_envs.guests.minigrid import MiniGridMemory
from embodied_mem_envs.guests.popgym import popgym_task
from embodied_mem_envs.t_maze import TMazeEnv
from embodied_mem_envs.wrappers import Memory

Agent = Literal["none", "stack", "recurrent", "sat"]
AGENTS: Final = ("none", "stack", "recurrent", "sat")
Score = Literal["return", "success"]
EVALUATED: Final = 1 << 30
"""First seed of the episodes that agents are evaluated on; none trains on them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Guest:
    """A memory task for the four agents."""

    make: Callable[[], gym.Env[Any, Any]]
    """Makes the environment, without a memory."""
    slots: int
    """Of the frame stack, and of the memory that the transformer reads."""
    rule: str
    """Which of `wrappers.RULES` fills that memory."""
    steps: int
    """Of each agent's training."""
    place: str | None = None
    """Entry of the observation that says where the agent is."""
    score: Score = "return"
    """What is reported: the return, or the share of episodes that succeed."""

    def environment(self, agent: Agent) -> Memory:
        """Makes what an agent sees; all of them see the last action, the last reward and the time.

        `none` and `recurrent` have what there is now and nothing else, `stack` the newest
        observations, `sat` what the rule keeps.
        """
        if agent in ("none", "recurrent"):
            return Memory(self.make(), 1, "fifo")
        return Memory(self.make(), self.slots, "fifo" if agent == "stack" else self.rule)

    def maker(self, agent: Agent) -> Callable[[], Memory]:
        """Returns what makes it; it pickles."""
        return partial(self.environment, agent)


GUESTS: Final[Mapping[str, Guest]] = {
    "repeat_previous": Guest(
        make=partial(popgym_task, "RepeatPreviousEasy"), slots=8, rule="fifo", steps=60_000
    ),
    "repeat_first": Guest(
        make=partial(popgym_task, "RepeatFirstEasy"), slots=8, rule="keep_first", steps=80_000
    ),
    "t_maze": Guest(
        make=partial(TMazeEnv, length=40), slots=8, rule="k_center", steps=60_000, score="success"
    ),
    "minigrid_memory": Guest(
        make=MiniGridMemory, slots=8, rule="k_center", steps=80_000, score="success"
    ),
    "mortar_mayhem": Guest(
        make=partial(MortarMayhemGrid, commands=2, side=3),
        slots=16,
        rule="fifo",
        steps=80_000,
        place="place",
    ),
    "mystery_path": Guest(make=MysteryPathGrid, slots=16, rule="fifo", steps=80_000, place="place"),
    "pair": Guest(make=PairEnv, slots=8, rule="keep_first_and_newest", steps=100_000),
}
"""Every guest by name."""


def guest_named(name: str) -> Guest:
    """Returns a guest.

    Raises:
        ConfigError: If there is none of this name.
    """
    if name not in GUESTS:
        raise unknown_name("guest", name, GUESTS)
    return GUESTS[name]
