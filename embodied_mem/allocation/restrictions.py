"""Baselines that may do less: an allocator's mask, narrowed to what another method can do."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self, final

import numpy as np

from embodied_mem.allocation.head import DROP, OVER
from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.errors import unknown_name
from embodied_mem.types import AnyArray, BoolArray, Float32Array

Restriction = Callable[[Float32Array, BoolArray], BoolArray]
"""From slots (B, E, F) and mask (B, E, 4) to what is left of the mask, at least one action each."""

_AGE: Final = SLOT_FEATURES.index("age")


def adaptive_stacking(slots: Float32Array, mask: BoolArray) -> BoolArray:
    """Leaves which record makes room for the candidate, which is never refused.

    As in Adaptive Stacking (Tasse et al., arXiv 2512.19154, section 3): while there is room the
    candidate is pushed, then one slot is popped for it. Where no single slot frees enough bytes,
    slots are popped until one does; only a candidate that can never fit is refused.
    """
    allowed = np.zeros_like(mask)
    room = mask[:, -1, OVER]
    allowed[:, -1, OVER] = room
    allowed[:, :-1, OVER] = mask[:, :-1, OVER] & ~room[:, None]
    return _or_make_room(allowed, mask, mask[:, :-1, DROP])


def push_or_skip(slots: Float32Array, mask: BoolArray) -> BoolArray:
    """Leaves whether the candidate is pushed, over the oldest record, or skipped.

    Demir's memory actions, as Adaptive Stacking compares with them (arXiv 2512.19154, section 5).
    """
    allowed = np.zeros_like(mask)
    room = mask[:, -1, OVER]
    oldest = np.where(mask[:, :-1, OVER], slots[:, :-1, _AGE], -1.0).argmax(axis=1)
    rows = np.arange(len(mask))
    allowed[rows, oldest, OVER] = mask[rows, oldest, OVER] & ~room
    allowed[:, -1, OVER] = room
    allowed[:, -1, DROP] = mask[:, -1, DROP]
    return allowed


def _or_make_room(allowed: BoolArray, mask: BoolArray, drops: BoolArray) -> BoolArray:
    """Where nothing is allowed, allows what makes room, else all that is valid."""
    stuck = ~np.any(allowed, axis=(1, 2), keepdims=True)
    allowed[:, :-1, DROP] |= drops & stuck[:, 0]
    hopeless = ~np.any(allowed, axis=(1, 2), keepdims=True)
    allowed |= mask & hopeless
    return allowed


RESTRICTIONS: Final[Mapping[str, Restriction]] = {
    "stacking": adaptive_stacking,
    "push_skip": push_or_skip,
}


@final
class RestrictedScorer:
    """A trained scorer whose choice is narrowed; saved as the scorer, which names the restriction.

    Args:
        network: The scorer.
        restriction: Name of one of `RESTRICTIONS`.

    Raises:
        ConfigError: If no restriction has that name.
    """

    def __init__(self, network: ScorerNetwork, restriction: str) -> None:
        if restriction not in RESTRICTIONS:
            raise unknown_name("restriction", restriction, RESTRICTIONS)
        self.network = network
        self.restriction = restriction

    def __call__(
        self,
        slots: Float32Array,
        context: Float32Array,
        mask: BoolArray,
        rng: np.random.Generator | None = None,
    ) -> AnyArray:
        """Chooses actions; see `Policy`. Nothing is drawn from `rng`."""
        narrowed = RESTRICTIONS[self.restriction](slots, mask)
        return self.network.act(slots, context, narrowed)

    def save(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Writes two files; see `ScorerNetwork.save`."""
        said = self.network.about if about is None else about
        self.network.save(path, {**said, "restriction": self.restriction})

    @classmethod
    def load(cls, path: Path, *, context_features: Sequence[str] | None = CONTEXT_FEATURES) -> Self:
        """Reads what `save` wrote.

        Raises:
            ConfigError: If it cannot be read, or names no restriction.
        """
        network = ScorerNetwork.load(path, context_features=context_features)
        return cls(network, str(network.about.get("restriction", "none")))
