"""What GRPO and DCPO share: groups of attempts at one episode, and clipped steps to the better.

A group plays one episode, the same candidates and questions, G times; how well an attempt went is
compared with the others of its group. Subclasses say how that is given to single decisions.
"""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.training import distribution
from embodied_mem.allocation.training.episodes import EpisodeSet
from embodied_mem.allocation.training.networks import Scorer
from embodied_mem.allocation.training.playing import Scores
from embodied_mem.allocation.training.rollout import Decisions, roll_out, roll_out_shards
from embodied_mem.allocation.training.rollouts import Rollouts, SerialRollouts
from embodied_mem.allocation.training.schedule import Ramp
from embodied_mem.allocation.training.snapshot import (
    Snapshot,
    get_chance,
    get_module,
    get_optimizer,
    get_torch_chance,
    put_chance,
    put_module,
    put_optimizer,
    put_torch_chance,
)
from embodied_mem.types import AnyArray, Int64Array


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupConfig:
    """Settings of training by groups of attempts."""

    updates: int = 150
    """Updates of the whole training; the learning rate falls over them."""
    groups: int = 64
    """Episodes of an update."""
    rollouts: int = 12
    """Times that each is played."""
    rows: int = 384
    """Episodes played at a time, by each shard."""
    shards: int = 1
    """Parts of an update's episodes that are played apart, each with chance of its own; with more
    than one, other machines can play them."""
    epochs: int = 2
    """Passes over the decisions of an update."""
    batch: int = 4096
    """Decisions of a gradient step."""
    learning_rate: float = 2e-3
    last_learning_rate: float = 1e-4
    clip: float = 0.2
    """Ratio of probabilities beyond which a decision no longer pulls."""
    entropy: float = 0.003
    """Weight of the entropy, against settling too early."""
    kl: float = 0.0
    """Weight of the divergence from the network that training started with."""
    gradient_norm: float = 0.5
    """Longest gradient."""
    hidden: int = 64
    """Hidden units of the network."""


Config = TypeVar("Config", bound=GroupConfig)


class GroupTrainer(ABC, Generic[Config]):
    """Trains a `Scorer`; one `update` is a batch of groups and the gradient steps on it.

    Args:
        config: Settings.
        episodes: To play.
        seed: Of everything that is drawn.
        start: A trained network to go on from, which the divergence is then measured from.
        rollouts: Where shards are played, if there are several.
    """

    def __init__(
        self,
        config: Config,
        episodes: EpisodeSet,
        seed: int,
        start: ScorerNetwork | None = None,
        rollouts: Rollouts | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.config = config
        self.episodes = episodes
        self._seed, self._rollouts = seed, rollouts or SerialRollouts()
        self.network = Scorer(episodes.slot_features, episodes.context_features, config.hidden)
        if start is not None:
            self.network.take_over(start)
        self._reference = copy.deepcopy(self.network)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=config.learning_rate)
        self.core = episodes.make_core(config.rows)
        self.rng = np.random.default_rng(seed)
        self.chance = torch.Generator().manual_seed(seed)
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
        config = self.config
        drawn = self.rng.integers(self.episodes.count, size=config.groups)
        queue = np.repeat(drawn, config.rollouts)
        decisions, scores = self._roll_out(queue)
        rate = Ramp(start=config.learning_rate, end=config.last_learning_rate)
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.done / config.updates)
        logs = torch.stack(list(self._learn(decisions, scores.reward))).mean(dim=0).tolist()
        self.done += 1
        names = ("entropy", "clipped", "divergence")
        return {**scores.means(), **dict(zip(names, logs, strict=True))}

    @abstractmethod
    def _learn(self, decisions: Decisions, rewards: AnyArray) -> Iterator[Tensor]:
        """Yields what `_gradient_step` returned, of each step on an update's decisions.

        Args:
            decisions: N of them.
            rewards: Of the attempts, those of a group one behind the other.
        """

    def _roll_out(self, queue: Int64Array) -> tuple[Decisions, Scores]:
        config = self.config
        if config.shards == 1:
            return roll_out(self.network, self.core, config.rows, queue, self.chance)
        return roll_out_shards(
            self._rollouts,
            self.episodes,
            self.network.weights(),
            queue,
            shards=config.shards,
            rows=config.rows,
            seed=self._seed,
            update=self.done,
        )

    def _gradient_step(
        self, decisions: Decisions, weight: Tensor, part: Tensor, share: Tensor | None = None
    ) -> Tensor:
        """Takes one step and returns entropy, share of clipped decisions and divergence.

        Args:
            decisions: All of an update.
            weight: (N,) advantage of each.
            part: (M,) which of them to learn from.
            share: (M,) how much each counts, 1 in all; all alike where None.
        """
        config = self.config
        scores, _ = self.network(decisions.slots[part], decisions.context[part])
        log_p = distribution.log_probabilities(scores, decisions.mask[part])
        taken = distribution.chosen(log_p, decisions.actions[part])
        change = taken - decisions.log_probability[part]
        ratio = change.exp()
        clipped = ratio.clamp(1 - config.clip, 1 + config.clip)
        pull = torch.minimum(ratio * weight[part], clipped * weight[part])
        spread = _mean(distribution.entropy(log_p), share)
        loss = -_mean(pull, share) - config.entropy * spread
        if config.kl:
            loss = loss + config.kl * self._divergence(decisions, part, taken, share)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), config.gradient_norm)
        self.optimizer.step()
        with torch.no_grad():
            beyond = _mean((ratio != clipped).float(), share)
            return torch.stack((spread, beyond, _mean(ratio - 1 - change, share)))

    def _divergence(
        self, decisions: Decisions, part: Tensor, taken: Tensor, share: Tensor | None
    ) -> Tensor:
        """Returns the mean of DeepSeekMath's equation 4, which is never negative."""
        with torch.no_grad():
            scores, _ = self._reference(decisions.slots[part], decisions.context[part])
            log_p = distribution.log_probabilities(scores, decisions.mask[part])
            reference = distribution.chosen(log_p, decisions.actions[part])
        change = reference - taken
        return _mean(change.exp() - 1 - change, share)

    def trained(self) -> ScorerNetwork:
        """Returns the greedy policy as it is now."""
        return self.network.exported()

    def snapshot(self) -> Snapshot:
        """Returns all that is needed to go on exactly; between updates no episode is open."""
        snapshot = Snapshot(values={"done": self.done, "seed": self._seed})
        put_module(snapshot, "network", self.network)
        put_module(snapshot, "reference", self._reference)
        put_optimizer(snapshot, "optimizer", self.optimizer)
        put_chance(snapshot, "rng", self.rng)
        put_torch_chance(snapshot, "chance", self.chance)
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Goes on from what `snapshot` returned, of a trainer made alike."""
        self.done, self._seed = snapshot.values["done"], snapshot.values["seed"]
        get_module(snapshot, "network", self.network)
        get_module(snapshot, "reference", self._reference)
        get_optimizer(snapshot, "optimizer", self.optimizer)
        get_chance(snapshot, "rng", self.rng)
        get_torch_chance(snapshot, "chance", self.chance)


def _mean(values: Tensor, share: Tensor | None) -> Tensor:
    """Returns the mean of (M,) values, weighted where shares are given."""
    return values.mean() if share is None else (values * share).sum()
