"""Acts out in the environment what a bound has found, and tells an imitator what that was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.errors import ConfigError
from embodied_mem.types import BoolArray, Float32Array, Int64Array
from embodied_mem_envs.allocation.bounds.bound import Bound
from embodied_mem_envs.allocation.bounds.plan import Plan, held_until, plan_of
from embodied_mem_envs.allocation.episode import FINE, Episode


def plan_for(episode: Episode, bound: Bound) -> Plan:
    """Returns the operations that do what a bound has found.

    Raises:
        ConfigError: If the bound was relaxed: it says nothing of what to hold.
    """
    return plan_of(episode, *_followed(bound))


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Labels:
    """What one who follows a bound does at each arrival, whatever is in which slot."""

    taken: NDArray[np.int8]
    """(T,) level at which each candidate is taken in; 0 if it is refused."""
    until: Int64Array
    """(T,) last candidate after which each is held; -1 if never. What goes first is what is held
    for the shortest time."""
    fine_until: Int64Array
    """(T,) the same for holding it in full."""
    leaves: BoolArray
    """(T, T) whether candidate i is let go when candidate t arrives, [t, i]."""


def labels_of(bound: Bound) -> Labels:
    """Returns the labels for an imitator.

    Raises:
        ConfigError: If the bound was relaxed: it says nothing of what to hold.
    """
    kept, _ = _followed(bound)
    leaves = np.zeros(kept.shape, bool)
    leaves[1:] = (kept[:-1] > 0) & (kept[1:] == 0)
    return Labels(
        taken=np.diag(kept).copy(),
        until=held_until(kept),
        fine_until=held_until(kept, FINE),
        leaves=leaves,
    )


@final
class Oracle:
    """A policy that follows plans, one episode a row.

    It must be asked about all rows at every step, from the beginning of their episodes on.

    Args:
        plans: Of each row.
    """

    def __init__(self, plans: Sequence[Plan]) -> None:
        # Once an episode has ended, any action will do.
        last = np.array([plan.actions[-1] for plan in plans])
        longest = max(len(plan.actions) for plan in plans)
        self._actions = np.tile(last[:, None], longest)
        for row, plan in enumerate(plans):
            self._actions[row, : len(plan.actions)] = plan.actions
        self._step = 0

    def reset(self) -> None:
        """Goes back to the beginning of all episodes."""
        self._step = 0

    def __call__(
        self,
        slots: Float32Array,
        context: Float32Array,
        mask: BoolArray,
        rng: np.random.Generator,
    ) -> Int64Array:
        """Returns the next action of each row, (B,); looks at nothing."""
        at = min(self._step, self._actions.shape[1] - 1)
        self._step += 1
        actions: Int64Array = self._actions[:, at]
        return actions


def _followed(bound: Bound) -> tuple[NDArray[np.int8], NDArray[np.intp]]:
    if bound.kept is None or bound.merged is None:
        raise ConfigError("a relaxed bound says nothing of what to hold; solve it with integers")
    return bound.kept, bound.merged
