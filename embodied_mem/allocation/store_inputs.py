"""The inputs of a decision about a real store: `inputs.py`, filled in from records."""

from functools import cached_property
from typing import Final, final

import numpy as np

from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.demand import DemandProfile
from embodied_mem.allocation.head import MOST_WAITING
from embodied_mem.allocation.inputs import CONTEXT_FEATURES, GROUPS, OFTEN, SLOT_FEATURES, nearness
from embodied_mem.allocation.plan import Plan
from embodied_mem.allocation.seen import Candidate, Seen
from embodied_mem.allocation.shown import MOST_THINGS
from embodied_mem.allocation.view import StoreView
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Float64Array, Int64Array

_AT: Final = {name: index for index, name in enumerate(SLOT_FEATURES)}
_ONES: Final = np.ones(MOST_THINGS)
_ROOM, _GROUP = _AT["room_0"], _AT["group_0"]


@final
class StoreInputs:
    """What is seen of one decision about a candidate, and of what is planned for it so far.

    Entries are those of the plan, and the candidate.

    Args:
        seen: What is noted; the store and the candidate must have been met.
        view: The store.
        candidate: What came.
        context: When and where.
        plan: What is planned; looked at anew each time.
        last_outcome: Mean outcome of the questions since the candidate before.
    """

    def __init__(
        self,
        seen: Seen,
        view: StoreView,
        candidate: Candidate,
        context: AllocationContext,
        plan: Plan,
        last_outcome: float,
    ) -> None:
        self._seen, self._view, self._candidate = seen, view, candidate
        self._context, self._last_outcome = context, last_outcome
        self._plan, self._slots = plan, plan.slots
        self._own = view.slots_of([candidate.record.id])

    def observe(self) -> tuple[Float32Array, Float32Array]:
        """Returns the features of all entries (N + 1, F), and the context (C,)."""
        out = self._lasting.copy()
        holders = self._holders(~self._plan.gone)
        self._write_shown(out, holders)
        self._write_neighbours(out, ~self._plan.gone)
        self._write_sizes(out)
        out[:-1][self._plan.gone] = 0.0
        return out, self._observe_context(holders)

    @cached_property
    def _keys(self) -> Int64Array:
        """(N + 1, 8) keys of what each entry shows."""
        seen, columns = self._seen, self._view.columns
        codes = np.concatenate([seen.codes[self._slots], self._candidate.codes[None]])
        ticks = np.append(columns.valid_from[self._slots], self._candidate.record.valid_from)
        return seen.things.keys(codes, ticks)

    @cached_property
    def _count(self) -> Float64Array:
        """(N + 1,) how many things each entry shows."""
        return (self._keys >= 0).astype(np.float64) @ _ONES

    @cached_property
    def _weights(self) -> dict[str, AnyArray]:
        """By what each thing counts, by the feature: where it is now."""
        things, so_far = self._seen.things, self._candidate.number + 1
        last = (so_far - 1 - things.last[:, 1]) / so_far
        first = np.minimum(things.first[:, 1] / so_far, 1.0)
        return {
            "unique_recent": nearness(last.astype(np.float32)),
            "unique_early": nearness(first.astype(np.float32)),
            "unique_often": things.times[:, 1] * (OFTEN / so_far),
        }

    def _share(self, marked: AnyArray) -> Float64Array:
        """Returns the share of what entries show that is marked, (n,) of (n, 8)."""
        count = self._count[-len(marked) :]
        share: Float64Array = marked.astype(np.float64) @ _ONES / np.maximum(count, 1)
        return share

    @cached_property
    def _lasting(self) -> Float32Array:
        """(N + 1, F) the features that no operation changes."""
        out = np.zeros((len(self._slots) + 1, len(SLOT_FEATURES)), np.float32)
        out[:, _AT["held"]] = 1.0
        out[-1, _AT["candidate"]] = 1.0
        self._write_times(out)
        self._write_kept(out)
        seen, keys = self._seen, self._keys
        things, known = keys >> 1, keys >= 0
        if len(seen.things):
            number = np.append(seen.number[self._slots], self._candidate.number)[:, None]
            sight = things, keys & 1
            out[:, _AT["stale"]] = self._share(known & (keys & 1 == 0))
            out[:, _AT["moved"]] = self._share(known & seen.things.moved[things])
            out[:, _AT["first"]] = self._share(known & (seen.things.first[sight] >= number))
            out[:, _AT["latest"]] = self._share(known & (seen.things.last[sight] <= number))
        self._write_classes(out)
        return out

    def _write_times(self, out: Float32Array) -> None:
        seen, columns = self._seen, self._view.columns
        now = self._candidate.number
        number = seen.number[self._slots]
        age = np.maximum(now - number, 0)
        last_read = columns.last_read[self._slots]
        read = np.where(last_read >= 0, seen.until(last_read), 0)
        idle = np.maximum(now - np.maximum(number, read), 0)
        out[:-1, _AT["age"]] = age / max(now, 1)
        out[:-1, _AT["log_age"]] = np.log1p(age) / 5
        out[:-1, _AT["log_idle"]] = np.log1p(idle) / 5
        out[:-1, _AT["reads"]] = np.log1p(columns.reads[self._slots]) / 2

    def _write_kept(self, out: Float32Array) -> None:
        """Writes what a record keeps from when it was made."""
        seen = self._seen
        out[:, _AT["objects"]] = self._count / 8
        out[:-1, _AT["quality"]] = seen.quality[self._slots]
        out[-1, _AT["quality"]] = self._candidate.shown.quality
        alike = seen.neighbours.vectors[self._slots] @ self._candidate.shown.vector
        out[:-1, _AT["candidate_similarity"]] = alike
        most = max(seen.visits.values(), default=1)
        visits = np.zeros(len(self._places))
        for place, count in seen.visits.items():
            code = self._view.columns.known_code(place)
            if 0 <= code < len(visits) - 1:
                visits[code + 1] = count
        out[:-1, _AT["visits"]] = visits[self._view.columns.place[self._slots] + 1] / most
        here = seen.visits.get(self._candidate.record.place or "", 0)
        out[-1, _AT["visits"]] = here / most

    @cached_property
    def _places(self) -> Int64Array:
        """How many records lie in each place, by its code + 1."""
        return np.bincount(self._view.columns.place[self._slots] + 1, minlength=2)

    def _write_classes(self, out: Float32Array) -> None:
        """Writes the types of the rooms and the groups of the things, one-hot and counted."""
        rows = np.arange(len(out))
        room = np.append(self._seen.room_of(self._view, self._slots), self._candidate.room)
        out[rows, _ROOM + room] = 1.0
        row, column = np.nonzero(self._keys >= 0)
        group = self._seen.things.group[self._keys[row, column] >> 1] if len(row) else row
        count = np.bincount(row * GROUPS + group, minlength=len(out) * GROUPS)
        out[:, _GROUP : _GROUP + GROUPS] = count.reshape(len(out), GROUPS) / 4

    def _write_shown(self, out: Float32Array, holders: Int64Array) -> None:
        """Writes how what an entry shows relates to what the others show."""
        keys = self._keys
        known = keys >= 0
        sole = (holders[keys] == 1) & known
        sole[-1] = (holders[keys[-1]] == 0) & known[-1]
        now = sole & (keys & 1 == 1)
        out[:, _AT["unique"]] = self._share(sole)
        out[:, _AT["unique_now"]] = self._share(now)
        if len(self._seen.things):
            moved = self._seen.things.moved[keys >> 1]
            out[:, _AT["unique_moved"]] = self._share(now & moved)
            for name, value in self._weights.items():
                out[:, _AT[name]] = self._share(value[keys >> 1] * now)
        in_full = self._holders(self._plan.in_full)
        fine = np.append(self._plan.in_full, not self._plan.coarse)[:, None] & known
        fine[:-1] &= in_full[keys[:-1]] == 1
        fine[-1] &= in_full[keys[-1]] == 0
        out[:, _AT["unique_fine"]] = self._share(fine)
        mark = np.zeros(len(holders), bool)
        mark[keys[-1][known[-1]]] = True
        out[:, _AT["overlap"]] = self._share(mark[keys] & known)
        out[-1, _AT["overlap"]] = self._share(((holders[keys] > 0) & known)[-1:])[0]

    def _holders(self, counted: BoolArray) -> Int64Array:
        """Returns how many of some entries show each key; the last one stands for none."""
        keys = self._keys[:-1]
        if not counted.all():
            keys = keys[counted]
        size = 2 * len(self._seen.things) + 1
        count = np.bincount((keys + 1).ravel(), minlength=size)
        return np.append(count[1:], 0)

    def _write_neighbours(self, out: Float32Array, held: BoolArray) -> None:
        seen, columns = self._seen, self._view.columns
        place = columns.place[self._slots]
        share = np.bincount(place[held] + 1, minlength=len(self._places)) / max(held.sum(), 1)
        out[:-1, _AT["place_count"]] = share[place + 1]
        record = self._candidate.record
        here = -1 if record.place is None else columns.known_code(record.place)
        out[-1, _AT["place_count"]] = share[here + 1] if -1 <= here < len(share) - 1 else 0.0
        without = np.append(self._slots[self._plan.gone], self._own)
        out[:-1, _AT["similarity"]] = seen.neighbours.best(self._slots, without)
        alike = out[:-1, _AT["candidate_similarity"]][held]
        out[-1, _AT["similarity"]] = alike.max() if len(alike) else 0.0

    def _write_sizes(self, out: Float32Array) -> None:
        plan = self._plan
        mean = max(self._seen.mean_bytes, 1.0)
        out[:-1, _AT["level"]] = np.where(plan.in_full, 1.0, 0.5)
        out[:-1, _AT["bytes"]] = plan.held_bytes / mean
        out[:-1, _AT["saving"]] = np.where(plan.lowered, 0.0, plan.saving) / mean
        out[-1, _AT["level"]] = 0.5 if plan.coarse else 1.0
        out[-1, _AT["bytes"]] = self._candidate_bytes / mean
        out[-1, _AT["saving"]] = 0.0 if plan.coarse else plan.fine_bytes / mean

    @property
    def _candidate_bytes(self) -> float:
        return self._candidate.bytes - self._plan.coarse * self._plan.fine_bytes

    def _observe_context(self, holders: Int64Array) -> Float32Array:
        view, seen, plan = self._view, self._seen, self._plan
        demand = self._context.demand or DemandProfile()
        # Of the budget, what the other records leave to those that are decided about.
        budget = (view.capacity_bytes or 0) - (view.bytes.sum() - plan.bytes.sum())
        budget = max(budget, self._candidate.bytes, 1.0)
        now = holders[1::2] > 0
        known = (seen.things.last[: len(now), 1] >= 0).sum()
        values: dict[str, float] = {
            "fill_bytes": plan.held_bytes.sum() / budget,
            "fill_slots": 0.0,
            "candidate_bytes": self._candidate_bytes / budget,
            "waiting": min(plan.waiting, MOST_WAITING - 1) / MOST_WAITING,
            "arrivals": np.log1p(self._candidate.number + 1) / 6,
            "last_outcome": self._last_outcome,
            "success": demand.success,
            "asked": np.log1p(demand.asked) / 4,
            "known": min(now.sum() / max(known, 1), 1.0),
        }
        means = zip(CONTEXT_FEATURES[len(values) :], demand.means.tolist(), strict=True)
        values.update(means)
        return np.array([values[name] for name in CONTEXT_FEATURES], np.float32)
