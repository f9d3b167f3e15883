"""Teaches a reader to answer from memories that hold what is asked for.

A query finds its entries by matching content before it can learn what they say, and until it does
nothing pulls it there: the loss stays at chance for long (the plateau of induction heads, Olsson et
al., arXiv 2209.11895). What shortens it here: lessons begin with memories in which there is nothing
else to find, and every memory is asked several questions, for one encoding of it.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from embodied_mem.allocation.training.snapshot import (
    Snapshot,
    get_chance,
    get_module,
    get_optimizer,
    put_chance,
    put_module,
    put_optimizer,
)
from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.reader import Reader
from embodied_mem.models.training.lessons import Source
from embodied_mem.models.training.schedule import WarmCosine


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadingConfig:
    """Settings of the training of a reader."""

    updates: int = 500
    """Gradient steps of the whole training; the learning rate falls over them."""
    episodes: int = 32
    """Memories of a step."""
    learning_rate: float = 1e-3
    last_learning_rate: float = 1e-5
    warm: float = 0.03
    """Share of the training during which the learning rate rises."""
    weight_decay: float = 0.01
    gradient_norm: float = 1.0
    """Longest gradient."""
    passed: float = 0.9
    """Running accuracy at which the next stage of the lessons comes."""
    patience: float = 0.15
    """Share of the training after which it comes in any case."""
    recent: float = 0.95
    """Weight that the running accuracy keeps at each step."""
    attune: bool = False
    """Take off what the frames of the first lesson have in common before anything is learned
    (`SpatiallyAwareTransformer.attune`), for lessons that have no easier stages."""

    def __post_init__(self) -> None:
        """Checks the sizes.

        Raises:
            ConfigError: If there is nothing to be done.
        """
        if self.updates < 1 or self.episodes < 1:
            raise ConfigError(
                f"updates is {self.updates} and episodes {self.episodes}; expected at least 1"
            )


@final
class ReaderTrainer:
    """Trains a `Reader`; one `update` is one lesson and one gradient step (AdamW).

    The same reader, lessons, settings and seed give the same weights to the bit, on one thread of
    one kind of machine, however often training is interrupted.

    Args:
        config: Settings.
        reader: New; it is changed.
        source: Of the lessons.
        seed: Of the lessons.
    """

    def __init__(self, config: ReadingConfig, reader: Reader, source: Source, seed: int) -> None:
        self.config = config
        self.reader = reader
        self.source = source
        self.done = 0
        self.stage = 0
        """Of the lessons that are given now."""
        self._stage_began = 0
        self._running = 0.0
        self._rng = np.random.default_rng(seed)
        self._optimizer = torch.optim.AdamW(
            reader.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self._rate = WarmCosine(
            peak=config.learning_rate, last=config.last_learning_rate, warm=config.warm
        )

    @property
    def updates(self) -> int:
        """Updates of the whole training."""
        return self.config.updates

    @property
    def ready(self) -> bool:
        """Whether it is past the easier stages."""
        return self.stage == self.source.stages - 1

    def update(self) -> dict[str, float]:
        """Gives one lesson; returns its loss and accuracy, and the stage."""
        config, reader = self.config, self.reader
        lesson = self.source.draw(self._rng, self.stage, config.episodes)
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate((self.done + 1) / config.updates)
        if config.attune and not self.done:
            reader.transformer.attune(lesson.memories)
        reader.train()
        logits = reader(lesson.memories).flatten(0, 1)
        answers = lesson.answers.flatten()
        loss = torch.nn.functional.cross_entropy(logits, answers)
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        norm = torch.nn.utils.clip_grad_norm_(reader.parameters(), config.gradient_norm)
        self._optimizer.step()
        self.done += 1
        accuracy = (logits.argmax(dim=-1) == answers).float().mean().item()
        told = {
            "accuracy": accuracy,
            "loss": loss.item(),
            "gradient_norm": norm.item(),
            "stage": float(self.stage),
        }
        self._advance(accuracy)
        return told

    def _advance(self, accuracy: float) -> None:
        config = self.config
        self._running = config.recent * self._running + (1.0 - config.recent) * accuracy
        long = self.done - self._stage_began >= config.patience * config.updates
        if not self.ready and (self._running >= config.passed or long):
            self.stage += 1
            self._stage_began = self.done
            self._running = 0.0

    def trained(self) -> Reader:
        """Returns the reader as it is now."""
        return self.reader

    def snapshot(self) -> Snapshot:
        """Returns all that is needed to go on exactly."""
        values = {
            "done": self.done,
            "stage": self.stage,
            "stage_began": self._stage_began,
            "running": self._running,
        }
        snapshot = Snapshot(values=values)
        put_module(snapshot, "reader", self.reader)
        put_optimizer(snapshot, "optimizer", self._optimizer)
        put_chance(snapshot, "rng", self._rng)
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Goes on from what `snapshot` returned, of a trainer made alike."""
        values = snapshot.values
        self.done, self.stage = values["done"], values["stage"]
        self._stage_began, self._running = values["stage_began"], values["running"]
        get_module(snapshot, "reader", self.reader)
        get_optimizer(snapshot, "optimizer", self._optimizer)
        get_chance(snapshot, "rng", self._rng)
