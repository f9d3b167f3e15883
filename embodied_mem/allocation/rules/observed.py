"""What rules read out of the observation of a decision."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.allocation.inputs import CONTEXT_FEATURES, GROUPS, ROOMS, SLOT_FEATURES
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Int64Array

_SLOT_AT: Final = {name: index for index, name in enumerate(SLOT_FEATURES)}
_CONTEXT_AT: Final = {name: index for index, name in enumerate(CONTEXT_FEATURES)}
_CONTENT: Final = tuple(
    index
    for name, index in _SLOT_AT.items()
    if name in ("objects", "quality") or name.startswith(("room_", "group_"))
)
"""Features that a record has from its arrival on and keeps."""


def of_entry(slots: Float32Array, name: str) -> Float64Array:
    """Returns (B, E) one feature of each entry."""
    return slots[:, :, _SLOT_AT[name]].astype(np.float64)


def of_all(context: Float32Array, name: str) -> Float64Array:
    """Returns (B,) one feature of the context."""
    return context[:, _CONTEXT_AT[name]].astype(np.float64)


def is_held(slots: Float32Array) -> BoolArray:
    """Returns (B, E) whether an entry is a record that is held; the candidate is not."""
    held = slots[:, :, _SLOT_AT["held"]] > 0
    held[:, -1] = False
    return held


def arrival(slots: Float32Array, context: Float32Array) -> Int64Array:
    """Returns (B, E) which candidate each entry once was: a number that it keeps.

    From the logarithms of its age and of the candidates so far, which are exact to 100,000.
    """
    so_far = np.rint(np.expm1(6.0 * of_all(context, "arrivals")))[:, None]
    age = np.rint(np.expm1(5.0 * of_entry(slots, "log_age")))
    return (so_far - age).astype(np.int64)


def room(slots: Float32Array) -> Int64Array:
    """Returns (B, E) the type of each entry's room."""
    start = _SLOT_AT["room_0"]
    rooms: Int64Array = slots[:, :, start : start + ROOMS].argmax(axis=2)
    return rooms


def group(slots: Float32Array) -> Int64Array:
    """Returns (B, E) the group that most of what an entry shows belongs to."""
    start = _SLOT_AT["group_0"]
    groups: Int64Array = slots[:, :, start : start + GROUPS].argmax(axis=2)
    return groups


def place(slots: Float32Array) -> Int64Array:
    """Returns (B, E) a number for each entry's place.

    Places have no names here: two entries count as of one place where the type of the room, the
    visits to it and the records that lie in it are the same.
    """
    visits = np.rint(of_entry(slots, "visits") * 4095).astype(np.int64)
    count = np.rint(of_entry(slots, "place_count") * 4095).astype(np.int64)
    return (room(slots) * 4096 + visits) * 4096 + count


@lru_cache(maxsize=64)
def _factors(seed: int) -> NDArray[np.uint64]:
    """Returns odd factors that are the same for a seed on every machine."""
    drawn = np.random.default_rng(seed).integers(2**63, size=len(_CONTENT) + 2, dtype=np.uint64)
    return drawn * np.uint64(2) + np.uint64(1)


def draws(slots: Float32Array, context: Float32Array, seed: int) -> Float64Array:
    """Returns (B, E) a number in (0, 1) for each entry that it keeps for as long as it is held.

    Uniform and independent, by a hash of what the record is, when it arrived, and the seed: so
    rules that draw once a record need no memory of their own beside the slots.
    """
    content = np.ascontiguousarray(slots[:, :, _CONTENT]).view(np.uint32).astype(np.uint64)
    factors = _factors(seed)
    mixed = (content * factors[:-2]).sum(axis=2, dtype=np.uint64)
    mixed += arrival(slots, context).astype(np.uint64) * factors[-2] + factors[-1]
    # The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, figure 16).
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    uniform: Float64Array = ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return uniform
