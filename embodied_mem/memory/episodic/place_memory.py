"""A memory with a capacity for each place: which of what is held makes room."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import final

import numpy as np

from embodied_mem.errors import ConfigError


@final
class PlaceMemory:
    """A queue for each place in a memory of L slots.

    Fixed, as in the Spatially-Aware Transformer (Cho et al., ICLR 2024; SAT-PM): each of K places
    has L / K slots, rounded down, and the oldest of a place makes room for a new one of it. With
    many places that leaves each next to nothing, and room of places never seen stays empty.

    Adaptive, where K is not told: a place borrows whatever room no other needs. Where there is
    none left, the oldest goes of the place that holds most, the newcomer counted; of places that
    hold as much its own, then the one whose oldest has been held longest. Whoever comes gets its
    share back from those that borrowed it, and no place ever holds less than L divided by the
    places there are, rounded down, once it has seen that much.

    Args:
        slots: L; None where room is counted elsewhere, as in a store with a budget of bytes.
        places: K; None for the adaptive form.

    Raises:
        ConfigError: If the values leave a place without a slot, or K is told without L.

    >>> memory, rng = PlaceMemory(slots=3), np.random.default_rng(0)
    >>> memory.choose(["hall", "hall", "hall"], "kitchen", rng)
    0
    """

    def __init__(self, slots: int | None = None, places: int | None = None) -> None:
        if slots is not None and slots < max(1, places or 1):
            raise ConfigError(f"{slots} slots for {places or 1} places; expected one each at least")
        if places is not None and (slots is None or places < 1):
            raise ConfigError(f"{places} places of {slots} slots; expected to be told both")
        self._slots = slots
        self._share = None if places is None or slots is None else slots // places

    def meet(self, place: Hashable) -> None:
        """Takes note of the place of what arrives: nothing hangs on how often one is seen."""

    def full(self, held: Sequence[Hashable], candidate: Hashable) -> bool:
        """Tells whether something has to go before a candidate comes in.

        Args:
            held: Place of each of what is held.
            candidate: Place of what arrives.
        """
        if self._share is not None and held.count(candidate) >= self._share:
            return True
        return self._slots is not None and len(held) >= self._slots

    def choose(
        self, held: Sequence[Hashable], candidate: Hashable, rng: np.random.Generator
    ) -> int | None:
        """Chooses what makes room for a candidate, which is never refused.

        Args:
            held: Place of each of what is held, oldest first, at least one.
            candidate: Place of what arrives.
            rng: Not drawn from: queues leave nothing to chance.

        Returns:
            Index of what goes.
        """
        if self._share is not None and held.count(candidate) >= self._share:
            return held.index(candidate)
        counts = Counter(held)
        counts[candidate] += 1
        most = max(counts[place] for place in set(held))
        if counts[candidate] == most and candidate in held:
            return held.index(candidate)
        return next(index for index, place in enumerate(held) if counts[place] == most)
