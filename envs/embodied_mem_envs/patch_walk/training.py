"""Teaches a generator: from memories that hold what is asked for, then from any."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from embodied_mem.models.training.schedule import WarmCosine
from embodied_mem.types import Int64Array
from embodied_mem_envs.patch_walk.batches import patch_batch
from embodied_mem_envs.patch_walk.generator import PatchGenerator
from embodied_mem_envs.patch_walk.rules import keep_asked, keep_some
from embodied_mem_envs.patch_walk.walks import PatchWalks, draw_patch_walks


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawingConfig:
    """Settings of the training of a generator."""

    updates: int = 1500
    """Gradient steps of the whole training; the learning rate falls over them."""
    episodes: int = 8
    """Pictures of a step."""
    oracle: float = 0.35
    """Share of the training in which memories hold all that is asked for. After that every other
    one holds patches drawn from the walk, so that what is missing is drawn from its neighbours."""
    capacities: tuple[int, ...] = (32, 64, 128)
    """Patches in memory; each step draws one of these."""
    learning_rate: float = 1e-3
    last_learning_rate: float = 1e-5
    warm: float = 0.03
    """Share of the training during which the learning rate rises."""
    gradient_norm: float = 1.0
    """Longest gradient."""


@final
class GeneratorTrainer:
    """Trains a `PatchGenerator`; one `update` is one batch of new pictures (Adam, squared error).

    Args:
        config: Settings.
        generator: New; it is changed.
        seed: Of the pictures and walks.
    """

    def __init__(self, config: DrawingConfig, generator: PatchGenerator, seed: int) -> None:
        self.config = config
        self.generator = generator
        self.done = 0
        self._rng = np.random.default_rng(seed)
        self._optimizer = torch.optim.Adam(generator.parameters(), lr=config.learning_rate)
        self._rate = WarmCosine(
            peak=config.learning_rate, last=config.last_learning_rate, warm=config.warm
        )

    def update(self) -> dict[str, float]:
        """Takes a step; returns the mean squared error of a pixel before it."""
        config, generator = self.config, self.generator
        walks = draw_patch_walks(config.episodes, self._rng)
        batch, patches = patch_batch(walks, self._kept(walks), generator.places)
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate((self.done + 1) / config.updates)
        generator.train()
        loss = torch.nn.functional.mse_loss(generator(batch), patches)
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(generator.parameters(), config.gradient_norm)
        self._optimizer.step()
        self.done += 1
        return {"mse": loss.item()}

    def _kept(self, walks: PatchWalks) -> Int64Array:
        config = self.config
        capacity = int(self._rng.choice(config.capacities))
        kept = keep_asked(walks, capacity, self._rng)
        if self.done >= config.oracle * config.updates:
            any_kept = keep_some(walks, capacity, self._rng)
            kept[::2] = any_kept[::2]
        return kept
