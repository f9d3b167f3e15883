"""What fixed rules can have of the pair: an oracle reads for them, exact on whatever they keep."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from embodied_mem_envs.bench.allocation.pair_env import BACK, SUITS, pair_with_rule
from embodied_mem_envs.wrappers import RULES
from embodied_mem_envs.wrappers.observations import Observed

FIXED: Final = tuple(sorted(set(RULES) - {"lifo"}))
"""Every fixed rule once; `lifo` is `keep_first`."""
_GUESSES: Final = 0x677565


def read(seen: Observed, task: str, rng: np.random.Generator) -> int:
    """Returns the suit that is asked for if the memory holds that very card, or guesses.

    Args:
        seen: What `Memory` shows; only the slots are read.
        task: Which task it is: the oracle knows.
        rng: Source of the guesses.
    """
    oldest = seen["arrivals"][0]
    wanted = oldest if task == "repeat_first" else np.log1p(BACK)
    at = (seen["memory_held"] > 0) & np.isclose(seen["memory_age"], wanted, atol=1e-4)
    if at.any():
        return int(seen["memory"][at.argmax()].argmax())
    return int(rng.integers(SUITS))


def rule_return(rule: str, task: str, *, refuse: bool, seeds: range) -> float:
    """Returns the mean return of a fixed rule with the oracle reader.

    Args:
        rule: One of `FIXED`.
        task: One of `pair_env.TASKS`.
        refuse: As of `Memory`: with False one of the four slots always holds the newest card.
        seeds: One episode each.
    """
    env = pair_with_rule(rule, refuse=refuse)
    total = 0.0
    for seed in seeds:
        rng = np.random.default_rng([seed, _GUESSES])
        seen, ended = env.reset(seed=seed, options={"task": task})[0], False
        while not ended:
            seen, reward, ended, *_ = env.step(read(seen, task, rng))
            total += float(reward)
    return total / len(seeds)


def best_worst(returns: Mapping[str, tuple[float, float]]) -> tuple[str, float]:
    """Returns the rule whose return on its worse task is best, and that return."""
    name = max(returns, key=lambda rule: min(returns[rule]))
    return name, min(returns[name])
