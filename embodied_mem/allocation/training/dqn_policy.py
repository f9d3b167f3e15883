"""The scorer as a Q-network of Stable-Baselines3, with valid actions only."""

from collections.abc import Callable
from typing import Any, final

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import DQN
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.dqn.policies import DQNPolicy
from torch import Tensor

from embodied_mem.allocation.training.networks import Scorer
from embodied_mem.types import AnyArray

_NEVER = -1e9
"""Value of an action that is not valid: never the largest."""


@final
class ScorerQ(BasePolicy):
    """Q = what the memory is worth + the score of the action; `mask` is part of what is observed.

    The action with the largest Q is that with the largest score, so the scorer alone is the policy.
    """

    def __init__(self, observation_space: Any, action_space: Any, scorer: Scorer) -> None:
        super().__init__(observation_space, action_space)
        self.scorer = scorer

    def forward(self, obs: Any) -> Tensor:
        """Returns (B, A) the values of all actions."""
        scores, pooled = self.scorer(obs["slots"], obs["context"])
        values: Tensor = scores + self.scorer.estimate(pooled)[:, None]
        return values.masked_fill(obs["mask"] < 0.5, _NEVER)

    def _predict(self, observation: Any, deterministic: bool = True) -> Tensor:
        return torch.argmax(self(observation), dim=1)


@final
class ScorerDqnPolicy(DQNPolicy):
    """Q-network and target network that are scorers.

    Args:
        observation_space: `slots`, `context` and `mask`.
        action_space: Four operations of each entry.
        lr_schedule: As Stable-Baselines3 has it.
        make_scorer: Makes a network.
        **rest: As Stable-Baselines3 has it.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Discrete,
        lr_schedule: Callable[[float], float],
        *,
        make_scorer: Callable[[], Scorer],
        **rest: Any,
    ) -> None:
        self._make_scorer = make_scorer
        super().__init__(observation_space, action_space, lr_schedule, **rest)

    def make_q_net(self) -> ScorerQ:  # type: ignore[override]
        """Makes one of the two networks."""
        return ScorerQ(self.observation_space, self.action_space, self._make_scorer())


@final
class ValidDqn(DQN):
    """DQN that explores row by row, and among valid actions; the original draws for all at once."""

    def predict(
        self,
        observation: AnyArray | dict[str, AnyArray],
        state: tuple[AnyArray, ...] | None = None,
        episode_start: AnyArray | None = None,
        deterministic: bool = False,
    ) -> tuple[AnyArray, tuple[AnyArray, ...] | None]:
        """Returns the best action of each row, or by chance any valid one."""
        best, state = self.policy.predict(observation, state, episode_start, deterministic=True)
        if deterministic:
            return best, state
        assert isinstance(observation, dict)
        mask = observation["mask"] > 0.5
        # Stable-Baselines3 seeds and draws from the global generator, and so does this.
        chance = np.random.random_sample
        anything = np.where(mask, chance(mask.shape), -1.0).argmax(axis=-1)
        explores = chance(best.shape) < self.exploration_rate
        return np.where(explores, anything, best), state
