"""One episode: the candidates that arrive, and the questions that are asked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embodied_mem.types import BoolArray, Float32Array

COARSE, FINE = 1, 2
"""Levels of a record; an empty slot has 0."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Episode:
    """T candidates that show at most M things each, and Q questions of at most A keys each.

    A key is a thing at one of the places where it was: a thing that was moved has a new key. Keys
    are numbered by first appearance; there are W of them.
    """

    keys: NDArray[np.int16]
    """(T, M) keys that each candidate shows; -1 where there are fewer."""
    place: NDArray[np.int16]
    """(T,) place of each candidate."""
    entered: BoolArray
    """(T,) whether the agent had newly come into that place."""
    bytes: Float32Array
    """(T, 2) coarse and in full."""
    embedding: Float32Array
    """(T, 16) of length 1."""
    features: Float32Array
    """(T, 2 + ROOMS + GROUPS) what of a slot's features never changes: objects, quality, room and
    groups, as `SLOT_FEATURES` has them."""
    first_seen: NDArray[np.int16]
    """(W,) first candidate that shows each key."""
    superseded: NDArray[np.int16]
    """(W,) first candidate that shows the thing at its next place; T if it was never moved."""
    moved: NDArray[np.int16]
    """(W,) first candidate after which the thing is known to have been moved; T if never."""
    key_room: NDArray[np.int16]
    """(W,) type of the room in which each key was first seen."""
    key_group: NDArray[np.int16]
    """(W,) group of the thing's category."""
    query_time: NDArray[np.int16]
    """(Q,) candidate after which it is asked, once that has been decided about; rising. One after
    each candidate, and more after the last."""
    query_keys: NDArray[np.int16]
    """(Q, A) keys that it is about; -1 where there are fewer."""
    query_all: BoolArray
    """(Q,) whether it is answered only if all its keys are held (outcome 0 or 1), or by the share
    of them that is."""
    query_level: NDArray[np.int8]
    """(Q,) level at which a key must be held."""
    query_since: BoolArray
    """(Q,) whether a record must know the first sighting of the key besides."""
    query_kind: NDArray[np.int8]
    """(Q,) index of its kind in `questions.KINDS`; not observed."""
    profile: Float32Array
    """(T, 2 * DESCRIPTORS) running means, fast and slow, of the descriptors of the questions that
    were asked before each candidate."""
    mix: Float32Array
    """(T, KINDS) probability of each kind after each candidate; not observed."""
    task: int
    """Kind that is asked most."""
    slots: int
    """Records that fit."""
    budget: float
    """Bytes that fit."""
