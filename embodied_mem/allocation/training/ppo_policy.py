"""The scorer as an actor-critic policy of Stable-Baselines3."""

from collections.abc import Callable
from typing import Any, final

import numpy as np
import torch
from gymnasium import spaces
from sb3_contrib.common.maskable.distributions import MaskableCategoricalDistribution
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from torch import Tensor

from embodied_mem.allocation.training import distribution
from embodied_mem.allocation.training.networks import Scorer
from embodied_mem.types import AnyArray

Masks = AnyArray | Tensor | None


@final
class ScorerPolicy(MaskableActorCriticPolicy):
    """Chooses by a `Scorer`, and estimates the return by the same network's summary.

    Args:
        observation_space: `slots` and `context`.
        action_space: Four operations of each entry.
        lr_schedule: As Stable-Baselines3 has it.
        make_scorer: Makes the network.
        **rest: As Stable-Baselines3 has it.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Callable[[float], float],
        *,
        make_scorer: Callable[[], Scorer],
        **rest: Any,
    ) -> None:
        self._make_scorer = make_scorer
        super().__init__(observation_space, action_space, lr_schedule, **rest)

    def _build(self, lr_schedule: Callable[[float], float]) -> None:
        self.scorer: Scorer = self._make_scorer()
        self.optimizer = self.optimizer_class(
            self.scorer.parameters(),
            lr=lr_schedule(1),  # type: ignore[call-arg]
            **self.optimizer_kwargs,
        )

    def _log_probabilities(self, obs: Any, masks: Masks) -> tuple[Tensor, Tensor]:
        scores, pooled = self.scorer(obs["slots"], obs["context"])
        valid = None if masks is None else torch.as_tensor(masks).bool()
        return distribution.log_probabilities(scores, valid), pooled

    def forward(
        self, obs: Any, deterministic: bool = False, action_masks: Masks = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Returns actions, estimates of the return and logarithms of the probabilities."""
        log_p, pooled = self._log_probabilities(obs, action_masks)
        actions = log_p.argmax(dim=1) if deterministic else distribution.draw(log_p)
        return actions, self.scorer.estimate(pooled), distribution.chosen(log_p, actions)

    def evaluate_actions(
        self, obs: Any, actions: Tensor, action_masks: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Returns estimates of the return, logarithms of the probabilities, and entropies."""
        log_p, pooled = self._log_probabilities(obs, action_masks)
        return (
            self.scorer.estimate(pooled),
            distribution.chosen(log_p, actions),
            distribution.entropy(log_p),
        )

    def predict_values(self, obs: Any) -> Tensor:
        """Returns estimates of the return."""
        _, pooled = self.scorer(obs["slots"], obs["context"])
        return self.scorer.estimate(pooled)

    def get_distribution(
        self, obs: Any, action_masks: np.ndarray[Any, Any] | None = None
    ) -> MaskableCategoricalDistribution:
        """Returns the distribution over actions, for `predict`."""
        scores, _ = self.scorer(obs["slots"], obs["context"])
        head = MaskableCategoricalDistribution(scores.shape[1]).proba_distribution(scores)
        head.apply_masking(action_masks)
        return head
