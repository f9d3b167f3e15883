"""AMA, the adaptive memory allocator of the Spatially-Aware Transformer: a policy to compare with.

As published (Cho et al., Spatially-Aware Transformers for Embodied Agents, ICLR 2024): it is told
the task, and chooses by that alone which of a few rules manages the memory for a whole episode; a
network 4-64-4 says how well each rule will do. It never looks at the memory.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self, final

import numpy as np

from embodied_mem.allocation.policy import Policy
from embodied_mem.allocation.weights import read_weights, write_weights
from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Int64Array

KIND: Final = "ama"


@final
class AmaPolicy:
    """Follows in each episode the rule that the network thinks best for its task.

    Args:
        parameters: `first.weight` (H, N), `first.bias` (H,), `last.weight` (S, H), `last.bias`
            (S,), for N tasks, H hidden units and S rules.
        rules: The rules by name, in the order of the network's outputs.
        about: How it was trained: anything that JSON holds.

    Raises:
        ConfigError: If the weights do not fit together or to the rules.
    """

    def __init__(
        self,
        parameters: Mapping[str, AnyArray],
        rules: Mapping[str, Policy],
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.rules = dict(rules)
        self.about = dict(about or {})
        self.parameters = {name: np.array(value, np.float32) for name, value in parameters.items()}
        weight = self.parameters.get("first.weight", np.zeros((0, 0), np.float32))
        hidden, self.tasks = weight.shape
        shapes = {
            "first.weight": (hidden, self.tasks),
            "first.bias": (hidden,),
            "last.weight": (len(rules), hidden),
            "last.bias": (len(rules),),
        }
        found = {name: value.shape for name, value in self.parameters.items()}
        if found != shapes or not all(np.isfinite(v).all() for v in self.parameters.values()):
            raise ConfigError(f"these are no finite weights of AMA: {found}; expected {shapes}")

    def values(self, labels: Float32Array) -> Float32Array:
        """Returns (B, S) how well each rule is expected to do, from the tasks' one-hots (B, N)."""
        weights = self.parameters
        hidden = np.maximum(labels @ weights["first.weight"].T + weights["first.bias"], 0.0)
        values: Float32Array = hidden @ weights["last.weight"].T + weights["last.bias"]
        return values

    def __call__(
        self,
        slots: Float32Array,
        context: Float32Array,
        mask: BoolArray,
        rng: np.random.Generator,
    ) -> AnyArray:
        """Chooses actions; see `Policy`. The context ends with the label of the task."""
        chosen = self.values(context[:, -self.tasks :]).argmax(axis=1)
        return follow(tuple(self.rules.values()), chosen, slots, context, mask, rng)

    def save(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Writes two files; `weights.weight_files` says what a path may be."""
        said = self.about if about is None else dict(about)
        write_weights(path, KIND, self.parameters, {"rules": [*self.rules], "about": said})

    @classmethod
    def load(cls, path: Path, rules: Mapping[str, Policy]) -> Self:
        """Reads what `save` wrote.

        Args:
            path: As in `weights.weight_files`.
            rules: Must have those that it was trained with.

        Raises:
            ConfigError: If it cannot be read, or a rule is missing.
        """
        parameters, header = read_weights(path, KIND, {"rules": list, "about": dict})
        missing = [name for name in header["rules"] if name not in rules]
        if missing:
            raise ConfigError(f"{path} chooses among rules that are not given: {missing}")
        return cls(parameters, {name: rules[name] for name in header["rules"]}, header["about"])


def follow(
    rules: tuple[Policy, ...],
    chosen: Int64Array,
    slots: Float32Array,
    context: Float32Array,
    mask: BoolArray,
    rng: np.random.Generator,
) -> AnyArray:
    """Returns (B,) the actions of the rule chosen for each row."""
    actions = np.zeros(len(chosen), np.int64)
    for index in np.unique(chosen):
        rows = np.flatnonzero(chosen == index)
        actions[rows] = rules[index](slots[rows], context[rows], mask[rows], rng)
    return actions
