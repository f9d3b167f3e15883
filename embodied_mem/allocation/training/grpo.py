"""GRPO: an episode's outcome, against other attempts at the same one, teaches each decision.

Group relative policy optimisation (Shao et al., DeepSeekMath, arXiv 2402.03300, section 4.1), as
Memory-R1 (2508.19828) and Mem-alpha (2509.25911) train managers of memory: no estimate of the
return and no credit to single decisions. A group plays one episode, the same candidates and
questions, G times.
"""

import copy
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.training import distribution
from embodied_mem.allocation.training.episodes import EpisodeSet
from embodied_mem.allocation.training.networks import Scorer
from embodied_mem.allocation.training.rollout import Decisions, roll_out
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
from embodied_mem.types import AnyArray


@dataclass(frozen=True, kw_only=True, slots=True)
class GrpoConfig:
    """Settings of GRPO."""

    updates: int = 150
    """Updates of the whole training; the learning rate falls over them."""
    groups: int = 64
    """Episodes of an update."""
    rollouts: int = 12
    """Times that each is played."""
    rows: int = 384
    """Episodes played at a time."""
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
class Grpo:
    """Trains a `Scorer`; one `update` is a batch of groups and the gradient steps on it.

    Args:
        config: Settings.
        episodes: To play.
        seed: Of everything that is drawn.
        start: A trained network to go on from, which the divergence is then measured from.
    """

    def __init__(
        self,
        config: GrpoConfig,
        episodes: EpisodeSet,
        seed: int,
        start: ScorerNetwork | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.config = config
        self.episodes = episodes
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
        decisions, scores = roll_out(self.network, self.core, config.rows, queue, self.chance)
        advantages = group_advantages(scores.reward, config.rollouts)
        rate = Ramp(start=config.learning_rate, end=config.last_learning_rate)
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.done / config.updates)
        learned = self._learn(decisions, advantages)
        self.done += 1
        return {**scores.means(), **learned}

    def _learn(self, decisions: Decisions, advantages: AnyArray) -> dict[str, float]:
        weight = torch.from_numpy(advantages[decisions.episode].astype(np.float32))
        logs: list[Tensor] = []
        for _ in range(self.config.epochs):
            order = torch.from_numpy(self.rng.permutation(len(decisions)))
            logs += [
                self._gradient_step(decisions, weight, order[start : start + self.config.batch])
                for start in range(0, len(order), self.config.batch)
            ]
        names = ("entropy", "clipped", "divergence")
        return dict(zip(names, torch.stack(logs).mean(dim=0).tolist(), strict=True))

    def _gradient_step(self, decisions: Decisions, weight: Tensor, part: Tensor) -> Tensor:
        config = self.config
        scores, _ = self.network(decisions.slots[part], decisions.context[part])
        log_p = distribution.log_probabilities(scores, decisions.mask[part])
        taken = distribution.chosen(log_p, decisions.actions[part])
        change = taken - decisions.log_probability[part]
        ratio = change.exp()
        clipped = ratio.clamp(1 - config.clip, 1 + config.clip)
        pull = torch.minimum(ratio * weight[part], clipped * weight[part])
        spread = distribution.entropy(log_p).mean()
        loss = -pull.mean() - config.entropy * spread
        if config.kl:
            loss = loss + config.kl * self._divergence(decisions, part, taken)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), config.gradient_norm)
        self.optimizer.step()
        with torch.no_grad():
            beyond = (ratio != clipped).float().mean()
            return torch.stack((spread, beyond, (ratio - 1 - change).mean()))

    def _divergence(self, decisions: Decisions, part: Tensor, taken: Tensor) -> Tensor:
        """Returns the mean of DeepSeekMath's equation 4, which is never negative."""
        with torch.no_grad():
            scores, _ = self._reference(decisions.slots[part], decisions.context[part])
            log_p = distribution.log_probabilities(scores, decisions.mask[part])
            reference = distribution.chosen(log_p, decisions.actions[part])
        change = reference - taken
        return (change.exp() - 1 - change).mean()

    def trained(self) -> ScorerNetwork:
        """Returns the greedy policy as it is now."""
        return self.network.exported()

    def snapshot(self) -> Snapshot:
        """Returns all that is needed to go on exactly; between updates no episode is open."""
        snapshot = Snapshot(values={"done": self.done})
        put_module(snapshot, "network", self.network)
        put_module(snapshot, "reference", self._reference)
        put_optimizer(snapshot, "optimizer", self.optimizer)
        put_chance(snapshot, "rng", self.rng)
        put_torch_chance(snapshot, "chance", self.chance)
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Goes on from what `snapshot` returned, of a trainer made alike."""
        self.done = snapshot.values["done"]
        get_module(snapshot, "network", self.network)
        get_module(snapshot, "reference", self._reference)
        get_optimizer(snapshot, "optimizer", self.optimizer)
        get_chance(snapshot, "rng", self.rng)
        get_torch_chance(snapshot, "chance", self.chance)
