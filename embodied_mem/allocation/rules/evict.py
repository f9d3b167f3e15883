"""How a rule that only says what should go first becomes a policy of the head."""

from typing import Final, Protocol, final

import numpy as np

from embodied_mem.allocation.head import DROP, LOWER, OPERATIONS, OVER, action_of
from embodied_mem.allocation.linear import best_valid
from embodied_mem.allocation.rules.observed import is_held, of_all
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Float64Array

_LEAST: Final = np.finfo(np.float64).min


class Order(Protocol):
    """What should go first."""

    def __call__(
        self, slots: Float32Array, context: Float32Array, rng: np.random.Generator
    ) -> Float64Array:
        """Returns (B, E) how urgently each entry should go; finite, but for the candidate.

        The candidate is refused where it is the most urgent; -inf has it taken in whenever that is
        possible. What empty slots have does not matter.
        """
        ...


@final
class Fine:
    """Lets the most urgent entry go, and never lowers anything.

    A candidate that fits into free room is taken in. Else it is written over the most urgent slot,
    or waits while that is dropped where it would still not fit, or is refused.
    """

    def __init__(self, order: Order) -> None:
        self.order = order

    def __call__(
        self,
        slots: Float32Array,
        context: Float32Array,
        mask: BoolArray,
        rng: np.random.Generator,
    ) -> AnyArray:
        """Chooses actions; see `Policy`."""
        return best_valid(_scores(self.order(slots, context, rng), slots), mask)


@final
class Coarse:
    """Lowers before it drops: as `Fine`, but where bytes are short, the most urgent are lowered.

    The candidate is one of them: it is taken in coarse where it is the most urgent, or where
    nothing else is left to be lowered.
    """

    def __init__(self, order: Order) -> None:
        self.order = order

    def __call__(
        self,
        slots: Float32Array,
        context: Float32Array,
        mask: BoolArray,
        rng: np.random.Generator,
    ) -> AnyArray:
        """Chooses actions; see `Policy`."""
        urgency = self.order(slots, context, rng)
        scores = _scores(urgency, slots)
        dropped = best_valid(scores, mask)
        rows, candidate = np.arange(len(slots)), slots.shape[1] - 1
        full = of_all(context, "fill_slots") >= 1.0
        first = np.where(is_held(slots), urgency, -np.inf)
        first[:, -1] = urgency[:, -1]
        victim = first.argmax(axis=1)
        # What is about to be written over need not be lowered.
        may = mask[:, :, LOWER].copy()
        may[rows[full], victim[full]] = False
        short = np.where(full, ~mask[rows, victim, OVER], ~mask[:, candidate, OVER])
        refused = full & (victim == candidate)
        lowering = short & ~refused & ~mask[:, candidate, OVER] & may.any(axis=1)
        lowered = np.where(may, np.maximum(urgency, _LEAST), -np.inf)
        return np.where(lowering, action_of(lowered.argmax(axis=1), LOWER), dropped)


def _scores(urgency: Float64Array, slots: Float32Array) -> Float64Array:
    """Returns (B, E, 4) scores of which the best valid one is what a rule does."""
    scores = np.full((*urgency.shape, len(OPERATIONS)), -np.inf)
    scores[:, :, OVER] = urgency
    scores[:, :, DROP] = urgency
    scores[:, -1, OVER] = np.inf
    scores[:, -1, DROP] = np.maximum(urgency[:, -1], _LEAST)  # refused, where nothing else helps
    return scores
