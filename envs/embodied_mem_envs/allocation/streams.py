"""Streams of candidates: what the scene layer offered to the memory, walk by walk."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embodied_mem.types import Float32Array, Int64Array

MOST_OBJECTS = 8
"""Things that a candidate can show; of more, those with the best views are kept."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Streams:
    """Streams one behind the other; N candidates and O things in all, S streams.

    Numbers of places and of things start at 0 in each stream.
    """

    item_start: Int64Array
    """(S + 1,) first candidate of each stream, and N."""
    object_start: Int64Array
    """(S + 1,) first thing of each stream, and O."""
    seed: Int64Array
    """(S,) seed of the house that was walked."""
    held_out: NDArray[np.bool_]
    """(S,) whether it is for evaluation only."""
    tick: Int64Array
    """(N,) when it was seen; rising within a stream, on through all visits."""
    visit: NDArray[np.int16]
    """(N,) visit to the house, from 0; things were moved in between."""
    place: NDArray[np.int16]
    """(N,) place in which the agent stood."""
    room: NDArray[np.int16]
    """(N,) type of that place, an index below `inputs.ROOMS`."""
    bytes: Float32Array
    """(N, 2) coarse and in full: payload, vector and metadata."""
    embedding: Float32Array
    """(N, 16) of length 1."""
    objects: NDArray[np.int16]
    """(N, 8) things that it shows, best view first; -1 where there are fewer."""
    versions: NDArray[np.int16]
    """(N, 8) how often each of them had been moved before."""
    quality: Float32Array
    """(N, 8) of the view of each, 0 to 1."""
    group: NDArray[np.int16]
    """(O,) group of each thing's category, an index below `inputs.GROUPS`."""

    def __len__(self) -> int:
        return len(self.seed)
