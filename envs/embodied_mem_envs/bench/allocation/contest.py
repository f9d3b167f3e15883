"""Plays the same held-out episodes with every policy and every rule, and prints the bounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from embodied_mem.allocation.linear import LinearHead
from embodied_mem.allocation.policy import Policy
from embodied_mem.allocation.rules import RULES
from embodied_mem.allocation.training.playing import evaluate
from embodied_mem.types import Float64Array
from embodied_mem_envs.allocation.bounds.many import bounds_of
from embodied_mem_envs.allocation.episode import Episode
from embodied_mem_envs.allocation.episode_sets import as_set, draw_episodes
from embodied_mem_envs.allocation.generate import EpisodeConfig, generator_hash
from embodied_mem_envs.allocation.streams import Streams
from embodied_mem_envs.bench.allocation.families import load_trained, seeds_of
from embodied_mem_envs.bench.allocation.spread import Spread

HELD_OUT_SEED = 9_000_000
"""Of the episodes that figures are taken from; none are trained on or chosen by."""

Note = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Contest:
    """Held-out episodes, and the best that fixed rules do on them."""

    episodes: list[Episode]
    rules: Mapping[str, float]
    """Mean accuracy of each fixed rule."""
    hash: str
    """Of the generator, its settings and the recordings."""

    @property
    def best_rule(self) -> str:
        """The best fixed rule, in hindsight on these episodes."""
        return max(self.rules, key=lambda name: self.rules[name])

    @property
    def best_fixed(self) -> float:
        """Its mean accuracy."""
        return self.rules[self.best_rule]

    def accuracy(self, policy: Policy, *, task_label: bool = False) -> float:
        """Returns the mean accuracy of a policy."""
        return float(accuracies(policy, self.episodes, task_label=task_label).mean())

    def spread(self, family: str, algorithm: str) -> Spread:
        """Returns the accuracy of the policies of all training seeds."""
        label = algorithm == "ama"
        return Spread.of(
            [
                self.accuracy(load_trained(family, algorithm, seed), task_label=label)
                for seed in seeds_of(family, algorithm)
            ]
        )

    def bounds(self, count: int, jobs: int = 1) -> tuple[float, float]:
        """Returns U1 and U2, the mean over the first episodes."""
        table = bounds_of(self.episodes[:count], jobs=jobs)
        return float(table.u1.mean()), float(table.u2.mean())


def accuracies(
    policy: Policy, episodes: list[Episode], *, task_label: bool = False
) -> Float64Array:
    """Returns the accuracy of a policy in each episode."""
    return evaluate(policy, as_set(episodes, task_label=task_label)).accuracy


def hold(
    streams: Streams, config: EpisodeConfig, count: int, linear: LinearHead | None, note: Note
) -> Contest:
    """Draws held-out episodes and plays them with every fixed rule.

    Args:
        streams: Recordings.
        config: What episodes; `held_out` is set here.
        count: How many.
        linear: The linear head that was tuned for this, to count among the rules.
        note: Hears the best rules.
    """
    config = replace(config, held_out=True)
    episodes = draw_episodes(streams, config, count, HELD_OUT_SEED)
    policies: dict[str, Policy] = {name: make() for name, make in RULES.items()}
    if linear is not None:
        policies["linear"] = linear
    found = {name: float(accuracies(each, episodes).mean()) for name, each in policies.items()}
    best = sorted(found, key=lambda name: -found[name])[:4]
    note("  fixed rules: " + ", ".join(f"{name} {found[name]:.3f}" for name in best))
    return Contest(episodes=episodes, rules=found, hash=generator_hash(streams, config))


def closed(reached: float, fixed: float, bound: float) -> float:
    """Returns which share of the gap between the best fixed rule and a bound is closed."""
    return (reached - fixed) / (bound - fixed) if bound > fixed else np.nan
