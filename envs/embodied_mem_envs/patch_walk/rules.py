"""Rules that say which patches stay in memory, for many episodes at once."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from embodied_mem.types import AnyArray, Int64Array
from embodied_mem_envs.patch_walk.grid import BLOCKS, CELL_BLOCKS, make_places, positions
from embodied_mem_envs.patch_walk.memories import PatchMemories
from embodied_mem_envs.patch_walk.walks import PatchWalks

Rule = Callable[[PatchMemories, np.random.Generator], Int64Array]
"""Returns (B,) the slot that each newcomer takes; the capacity refuses it. All slots are full."""


def keep_by(rule: Rule, walks: PatchWalks, capacity: int, rng: np.random.Generator) -> Int64Array:
    """Returns (B, capacity) ticks of the patches that a rule keeps; -1 in an empty slot.

    Args:
        rule: Decides once all slots are full.
        walks: B episodes.
        capacity: Patches that fit.
        rng: Source of chance.
    """
    memories = PatchMemories(len(walks), capacity)
    for cells in walks.walk.T:
        memories.arrive(cells)
        slots = memories.free if memories.tick < capacity else rule(memories, rng)
        memories.put(slots)
    return memories.kept


def keep_asked(walks: PatchWalks, capacity: int, rng: np.random.Generator) -> Int64Array:
    """Returns (B, capacity) ticks of what knows beforehand which patches are asked for.

    Of every asked cell that the walk came by it keeps one, drawn at random as far as they do not
    fit, and others at random beside them.
    """
    count, steps = walks.walk.shape
    first_asked = (walks.walk[:, :, None] == walks.asked[:, None]).any(axis=2)
    later = walks.walk[:, :, None] == walks.walk[:, None]
    again = (later & np.triu(np.ones((steps, steps), np.bool_), 1)).any(axis=2)
    value = (first_asked & ~again) + rng.random((count, steps))
    order = np.argsort(-value, axis=1, kind="stable")[:, :capacity]
    kept = np.full((count, capacity), -1)
    kept[:, : order.shape[1]] = np.sort(order, axis=1)
    return kept


def keep_some(walks: PatchWalks, capacity: int, rng: np.random.Generator) -> Int64Array:
    """Returns (B, capacity) ticks of patches drawn from the whole walk at random."""
    chance = rng.random(walks.walk.shape)
    kept: Int64Array = np.sort(np.argsort(chance, axis=1)[:, :capacity], axis=1)
    return kept


def fifo(memories: PatchMemories, rng: np.random.Generator) -> Int64Array:
    """Writes over the oldest."""
    return memories.free


def reservoir(memories: PatchMemories, rng: np.random.Generator) -> Int64Array:
    """Holds a uniform sample of all that came (Vitter 1985, algorithm R)."""
    drawn = rng.integers(memories.tick + 1, size=len(memories.kept))
    return np.minimum(drawn, memories.capacity)


def random_slot(memories: PatchMemories, rng: np.random.Generator) -> Int64Array:
    """Writes over a random slot."""
    return rng.integers(memories.capacity, size=len(memories.kept))


def balanced(places: Int64Array) -> Rule:
    """Returns the rule that drops the oldest of the place of which there is most.

    The place memory of the Spatially-Aware Transformer, SAT-PM(N), where each of N places has the
    same room, except that what a place does not need is left to the others.

    Args:
        places: (100,) place of each cell.
    """
    count = int(places.max()) + 1

    def rule(memories: PatchMemories, rng: np.random.Generator) -> Int64Array:
        place = places[memories.cells_with_new]
        most = _counts(place, count)
        return _worst(np.take_along_axis(most, place, axis=1), memories)

    return rule


def k_center(memories: PatchMemories, rng: np.random.Generator) -> Int64Array:
    """Drops the oldest of those that are nearest to another: greedy farthest points.

    Gonzalez 1985, "Clustering to minimize the maximum intercluster distance"; the same patch seen
    twice is at distance 0.
    """
    at = positions(memories.cells_with_new).astype(np.int32)
    square = np.square(at).sum(axis=2)
    distance = square[:, :, None] + square[:, None] - 2 * at @ at.transpose(0, 2, 1)
    rows = np.arange(at.shape[1])
    distance[:, rows, rows] = np.iinfo(np.int32).max
    return _worst(-distance.min(axis=2), memories)


def cover(memories: PatchMemories, rng: np.random.Generator) -> Int64Array:
    """Drops the oldest of those with the fewest pixels that no other patch in memory shows.

    Greedy maximum coverage by preemption: a patch is worth what is lost without it.
    """
    blocks = CELL_BLOCKS[memories.cells_with_new]
    held = _counts(blocks.reshape(len(blocks), -1), BLOCKS)
    alone = np.take_along_axis(held, blocks.reshape(len(blocks), -1), axis=1) == 1
    return _worst(-alone.reshape(blocks.shape).sum(axis=2), memories)


def _counts(numbers: Int64Array, count: int) -> Int64Array:
    """Returns (B, count) how often each number occurs in a row of (B, M)."""
    rows = np.arange(len(numbers))[:, None] * count
    found = np.bincount((rows + numbers).ravel(), minlength=len(numbers) * count)
    return found.reshape(len(numbers), count)


def _worst(score: AnyArray, memories: PatchMemories) -> Int64Array:
    """Returns (B,) the entry of the largest score, the oldest of several; the newcomer is last."""
    age = memories.tick - memories.kept
    ages = np.concatenate([age, np.zeros((len(age), 1), np.int64)], axis=1)
    worst: Int64Array = (score.astype(np.int64) * (memories.tick + 1) + ages).argmax(axis=1)
    return worst


RULES: Final[Mapping[str, Rule]] = {
    "fifo": fifo,
    "random": random_slot,
    "reservoir": reservoir,
    "place_8": balanced(make_places(8)),
    "place_16": balanced(make_places(16)),
    "place_32": balanced(make_places(32)),
    "k_center": k_center,
    "cover": cover,
}
"""Rules that decide online, by name; `place_N` is SAT-PM(N)."""
