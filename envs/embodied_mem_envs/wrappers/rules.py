"""Fixed rules for the slots of any environment, by name.

They know what an observation holds, how old it is and the reward that came with it. While there is
room each of them takes it.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Final

import numpy as np

from embodied_mem.types import Float64Array
from embodied_mem_envs.wrappers.view import MemoryView, SlotPolicy

Rule = Callable[[MemoryView, np.random.Generator], int]


def _fills_room(rule: Rule) -> Rule:
    @wraps(rule)
    def filled(view: MemoryView, rng: np.random.Generator) -> int:
        return 0 if view.slots and view.has_room else rule(view, rng)

    return filled


@_fills_room
def fifo(view: MemoryView, rng: np.random.Generator) -> int:
    """Writes over the oldest: a frame stack."""
    return 0


@_fills_room
def keep_first(view: MemoryView, rng: np.random.Generator) -> int:
    """Keeps what came first and refuses the rest (last in, first out)."""
    return view.slots


@_fills_room
def keep_first_and_newest(view: MemoryView, rng: np.random.Generator) -> int:
    """Keeps the very first, and the newest in the other slots."""
    return min(1, view.slots)


@_fills_room
def random_slot(view: MemoryView, rng: np.random.Generator) -> int:
    """Writes over a random slot."""
    return int(rng.integers(view.slots)) if view.slots else 0


@_fills_room
def reservoir(view: MemoryView, rng: np.random.Generator) -> int:
    """Holds a uniform sample of all arrivals (Vitter 1985, algorithm R)."""
    return min(int(rng.integers(view.arrivals)), view.slots)


@_fills_room
def largest_reward(view: MemoryView, rng: np.random.Generator) -> int:
    """Drops what came with the reward nearest to 0, the oldest of those: surprise, in short."""
    return int(np.argmin(np.abs(view.reward)))


@_fills_room
def adjacent_similar(view: MemoryView, rng: np.random.Generator) -> int:
    """Of the two neighbours in time that are most alike, drops the older."""
    content = view.content.astype(np.float64)
    return int(np.argmin(np.square(np.diff(content, axis=0)).sum(axis=1))) if view.slots else 0


@_fills_room
def k_center(view: MemoryView, rng: np.random.Generator) -> int:
    """Drops the older of the two that are most alike: greedy farthest points (Gonzalez 1985)."""
    distance = _distances(view)
    return int(np.argmin(distance.min(axis=0)))


@_fills_room
def balanced(view: MemoryView, rng: np.random.Generator) -> int:
    """Drops the oldest of what there is most of: class-balanced, with equal contents as a class."""
    _, inverse, counts = np.unique(view.content, axis=0, return_inverse=True, return_counts=True)
    return int(np.argmax(counts[inverse.reshape(-1)]))


def _distances(view: MemoryView) -> Float64Array:
    content = view.content.astype(np.float64)
    squared = np.square(content).sum(axis=1)
    distance: Float64Array = squared[:, None] + squared[None] - 2 * content @ content.T
    distance[np.diag_indices_from(distance)] = np.inf
    return distance


RULES: Final[Mapping[str, SlotPolicy]] = {
    "fifo": fifo,
    "keep_first": keep_first,
    "lifo": keep_first,
    "keep_first_and_newest": keep_first_and_newest,
    "random": random_slot,
    "reservoir": reservoir,
    "largest_reward": largest_reward,
    "adjacent_similar": adjacent_similar,
    "k_center": k_center,
    "balanced": balanced,
}
"""Every fixed rule by name; `lifo` is another name of `keep_first`."""
