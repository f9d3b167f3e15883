"""One policy for two tasks that want opposite memories, and no word on which it is.

RepeatFirst wants the first card kept, RepeatPrevious the newest four; with four cards in sight no
fixed rule and no hedge has both, even where an oracle that knows the task reads what was kept. A
trained policy finds out by the signs of its past rewards, and then keeps what pays.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.assets import asset_path
from embodied_mem_envs.bench.allocation.pair_env import STEPS, TASKS, pair_with_agent
from embodied_mem_envs.bench.allocation.pair_policy import PairPolicy
from embodied_mem_envs.bench.allocation.pair_rules import FIXED, best_worst, rule_return
from embodied_mem_envs.bench.allocation.spread import Spread

SEEDS: Final = range(5)
"""Training seeds of the shipped policies."""
FOLDER: Final = "allocators/label_free_pair"
_HELD_OUT: Final = 1_000_000
"""First seed of the episodes for evaluation; training resets with smaller ones, once."""
_NAMED: Final = {"fifo": "fifo", "keep_first": "lifo", "keep_first_and_newest": "hedge"}
"""Rules that get figures of their own, and what those are called."""


def bench_label_free_pair(
    *, quick: bool, note: Callable[[str], None], retrain: bool = False
) -> dict[str, float]:
    """Evaluates the shipped policies, one a training seed, and the fixed rules beside them.

    Args:
        quick: Fewer episodes; the names of the figures are the same.
        note: Hears the figures of each seed and each rule.
        retrain: Train the policies anew (two to three minutes each) instead of reading them.

    Raises:
        MissingExtraError: If POPGym is not installed, or, to train, Stable-Baselines3.
    """
    policies = [_trained(seed) if retrain else load_policy(seed) for seed in SEEDS]
    episodes = range(_HELD_OUT, _HELD_OUT + (60 if quick else 500))
    metrics: dict[str, float] = {}
    for task in TASKS:
        spread = Spread.of([policy_return(policy, task, episodes) for policy in policies])
        note(f"pair {task}: {spread}")
        metrics |= {f"pair_{task}": spread.mean, f"pair_{task}_lo": spread.low}
    return metrics | _fixed(episodes[: 20 if quick else 200], note)


def load_policy(seed: int) -> PairPolicy:
    """Reads the shipped policy of a training seed."""
    return PairPolicy.load(asset_path(FOLDER) / f"seed_{seed}")


def ship_policies(folder: Path, note: Callable[[str], None]) -> None:
    """Trains the policies that are shipped and writes them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in SEEDS:
        policy = _trained(seed)
        episodes = range(_HELD_OUT, _HELD_OUT + 500)
        figures = {task: policy_return(policy, task, episodes) for task in TASKS}
        note(f"seed {seed}: {figures}")
        PairPolicy(policy.parameters, {**policy.about, "figures": figures}).save(
            folder / f"seed_{seed}"
        )


def policy_return(policy: PairPolicy, task: str, seeds: range) -> float:
    """Returns the mean return of a policy's best actions, over one episode a seed."""
    envs = [pair_with_agent() for _ in seeds]
    seen = [
        env.reset(seed=seed, options={"task": task})[0]
        for env, seed in zip(envs, seeds, strict=True)
    ]
    total = 0.0
    for _ in range(STEPS):
        inputs = {key: np.stack([one[key] for one in seen]) for key in seen[0]}
        taken = zip(envs, policy.act(inputs), strict=True)
        results = [env.step(action) for env, action in taken]
        seen = [result[0] for result in results]
        total += sum(float(result[1]) for result in results)
    assert all(result[2] for result in results)
    return total / len(seeds)


def _trained(seed: int) -> PairPolicy:
    from embodied_mem_envs.bench.allocation.pair_training import PairTrainingConfig, train_pair

    return train_pair(seed, PairTrainingConfig())


def _fixed(episodes: range, note: Callable[[str], None]) -> dict[str, float]:
    """Returns what the fixed rules have, the better of a newest card that may be refused or not."""
    metrics: dict[str, float] = {}
    worst = -np.inf
    for refuse in (True, False):
        returns = {}
        for rule in FIXED:
            first, previous = (
                rule_return(rule, task, refuse=refuse, seeds=episodes) for task in TASKS
            )
            note(f"pair {rule}, refuse={refuse}: first {first:.3f}, previous {previous:.3f}")
            returns[rule] = (first, previous)
            if refuse and rule in _NAMED:
                metrics[f"pair_{_NAMED[rule]}_first"] = first
                metrics[f"pair_{_NAMED[rule]}_previous"] = previous
        name, value = best_worst(returns)
        note(f"pair, best fixed rule by its worse task, refuse={refuse}: {name} {value:.3f}")
        worst = max(worst, value)
    return {**metrics, "pair_best_fixed": float(worst)}
