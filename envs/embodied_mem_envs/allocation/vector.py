"""Many memories at once as a Gymnasium vector environment: no loop over environments in a step."""

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from embodied_mem.allocation.head import OPERATIONS
from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.types import AnyArray, BoolArray
from embodied_mem_envs.allocation.core import AllocationCore, Rows
from embodied_mem_envs.allocation.env import (
    Observed,
    episode_config,
    observation_space,
    terms_of,
)
from embodied_mem_envs.allocation.generate import make_episode
from embodied_mem_envs.allocation.stream_file import load_streams
from embodied_mem_envs.allocation.streams import MOST_OBJECTS, Streams
from embodied_mem_envs.allocation.table import EpisodeTable


class AllocationVectorEnv(VectorEnv[Observed, AnyArray, AnyArray]):
    """`EmbodiedMem/Allocation-v0` many times at once; step by step equal to the single one.

    An environment whose episode ends is reset in the same step: `infos["final_obs"]` has the last
    observation, `infos["accuracy"]` the mean outcome of the episode. `infos["action_mask"]` is
    (num_envs, 4 (K + 1)).

    Args:
        num_envs: How many.
        pool: Draw so many episodes once, and let every reset take one of them: a reset costs
            nothing then. Where None, every reset draws a new episode, as a single environment does
            with the seed `seed + index`.
        streams: Recordings; those that ship where None.
        beta: Weight of the compression term.
        task_label: Tell which kind of question is asked most.
        episode: The fields of `EpisodeConfig`.

    Raises:
        ConfigError: If an argument is out of its range or unknown.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012
        "render_modes": [],
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(
        self,
        num_envs: int,
        *,
        pool: int | None = None,
        streams: Streams | None = None,
        beta: float = 0.05,
        task_label: bool = False,
        **episode: Any,
    ) -> None:
        if num_envs < 1 or (pool is not None and pool < 1):
            raise ConfigError(
                f"at least 1 environment and 1 episode are needed, got num_envs={num_envs}, "
                f"pool={pool}"
            )
        self.num_envs = num_envs
        self.config = episode_config(episode)
        self.streams = streams or load_streams()
        self.pool = pool
        self._beta, self._task_label = beta, task_label
        self.single_observation_space = observation_space(self.config.slots, task_label=task_label)
        self.single_action_space = spaces.Discrete(len(OPERATIONS) * (self.config.slots + 1))
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._generators: list[np.random.Generator] = []
        self._core: AllocationCore | None = None
        self._right, self._asked = np.zeros(num_envs), np.zeros(num_envs)

    def reset(
        self,
        *,
        seed: int | list[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Observed, dict[str, Any]]:
        """Starts every environment anew.

        Args:
            seed: Of the first environment; the others have the next ones. With a pool, also of its
                episodes. A list has one seed for each.
            options: None are known.
        """
        for name in options or {}:
            raise unknown_name("reset option", name, ())
        if seed is not None or not self._generators:
            seeds = self._seeds(seed)
            self._generators = [gym.utils.seeding.np_random(each)[0] for each in seeds]
            self._core = None
        rows = np.arange(self.num_envs)
        if self._core is None:
            self._core = self._first(rows)
        else:
            self._begin(self._core, rows)
        self._right[:], self._asked[:] = 0.0, 0.0
        return self._observation(), {"action_mask": self.action_masks().astype(np.int8)}

    def step(
        self, actions: AnyArray
    ) -> tuple[Observed, AnyArray, AnyArray, AnyArray, dict[str, Any]]:
        """Carries out one operation in each environment.

        Raises:
            gymnasium.error.ResetNeeded: If there was no reset yet.
        """
        core = self._running()
        result = core.step(actions)
        self._right += result.outcomes
        self._asked += result.asked
        infos: dict[str, Any] = {"terms": terms_of(result)}
        ended = np.flatnonzero(result.done)
        if len(ended):
            infos |= self._final(ended)
            self._begin(core, ended)
        observation = self._observation()
        infos["action_mask"] = self.action_masks().astype(np.int8)
        return observation, result.reward, result.done, np.zeros(self.num_envs, bool), infos

    def action_masks(self) -> BoolArray:
        """Returns (num_envs, 4 (K + 1)) which actions are valid now."""
        return self._running().mask_out.reshape(self.num_envs, -1).copy()

    def state(self) -> dict[str, AnyArray]:
        """Returns all that changes as arrays, the sources of chance as bytes."""
        core = self._running()
        if self.pool is None:
            raise ConfigError("only an environment with a pool can be saved; give `pool`")
        chance = [_bytes_of(generator) for generator in self._generators]
        return core.state() | {
            "right": self._right.copy(),
            "asked_so_far": self._asked.copy(),
            "chance": np.array(chance, np.uint64),
        }

    def restore(self, state: Mapping[str, AnyArray]) -> None:
        """Goes on from what `state` returned, after a `reset` with the same seed."""
        core = self._running()
        core.restore(state)
        core.observe()
        self._right[:], self._asked[:] = state["right"], state["asked_so_far"]
        for generator, words in zip(self._generators, state["chance"], strict=True):
            _set_bytes(generator, words)

    # -- inside -----------------------------------------------------------------------------------

    def _seeds(self, seed: int | list[int | None] | None) -> list[int | None]:
        if isinstance(seed, list):
            return seed
        return [None if seed is None else seed + index for index in range(self.num_envs)]

    def _first(self, rows: Rows) -> AllocationCore:
        """Draws the first episodes, or the pool."""
        if self.pool is None:
            drawn = [make_episode(self.streams, self.config, each) for each in self._generators]
            table = EpisodeTable(drawn, most_keys=self.config.arrivals * MOST_OBJECTS)
        else:
            chance = self._generators[0]
            drawn = [make_episode(self.streams, self.config, chance) for _ in range(self.pool)]
            table = EpisodeTable(drawn)
        core = AllocationCore(table, self.num_envs, beta=self._beta, task_label=self._task_label)
        core.begin(rows, rows if self.pool is None else self._draw(rows))
        return core

    def _begin(self, core: AllocationCore, rows: Rows) -> None:
        if self.pool is None:
            for row in rows:
                episode = make_episode(self.streams, self.config, self._generators[row])
                core.table.put(int(row), episode)
            core.begin(rows, rows)
        else:
            core.begin(rows, self._draw(rows))
        self._right[rows], self._asked[rows] = 0.0, 0.0

    def _draw(self, rows: Rows) -> Rows:
        return np.array([self._generators[row].integers(self.pool) for row in rows], np.intp)

    def _final(self, ended: Rows) -> dict[str, Any]:
        """Returns what is told of episodes that have ended."""
        core = self._running()
        slots, context, _ = core.observe()
        last = np.full(self.num_envs, None, object)
        for row in ended:
            last[row] = {"slots": slots[row].copy(), "context": context[row].copy()}
        there = np.zeros(self.num_envs, bool)
        there[ended] = True
        accuracy = np.where(there, self._right / np.maximum(self._asked, 1), 0.0)
        return {
            "final_obs": last,
            "_final_obs": there,
            "accuracy": accuracy,
            "_accuracy": there.copy(),
        }

    def _running(self) -> AllocationCore:
        if self._core is None:
            raise gym.error.ResetNeeded("there are no episodes yet; call reset() first")
        return self._core

    def _observation(self) -> Observed:
        slots, context, _ = self._running().observe()
        return {"slots": slots.copy(), "context": context.copy()}


def _bytes_of(generator: np.random.Generator) -> list[int]:
    """Returns the state of a PCG64 generator as 64-bit words."""
    state = generator.bit_generator.state
    words = []
    for value in (state["state"]["state"], state["state"]["inc"]):
        words += [value >> 64, value & (2**64 - 1)]
    return [*words, state["has_uint32"], state["uinteger"]]


def _set_bytes(generator: np.random.Generator, words: AnyArray) -> None:
    high, low, inc_high, inc_low, has, value = (int(word) for word in words)
    generator.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": high << 64 | low, "inc": inc_high << 64 | inc_low},
        "has_uint32": has,
        "uinteger": value,
    }
