"""Rules that keep what differs: over the space of views, or over the things that are shown."""

from typing import Final, final

import numpy as np

from embodied_mem.allocation.rules.observed import is_held, of_entry
from embodied_mem.types import Float32Array, Float64Array

_TIE: Final = 1e-6
"""Weight of the age, where all else is equal."""


@final
class KCenter:
    """Keeps views far from one another: of the two that are closest, one goes.

    The candidate where it is closer to a slot than any two slots are to each other, else the older
    of the closest two: the online form of farthest-point selection (Gonzalez, 1985; the doubling
    algorithm of Charikar et al., 1997, section 4, merges the closest centres likewise).
    """

    def __call__(
        self, slots: Float32Array, context: Float32Array, rng: np.random.Generator
    ) -> Float64Array:
        """Returns how urgently each entry should go; see `Order`."""
        return of_entry(slots, "similarity") + _TIE * of_entry(slots, "age")


@final
class AdjacentSimilar:
    """Takes every candidate in, and of the two records that are most alike the older goes.

    After the ring of carriers of VideoScan (2025), where the two are neighbours in time; what is
    most alike nearly always is.
    """

    def __call__(
        self, slots: Float32Array, context: Float32Array, rng: np.random.Generator
    ) -> Float64Array:
        """Returns how urgently each entry should go; see `Order`."""
        alike = np.maximum(of_entry(slots, "similarity"), of_entry(slots, "candidate_similarity"))
        urgency = alike + _TIE * of_entry(slots, "age")
        urgency[:, -1] = -np.inf
        return urgency


@final
class Coverage:
    """Keeps as many things in view as can be: what only one record shows is what it is worth.

    A record goes for a candidate that shows more that no record shows than `factor` times what is
    lost with it, of equal ones the oldest. Factor 1 is the local search of preemptive greedy; 2 has
    the guarantee of a quarter of the best for any order of arrival (Chakrabarti and Kale, 2015,
    section 4), the bound of one memory where sieve-streaming (Badanidiyuru et al., KDD 2014) needs
    many at once.
    """

    def __init__(self, factor: float = 1.0) -> None:
        self._factor = factor

    def __call__(
        self, slots: Float32Array, context: Float32Array, rng: np.random.Generator
    ) -> Float64Array:
        """Returns how urgently each entry should go; see `Order`."""
        shown = 8.0 * of_entry(slots, "objects")
        worth = np.rint(shown * of_entry(slots, "unique"))
        worth[:, :-1] *= self._factor
        urgency = -worth + _TIE * of_entry(slots, "age")
        urgency[:, -1] -= _TIE * 0.5  # an equal candidate comes in: it is the newer view
        return urgency


@final
class Surprise:
    """Keeps what was new: things never seen before, and things that had been moved.

    The error of a prediction as a priority, as prioritised replay has it (Schaul et al., ICLR
    2016), for a model that expects each thing where it was seen last.
    """

    def __call__(
        self, slots: Float32Array, context: Float32Array, rng: np.random.Generator
    ) -> Float64Array:
        """Returns how urgently each entry should go; see `Order`."""
        new = of_entry(slots, "first") + of_entry(slots, "moved")
        surprise = np.rint(8.0 * of_entry(slots, "objects") * new)
        return -surprise + _TIE * of_entry(slots, "age")


@final
class Hedge:
    """Keeps the first ones in half of the slots and the newest in the other half."""

    def __call__(
        self, slots: Float32Array, context: Float32Array, rng: np.random.Generator
    ) -> Float64Array:
        """Returns how urgently each entry should go; see `Order`."""
        held = is_held(slots)
        age = np.where(held, of_entry(slots, "age"), -1.0)
        order = np.argsort(-age, axis=1, kind="stable")
        rank = np.argsort(order, axis=1, kind="stable")
        first = rank < held.sum(axis=1, keepdims=True) // 2
        urgency = np.where(first, age - 2.0, age)
        urgency[:, -1] = -np.inf
        return urgency
