"""Rules that decide which dances stay in memory, for many episodes at once.

A rule names the slot that the next dance takes the place of, or refuses it. The four published ones
are those of the Spatially-Aware Transformer (Cho et al., ICLR 2024); what counts is how many dances
of a room are in memory now, and of equal rooms the one with the lowest number.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from embodied_mem.types import BoolArray, Int64Array
from embodied_mem_envs.room_ballet.memories import Memories

Rule = Callable[[Memories, np.random.Generator], Int64Array]
"""Returns (B,) the slot that the new dance takes, or K to refuse it."""
_NEVER: Final = np.iinfo(np.int64).max


def keep_by(rule: Rule, rooms: Int64Array, capacity: int, rng: np.random.Generator) -> Int64Array:
    """Plays episodes by a rule.

    Args:
        rule: Decides.
        rooms: (B, D) the room of each dance.
        capacity: K, at most D.
        rng: For rules that draw.

    Returns:
        (B, K) the dances that are in memory in the end, in the order of their coming.
    """
    count, dances = rooms.shape
    if capacity == dances:
        return np.tile(np.arange(dances), (count, 1))
    memories = Memories(rooms, capacity, count)
    memories.begin(np.arange(count), np.arange(count))
    for _ in range(capacity, dances):
        memories.put(rule(memories, rng))
    memories.kept.sort(axis=1)
    return memories.kept


def fifo(memories: Memories, rng: np.random.Generator) -> Int64Array:
    """The oldest goes."""
    slot: Int64Array = memories.kept.argmin(axis=1)
    return slot


def lifo(memories: Memories, rng: np.random.Generator) -> Int64Array:
    """The new one is refused, so that the first ones stay."""
    return np.full(len(memories.kept), memories.kept.shape[1])


def lvfo(memories: Memories, rng: np.random.Generator) -> Int64Array:
    """The oldest goes of the room with the fewest dances in memory."""
    fewest = np.where(memories.held > 0, memories.held, _NEVER).argmin(axis=1)
    return _oldest(memories, memories.kept_room == fewest[:, None])


def mvfo(memories: Memories, rng: np.random.Generator) -> Int64Array:
    """The oldest goes of the room with the most dances in memory."""
    return _oldest(memories, memories.kept_room == memories.held.argmax(axis=1)[:, None])


def reservoir(memories: Memories, rng: np.random.Generator) -> Int64Array:
    """A uniform sample of all dances stays (Vitter, ACM TOMS 11(1), 1985, algorithm R)."""
    slot: Int64Array = np.minimum(rng.integers(memories.number + 1), memories.kept.shape[1])
    return slot


def balanced_place(memories: Memories, rng: np.random.Generator) -> Int64Array:
    """As many of each room as can be, the newest of each.

    Of the rooms with the most dances, the new one counted, the oldest goes: place memories of equal
    shares, without a share for rooms that have nothing to fill it with.
    """
    counts = memories.held.copy()
    counts[np.arange(len(counts)), memories.room] += 1
    most = np.take_along_axis(counts, memories.kept_room, axis=1) == counts.max(axis=1)[:, None]
    # Where only the new dance's room has most, and nothing in memory, every slot is as good.
    return _oldest(memories, most | ~most.any(axis=1)[:, None])


def balanced_sample(memories: Memories, rng: np.random.Generator) -> Int64Array:
    """As many of each room as can be, a uniform sample of each: CBRS with rooms as classes.

    Chrysakis and Moens, ICML 2020, algorithm 1, with the classes that are largest now for those
    that ever were.
    """
    count, slots = memories.kept.shape
    rows = np.arange(count)
    own = memories.held[rows, memories.room]
    among_largest = own == memories.held.max(axis=1)
    gives = np.where(among_largest, memories.room, memories.held.argmax(axis=1))
    chance = np.where(memories.kept_room == gives[:, None], rng.random((count, slots)), -1.0)
    stays_out = rng.random(count) > own / memories.seen[rows, memories.room]
    slot: Int64Array = np.where(among_largest & stays_out, slots, np.argmax(chance, axis=1))
    return slot


RULES: Final[Mapping[str, Rule]] = {
    "fifo": fifo,
    "lifo": lifo,
    "lvfo": lvfo,
    "mvfo": mvfo,
    "reservoir": reservoir,
    "balanced_place": balanced_place,
    "balanced_sample": balanced_sample,
}
"""Every rule by name; the first four are the published ones, in the order of the tasks."""


def _oldest(memories: Memories, among: BoolArray) -> Int64Array:
    """Returns (B,) the slot of the oldest among some of them, (B, K)."""
    slot: Int64Array = np.where(among, memories.kept, _NEVER).argmin(axis=1)
    return slot
