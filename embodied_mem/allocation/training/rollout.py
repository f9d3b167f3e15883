"""Decisions of a policy that is being trained, as flat arrays ready for gradient steps."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from embodied_mem.allocation.training import distribution
from embodied_mem.allocation.training.episodes import Core
from embodied_mem.allocation.training.networks import Scorer
from embodied_mem.allocation.training.playing import Scores, play
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Int64Array


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
        self._kept: list[tuple[AnyArray, ...]] = []

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

    def decisions(self) -> Decisions:
        """Returns what was kept, in the order of time."""
        slots, context, mask, actions, taken, episode = map(
            np.concatenate, zip(*self._kept, strict=True)
        )
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
    return recorder.decisions(), scores
