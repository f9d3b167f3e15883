"""Imitation of a teacher who knows more, in Parrot's manner.

As Liu et al. (An imitation learning approach for cache replacement, Parrot, ICML 2020, arXiv
2006.16239): the labels come from the future, what the policy sees from the past only, and the
states from its own decisions (DAgger), so that it learns to go on from where it gets to.
"""

from dataclasses import dataclass, replace
from typing import Protocol, final

import numpy as np
import torch
from torch import Tensor

from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.training import distribution
from embodied_mem.allocation.training.episodes import Core, EpisodeSet
from embodied_mem.allocation.training.networks import Scorer
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
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Int64Array


class Teacher(Protocol):
    """Knows what the policy does not, and says how good each action would be."""

    def __call__(
        self, core: Core, episodes: Int64Array, slots: Float32Array, mask: BoolArray
    ) -> Float32Array:
        """Judges the actions.

        Args:
            core: As it is; not to be changed.
            episodes: (B,) number of the episode in each row.
            slots: As observed.
            mask: As observed.

        Returns:
            (B, E, 4) values; -inf where an action is not valid or not to be taken at all.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ImitationConfig:
    """Settings of the imitation."""

    updates: int = 30
    """Updates of the whole training; the learning rate falls over them."""
    episodes: int = 256
    """Episodes of an update."""
    rows: int = 256
    """Episodes played at a time, by each shard."""
    shards: int = 1
    """Parts of an update's episodes that are played apart, each with chance of its own; with more
    than one, other machines can play them."""
    epochs: int = 2
    """Passes over the decisions of an update."""
    batch: int = 2048
    """Decisions of a gradient step."""
    guided: float = 1.0
    """Share of the decisions that the label makes, at the beginning."""
    guided_until: float = 0.5
    """Share of the training after which the policy makes all of them."""
    tolerance: float = 0.02
    """An action that is worth so much less than the best is accepted 1/e as much. The loss is
    -log of the probability that what is drawn is accepted."""
    learning_rate: float = 2e-3
    last_learning_rate: float = 1e-4
    gradient_norm: float = 1.0
    """Longest gradient."""
    hidden: int = 64
    """Hidden units of the network."""
    linear: bool = False
    """Train only a linear rule that is the same in every situation."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Lesson:
    """Episodes to play and to be told what would have been good."""

    queue: Int64Array
    """(N,) numbers of episodes."""
    rows: int
    """Episodes played at a time, if there are so many."""
    guided: float
    """Share of the decisions that the teacher makes."""
    seed: int = 0
    """Of the chance of a shard."""


Taught = tuple[list[AnyArray], Scores]
"""Slots, context, mask and values of all decisions, and what came of the episodes."""


def be_taught(
    episodes: EpisodeSet,
    teacher: Teacher,
    policy: ScorerNetwork,
    lesson: Lesson,
    rng: np.random.Generator,
) -> Taught:
    """Plays episodes and keeps what the teacher thinks of each decision."""
    rows, queue = min(lesson.rows, len(lesson.queue)), lesson.queue
    core = episodes.make_core(rows)
    kept: list[list[AnyArray]] = [[], [], [], []]

    def act(
        slots: Float32Array, context: Float32Array, mask: BoolArray, playing: Int64Array
    ) -> AnyArray:
        values = teacher(core, queue[playing], slots, mask)
        counts = playing >= 0
        for column, array in zip(kept, (slots, context, mask, values), strict=True):
            column.append(array[counts])
        own = policy.act(slots, context, mask, rng)
        # Of equally good actions any one.
        noise = rng.random(values.shape, np.float32) * np.float32(1e-6)
        told = (values + noise).reshape(len(values), -1).argmax(axis=1)
        return np.where(rng.random(len(own)) < lesson.guided, told, own)

    scores = play(core, rows, queue, act)
    return [np.concatenate(each) for each in kept], scores


def be_taught_part(
    fixed: tuple[EpisodeSet, Teacher], policy: ScorerNetwork, part: Lesson
) -> Taught:
    """Plays one shard; the work of `Rollouts.each`."""
    episodes, teacher = fixed
    return be_taught(episodes, teacher, policy, part, np.random.default_rng(part.seed))


@final
class Imitation:
    """Trains a `Scorer` to do what a teacher thinks good.

    Args:
        config: Settings.
        episodes: To play.
        seed: Of everything that is drawn.
        teacher: Judges the actions.
        rollouts: Where shards are played, if there are several.
    """

    def __init__(
        self,
        config: ImitationConfig,
        episodes: EpisodeSet,
        seed: int,
        teacher: Teacher,
        rollouts: Rollouts | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.config = config
        self.episodes = episodes
        self.teacher = teacher
        self._fixed = (episodes, teacher)
        self._seed, self._rollouts = seed, rollouts or SerialRollouts()
        self.network = Scorer(episodes.slot_features, episodes.context_features, config.hidden)
        if config.linear:
            self.network.make_linear()
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
        config = self.config
        done = self.done / config.updates
        queue = self.rng.integers(self.episodes.count, size=config.episodes)
        guided = Ramp(start=config.guided, end=0.0, until=config.guided_until)(done)
        kept, scores = self._play(Lesson(queue=queue, rows=config.rows, guided=guided))
        rate = Ramp(start=config.learning_rate, end=config.last_learning_rate)
        for group in self.optimizer.param_groups:
            group["lr"] = rate(done)
        loss = self._learn([torch.from_numpy(each) for each in kept])
        self.done += 1
        return {**scores.means(), "loss": loss, "guided": guided}

    def _play(self, lesson: Lesson) -> Taught:
        policy, shards = self.network.exported(), self.config.shards
        if shards == 1:
            return be_taught(self.episodes, self.teacher, policy, lesson, self.rng)
        parts = [
            replace(lesson, queue=queue, seed=shard_seed(self._seed, self.done, index))
            for index, queue in enumerate(cut(lesson.queue, shards))
        ]
        work = [Shard(fixed=self._fixed, policy=policy, part=part) for part in parts]
        kept, scores = zip(*self._rollouts.each(be_taught_part, work), strict=True)
        return [np.concatenate(each) for each in zip(*kept, strict=True)], joined(scores)

    def _learn(self, data: list[Tensor]) -> float:
        slots, context, mask, values = (data[0], data[1], data[2].flatten(1), data[3].flatten(1))
        best = values.amax(dim=1, keepdim=True)
        acceptance = (values - best) / self.config.tolerance
        losses = []
        for _ in range(self.config.epochs):
            order = torch.from_numpy(self.rng.permutation(len(slots)))
            for start in range(0, len(order), self.config.batch):
                part = order[start : start + self.config.batch]
                scores, _ = self.network(slots[part], context[part])
                log_p = distribution.log_probabilities(scores, mask[part])
                loss = -(log_p + acceptance[part]).logsumexp(dim=1).mean()
                self.optimizer.zero_grad()
                torch.autograd.backward(loss)
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_norm)
                self.optimizer.step()
                losses.append(float(loss.detach()))
        return float(np.mean(losses))

    def trained(self) -> ScorerNetwork:
        """Returns the greedy policy as it is now."""
        return self.network.exported()

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
