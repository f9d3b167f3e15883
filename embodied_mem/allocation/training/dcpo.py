"""DCPO: like GRPO, but learned from segments between two edits of a memory.

Dynamic context policy optimisation (Memory as Action, Zhang et al., arXiv 2510.12635): every
segment has the advantage of its trajectory; of each group of attempts some segments are drawn, and
each counts alike, however many decisions it has. So neither a long trajectory nor a long segment
drowns the others. What is drawn evenly over the attempts of a group is our choice; the paper only
says how many are drawn.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from embodied_mem.allocation.head import DROP, action_of
from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.training.episodes import EpisodeSet
from embodied_mem.allocation.training.group_trainer import GroupConfig, GroupTrainer
from embodied_mem.allocation.training.rollout import Decisions
from embodied_mem.allocation.training.rollouts import Rollouts
from embodied_mem.allocation.training.segments import (
    sample_segments,
    segment_advantages,
    segments_of,
)
from embodied_mem.types import AnyArray, BoolArray

Begins = Callable[[Decisions], BoolArray]
"""Tells (N,) which decisions come after an edit of what the decision before had seen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DcpoConfig(GroupConfig):
    """Settings of DCPO."""

    groups: int = 96
    """Episodes of an update."""
    rollouts: int = 8
    """Times that each is played."""
    segments: int = 16
    """Segments that are drawn of an episode's rollouts."""
    batch: int = 256
    """Segments of a gradient step."""


def after_edits(decisions: Decisions) -> BoolArray:
    """Tells which decisions of an allocator come after an operation that was no refusal."""
    entries = decisions.slots.shape[1]
    refusal = int(action_of(entries - 1, DROP))
    edited = decisions.actions.numpy() != refusal
    order = np.argsort(decisions.episode, kind="stable")
    begins = np.zeros(len(decisions), np.bool_)
    begins[order[1:]] = edited[order[:-1]]
    return begins


@final
class Dcpo(GroupTrainer[DcpoConfig]):
    """Trains a `Scorer` from segments.

    Args:
        config: Settings.
        episodes: To play.
        seed: Of everything that is drawn.
        start: A trained network to go on from, which the divergence is then measured from.
        rollouts: Where shards are played, if there are several.
        begins: Where segments begin.
    """

    def __init__(
        self,
        config: DcpoConfig,
        episodes: EpisodeSet,
        seed: int,
        start: ScorerNetwork | None = None,
        rollouts: Rollouts | None = None,
        *,
        begins: Begins = after_edits,
    ) -> None:
        super().__init__(config, episodes, seed, start, rollouts)
        self._begins = begins

    def _learn(self, decisions: Decisions, rewards: AnyArray) -> Iterator[Tensor]:
        segment = segments_of(decisions.episode, self._begins(decisions))
        _, first, lengths = np.unique(segment, return_index=True, return_counts=True)
        rollout = decisions.episode[first]
        group = rollout // self.config.rollouts
        advantages = segment_advantages(rewards[rollout], rollout, group)
        weight = torch.from_numpy(advantages[segment].astype(np.float32))
        members = np.split(np.argsort(segment, kind="stable"), np.cumsum(lengths)[:-1])
        drawn = sample_segments(rollout, group, self.config.segments, self.rng)
        for _ in range(self.config.epochs):
            order = self.rng.permutation(drawn)
            for start in range(0, len(order), self.config.batch):
                batch = order[start : start + self.config.batch]
                part = np.concatenate([members[each] for each in batch])
                share = np.repeat(1 / (len(batch) * lengths[batch]), lengths[batch])
                yield self._gradient_step(
                    decisions,
                    weight,
                    torch.from_numpy(part),
                    torch.from_numpy(share.astype(np.float32)),
                )
