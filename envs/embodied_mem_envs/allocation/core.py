"""The batched core of `EmbodiedMem/Allocation-v0`: B memories at once, as arrays.

Each row is one episode. A step is one operation in every row; a row whose candidate was taken in
or refused is asked the questions of that moment and goes on to its next candidate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.allocation.head import DROP, LOWER, MERGE, MOST_WAITING, OPERATIONS, OVER
from embodied_mem.allocation.inputs import CONTEXT_FEATURES, OFTEN, SLOT_FEATURES, SLOW, nearness
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Float64Array
from embodied_mem_envs.allocation.episode import COARSE, FINE
from embodied_mem_envs.allocation.table import EpisodeTable

Rows = NDArray[np.intp]

_AT: Final = {name: index for index, name in enumerate(SLOT_FEATURES)}
_FIXED: Final = (_AT["objects"], _AT["quality"], *range(_AT["room_0"], len(SLOT_FEATURES)))
"""Features that a candidate brings with it."""
_PLACES: Final = 64
"""Places that a stream can have."""
_ONES: Final = np.ones(8, np.float32)
INVALID: Final = -0.1
"""Reward of an operation that was not valid; the candidate is refused."""

# What is summed over a record's keys is marked in one number a key: six counters of four bits.
_SOLE, _SHOWN, _STALE, _MOVED, _SOLE_NOW, _SOLE_MOVED = (1 << shift for shift in range(0, 24, 4))
_COUNTED: Final = (
    ("unique", _SOLE),
    ("overlap", _SHOWN),
    ("stale", _STALE),
    ("moved", _MOVED),
    ("unique_now", _SOLE_NOW),
    ("unique_moved", _SOLE_MOVED),
)
_HELD, _IN_FULL, _SINCE_FIRST = range(3)  # by what a key's holders are counted


@final
@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of a step, (B,) each; questions are asked only where a candidate was decided."""

    reward: Float64Array
    """Outcomes, or what is expected of them, + compression + validity."""
    done: BoolArray
    """Whether that was the last candidate."""
    outcomes: Float64Array
    """Sum of the outcomes of the questions that were asked."""
    asked: Float64Array
    """How many were asked."""
    compression: Float64Array
    """beta (1 - bytes in use / bytes seen), where a candidate was decided; Mem-alpha's term."""
    validity: Float64Array
    """`INVALID` where the operation was not valid."""


@final
class AllocationCore:
    """B memories of K slots, each with its own episode.

    Args:
        table: The episodes; may be changed in place for rows that are not running. If it knows what
            is wanted, rewards have the outcomes in the mean over the questions that could have been
            asked, which has the same mean and far less noise; what is observed stays as drawn.
        batch: B.
        beta: Weight of the compression term.
        task_label: Append the one-hot task to the context.
        slots_told: Tell which share of the slots is in use; not where, as in a store, only bytes
            are short.
    """

    def __init__(
        self,
        table: EpisodeTable,
        batch: int,
        *,
        beta: float = 0.05,
        task_label: bool = False,
        slots_told: bool = True,
    ) -> None:
        self.table = table
        self.slots_told = slots_told
        self.beta = beta
        self.task_label = task_label
        self.slots_out: Float32Array = np.zeros(
            (batch, table.slots + 1, len(SLOT_FEATURES)), np.float32
        )
        labels = table.columns["task"].shape[1] if task_label else 0
        self.context_out: Float32Array = np.zeros(
            (batch, len(CONTEXT_FEATURES) + labels), np.float32
        )
        self.mask_out: BoolArray = np.zeros((batch, table.slots + 1, len(OPERATIONS)), bool)
        self._rows: Rows = np.arange(batch)
        self._state = self._blank(batch)
        self._similar_now = np.zeros((batch, table.slots), np.float32)

    def _blank(self, batch: int) -> dict[str, AnyArray]:
        slots, keys = self.table.slots, self.table.keys
        shown = self.table.columns["keys"].shape[2]
        return {
            "episode": np.zeros(batch, np.intp),
            "arrival": np.zeros(batch, np.intp),
            "waiting": np.zeros(batch, np.intp),
            "fine": np.ones(batch, bool),  # whether the candidate is taken in at full fidelity
            "held": np.zeros((batch, slots), bool),
            "recorded": np.zeros((batch, slots), np.intp),
            "viewed": np.zeros((batch, slots), np.intp),
            "last_read": np.zeros((batch, slots), np.intp),
            "reads": np.zeros((batch, slots), np.float64),
            "level": np.zeros((batch, slots), np.int8),
            "keys": np.full((batch, slots + 1, shown), keys, np.intp),
            "knows_first": np.zeros((batch, slots, shown), bool),
            "latest": np.zeros((batch, slots, shown), bool),
            "place": np.full((batch, slots), -1, np.intp),
            "embedding": np.zeros((batch, slots, 16), np.float32),
            # Of slot and slot; the first axis is in front, where it is quick to look along.
            "similarity": np.full((slots, batch, slots), -1.0, np.float32),
            "holders": np.zeros((batch, keys + 1, 3), np.int16),
            "place_holders": np.zeros((batch, _PLACES), np.int16),
            "last_shown": np.zeros((batch, keys + 1), np.int16),
            "times_shown": np.zeros((batch, keys + 1), np.float32),
            "first_seen": np.zeros((batch, keys + 1), np.int16),
            "superseded": np.zeros((batch, keys + 1), np.int16),
            "moved": np.zeros((batch, keys + 1), np.int16),
            "visits": np.zeros((batch, _PLACES), np.float64),
            "most_visits": np.zeros(batch),
            "seen_bytes": np.zeros(batch),
            "outcome": np.zeros(batch),
            "success": np.zeros(batch),
            "success_weight": np.zeros(batch),
            "asked": np.zeros(batch),
        }

    def begin(self, rows: Rows, episodes: Rows) -> None:
        """Starts an episode of the table in each of some rows, from an empty memory."""
        for name, value in self._blank(len(rows)).items():
            if name == "similarity":
                self._state[name][:, rows] = value
            else:
                self._state[name][rows] = value
        state, columns = self._state, self.table.columns
        state["episode"][rows] = episodes
        for name in ("first_seen", "superseded", "moved"):
            state[name][rows] = columns[name][episodes]
        self.slots_out[rows] = 0.0
        self._arrive(rows)

    def state(self) -> dict[str, AnyArray]:
        """Returns everything that changes, by name; copies."""
        return {name: value.copy() for name, value in self._state.items()} | {
            "slots_out": self.slots_out.copy(),
            "similar_now": self._similar_now.copy(),
        }

    def restore(self, state: Mapping[str, AnyArray]) -> None:
        """Goes on from what `state` returned, of a core of the same shape and table."""
        for name, value in self._state.items():
            value[...] = state[name]
        self.slots_out[...] = state["slots_out"]
        self._similar_now[...] = state["similar_now"]

    @property
    def levels(self) -> NDArray[np.int8]:
        """(B, K) level of each record; 0 for an empty slot."""
        return self._state["level"]

    @property
    def held_candidates(self) -> Rows:
        """(B, K) candidate that each slot's record shows; meaningless for an empty slot."""
        return self._state["viewed"]

    @property
    def inside(self) -> Mapping[str, AnyArray]:
        """All that changes, by name, as it is; not to be written to, and not to be learned from."""
        return self._state

    @property
    def arrival(self) -> Rows:
        """(B,) candidate that is to be decided."""
        return self._state["arrival"]

    # -- observing --------------------------------------------------------------------------------

    def observe(self) -> tuple[Float32Array, Float32Array, BoolArray]:
        """Returns the slots' features (B, K + 1, F), the context (B, C), the mask (B, K + 1, 4).

        They are buffers that the next call writes again.
        """
        sizes = self._sizes()
        self._write_records()
        self._write_sizes(*sizes)
        self._write_mask(*sizes)
        self._write_context(*sizes)
        return self.slots_out, self.context_out, self.mask_out

    def _sizes(self) -> tuple[Float64Array, Float64Array, Float64Array]:
        """Returns the bytes of each slot (B, K), of the candidate (B,), and what is free (B,)."""
        state, columns, rows = self._state, self.table.columns, self._rows
        episode = state["episode"]
        size = columns["size"]
        level = np.maximum(state["level"], COARSE) - COARSE
        held = size[episode[:, None], state["viewed"], level] * state["held"]
        arrival = np.minimum(state["arrival"], self.table.arrivals - 1)
        candidate = size[episode, arrival, state["fine"].astype(np.intp)]
        free = columns["budget"][episode] - held.sum(axis=1)
        return held, candidate[rows], free

    def _write_records(self) -> None:
        """Writes what the slots show and how it relates to what else is known."""
        state, out = self._state, self.slots_out
        held, now = state["held"], state["arrival"][:, None]
        rows, none = self._rows[:, None], self.table.keys
        candidate = state["keys"][:, -1]
        count = state["holders"][:, :, _HELD]
        stale, moved, sole = state["superseded"] <= now, state["moved"] <= now, count == 1
        marks = stale * np.float32(_STALE) + moved * np.float32(_MOVED) + sole * np.float32(_SOLE)
        sole &= ~stale
        marks += sole * np.float32(_SOLE_NOW)
        marks += (sole & moved) * np.float32(_SOLE_MOVED)
        marks[rows, candidate] += np.float32(_SHOWN)
        marks[:, none] = 0
        found = marks.ravel().take(state["keys"] + rows[:, :, None] * (none + 1))
        total = (found @ _ONES).astype(np.int32)
        shown = np.maximum(out[:, :, _AT["objects"]] * np.float32(8), 1)
        for name, unit in _COUNTED:
            out[:, :, _AT[name]] = (total // unit & 15) / shown
        fresh = (count[rows, candidate] == 0) & (candidate < none)
        out[:, -1, _AT["unique"]] = out[:, -1, _AT["unique_now"]] = _true(fresh) / shown[:, -1]
        out[:, -1, _AT["unique_moved"]] = _true(fresh & moved[rows, candidate]) / shown[:, -1]
        out[:, -1, _AT["overlap"]] = _true(count[rows, candidate] > 0) / shown[:, -1]
        self._write_sole(sole, fresh, shown)
        state["latest"] &= found[:, :-1].astype(np.int32) & _SHOWN == 0
        out[:, :-1, _AT["latest"]] = _true(state["latest"]) / shown[:, :-1]
        out[:, :-1, _AT["first"]] = _true(state["knows_first"]) / shown[:, :-1]
        out[:, :-1, _AT["mergeable"]] = (
            held
            & (state["place"] == self._candidate("place")[:, None])
            & (out[:, :-1, _AT["overlap"]] > 0)
        )
        self._write_times(held, now)
        self._write_places(held)

    def _write_sole(self, sole: BoolArray, fresh: BoolArray, shown: Float32Array) -> None:
        """Writes what is special of what only one record shows.

        Args:
            sole: (B, W + 1) whether one record holds a key that is where it was.
            fresh: (B, M) which of the candidate's keys are not held.
            shown: (B, K + 1) keys of each entry, at least 1.
        """
        state, out = self._state, self.slots_out
        rows, none = self._rows[:, None], self.table.keys
        candidate = state["keys"][:, -1]
        so_far = (state["arrival"][:, None] + 1).astype(np.float32)
        at = state["keys"][:, :-1] + rows[:, :, None] * (none + 1)
        ago: Float32Array = so_far - 1 - state["last_shown"]
        since: Float32Array = state["first_seen"].astype(np.float32)
        for name, value in (
            ("unique_recent", nearness(ago / so_far)),
            ("unique_early", nearness(since / so_far)),
            ("unique_often", state["times_shown"] * (np.float32(OFTEN) / so_far)),
        ):
            out[:, -1, _AT[name]] = _sum(value[rows, candidate] * fresh) / shown[:, -1]
            value *= sole
            value[:, none] = 0
            out[:, :-1, _AT[name]] = _sum(value.ravel().take(at)) / shown[:, :-1]
        in_full = state["holders"][:, :, _IN_FULL]
        alone = (in_full == 1).ravel().take(at)
        out[:, :-1, _AT["unique_fine"]] = (state["level"] == FINE) * _true(alone) / shown[:, :-1]
        missing = (in_full[rows, candidate] == 0) & (candidate < none)
        out[:, -1, _AT["unique_fine"]] = _true(missing) * state["fine"] / shown[:, -1]

    def _write_times(self, held: BoolArray, now: AnyArray) -> None:
        state, out = self._state, self.slots_out
        age = now - state["recorded"]
        idle = now - np.maximum(state["recorded"], state["last_read"])
        out[:, :-1, _AT["age"]] = held * age / np.maximum(now, 1)
        out[:, :-1, _AT["log_age"]] = held * np.log1p(age) / 5
        out[:, :-1, _AT["log_idle"]] = held * np.log1p(idle) / 5
        out[:, :-1, _AT["reads"]] = np.log1p(state["reads"]) / 2
        out[:, :-1, _AT["level"]] = state["level"] / FINE
        out[:, -1, _AT["level"]] = (COARSE + state["fine"]) / FINE
        out[:, :-1, _AT["held"]] = held

    def _write_places(self, held: BoolArray) -> None:
        state, out = self._state, self.slots_out
        rows, most = self._rows, state["most_visits"]
        place, here = state["place"], self._candidate("place")
        count = np.maximum(held.sum(axis=1), 1)
        same = state["place_holders"][rows[:, None], place]
        out[:, :-1, _AT["place_count"]] = held * same / count[:, None]
        out[:, -1, _AT["place_count"]] = state["place_holders"][rows, here] / count
        visits = state["visits"][rows[:, None], place]
        out[:, :-1, _AT["visits"]] = held * visits / most[:, None]
        out[:, -1, _AT["visits"]] = state["visits"][rows, here] / most
        out[:, :-1, _AT["similarity"]] = held * state["similarity"].max(axis=0)
        nearest = np.where(held, self._similar_now, -1).max(axis=1)
        out[:, -1, _AT["similarity"]] = held.any(axis=1) * nearest
        out[:, :-1, _AT["candidate_similarity"]] = held * self._similar_now

    def _write_sizes(self, held: Float64Array, candidate: Float64Array, free: Float64Array) -> None:
        state, out, columns = self._state, self.slots_out, self.table.columns
        mean = (state["seen_bytes"] / (state["arrival"] + 1))[:, None]
        out[:, :-1, _AT["bytes"]] = held / mean
        out[:, -1, _AT["bytes"]] = candidate / mean[:, 0]
        coarse = columns["size"][state["episode"][:, None], state["viewed"], 0]
        out[:, :-1, _AT["saving"]] = (held - coarse * state["held"]) / mean
        out[:, -1, _AT["saving"]] = (candidate - self._candidate("size")[:, 0]) / mean[:, 0]

    def _write_mask(self, held: Float64Array, candidate: Float64Array, free: Float64Array) -> None:
        state, mask = self._state, self.mask_out
        there = state["held"]
        may_wait = (state["waiting"] < MOST_WAITING)[:, None]
        fits = there & (candidate[:, None] <= free[:, None] + held)
        mask[:, :-1, OVER] = fits
        mask[:, :-1, MERGE] = fits & (self.slots_out[:, :-1, _AT["mergeable"]] > 0)
        mask[:, :-1, LOWER] = may_wait & (state["level"] == FINE)
        mask[:, :-1, DROP] = there & may_wait
        mask[:, -1, OVER] = (candidate <= free) & ~there.all(axis=1)
        mask[:, -1, MERGE] = False
        mask[:, -1, LOWER] = may_wait[:, 0] & state["fine"]
        mask[state["arrival"] >= self.table.arrivals] = False
        mask[:, -1, DROP] = True

    def _write_context(
        self, held: Float64Array, candidate: Float64Array, free: Float64Array
    ) -> None:
        state, out, columns = self._state, self.context_out, self.table.columns
        episode = state["episode"]
        arrival = np.minimum(state["arrival"], self.table.arrivals - 1)
        budget = columns["budget"][episode]
        fresh = (state["holders"][:, :, _HELD] > 0) & (
            state["superseded"] > state["arrival"][:, None]
        )
        values = (
            1.0 - free / budget,
            state["held"].mean(axis=1) * self.slots_told,
            candidate / budget,
            state["waiting"] / MOST_WAITING,
            np.log1p(state["arrival"] + 1.0) / 6,
            state["outcome"],
            state["success"] / np.maximum(state["success_weight"], 1e-9),
            np.log1p(state["asked"]) / 4,
            np.count_nonzero(fresh, axis=1) / np.maximum(columns["current"][episode, arrival], 1),
        )
        for index, value in enumerate(values):
            out[:, index] = value
        profile = columns["profile"][episode, arrival]
        out[:, len(values) : len(values) + profile.shape[1]] = profile
        if self.task_label:
            out[:, len(values) + profile.shape[1] :] = columns["task"][episode]

    def _candidate(self, name: str, rows: Rows | slice = slice(None)) -> AnyArray:
        """Returns an entry of the candidate that waits in each row, or past the end the last."""
        arrival = np.minimum(self._state["arrival"][rows], self.table.arrivals - 1)
        entry: AnyArray = self.table.columns[name][self._state["episode"][rows], arrival]
        return entry

    # -- acting -----------------------------------------------------------------------------------

    def step(self, actions: AnyArray) -> StepResult:
        """Carries out one operation in each row; `observe` must have been called since the last.

        Args:
            actions: (B,) as `head.action_of` numbers them. One that the mask forbids refuses the
                candidate and is punished. Nothing happens in a row whose episode has ended.
        """
        entry, operation = np.divmod(np.asarray(actions, np.intp), len(OPERATIONS))
        valid = self.mask_out[self._rows, entry, operation]
        running = self._state["arrival"] < self.table.arrivals
        candidate = self.table.slots
        entry = np.where(valid, entry, candidate)
        operation = np.where(valid, operation, DROP)
        of_slot = entry < candidate
        self._replace(np.flatnonzero(operation <= MERGE), entry, operation)
        self._lower(np.flatnonzero((operation == LOWER) & of_slot), entry)
        self._drop(np.flatnonzero((operation == DROP) & of_slot), entry)
        self._state["fine"][(operation == LOWER) & ~of_slot] = False
        ended = (operation <= MERGE) | ((operation == DROP) & ~of_slot)
        self._state["waiting"][~ended] += 1
        return self._finish(np.flatnonzero(ended & running), valid | ~running)

    def _replace(self, rows: Rows, entry: Rows, operation: Rows) -> None:
        """Writes the candidates of some rows into their slots: over, into free room, or merged."""
        state = self._state
        added = entry[rows] == self.table.slots
        slot = np.where(added, np.argmin(state["held"][rows], axis=1), entry[rows])
        merged = operation[rows] == MERGE
        known = state["knows_first"][rows, slot]
        before = state["keys"][rows, slot]
        self._clear(rows, slot)
        now = state["arrival"][rows]
        keys = state["keys"][rows, -1]
        shared = (keys[:, :, None] == np.where(known, before, -1)[:, None, :]).any(axis=2)
        first = self.table.columns["first_seen"][state["episode"][rows, None], keys]
        knows = (first == now[:, None]) | (shared & merged[:, None])
        fine = state["fine"][rows]
        state["held"][rows, slot] = True
        state["viewed"][rows, slot] = now
        # What a merged record was used for, and since when it is there, stays.
        for name, fresh in (("recorded", now), ("last_read", now), ("reads", 0)):
            state[name][rows, slot] = np.where(merged, state[name][rows, slot], fresh)
        state["level"][rows, slot] = COARSE + fine
        state["keys"][rows, slot] = keys
        state["knows_first"][rows, slot] = knows
        state["latest"][rows, slot] = keys < self.table.keys
        place = self._candidate("place", rows)
        state["place"][rows, slot] = place
        state["place_holders"][rows, place] += np.int16(1)
        state["embedding"][rows, slot] = self._candidate("embedding", rows)
        self.slots_out[rows[:, None], slot[:, None], _FIXED] = self._candidate("features", rows)
        self._count(rows, slot, 1)
        similar = np.where(state["held"][rows], self._similar_now[rows], -1)
        similar[np.arange(len(rows)), slot] = -1
        state["similarity"][slot, rows] = similar
        state["similarity"][:, rows, slot] = similar.T

    def _clear(self, rows: Rows, slot: Rows) -> None:
        """Takes what slots hold out of the counts, and marks them as empty."""
        state = self._state
        self._count(rows, slot, -1)
        held = state["held"][rows, slot].astype(np.int16)
        state["held"][rows, slot] = False
        state["level"][rows, slot] = 0
        state["keys"][rows, slot] = self.table.keys
        state["knows_first"][rows, slot] = False
        state["latest"][rows, slot] = False
        state["place_holders"][rows, state["place"][rows, slot]] -= held
        state["place"][rows, slot] = -1
        state["similarity"][slot, rows] = -1
        state["similarity"][:, rows, slot] = -1

    def _count(self, rows: Rows, slot: Rows, sign: int) -> None:
        """Counts the keys of slots in or out; a record shows no key twice."""
        state = self._state
        keys = state["keys"][rows, slot]
        by = np.full((*keys.shape, 3), sign, np.int16)
        by[:, :, _IN_FULL] *= (state["level"][rows, slot] == FINE)[:, None]
        by[:, :, _SINCE_FIRST] *= state["knows_first"][rows, slot]
        by *= (keys < self.table.keys)[:, :, None]
        state["holders"][rows[:, None], keys] += by

    def _lower(self, rows: Rows, entry: Rows) -> None:
        state, slot = self._state, entry[rows]
        state["level"][rows, slot] = COARSE
        keys = state["keys"][rows, slot]
        by = (keys < self.table.keys).astype(np.int16)
        state["holders"][rows[:, None], keys, _IN_FULL] -= by

    def _drop(self, rows: Rows, entry: Rows) -> None:
        slot = entry[rows]
        self._clear(rows, slot)
        self._state["reads"][rows, slot] = 0
        self.slots_out[rows, slot] = 0.0

    # -- asking -----------------------------------------------------------------------------------

    def _finish(self, ended: Rows, valid: BoolArray) -> StepResult:
        """Asks what is asked where a candidate was decided, and lets the next ones arrive."""
        batch = len(self._rows)
        outcomes, asked, compression = np.zeros(batch), np.zeros(batch), np.zeros(batch)
        done = np.zeros(batch, bool)
        state = self._state
        last = self.table.arrivals - 1
        wanted = self._expect(ended) if self.table.expected else 0.0
        outcomes[ended], asked[ended] = self._ask(ended, state["arrival"][ended][:, None])
        closing = ended[state["arrival"][ended] == last]
        more = np.arange(self.table.arrivals, self.table.questions)
        if len(closing) and len(more):
            right, count = self._ask(closing, np.broadcast_to(more, (len(closing), len(more))))
            outcomes[closing] += right
            asked[closing] += count
        used = self._used(ended)
        compression[ended] = self.beta * (1.0 - used / state["seen_bytes"][ended])
        done[closing] = True
        state["outcome"][ended] = outcomes[ended] / np.maximum(asked[ended], 1)
        state["asked"][ended] += asked[ended]
        heard = ended[asked[ended] > 0]
        for name, value in (("success", state["outcome"][heard]), ("success_weight", 1.0)):
            state[name][heard] += SLOW * (value - state[name][heard])
        state["arrival"][ended] += 1
        self._arrive(ended[state["arrival"][ended] <= last])
        validity = np.where(valid, 0.0, INVALID)
        expected = outcomes
        if self.table.expected:
            expected = np.zeros(batch)
            expected[ended] = wanted
        reward = expected + compression + validity
        return StepResult(reward, done, outcomes, asked, compression, validity)

    def _used(self, rows: Rows) -> Float64Array:
        state = self._state
        level = np.maximum(state["level"][rows], COARSE) - COARSE
        size = self.table.columns["size"]
        held = size[state["episode"][rows, None], state["viewed"][rows], level]
        used: Float64Array = (held * state["held"][rows]).sum(axis=1)
        return used

    def _ask(self, rows: Rows, questions: AnyArray) -> tuple[Float64Array, Float64Array]:
        """Asks n questions in each of some rows, (R, n); returns outcomes and how many, summed."""
        state, columns, none = self._state, self.table.columns, self.table.keys
        episode = state["episode"][rows][:, None]
        keys = columns["query_keys"][episode, questions]
        needs = columns["query_needs"][episode, questions]
        held = state["holders"][rows[:, None, None], keys, needs[:, :, None]] > 0
        about = _true(keys < none)
        share = _true(held) / np.maximum(about, 1)
        outcome = np.where(columns["query_all"][episode, questions], share == 1.0, share)
        self._note_reads(rows, keys, outcome > 0)
        return outcome.sum(axis=1), (about > 0).sum(axis=1).astype(np.float64)

    def _expect(self, rows: Rows) -> Float32Array:
        """Returns the outcomes of the questions of now in the mean over what could be asked."""
        state, columns = self._state, self.table.columns
        episode, now = state["episode"][rows], state["arrival"][rows]
        held = (state["holders"][rows] > 0).astype(np.float32)
        single = np.einsum("rwn,rwn->r", held, columns["wanted"][episode, now])
        both = held[np.arange(len(rows))[:, None, None], columns["pair"][episode], _HELD]
        # Half of it is in `single` for each key; a pair of which one is missing is worth nothing.
        excess = both[:, :, 0] * both[:, :, 1] - both.mean(axis=2)
        joint = (excess * columns["wanted_pairs"][episode, now]).sum(axis=1)
        return np.asarray(single + joint, np.float32)

    def _note_reads(self, rows: Rows, keys: AnyArray, answered: BoolArray) -> None:
        """Credits the newest record that shows the first held key of each answered question."""
        state = self._state
        for column in range(keys.shape[1]):
            at = np.flatnonzero(answered[:, column])
            row = rows[at]
            asked = keys[at, column]
            held = state["holders"][row[:, None], asked, _HELD] > 0
            subject = asked[np.arange(len(at)), held.argmax(axis=1)]
            shows = _true(state["keys"][row, :-1] == subject[:, None, None]) > 0
            slot = np.where(shows, state["viewed"][row], -1).argmax(axis=1)
            state["reads"][row, slot] += 1
            state["last_read"][row, slot] = state["arrival"][row] + 1

    def _arrive(self, rows: Rows) -> None:
        """Puts the next candidate of some rows before the policy."""
        state, out = self._state, self.slots_out
        place = self._candidate("place", rows)
        visits = state["visits"][rows, place] + self._candidate("entered", rows)
        state["visits"][rows, place] = visits
        state["most_visits"][rows] = np.maximum(state["most_visits"][rows], visits)
        state["waiting"][rows] = 0
        state["fine"][rows] = True
        keys = self._candidate("keys", rows)
        state["keys"][rows, -1] = keys
        state["last_shown"][rows[:, None], keys] = state["arrival"][rows, None]
        state["times_shown"][rows[:, None], keys] += 1
        state["seen_bytes"][rows] += self._candidate("size", rows)[:, 1]
        embedding = self._candidate("embedding", rows)
        self._similar_now[rows] = np.einsum("bkd,bd->bk", state["embedding"][rows], embedding)
        out[rows[:, None], -1, _FIXED] = self._candidate("features", rows)
        out[rows, -1, _AT["held"]] = 1.0
        out[rows, -1, _AT["candidate"]] = 1.0
        first = state["first_seen"][rows[:, None], keys]
        shown = np.maximum(out[rows, -1, _AT["objects"]] * 8, 1)
        out[rows, -1, _AT["first"]] = _true(first == state["arrival"][rows, None]) / shown
        out[rows, -1, _AT["latest"]] = out[rows, -1, _AT["objects"]] > 0


def _true(flags: BoolArray) -> NDArray[np.uint8]:
    """Returns how many are true along the last axis, which has eight: quicker than a sum."""
    count: NDArray[np.uint8] = np.bitwise_count(flags.view(np.uint64))[..., 0]
    return count


def _sum(values: Float32Array) -> Float32Array:
    """Returns the sum along the last axis, the same bits whatever the batch is (BLAS is not)."""
    total: Float32Array = np.einsum("...m->...", values)
    return total
