"""GRPO: an episode's outcome, against other attempts at the same one, teaches each decision.

Group relative policy optimisation (Shao et al., DeepSeekMath, arXiv 2402.03300, section 4.1), as
Memory-R1 (2508.19828) and Mem-alpha (2509.25911) train managers of memory: no estimate of the
return and no credit to single decisions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from embodied_mem.allocation.training.group_trainer import GroupConfig, GroupTrainer
from embodied_mem.allocation.training.rollout import Decisions
from embodied_mem.types import AnyArray


@dataclass(frozen=True, kw_only=True, slots=True)
class GrpoConfig(GroupConfig):
    """Settings of GRPO."""


def group_advantages(outcomes: AnyArray, group: int) -> AnyArray:
    """Returns (N,) how much better each attempt was than the others of its group, in deviations.

    Args:
        outcomes: (N,), the attempts of a group one behind the other.
        group: Attempts of a group.

    >>> group_advantages(np.array([1.0, 0.0, 0.5, 0.5]), 2).round(2)
    array([ 1., -1.,  0.,  0.])
    """
    grouped = outcomes.reshape(-1, group)
    centred = grouped - grouped.mean(axis=1, keepdims=True)
    # Where all attempts came to the same there is nothing to learn, and nothing to divide by.
    advantages: AnyArray = (centred / (grouped.std(axis=1, keepdims=True) + 1e-6)).ravel()
    return advantages


@final
class Grpo(GroupTrainer[GrpoConfig]):
    """Trains a `Scorer`; every decision of an attempt has the attempt's advantage."""

    def _learn(self, decisions: Decisions, rewards: AnyArray) -> Iterator[Tensor]:
        advantages = group_advantages(rewards, self.config.rollouts)
        weight = torch.from_numpy(advantages[decisions.episode].astype(np.float32))
        for _ in range(self.config.epochs):
            order = torch.from_numpy(self.rng.permutation(len(decisions)))
            for start in range(0, len(order), self.config.batch):
                part = order[start : start + self.config.batch]
                yield self._gradient_step(decisions, weight, part)
