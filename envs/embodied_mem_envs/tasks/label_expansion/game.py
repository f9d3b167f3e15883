"""One episode of label expansion, however it is played: what is shown, kept, and asked."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.errors import ConfigError, EvaluationError
from embodied_mem.types import Float32Array
from embodied_mem_envs.tasks.label_expansion.crops import make_material
from embodied_mem_envs.tasks.label_expansion.learner import Accuracy, measure
from embodied_mem_envs.tasks.label_expansion.stream import Shown, make_stream
from embodied_mem_envs.tasks.label_expansion.tree import Path

STEPS: Final = 2500
SLOTS: Final = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpansionConfig:
    """What may be chosen about an episode; everything else is drawn from the seed."""

    steps: int = STEPS
    """Length of the stream."""
    slots: int = SLOTS
    """Crops that the buffer holds."""
    checkpoints: int = 10
    """How often the buffer is tried, at equal distances, the last time at the end."""
    depth: int = 2
    """Of the tree of labels, 2 or 3."""
    groups: int = 6
    """Groups of things, 2 to 8."""
    categories: int = 4
    """Categories of each group at most, 2 to 6."""
    houses: int = 12
    """Houses whose things are in the stream."""
    held_out: int = 4
    """Houses besides, whose things are asked for."""
    rooms: int | None = None
    """Of every house; drawn where None."""
    pseudo_labels: bool = False
    """Whether records with coarse labels are given fine ones for the trial, see `learner`."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a value is out of its range.
        """
        limits = {
            "steps": (10, 100_000), "slots": (1, 10_000), "checkpoints": (1, self.steps),
            "depth": (2, 3), "groups": (2, 8), "categories": (2, 6), "houses": (2, 100),
            "held_out": (1, 100),
        }  # fmt: skip
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigError(f"{name} is {value}; expected {low} to {high}")


@final
class ExpansionGame:
    """The state of an episode."""

    def __init__(self, seed: int, config: ExpansionConfig | None = None) -> None:
        """Draws the houses, the labels and the stream.

        Raises:
            HouseError: If the houses hold too few kinds of things.
        """
        self.config = config or ExpansionConfig()
        self.material = make_material(
            seed,
            houses=self.config.houses,
            held_out=self.config.held_out,
            depth=self.config.depth,
            groups=self.config.groups,
            categories=self.config.categories,
            rooms=self.config.rooms,
        )
        rng = np.random.default_rng([seed, 61])
        self.stream = make_stream(self.material.stream, self.material.tree, self.config.steps, rng)
        self.step = 0
        self.buffer: list[Shown | None] = [None] * self.config.slots
        self.trials: list[Accuracy] = []
        """What each checkpoint gave."""
        self._told: set[Path] = set()

    @property
    def shown(self) -> Shown | None:
        """What is to be decided about; None at the end."""
        return self.stream[self.step] if self.step < len(self.stream) else None

    @property
    def progress(self) -> float:
        """Mean over all checkpoints of the mean of both accuracies; 0 for those to come."""
        done = sum((each.coarse + each.fine) / 2 for each in self.trials)
        return done / self.config.checkpoints

    def features(self, shown: Shown) -> Float32Array:
        """Returns (20,) the features of a crop."""
        row: Float32Array = self.material.stream.features[shown.crop]
        return row

    def keep(self, slot: int | None) -> Accuracy | None:
        """Puts what is shown into a slot, or leaves it, and goes on.

        Args:
            slot: Which slot it goes into, in the place of what is there; None to leave it.

        Returns:
            What the buffer gives, at a checkpoint.

        Raises:
            EvaluationError: If the stream is over.
            ConfigError: If there is no such slot.
        """
        shown = self.shown
        if shown is None:
            raise EvaluationError("the stream is over; begin another episode")
        if slot is not None:
            if not 0 <= slot < len(self.buffer):
                raise ConfigError(f"slot is {slot}; expected 0 to {len(self.buffer) - 1}")
            self.buffer[slot] = shown
        return self._go_on(shown)

    def miss(self) -> Accuracy | None:
        """Lets what is shown go by unseen, while the robot thinks."""
        return None if self.shown is None else self.keep(None)

    def _go_on(self, shown: Shown) -> Accuracy | None:
        if len(shown.label) == self.material.tree.depth:
            self._told.add(shown.label)
        self.step += 1
        before = (self.step - 1) * self.config.checkpoints // self.config.steps
        if self.step * self.config.checkpoints // self.config.steps == before:
            return None
        self.trials.append(self._try())
        return self.trials[-1]

    def _try(self) -> Accuracy:
        held = [each for each in self.buffer if each is not None]
        rows = [each.crop for each in held]
        return measure(
            self.material.stream.features[rows],
            [each.label for each in held],
            self.material.held_out,
            self.material.tree,
            self._told,
            pseudo_labels=self.config.pseudo_labels,
        )
