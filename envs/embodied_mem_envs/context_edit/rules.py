"""Fixed rules that edit a context: policies that go by one or two features of a line."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from embodied_mem.allocation.head import DROP, action_of
from embodied_mem.allocation.policy import Policy
from embodied_mem.memory.working.line_features import LINE_FEATURES
from embodied_mem.types import AnyArray, BoolArray, Float32Array

_JUST_NOW: Final = 8 / (8 + 5)
"""Recency of what was done five notes ago."""

Worth = Callable[[Mapping[str, AnyArray]], AnyArray]
"""Returns (B, E) what each line is worth, from its features by name; the least goes first."""


def rule(worth: Worth) -> Policy:
    """Returns the policy that takes away what is worth least; of equals, the oldest."""

    def choose(
        slots: Float32Array, context: Float32Array, mask: BoolArray, rng: np.random.Generator
    ) -> AnyArray:
        named = {name: slots[..., at] for at, name in enumerate(LINE_FEATURES)}
        worths = np.where(mask[..., DROP], worth(named), np.inf)
        return action_of(worths.argmin(axis=-1), DROP)

    return choose


def at_random(
    slots: Float32Array, context: Float32Array, mask: BoolArray, rng: np.random.Generator
) -> AnyArray:
    """Takes any note away."""
    may = mask[..., DROP]
    return action_of(np.where(may, rng.random(may.shape), -1.0).argmax(axis=-1), DROP)


def _hand_written(line: Mapping[str, AnyArray]) -> AnyArray:
    """First what is never asked for, and what was done before the newest three; then by demand."""
    idle = line["kind_did"] * np.where(line["recency"] > _JUST_NOW, 1 - line["open"], 1)
    useless = line["kind_status"] + line["superseded"] + idle
    worth: AnyArray = 10 * line["kind_cited"] + 50 * line["kind_did"] - 100 * useless
    return worth + line["recency"] / 100


RULES: Final[Mapping[str, Policy]] = {
    "oldest_first": rule(lambda line: line["recency"]),
    "newest_first": rule(lambda line: -line["recency"]),
    "longest_first": rule(lambda line: -line["tokens"]),
    "least_cited_first": rule(lambda line: 100 * line["cited"] + line["recency"]),
    "least_recently_cited_first": rule(lambda line: 100 * line["cited_lately"] + line["recency"]),
    "closed_first": rule(lambda line: 100 * line["open"] + line["recency"]),
    "superseded_first": rule(lambda line: -100 * line["superseded"] + line["recency"]),
    "random": at_random,
    "hand_written": rule(_hand_written),
}
"""What to take out of view first; where that is a tie, the oldest. `closed_first` is HiAgent's
rule (Hu et al., 2024) made later: notes of closed subgoals stay until there is no room.
`hand_written` is by one who knows how tales are made."""
