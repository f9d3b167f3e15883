"""Follows links from what fits best to what is linked with it."""

import contextlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import numpy as np

from embodied_mem.errors import StoreError
from embodied_mem.memory.filter import Slots
from embodied_mem.types import Float64Array

FADES: Final = 0.5
"""What is left of the signal with every further hop."""
MAX_READ: Final = 128
"""Records at most whose links are followed from one seed; the newest of those equally far."""


def followed(
    seeds: Mapping[int, float], allowed: Slots, neighbours: Callable[[int], Slots], hops: int
) -> tuple[Slots, Float64Array]:
    """Follows links, both ways, from some records.

    A seed parts its score among the records that it is linked with, so that the squares of what
    they get sum to that of the score: what is linked with everything, as the summary of a room,
    tells little of any. Further hops part that again and halve it. Of several ways to a record the
    best counts; a seed may be reached from another one, never from itself. This is the spreading of
    activation of Collins and Loftus (1975) with the fan effect of Anderson (1974), and the greatest
    instead of the sum, so that many poor ways do not outweigh a good one.

    Args:
        seeds: Scores by slot.
        allowed: Slots that may be walked over, ascending: those that meet the filter of a query.
        neighbours: Returns the slots linked with one; may raise `StoreError` where it is gone.
        hops: How many links to follow one after the other.

    Returns:
        Slots that were reached, ascending, and their signals from 0 to 1.
    """

    @cache
    def steps(slot: int) -> list[int]:
        with contextlib.suppress(StoreError):  # damaged, or another process has deleted it
            found = neighbours(slot)
            at = np.searchsorted(allowed, found)
            met = at < len(allowed)
            met[met] = allowed[at[met]] == found[met]
            slots: list[int] = found[met].tolist()
            return slots
        return []

    reached: dict[int, float] = {}
    for seed, score in seeds.items():
        seen, frontier, left = {seed}, {seed: score}, MAX_READ
        for hop in range(hops):
            further: dict[int, float] = {}
            for slot in sorted(frontier, reverse=True)[:left]:
                others = steps(slot)
                value = frontier[slot] * len(others) ** -0.5 if others else 0.0
                for other in others:
                    if other not in seen:
                        further[other] = max(value, further.get(other, 0.0))
            for other, value in further.items():
                reached[other] = max(value * FADES**hop, reached.get(other, 0.0))
            left -= min(left, len(frontier))
            seen |= further.keys()
            frontier = further
    slots = np.array(sorted(reached), np.intp)
    return slots, np.array([reached[slot] for slot in slots.tolist()])
