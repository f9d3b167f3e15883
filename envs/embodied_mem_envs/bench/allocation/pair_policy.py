"""A trained policy of the pair, run in NumPy: what to name, and what to let go.

One small network scores each of the cards in sight, and sees the mean and the maximum over all of
them (Zaheer et al., Deep Sets, 2017, section 3). It gives two scores a card: how much the answer
comes from it, and how readily it goes.

    h_j     = relu(entry e_j + shared s)                        cards that are there only
    g_j     = relu(mix h_j + pool [mean_j h_j, max_j h_j])
    r_j, d_j = score g_j
    answer  = sharpness * sum_j softmax(r)_j suit_j             logits of the suits
    goes    = d                                                 logits of the entries
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self, final

import numpy as np

from embodied_mem.allocation.weights import read_weights, write_weights
from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray, Float32Array
from embodied_mem_envs.bench.allocation.pair_env import ENTRY_INPUTS, SHARED_INPUTS, SUITS

KIND: Final = "pair"
_ABSENT: Final = np.float32(-1e9)
Inputs = Mapping[str, AnyArray]


@final
class PairPolicy:
    """Names the likeliest suit and gives up the entry that goes most readily.

    Attributes:
        parameters: Weights by name, as `parameter_shapes` says.
        about: How it was trained.
    """

    def __init__(
        self, parameters: Mapping[str, AnyArray], about: Mapping[str, Any] | None = None
    ) -> None:
        """Takes over copies of the weights.

        Raises:
            ConfigError: If they are not those of such a network, or not finite.
        """
        hidden = len(parameters.get("entry.bias", ()))
        shapes = parameter_shapes(hidden)
        found = {name: np.shape(array) for name, array in parameters.items()}
        if found != shapes:
            raise ConfigError(f"these are no weights of a policy of the pair: {found}")
        self.parameters = {name: np.array(parameters[name], np.float32) for name in shapes}
        if not all(np.isfinite(array).all() for array in self.parameters.values()):
            raise ConfigError("the weights are not finite; the training diverged")
        self.about = dict(about or {})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads what `save` wrote.

        Raises:
            ConfigError: If a file is missing or damaged.
        """
        parameters, header = read_weights(path, KIND, {"about": dict})
        return cls(parameters, header["about"])

    def save(self, path: Path) -> None:
        """Writes `path` with the endings .safetensors and .json."""
        write_weights(path, KIND, self.parameters, {"about": self.about})

    def logits(self, inputs: Inputs) -> tuple[Float32Array, Float32Array]:
        """Returns (B, SUITS) logits of the answers and (B, SLOTS) of the entries that go.

        Args:
            inputs: (B, SLOTS, ENTRY_INPUTS) `entries` and (B, SHARED_INPUTS) `shared`, as
                `PairInputs` builds them.
        """
        weights, entries = self.parameters, inputs["entries"]
        held = entries[:, :, -1:]
        shared = inputs["shared"] @ weights["shared.weight"].T + weights["entry.bias"]
        hidden = np.maximum(entries @ weights["entry.weight"].T + shared[:, None], 0.0) * held
        pooled = np.concatenate((hidden.sum(axis=1) / held.sum(axis=1), hidden.max(axis=1)), axis=1)
        pooled = pooled @ weights["pool.weight"].T + weights["mix.bias"]
        mixed = np.maximum(hidden @ weights["mix.weight"].T + pooled[:, None], 0.0)
        scores = mixed @ weights["score.weight"].T + weights["score.bias"]
        reads = np.where(held[:, :, 0] > 0, scores[:, :, 0], _ABSENT)
        reads = np.exp(reads - reads.max(axis=1, keepdims=True))
        reads /= reads.sum(axis=1, keepdims=True)
        answers = weights["sharpness"] * (reads[:, :, None] * entries[:, :, :SUITS]).sum(axis=1)
        return answers, scores[:, :, 1]

    def act(self, inputs: Inputs) -> AnyArray:
        """Returns (B, 2) the best actions: suit and entry."""
        answers, goes = self.logits(inputs)
        return np.stack([answers.argmax(axis=1), goes.argmax(axis=1)], axis=1)


def parameter_shapes(hidden: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all weights, for a number of hidden units."""
    return {
        "entry.weight": (hidden, ENTRY_INPUTS),
        "entry.bias": (hidden,),
        "shared.weight": (hidden, SHARED_INPUTS),
        "mix.weight": (hidden, hidden),
        "mix.bias": (hidden,),
        "pool.weight": (hidden, 2 * hidden),
        "score.weight": (2, hidden),
        "score.bias": (2,),
        "sharpness": (1,),
    }
