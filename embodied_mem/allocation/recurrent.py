"""A scorer with a memory of its own: an LSTM reads every decision and adds to the context.

It has to see all decisions of an episode, one after the other, so it is for episodes that are
played in a batch, not for a store. When an episode begins is told by the context.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self, final

import numpy as np

from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.weights import read_weights, write_weights
from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray, BoolArray, Float32Array

KIND: Final = "recurrent"
_LSTM: Final = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def memory_names(units: int) -> tuple[str, ...]:
    """Returns the names of the inputs that the LSTM adds to the context."""
    return tuple(f"memory_{unit}" for unit in range(units))


@final
class RecurrentScorer:
    """A scorer whose context ends with the output of an LSTM over context and candidate.

    Hochreiter and Schmidhuber (Long short-term memory, 1997), with gates as torch orders them:
    input, forget, cell, output.

    Args:
        network: Scores with U units of memory as its last context features.
        lstm: `weight_ih` (4 U, C + F), `weight_hh` (4 U, U), `bias_ih` (4 U,), `bias_hh` (4 U,).
        about: How it was trained: anything that JSON holds.

    Raises:
        ConfigError: If the weights do not fit together.
    """

    def __init__(
        self,
        network: ScorerNetwork,
        lstm: Mapping[str, AnyArray],
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.network = network
        self.lstm = {name: np.array(lstm[name], np.float32) for name in _LSTM if name in lstm}
        self.about = dict(about or {})
        names = network.context_features
        self.units = sum(name.startswith("memory_") for name in names)
        inputs = len(names) - self.units + len(network.slot_features)
        gates = 4 * self.units
        shapes = {
            "weight_ih": (gates, inputs),
            "weight_hh": (gates, self.units),
            "bias_ih": (gates,),
            "bias_hh": (gates,),
        }
        found = {name: array.shape for name, array in self.lstm.items()}
        if found != shapes or names[-self.units :] != memory_names(self.units):
            raise ConfigError(f"these are no weights of a recurrent scorer: {found}, not {shapes}")
        self._arrivals = names.index("arrivals")
        self._waiting = names.index("waiting")
        self._hidden = self._cell = np.zeros((0, self.units), np.float32)

    def __call__(
        self,
        slots: Float32Array,
        context: Float32Array,
        mask: BoolArray,
        rng: np.random.Generator | None = None,
    ) -> AnyArray:
        """Chooses actions; see `Policy`. Rows are the same episodes as in the call before."""
        if len(self._hidden) != len(context):
            self._hidden = self._cell = np.zeros((len(context), self.units), np.float32)
        first = (context[:, self._arrivals] < _BEFORE_SECOND) & (context[:, self._waiting] == 0)
        goes_on = (~first).astype(np.float32)[:, None]
        weights = self.lstm
        gates = np.concatenate((context, slots[:, -1]), axis=1) @ weights["weight_ih"].T
        gates += (self._hidden * goes_on) @ weights["weight_hh"].T
        gates += weights["bias_ih"] + weights["bias_hh"]
        enter, forget, candidate, leave = np.split(gates, 4, axis=1)
        cell = self._cell * goes_on * _sigmoid(forget) + _sigmoid(enter) * np.tanh(candidate)
        self._cell = cell
        self._hidden = _sigmoid(leave) * np.tanh(cell)
        return self.network.act(slots, np.concatenate((context, self._hidden), axis=1), mask)

    def save(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Writes two files; `weights.weight_files` says what a path may be."""
        parameters = {f"lstm.{name}": array for name, array in self.lstm.items()}
        parameters |= {f"scorer.{name}": array for name, array in self.network.parameters.items()}
        header = {
            "slot_features": self.network.slot_features,
            "context_features": self.network.context_features[: -self.units],
            "about": self.about if about is None else dict(about),
        }
        write_weights(path, KIND, parameters, header)

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        slot_features: Sequence[str] = SLOT_FEATURES,
        context_features: Sequence[str] = CONTEXT_FEATURES,
    ) -> Self:
        """Reads what `save` wrote.

        Args:
            path: As in `weights.weight_files`.
            slot_features: Inputs that the caller gives.
            context_features: Likewise, without the memory.

        Raises:
            ConfigError: If it cannot be read, or was trained on other inputs.
        """
        fields = {"slot_features": list, "context_features": list, "about": dict}
        parameters, header = read_weights(path, KIND, fields)
        given = [[*slot_features], [*context_features]]
        if [header["slot_features"], header["context_features"]] != given:
            raise ConfigError(f"the recurrent scorer {path} was trained on other features")
        lstm = _part(parameters, "lstm.")
        units = lstm["weight_hh"].shape[-1] if "weight_hh" in lstm else 0
        network = ScorerNetwork(
            _part(parameters, "scorer."),
            slot_features=slot_features,
            context_features=(*context_features, *memory_names(units)),
        )
        return cls(network, lstm, header["about"])


_BEFORE_SECOND: Final = 0.5 * (np.log1p(1.0) + np.log1p(2.0)) / 6
"""Between what the context says of arrivals at the first candidate and at the second."""


def _sigmoid(values: Float32Array) -> Float32Array:
    result: Float32Array = 0.5 * (1.0 + np.tanh(0.5 * values))
    return result


def _part(parameters: Mapping[str, AnyArray], prefix: str) -> dict[str, AnyArray]:
    return {
        name.removeprefix(prefix): array
        for name, array in parameters.items()
        if name.startswith(prefix)
    }
