"""The linear head: the score of an operation is a weighted sum of what is seen of its entry.

FIFO, LIFO, LRU, LFU, MVFO and LVFO are weights of it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self, final

import numpy as np

from embodied_mem.allocation.head import DROP, LOWER, MERGE, OPERATIONS, OVER
from embodied_mem.allocation.inputs import SLOT_FEATURES
from embodied_mem.allocation.weights import read_weights, write_weights
from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Float64Array

KIND: Final = "linear"
_AT: Final = {name: index for index, name in enumerate(SLOT_FEATURES)}
_ALWAYS: Final = 1e9
"""Score that outweighs what any slot can have."""


@final
class LinearHead:
    """A policy: of the valid operations, the one with the highest score; of equal ones the first.

    Args:
        weights: (F, 4) weight of each of `SLOT_FEATURES` in the score of each operation.
        bias: (4,) added to the scores.
        about: How it was made: anything that JSON holds.

    Raises:
        ConfigError: If the arrays have other shapes or are not finite.
    """

    def __init__(
        self, weights: AnyArray, bias: AnyArray, about: Mapping[str, Any] | None = None
    ) -> None:
        self.weights: Float64Array = np.array(weights, np.float64, order="C")
        self.bias: Float64Array = np.array(bias, np.float64)
        self.about = dict(about or {})
        expected = (len(SLOT_FEATURES), len(OPERATIONS))
        if self.weights.shape != expected or self.bias.shape != expected[1:]:
            raise ConfigError(
                f"a linear head has weights {expected} and a bias {expected[1:]}, got "
                f"{self.weights.shape} and {self.bias.shape}"
            )
        if not (np.isfinite(self.weights).all() and np.isfinite(self.bias).all()):
            raise ConfigError("a linear head needs finite weights")

    def __call__(
        self,
        slots: Float32Array,
        context: Float32Array,
        mask: BoolArray,
        rng: np.random.Generator | None = None,
    ) -> AnyArray:
        """Chooses actions; see `Policy`. Nothing is drawn from `rng`."""
        # In float64: some rules rank by one feature, and by another only where that is equal.
        scores = slots @ self.weights + self.bias
        return best_valid(scores, mask)

    def save(self, path: Path) -> None:
        """Writes two files, each whole or not at all; a path is as in `weights.weight_files`."""
        header = {
            "operations": OPERATIONS,
            "slot_features": SLOT_FEATURES,
            "about": self.about,
        }
        write_weights(path, KIND, {"weights": self.weights, "bias": self.bias}, header)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads what `save` wrote.

        Raises:
            ConfigError: If a file is missing or damaged, or it is of other features.
        """
        fields = {"operations": list, "slot_features": list, "about": dict}
        parameters, header = read_weights(path, KIND, fields)
        if [header["operations"], header["slot_features"]] != [[*OPERATIONS], [*SLOT_FEATURES]]:
            raise ConfigError(f"the linear head {path} is of other features or operations")
        if parameters.keys() != {"weights", "bias"}:
            raise ConfigError(f"{path} holds {sorted(parameters)}; expected bias and weights")
        return cls(parameters["weights"], parameters["bias"], header["about"])


def best_valid(scores: AnyArray, mask: BoolArray) -> AnyArray:
    """Returns (B,) the valid actions with the highest scores (B, E, 4), of equal ones the first."""
    valid = np.where(mask, scores, -np.inf)
    best: AnyArray = valid.reshape(len(valid), -1).argmax(axis=1)
    return best


def evicting_head(urgency: Mapping[str, float]) -> LinearHead:
    """Returns the head that lets the most urgent slot go, and never lowers or merges.

    A candidate that fits into free room is taken in. Else it is written over the most urgent slot,
    or waits while that is dropped where it would still not fit.

    Args:
        urgency: Weight of each feature that counts. Where the candidate's urgency outweighs that
            of the slots, it is refused; without a weight of `candidate` it is only where nothing
            helps.
    """
    weights = np.zeros((len(SLOT_FEATURES), len(OPERATIONS)))
    for name, weight in urgency.items():
        weights[_AT[name], (OVER, DROP)] = weight
    weights[_AT["candidate"], OVER] = _ALWAYS
    if "candidate" not in urgency:
        weights[_AT["candidate"], DROP] = -_ALWAYS
    bias = np.zeros(len(OPERATIONS))
    bias[[MERGE, LOWER]] = -2 * _ALWAYS
    return LinearHead(weights, bias)
