"""Decisions of a policy that is being trained, as flat arrays ready for gradient steps."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from embodied_mem.allocation.training import distribution
from embodied_mem.allocation.training.episodes import Core, EpisodeSet
from embodied_mem.allocation.training.networks import Scorer, ScorerWeights
from embodied_mem.allocation.training.playing import Scores, joined, play
from embodied_mem.allocation.training.rollouts import Rollouts, Shard, cut, shard_seed
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Int64Array

Kept = tuple[AnyArray, ...]
"""Slots, context, mask, actions, log_probability and episode, as of `Decisions`."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Decisions:
    """N decisions of all episodes of a queue; the first axis of every field."""

    slots: Tensor
    context: Tensor
    mask: Tensor
    """(N, 4 E) bool."""
    actions: Tensor
    log_probability: Tensor
    """Of the action, under the policy that took it."""
    episode: Int64Array
    """(N,) place in the queue of the episode that it belongs to."""

    def __len__(self) -> int:
        return len(self.episode)


@final
class Recorder:
    """Acts by a network's probabilities in `play`, and keeps every decision that counts."""

    def __init__(self, network: Scorer, chance: torch.Generator) -> None:
        self._network = network
        self._chance = chance
        self._kept: list[Kept] = []

    def __call__(
        self, slots: Float32Array, context: Float32Array, mask: BoolArray, playing: Int64Array
    ) -> AnyArray:
        """Draws an action for each row."""
        flat = mask.reshape(len(mask), -1)
        with torch.inference_mode():
            scores, _ = self._network(torch.from_numpy(slots), torch.from_numpy(context))
            log_p = distribution.log_probabilities(scores, torch.from_numpy(flat))
            actions = distribution.draw(log_p, self._chance)
            taken = distribution.chosen(log_p, actions).numpy()
        counts = playing >= 0
        row = (slots, context, flat, actions.numpy(), taken, playing)
        self._kept.append(tuple(array[counts] for array in row))
        return actions.numpy()

    def kept(self) -> Kept:
        """Returns what was kept, in the order of time."""
        return tuple(map(np.concatenate, zip(*self._kept, strict=True)))


def decisions_of(kept: Kept) -> Decisions:
    """Returns what was kept as tensors; the arrays are not copied."""
    slots, context, mask, actions, taken, episode = kept
    return Decisions(
        slots=torch.from_numpy(slots),
        context=torch.from_numpy(context),
        mask=torch.from_numpy(mask),
        actions=torch.from_numpy(actions),
        log_probability=torch.from_numpy(taken),
        episode=episode,
    )


def roll_out(
    network: Scorer, core: Core, rows: int, queue: Int64Array, chance: torch.Generator
) -> tuple[Decisions, Scores]:
    """Plays a queue of episodes by a network's probabilities; `play` says what the rest is."""
    recorder = Recorder(network, chance)
    scores = play(core, rows, queue, recorder)
    return decisions_of(recorder.kept()), scores


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RolloutPart:
    """One shard of a queue."""

    queue: Int64Array
    rows: int
    """Episodes played at a time, if there are so many."""
    seed: int
    """Of its chance."""


def roll_out_part(
    episodes: EpisodeSet, weights: ScorerWeights, part: RolloutPart
) -> tuple[Kept, Scores]:
    """Plays one shard; the work of `Rollouts.each`."""
    rows = min(part.rows, len(part.queue))
    chance = torch.Generator().manual_seed(part.seed)
    recorder = Recorder(Scorer.of(weights), chance)
    scores = play(episodes.make_core(rows), rows, part.queue, recorder)
    return recorder.kept(), scores


def roll_out_shards(
    rollouts: Rollouts,
    episodes: EpisodeSet,
    weights: ScorerWeights,
    queue: Int64Array,
    *,
    shards: int,
    rows: int,
    seed: int,
    update: int,
) -> tuple[Decisions, Scores]:
    """Plays a queue in shards, wherever `rollouts` plays them; the bits do not depend on that.

    Args:
        rollouts: Where.
        episodes: To play.
        weights: Of the network.
        queue: (N,) numbers of episodes.
        shards: Parts of the queue; another number draws other actions.
        rows: Episodes that a shard plays at a time.
        seed: Of the training.
        update: Which this is.
    """
    parts = cut(queue, shards)
    played = rollouts.each(
        roll_out_part,
        [
            Shard(
                fixed=episodes,
                policy=weights,
                part=RolloutPart(queue=part, rows=rows, seed=shard_seed(seed, update, index)),
            )
            for index, part in enumerate(parts)
        ],
    )
    starts = np.cumsum([0, *map(len, parts[:-1])])
    kept = [
        (*arrays, episode + start)
        for ((*arrays, episode), _), start in zip(played, starts, strict=True)
    ]
    together = tuple(map(np.concatenate, zip(*kept, strict=True)))
    return decisions_of(together), joined([scores for _, scores in played])
