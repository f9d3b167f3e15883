"""The rules that are weights of the linear head: FIFO, LIFO, LRU, LFU, MVFO and LVFO."""

from collections.abc import Mapping
from typing import Final, final

import numpy as np

from embodied_mem.allocation.inputs import SLOT_FEATURES
from embodied_mem.allocation.linear import LinearHead, evicting_head
from embodied_mem.types import Float32Array, Float64Array

_FIRST: Final = 1e4
"""Weight of what counts first over the age, which is at most 1 and settles what is equal in it.

Two shares of up to 10,000 slots differ by more than 1 / `_FIRST`."""
_LAST: Final = 1e-6
"""Weight of an age that settles what is equal in a logarithm of up to 100,000 candidates."""

EXACT: Final[Mapping[str, Mapping[str, float]]] = {
    "fifo": {"age": 1.0},
    "lifo": {"candidate": 1.0},
    "lru": {"log_idle": 1.0, "age": _LAST},
    "lfu": {"reads": -1.0, "age": _LAST},
    "mvfo": {"place_count": _FIRST, "age": 1.0},
    "lvfo": {"place_count": -_FIRST, "age": 1.0},
}
"""How urgently a slot should go: the weights of its features, by the name of the rule.

- `fifo`: the oldest goes.
- `lifo`: the candidate goes, so that the first ones are kept.
- `lru`: what was not recorded or read for longest goes.
- `lfu`: what was read least goes.
- `mvfo`: the oldest goes of the place that most of the records held lie in.
- `lvfo`: the oldest goes of the place that fewest of the records held lie in.

MVFO and LVFO are those of the Spatially-Aware Transformer (Cho et al., ICLR 2024; `smfu` and `slfu`
in its code): what counts is what is in memory now, not how often the agent came by. Of equal places
that with the oldest record counts; there, it is the one with the lowest number.
"""


def exact_head(name: str) -> LinearHead:
    """Returns one of the rules of `EXACT` as a linear head; it never lowers."""
    return evicting_head(EXACT[name])


@final
class LinearOrder:
    """The same rules as an order, for what lowers before it drops."""

    def __init__(self, name: str) -> None:
        self._weights = np.array([EXACT[name].get(feature, 0.0) for feature in SLOT_FEATURES])
        self._admits = "candidate" not in EXACT[name]

    def __call__(
        self, slots: Float32Array, context: Float32Array, rng: np.random.Generator
    ) -> Float64Array:
        """Returns how urgently each entry should go; see `Order`."""
        urgency: Float64Array = slots @ self._weights
        if self._admits:
            urgency[:, -1] = -np.inf
        return urgency
