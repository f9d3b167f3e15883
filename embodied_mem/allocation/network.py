"""The learned scorer of entries, run in NumPy: what a robot needs of a trained allocator.

Each entry of a decision (K slots and the candidate) is scored by the same small network, which also
sees the mean and the maximum over all held entries, so that it works with any K and does not care
for the order of the slots (Zaheer et al., Deep Sets, 2017, section 3):

    h_j = relu(entry s_j + context c)           held entries only, zero for an empty slot
    p   = [mean_j h_j, max_j h_j, h_candidate]
    g_j = relu(mix h_j + pool p)
    r   = relu(sense [c, mean_j s_j, s_candidate])
    logits_j = score g_j + GAIN (base + steer r) s_j        one for each of `head.OPERATIONS`

The last term is a linear rule whose weights depend on the situation: what has been asked says what
to keep, and a product of both is learned from far fewer decisions than by the first term alone.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self, final

import numpy as np

from embodied_mem.allocation.head import OPERATIONS
from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.allocation.weights import read_weights, write_weights
from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray, BoolArray, Float32Array

KIND: Final = "scorer"
GAIN: Final = 5.0
"""Makes the weights of the rule learn faster than the others, by as much."""
_HEADER: Final = {"operations": list, "slot_features": list, "context_features": list}


@final
class ScorerNetwork:
    """A trained scorer; also a batched policy, which takes the best action that is valid."""

    def __init__(
        self,
        parameters: Mapping[str, AnyArray],
        *,
        slot_features: Sequence[str] = SLOT_FEATURES,
        context_features: Sequence[str] = CONTEXT_FEATURES,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """Takes over copies of the weights.

        Args:
            parameters: Arrays named and shaped as `parameter_shapes` says.
            slot_features: Names of the inputs of an entry; `held` must be among them.
            context_features: Names of the inputs that all entries share.
            about: How it was trained: anything that JSON holds.

        Raises:
            ConfigError: If a weight is missing, unknown, of another shape or not finite.
        """
        self.slot_features = tuple(slot_features)
        self.context_features = tuple(context_features)
        self.about = dict(about or {})
        if "held" not in self.slot_features:
            raise ConfigError("a scorer needs the slot feature 'held', to leave empty slots out")
        self.parameters = _checked(parameters, len(slot_features), len(context_features))
        self.hidden = self.parameters["score.weight"].shape[1]
        self._held = self.slot_features.index("held")
        names = ("entry", "context", "mix", "pool", "score")
        weights = {
            name: np.ascontiguousarray(self.parameters[f"{name}.weight"].T) for name in names
        }
        self._entry, self._context = weights["entry"], weights["context"]
        self._mix, self._pool, self._score = weights["mix"], weights["pool"], weights["score"]
        self._biases = tuple(self.parameters[f"{name}.bias"] for name in ("entry", "mix", "score"))
        self._base = np.float32(GAIN) * np.ascontiguousarray(self.parameters["base.weight"].T)
        self._steer = np.float32(GAIN) * np.ascontiguousarray(self.parameters["steer.weight"].T)
        self._sense = np.ascontiguousarray(self.parameters["sense.weight"].T)
        self._sense_bias = self.parameters["sense.bias"]

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        slot_features: Sequence[str] | None = SLOT_FEATURES,
        context_features: Sequence[str] | None = CONTEXT_FEATURES,
    ) -> Self:
        """Reads a network that `save` wrote.

        Args:
            path: A folder that holds `policy.json` and `policy.safetensors`, or one of two such
                files of any name, with its ending or without.
            slot_features: Inputs that the caller gives; None to take what the network names.
            context_features: Likewise.

        Raises:
            ConfigError: If a file is missing or damaged, is of another version, or the network was
                trained on other inputs.
        """
        parameters, header = read_weights(path, KIND, {**_HEADER, "about": dict})
        _same_names(path, "slot", header["slot_features"], slot_features)
        _same_names(path, "context", header["context_features"], context_features)
        if header["operations"] != [*OPERATIONS]:
            raise ConfigError(
                f"the allocator {path} has operations {header['operations']}; "
                f"expected {[*OPERATIONS]}"
            )
        return cls(
            parameters,
            slot_features=header["slot_features"],
            context_features=header["context_features"],
            about=header["about"],
        )

    def save(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Writes two files, each whole or not at all.

        Args:
            path: As in `weight_files`.
            about: Said of how it was trained, instead of `self.about`.
        """
        header = {
            "operations": OPERATIONS,
            "slot_features": self.slot_features,
            "context_features": self.context_features,
            "hidden": self.hidden,
            "about": self.about if about is None else dict(about),
        }
        write_weights(path, KIND, self.parameters, header)

    def logits(
        self, slots: Float32Array, context: Float32Array, mask: BoolArray | None = None
    ) -> Float32Array:
        """Scores the operations of each entry.

        Args:
            slots: (E, F) inputs of each entry, the candidate last; or (B, E, F).
            context: (C,) inputs that all entries share; or (B, C).
            mask: (E, 4) whether an operation is valid, or (B, E, 4).

        Returns:
            (E, 4) or (B, E, 4); what is not valid has -inf.

        Raises:
            ConfigError: If an array has another shape.
        """
        self._check(slots, context)
        score = self._single if slots.ndim == 2 else self._batch
        scores = score(slots, context)
        if mask is not None:
            if mask.size != scores.size:
                raise ConfigError(f"mask is {mask.shape}; expected {scores.shape}")
            np.copyto(scores, -np.inf, where=~mask.reshape(scores.shape).astype(np.bool_))
        return scores

    def act(
        self,
        slots: Float32Array,
        context: Float32Array,
        mask: BoolArray,
        rng: np.random.Generator | None = None,
    ) -> AnyArray:
        """Chooses actions, numbered as `head.action_of` does.

        Args:
            slots: As in `logits`.
            context: As in `logits`.
            mask: As in `logits`; at least one operation of a decision is valid.
            rng: To draw by the probabilities that the scores stand for (by their maximum with
                Gumbel noise added); None for the highest score.

        Returns:
            () or (B,) int64.
        """
        scores = self.logits(slots, context, mask)
        flat = scores.reshape((*scores.shape[:-2], -1))
        if rng is not None:
            flat = flat + rng.gumbel(size=flat.shape)
        actions: AnyArray = flat.argmax(axis=-1)
        return actions

    def __call__(
        self,
        slots: Float32Array,
        context: Float32Array,
        mask: BoolArray,
        rng: np.random.Generator | None = None,
    ) -> AnyArray:
        """Acts as a batched policy: the highest valid score; nothing is drawn from `rng`."""
        return self.act(slots, context, mask)

    def _single(self, slots: Float32Array, context: Float32Array) -> Float32Array:
        """Scores one decision: as few and as small operations as can be."""
        entry_bias, mix_bias, score_bias = self._biases
        hidden = slots @ self._entry
        hidden += context @ self._context + entry_bias
        np.maximum(hidden, 0.0, out=hidden)
        held = slots[:, self._held]
        hidden *= held[:, None]
        size = self.hidden
        share = 1.0 / max(float(held.sum()), 1.0)
        pooled = np.empty(3 * size, np.float32)
        np.dot(held, hidden, out=pooled[:size])
        pooled[:size] *= share
        np.maximum.reduce(hidden, axis=0, out=pooled[size : 2 * size])
        pooled[2 * size :] = hidden[-1]
        mixed = hidden @ self._mix
        mixed += pooled @ self._pool + mix_bias
        np.maximum(mixed, 0.0, out=mixed)
        scores: Float32Array = (mixed @ self._score).astype(np.float32, copy=False)
        scores += score_bias
        situation = np.concatenate((context, (held @ slots) * np.float32(share), slots[-1]))
        rule = np.maximum(situation @ self._sense + self._sense_bias, 0.0) @ self._steer
        scores += slots @ (self._base + rule.reshape(self._base.shape))
        return scores

    def _batch(self, slots: Float32Array, context: Float32Array) -> Float32Array:
        entry_bias, mix_bias, score_bias = self._biases
        batch, entries, inputs = slots.shape
        hidden = (slots.reshape(-1, inputs) @ self._entry).reshape(batch, entries, -1)
        hidden += (context @ self._context + entry_bias)[:, None]
        np.maximum(hidden, 0.0, out=hidden)
        held = slots[:, :, self._held]
        hidden *= held[:, :, None]
        count = np.maximum(held.sum(axis=1, keepdims=True), 1.0)
        pooled = np.concatenate(
            (hidden.sum(axis=1) / count, hidden.max(axis=1), hidden[:, -1]), axis=1
        )
        mixed = hidden.reshape(batch * entries, -1) @ self._mix
        mixed = mixed.reshape(batch, entries, -1)
        mixed += (pooled @ self._pool + mix_bias)[:, None]
        np.maximum(mixed, 0.0, out=mixed)
        scores: Float32Array = (mixed.reshape(batch * entries, -1) @ self._score).astype(
            np.float32, copy=False
        )
        scores += score_bias
        mean = (held[:, None, :] @ slots)[:, 0] / count
        situation = np.concatenate((context, mean, slots[:, -1]), axis=1)
        rule = np.maximum(situation @ self._sense + self._sense_bias, 0.0) @ self._steer
        scores = scores.reshape(batch, entries, len(OPERATIONS))
        scores += slots @ (self._base + rule.reshape(batch, *self._base.shape))
        return scores

    def _check(self, slots: AnyArray, context: AnyArray) -> None:
        inputs, shared = self._entry.shape[0], self._context.shape[0]
        if slots.ndim not in (2, 3) or slots.shape[-1] != inputs:
            raise ConfigError(
                f"slots are {slots.shape}; expected (E, {inputs}) or (B, E, {inputs})"
            )
        if context.shape != (*slots.shape[:-2], shared):
            expected = (*slots.shape[:-2], shared)
            raise ConfigError(f"context is {context.shape}; expected {expected} beside these slots")


def parameter_shapes(inputs: int, shared: int, hidden: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all weights, for F inputs of an entry, C shared ones and H hidden units.

    >>> parameter_shapes(5, 3, 8)["pool.weight"]
    (8, 24)
    """
    return {
        "entry.weight": (hidden, inputs),
        "entry.bias": (hidden,),
        "context.weight": (hidden, shared),
        "mix.weight": (hidden, hidden),
        "mix.bias": (hidden,),
        "pool.weight": (hidden, 3 * hidden),
        "score.weight": (len(OPERATIONS), hidden),
        "score.bias": (len(OPERATIONS),),
        "base.weight": (len(OPERATIONS), inputs),
        "sense.weight": (hidden, shared + 2 * inputs),
        "sense.bias": (hidden,),
        "steer.weight": (len(OPERATIONS) * inputs, hidden),
    }


def _checked(
    parameters: Mapping[str, AnyArray], inputs: int, shared: int
) -> dict[str, Float32Array]:
    """Copies the weights as float32 if they are what a scorer of these inputs has."""
    score = parameters.get("score.weight")
    hidden = score.shape[-1] if score is not None and score.ndim == 2 else 0
    shapes = parameter_shapes(inputs, shared, hidden)
    found = {name: array.shape for name, array in parameters.items()}
    if found != shapes:
        wrong = sorted(
            f"{name} {found.get(name, 'missing')} (expected {shapes.get(name, 'no such weight')})"
            for name in shapes.keys() | found.keys()
            if found.get(name) != shapes.get(name)
        )
        raise ConfigError(
            f"these are no weights of a scorer of {inputs} + {shared} inputs: {', '.join(wrong)}"
        )
    weights = {name: np.array(parameters[name], np.float32, order="C") for name in shapes}
    for name, weight in weights.items():
        if not np.isfinite(weight).all():
            raise ConfigError(f"the weight {name} is not finite; the training diverged")
    return weights


def _same_names(path: Path, what: str, trained: list[str], given: Sequence[str] | None) -> None:
    if given is None or trained == list(given):
        return
    lost, new = sorted(set(trained) - set(given)), sorted(set(given) - set(trained))
    how = f"it needs {lost}, and does not know {new}" if lost or new else "their order differs"
    raise ConfigError(f"the allocator {path} was trained on other {what} features: {how}")
