"""A core as Stable-Baselines3 wants its environments: thin, so that batches stay batches."""

from collections.abc import Iterable, Sequence
from typing import Any, final

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from embodied_mem.allocation.restrictions import Restriction
from embodied_mem.allocation.training.episodes import EpisodeSet
from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray, BoolArray, Float64Array

Observed = dict[str, AnyArray]
_TERMS = ("accuracy", "compression", "validity", "steps")


@final
class CoreVecEnv(VecEnv):
    """Rows of a core, each of which begins a new episode, drawn at random, where one ends.

    Args:
        episodes: Where they come from.
        rows: Rows.
        seed: Of the draws.
        reward_scale: Rewards are multiplied by this, so that returns are of the order of 1.
        shaped: Add to each reward by how much the operation changed the frozen value, so that it
            tells at once what the operation was good for; needs `EpisodeSet.frozen_value`. Summed
            over an episode, that is 0.
        restriction: Narrows the mask.
        show_mask: Put the mask into the observation, as `mask`, for algorithms that know of none.
    """

    def __init__(
        self,
        episodes: EpisodeSet,
        rows: int,
        seed: int,
        *,
        reward_scale: float = 1.0,
        shaped: bool = False,
        restriction: Restriction | None = None,
        show_mask: bool = False,
    ) -> None:
        self.core = episodes.make_core(rows)
        self.rng = np.random.default_rng(seed)
        self._count = episodes.count
        self._scale = reward_scale
        if shaped and episodes.frozen_value is None:
            raise ConfigError("rewards can only be shaped where the frozen value is known")
        self._frozen_value = episodes.frozen_value if shaped else None
        self._frozen: AnyArray = np.zeros(rows)
        self._restriction = restriction
        self._show_mask = show_mask
        self._all = np.arange(rows)
        self._actions: AnyArray = np.zeros(rows, np.int64)
        self.render_mode = None
        self._running = np.zeros((rows, 5))
        self._ended: list[Float64Array] = []
        # One empty dictionary for all rows and steps: Stable-Baselines3 only looks into it.
        self._infos: list[dict[str, Any]] = [{}] * rows
        self.core.begin(self._all, np.zeros(rows, np.int64))
        shown = self._observe()
        super().__init__(
            rows,
            spaces.Dict(
                {
                    name: spaces.Box(-np.inf, np.inf, value.shape[1:], np.float32)
                    for name, value in shown.items()
                }
            ),
            spaces.Discrete(self._mask.shape[1]),
        )

    def _observe(self) -> Observed:
        slots, context, mask = self.core.observe()
        if self._restriction is not None:
            mask = self._restriction(slots, mask)
        self._mask: BoolArray = mask.reshape(len(mask), -1).copy()
        # Copies: the buffers of the core are written again before the last observation is stored.
        observed = {"slots": slots.copy(), "context": context.copy()}
        if self._show_mask:
            observed["mask"] = self._mask.astype(np.float32)
        return observed

    def action_masks(self) -> BoolArray:
        """Returns (B, 4 E) which actions are valid now."""
        return self._mask

    def reset(self) -> Observed:
        """Begins an episode in every row."""
        self.core.begin(self._all, self.rng.integers(self._count, size=self.num_envs))
        self._running[:] = 0.0
        self._frozen = np.zeros(self.num_envs)
        return self._observe()

    def step_async(self, actions: AnyArray) -> None:
        """Notes the actions."""
        self._actions = actions

    def step_wait(self) -> tuple[Observed, AnyArray, BoolArray, list[dict[str, Any]]]:
        """Carries them out."""
        step = self.core.step(self._actions)
        terms = (step.outcomes, step.asked, step.compression, step.validity)
        for column, term in enumerate(terms):
            self._running[:, column] += term
        self._running[:, -1] += 1
        reward = step.reward
        if self._frozen_value is not None:
            frozen = self._frozen_value(self.core)
            reward = reward + frozen - self._frozen
            self._frozen = np.where(step.done, 0.0, frozen)
        ended = np.flatnonzero(step.done)
        if len(ended):
            self._ended.append(self._running[ended])
            self._running[ended] = 0.0
            self.core.begin(ended, self.rng.integers(self._count, size=len(ended)))
        rewards = (reward * self._scale).astype(np.float32)
        return self._observe(), rewards, step.done.copy(), self._infos

    def drain(self) -> dict[str, float]:
        """Returns the mean terms of the episodes that ended since the last call; {} if none."""
        if not self._ended:
            return {}
        outcomes, asked, *rest = np.concatenate(self._ended).T
        self._ended.clear()
        columns = (outcomes / np.maximum(asked, 1), *rest)
        return {name: float(value.mean()) for name, value in zip(_TERMS, columns, strict=True)}

    def state(self) -> dict[str, AnyArray]:
        """Returns all that changes but the generator, as arrays."""
        return {
            **self.core.state(),
            "running": self._running.copy(),
            "frozen": np.array(self._frozen),
        }

    def restore(self, state: dict[str, AnyArray]) -> Observed:
        """Goes on from what `state` returned; returns what is observed there."""
        self._running[...] = state.pop("running")
        self._frozen = state.pop("frozen")
        self.core.restore(state)
        return self._observe()

    # -- what Stable-Baselines3 asks of rows one by one, answered for all at once ------------------

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Returns what a method of this class returns, one entry a row."""
        result = getattr(self, method_name)(*method_args, **method_kwargs)
        return list(result if indices is None else result[indices])

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Returns an attribute of this class, once for each row."""
        return [getattr(self, attr_name)] * len(self._chosen(indices))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Sets an attribute of all rows."""
        setattr(self, attr_name, value)

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """Says that no row is wrapped."""
        return [False] * len(self._chosen(indices))

    def close(self) -> None:
        """Has nothing to close."""

    def _chosen(self, indices: int | Iterable[int] | None) -> Sequence[int]:
        return list(self._get_indices(indices))
