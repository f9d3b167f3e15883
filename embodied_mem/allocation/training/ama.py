"""Trains AMA: what each rule came to on each task, by regression; no bootstrapping, no discount."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import nn

from embodied_mem.allocation.ama import AmaPolicy, follow
from embodied_mem.allocation.policy import Policy
from embodied_mem.allocation.training.episodes import EpisodeSet
from embodied_mem.allocation.training.playing import Scores, joined, play
from embodied_mem.allocation.training.rollouts import (
    Rollouts,
    SerialRollouts,
    Shard,
    cut,
    shard_seed,
)
from embodied_mem.allocation.training.schedule import Ramp
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
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Int64Array


@dataclass(frozen=True, kw_only=True, slots=True)
class AmaConfig:
    """Settings of AMA; the defaults are the published ones where they apply."""

    updates: int = 120
    """Updates of the whole training; exploration falls over them."""
    episodes: int = 512
    """Episodes of an update."""
    shards: int = 1
    """Parts of them that are played apart, each with chance of its own; with more than one, other
    machines can play them."""
    batch: int = 32
    """Episodes of a gradient step."""
    learning_rate: float = 2e-4
    gradient_norm: float = 5.0
    """Longest gradient."""
    error: float = 0.1
    """Weight of the squared error."""
    exploration: float = 1.0
    last_exploration: float = 0.2
    explore_until: float = 0.59
    """Share of the training after which exploration falls no more."""
    hidden: int = 64
    """Hidden units of the network."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Exploration:
    """Episodes to play, and in which of them another rule than the best is tried."""

    queue: Int64Array
    """(N,) numbers of episodes."""
    explores: BoolArray
    drawn: Int64Array
    """Rule to follow where it explores."""
    seed: int = 0
    """Of the chance of a shard."""


Explored = tuple[Float32Array, Int64Array, Scores]
"""Labels of the tasks (N, T), rules that were followed (N,), and what came of it."""


def explore(
    episodes: EpisodeSet, greedy: AmaPolicy, what: Exploration, rng: np.random.Generator
) -> Explored:
    """Plays episodes, each by one rule."""
    rules, size = tuple(greedy.rules.values()), len(what.queue)
    chosen = np.zeros(size, np.int64)
    labels = np.zeros((size, greedy.tasks), np.float32)

    def act(
        slots: Float32Array, context: Float32Array, mask: BoolArray, playing: Int64Array
    ) -> AnyArray:
        label = context[:, -greedy.tasks :]
        best = greedy.values(label).argmax(axis=1)
        choice = np.where(what.explores[playing], what.drawn[playing], best)
        counts = playing >= 0
        chosen[playing[counts]], labels[playing[counts]] = choice[counts], label[counts]
        return follow(rules, choice, slots, context, mask, rng)

    return labels, chosen, play(episodes.make_core(size), size, what.queue, act)


def explore_part(episodes: EpisodeSet, greedy: AmaPolicy, part: Exploration) -> Explored:
    """Plays one shard; the work of `Rollouts.each`."""
    return explore(episodes, greedy, part, np.random.default_rng(part.seed))


@final
class Ama:
    """Learns which rule suits which task.

    Args:
        config: Settings.
        episodes: To play; their context has to tell the task.
        seed: Of everything that is drawn.
        rules: To choose among, by name; published are FIFO, LIFO, LVFO and MVFO.
        rollouts: Where shards are played, if there are several.

    Raises:
        ConfigError: If the task is not told.
    """

    def __init__(
        self,
        config: AmaConfig,
        episodes: EpisodeSet,
        seed: int,
        rules: Mapping[str, Policy],
        rollouts: Rollouts | None = None,
    ) -> None:
        if not episodes.tasks:
            raise ConfigError("AMA has to be told the task; make the episodes with task labels")
        torch.manual_seed(seed)
        self.config = config
        self.episodes = episodes
        self.rules = dict(rules)
        self._seed, self._rollouts = seed, rollouts or SerialRollouts()
        self.network = nn.Sequential()
        self.network.add_module("first", nn.Linear(episodes.tasks, config.hidden))
        self.network.add_module("relu", nn.ReLU())
        self.network.add_module("last", nn.Linear(config.hidden, len(rules)))
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=config.learning_rate)
        self.rng = np.random.default_rng(seed)
        self.done = 0

    @property
    def updates(self) -> int:
        """Updates of the whole training."""
        return self.config.updates

    @property
    def ready(self) -> bool:
        """Whether its policy may be kept."""
        return self.done > 0

    def update(self) -> dict[str, float]:
        """Plays and learns once; returns what is worth logging."""
        config, rng = self.config, self.rng
        ramp = Ramp(
            start=config.exploration, end=config.last_exploration, until=config.explore_until
        )
        exploration = ramp(self.done / config.updates)
        queue = rng.integers(self.episodes.count, size=config.episodes)
        explores = rng.random(len(queue)) < exploration
        drawn = rng.integers(len(self.rules), size=len(queue))
        labels, chosen, scores = self._explore(
            Exploration(queue=queue, explores=explores, drawn=drawn)
        )
        loss = self._learn(labels, chosen, scores.accuracy)
        self.done += 1
        return {**scores.means(), "loss": loss, "exploration": exploration}

    def _explore(self, what: Exploration) -> Explored:
        greedy, shards = self.trained(), self.config.shards
        if shards == 1:
            return explore(self.episodes, greedy, what, self.rng)
        columns = zip(
            *(cut(each, shards) for each in (what.queue, what.explores, what.drawn)), strict=True
        )
        parts = [
            Exploration(
                queue=queue,
                explores=explores,
                drawn=drawn,
                seed=shard_seed(self._seed, self.done, index),
            )
            for index, (queue, explores, drawn) in enumerate(columns)
        ]
        work = [Shard(fixed=self.episodes, policy=greedy, part=part) for part in parts]
        labels, chosen, scores = zip(*self._rollouts.each(explore_part, work), strict=True)
        return np.concatenate(labels), np.concatenate(chosen), joined(scores)

    def _learn(self, labels: Float32Array, chosen: Int64Array, outcomes: AnyArray) -> float:
        inputs, target = torch.from_numpy(labels), torch.from_numpy(outcomes.astype(np.float32))
        rules = torch.from_numpy(chosen)
        total = 0.0
        for start in range(0, len(chosen), self.config.batch):
            part = slice(start, start + self.config.batch)
            values = self.network(inputs[part]).gather(1, rules[part, None])[:, 0]
            error = (target[part] - values).square().mean()
            self.optimizer.zero_grad()
            torch.autograd.backward(self.config.error * error)
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_norm)
            self.optimizer.step()
            total += float(error.detach()) * len(values)
        return total / len(chosen)

    def trained(self) -> AmaPolicy:
        """Returns the greedy policy as it is now."""
        weights = self.network.state_dict()
        arrays = {name: tensor.numpy().copy() for name, tensor in weights.items()}
        return AmaPolicy(arrays, self.rules)

    def snapshot(self) -> Snapshot:
        """Returns all that is needed to go on exactly; between updates no episode is open."""
        snapshot = Snapshot(values={"done": self.done, "seed": self._seed})
        put_module(snapshot, "network", self.network)
        put_optimizer(snapshot, "optimizer", self.optimizer)
        put_chance(snapshot, "rng", self.rng)
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Goes on from what `snapshot` returned, of a trainer made alike."""
        self.done, self._seed = snapshot.values["done"], snapshot.values["seed"]
        get_module(snapshot, "network", self.network)
        get_optimizer(snapshot, "optimizer", self.optimizer)
        get_chance(snapshot, "rng", self.rng)
