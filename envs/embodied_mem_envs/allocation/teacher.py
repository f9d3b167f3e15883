"""A teacher that knows what is likely to be asked now: for warm starts, never for results.

It does at each candidate what makes the expected outcome of the next question highest, given the
probabilities of all questions, which no agent is told. It does not know what will come.
"""

from collections.abc import Mapping
from typing import final

import numpy as np

from embodied_mem.allocation.head import DROP, LOWER, MERGE, OPERATIONS, OVER, action_of
from embodied_mem.allocation.inputs import SLOT_FEATURES
from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Float64Array
from embodied_mem_envs.allocation.core import AllocationCore
from embodied_mem_envs.allocation.episode import FINE

_MERGEABLE = SLOT_FEATURES.index("mergeable")
WASTE = -0.3
"""Value of an operation that no plan begins with."""
_ANY = 2e-3
"""Worth of holding anything at all, where nothing tells that it is asked for."""
_FRESH = 2.0
"""How much more that is worth of what is still where it was."""


def action_values(core: AllocationCore) -> Float32Array:
    """Returns (B, K + 1, 4) what the best plan that begins with each operation gains.

    A plan takes the waiting candidate in, in full or coarse, into free room or in place of a slot,
    and lowers for it what loses least by that per byte; or it refuses it. The gain is in expected
    outcome of the next question; refusing gains 0, what begins no plan `WASTE`, and what is not
    valid -inf. `observe` must have been called since the last step.

    Raises:
        ConfigError: If the core's table does not know what is wanted.
    """
    if not core.table.expected:
        raise ConfigError("a teacher needs a table with `expected=True`")
    return _Lesson(core).values()


@final
class _Lesson:
    """What each plan would gain and lose, (B, ...) for one moment."""

    def __init__(self, core: AllocationCore) -> None:
        state, table = core.inside, core.table
        self._core, self._mask = core, core.mask_out
        batch = len(state["arrival"])
        rows = np.arange(batch)
        episode = state["episode"]
        now = np.minimum(state["arrival"], table.arrivals - 1)
        wanted = table.columns["wanted"][episode, now]
        wanted = wanted / np.maximum(wanted.sum(axis=(1, 2), keepdims=True), 1e-9)
        seen = table.columns["first_seen"][episode] <= now[:, None]
        fresh = state["superseded"] > now[:, None]
        wanted[:, :, 0] += _ANY / table.keys * seen * (1 + _FRESH * fresh)
        wanted[:, table.keys] = 0
        at = rows[:, None, None]
        keys = state["keys"]
        worth, holders = wanted[at, keys], state["holders"][at, keys]
        mine = np.zeros((batch, table.keys + 1), bool)
        mine[rows[:, None], keys[:, -1]] = True
        shared = mine[at, keys[:, :-1]]
        self._gains(state, table.columns["first_seen"][episode], now, worth[:, -1], holders[:, -1])
        self._losses(state, worth[:, :-1], holders[:, :-1], shared)
        self._sizes(state, table.columns["size"], episode, now)

    def _gains(
        self,
        state: Mapping[str, AnyArray],
        first_seen: AnyArray,
        now: AnyArray,
        worth: Float32Array,
        holders: AnyArray,
    ) -> None:
        keys = state["keys"][:, -1]
        first = np.take_along_axis(first_seen, keys, axis=1) == now[:, None]
        coarse = (worth[:, :, 0] * (holders[:, :, 0] == 0) + worth[:, :, 2] * first).sum(axis=1)
        fine = (worth[:, :, 1] * (holders[:, :, 1] == 0)).sum(axis=1)
        self.gain = np.stack([coarse, coarse + fine], axis=1)  # taken in coarse, in full

    def _losses(
        self,
        state: Mapping[str, AnyArray],
        worth: Float32Array,
        holders: AnyArray,
        shared: BoolArray,
    ) -> None:
        sole = holders == 1
        seen_fine = sole[..., 1] & (state["level"] == FINE)[:, :, None]
        known = sole[..., 2] & state["knows_first"]
        mergeable = self._core.slots_out[:, :-1, _MERGEABLE] > 0
        handed_on = shared & mergeable[:, :, None]
        base = (worth[..., 0] * (sole[..., 0] & ~shared)).sum(axis=2)
        base += (worth[..., 2] * (known & ~handed_on)).sum(axis=2)
        looks = worth[..., 1] * seen_fine
        all_looks, other_looks = looks.sum(axis=2), (looks * ~shared).sum(axis=2)
        # (B, K, 2): for a candidate taken in coarse, and in full.
        self.loss = base[:, :, None] + np.stack([all_looks, other_looks], axis=2)
        self.lowering = all_looks
        self.mergeable = mergeable

    def _sizes(
        self, state: Mapping[str, AnyArray], size: AnyArray, episode: AnyArray, now: AnyArray
    ) -> None:
        of = size[episode[:, None], state["viewed"]]
        fine = state["level"] == FINE
        self.bytes = np.where(fine, of[:, :, 1], of[:, :, 0]) * state["held"]
        self.saving = (of[:, :, 1] - of[:, :, 0]) * fine
        self.free = self._core.table.columns["budget"][episode] - self.bytes.sum(axis=1)
        self.candidate = size[episode, now]
        self.held = state["held"]
        self.full = state["fine"]

    def values(self) -> Float32Array:
        batch, slots = self.held.shape
        values = np.full((batch, (slots + 1) * len(OPERATIONS)), WASTE, np.float32)
        values[:, int(action_of(slots, DROP))] = 0.0
        price = self.lowering / np.maximum(self.saving, 1e-9)
        order = np.argsort(np.where(self.saving > 0, price, np.inf), axis=1)
        rows = np.arange(batch)
        for level in (1, 0):
            for slot in (*range(slots), None):
                value, first = self._plan(slot, level, order)
                values[rows, first] = np.maximum(values[rows, first], value)
        result = values.reshape(self._mask.shape)
        result[~self._mask] = -np.inf
        return result

    def _plan(self, slot: int | None, level: int, order: AnyArray) -> tuple[Float64Array, AnyArray]:
        """Returns what a plan gains, (B,), -inf where it cannot be, and its first operation."""
        slots = self.held.shape[1]
        rows = np.arange(len(order))[:, None]
        missing = self.candidate[:, level] - self.free
        value = self.gain[:, level].astype(np.float64)
        usable = np.ones_like(self.held)
        if slot is None:
            possible = ~self.held.all(axis=1)
            ending = np.full(len(order), int(action_of(slots, OVER)))
        else:
            possible = self.held[:, slot].copy()
            missing = missing - self.bytes[:, slot]
            value = value - self.loss[:, slot, level]
            usable[:, slot] = False
            merged = np.where(self.mergeable[:, slot], MERGE, OVER)
            ending = action_of(slot, merged)
        possible &= self.full | (level == 0)
        saving = np.cumsum((self.saving * usable)[rows, order], axis=1)
        needed = np.concatenate([np.zeros((len(order), 1)), saving], axis=1) < missing[:, None]
        steps = needed.sum(axis=1)
        possible &= steps <= slots
        lowered = np.concatenate(
            [np.zeros((len(order), 1)), np.cumsum((self.lowering * usable)[rows, order], axis=1)], 1
        )
        value = value - lowered[rows[:, 0], np.minimum(steps, slots)]
        first_lowered = np.argmax((self.saving * usable)[rows, order] > 0, axis=1)
        action = np.where(steps > 0, action_of(order[rows[:, 0], first_lowered], LOWER), ending)
        if level == 0:
            action = np.where(self.full, int(action_of(slots, LOWER)), action)
        entry, operation = np.divmod(action, 4)
        possible &= self._mask[rows[:, 0], entry, operation]
        return np.where(possible, value, WASTE), action
