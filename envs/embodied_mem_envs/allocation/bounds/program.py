"""The linear program of what to hold when, with integers where it is to be exact.

Variables, all from 0 to 1: a candidate is held after another (at any level; in full), several
candidates that show a wanted key cover it together, all keys of a joint question are covered, the
memory knows a first sighting. Holding is for good or until it ends, what is held fits into slots
and bytes after every candidate.

What is relaxed: that at most `MOST_WAITING` operations come before a candidate is taken in; and of
first sightings, that one merge at a time hands them on and takes away what it merged into. So the
value is an upper bound always, and reached wherever no first sighting is asked for and the
operations suffice.
"""

from dataclasses import dataclass, field
from typing import Final, final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from embodied_mem.types import AnyArray, BoolArray, Float64Array, Int64Array
from embodied_mem_envs.allocation.bounds.bound import Bound
from embodied_mem_envs.allocation.bounds.presolve import Facts, facts_of
from embodied_mem_envs.allocation.bounds.wanted import Wanted
from embodied_mem_envs.allocation.episode import Episode

_NONE: Final = np.iinfo(np.int64).max
"""Where there is no variable."""
_GAP: Final = 1e-4
"""Relative gap at which the solver stops."""


def solve(
    episode: Episode, wanted: Wanted, *, relaxed: bool = False, nodes: int | None = None
) -> Bound:
    """Returns the best that an episode's memory could hold.

    Args:
        episode: Candidates, slots and bytes.
        wanted: What holding is worth.
        relaxed: Solve the linear relaxation only: quicker and higher.
        nodes: Branch-and-bound nodes after which the bound that is proved by then is returned.
    """
    program = Program(episode, wanted)
    if not program.size:
        nothing = np.zeros((len(episode.keys),) * 2, np.int8)
        return Bound(value=0.0, exact=True, kept=nothing)
    options: dict[str, float] = {"mip_rel_gap": _GAP}
    if nodes is not None:
        options["node_limit"] = nodes
    result = milp(
        -np.concatenate(program.worth),
        constraints=program.constraints(),
        bounds=Bounds(0.0, 1.0),
        integrality=np.zeros(program.size) if relaxed else np.concatenate(program.integer),
        options=options,
    )
    if relaxed:
        return Bound(value=-float(result.fun), exact=False, kept=None)
    reached = not wanted.first.any() and result.status == 0
    value = -float(result.mip_dual_bound)
    kept = None if result.x is None else program.levels(result.x)
    return Bound(value=value, exact=reached, kept=kept)


@final
@dataclass(slots=True)
class _Rows:
    """Constraints that sums of variables are at most something."""

    rows: list[AnyArray] = field(default_factory=list)
    columns: list[AnyArray] = field(default_factory=list)
    values: list[Float64Array] = field(default_factory=list)
    upper: list[Float64Array] = field(default_factory=list)
    count: int = 0

    def add(self, upper: Float64Array, *terms: tuple[AnyArray, AnyArray, AnyArray | float]) -> None:
        """Adds a constraint for each entry of `upper`; a term is row, column and factor."""
        for rows, columns, values in terms:
            self.rows.append(rows + self.count)
            self.columns.append(columns)
            self.values.append(np.broadcast_to(np.asarray(values, np.float64), rows.shape))
        self.upper.append(upper)
        self.count += len(upper)


@final
class Program:
    """Variables, worths and constraints of an episode.

    Args:
        episode: Candidates, slots and bytes.
        wanted: What holding is worth.
    """

    def __init__(self, episode: Episode, wanted: Wanted) -> None:
        self.size = 0
        self.worth: list[Float64Array] = []
        self.integer: list[NDArray[np.int8]] = []
        self._rows = _Rows()
        self._facts = facts_of(episode, wanted)
        self._alive = self._facts.alive()
        self._sets = _sets(self._facts)
        known = _checkpoints(episode, wanted, self._facts)
        self._hold = self._held(self._useful(wanted, known))
        self._fine = self._held(self._any_of(wanted.fine > 0))
        self._nest()
        self._limit(episode)
        self._cover(wanted.coarse, self._hold)
        self._cover(wanted.fine, self._fine)
        self._join(wanted)
        self._know(wanted, known)

    def constraints(self) -> LinearConstraint:
        """Returns the constraints as the solver wants them."""
        rows = self._rows
        entries = np.concatenate(rows.values)
        at = (np.concatenate(rows.rows), np.concatenate(rows.columns))
        matrix = coo_array((entries, at), shape=(rows.count, self.size)).tocsr()
        return LinearConstraint(matrix, -np.inf, np.concatenate(rows.upper))

    def levels(self, solution: Float64Array) -> NDArray[np.int8]:
        """Returns (T, T) level at which each candidate is held after each, in a solution."""
        chosen = np.append(solution > 0.5, False)
        hold, fine = (np.where(of == _NONE, -1, of) for of in (self._hold, self._fine))
        return chosen[hold].astype(np.int8) + chosen[fine].astype(np.int8)

    # -- variables --------------------------------------------------------------------------------

    def _add(self, worth: AnyArray, *, integer: bool) -> Int64Array:
        """Adds variables; returns their numbers."""
        self.worth.append(worth)
        self.integer.append(np.full(len(worth), integer, np.int8))
        self.size += len(worth)
        return np.arange(self.size - len(worth), self.size)

    def _any_of(self, wanted: BoolArray) -> BoolArray:
        """Returns (T, T) where a candidate [., i] shows something that is wanted at [t, .]."""
        shows = wanted.astype(np.float32) @ self._facts.shown.T.astype(np.float32) > 0
        useful: BoolArray = shows & self._alive
        return useful

    def _useful(self, wanted: Wanted, known: BoolArray) -> BoolArray:
        asked = (wanted.coarse > 0) | (wanted.fine > 0)
        columns = np.where(wanted.joint_keys >= 0, wanted.joint_keys, wanted.joint_keys[:, :1])
        asked[wanted.joint_time[:, None], columns] = True
        sighting = known.astype(np.float32) @ self._facts.sighting.T.astype(np.float32) > 0
        return self._any_of(asked) | (sighting & self._alive)

    def _held(self, useful: BoolArray) -> Int64Array:
        """Adds a variable for each time at which it matters whether a candidate is still held.

        Returns (T, T) the variable that says whether candidate [., i] is held after [t, .]: a
        candidate that is held at all in between is held until it matters next.
        """
        numbers = np.full(useful.shape, _NONE)
        which, time = np.nonzero(useful.T)
        numbers[time, which] = self._add(np.zeros(len(which)), integer=True)
        numbers = np.minimum.accumulate(numbers[::-1], axis=0)[::-1]
        return np.where(np.tri(len(useful), dtype=bool), numbers, _NONE)

    # -- constraints ------------------------------------------------------------------------------

    def _nest(self) -> None:
        """What is held was held before, and what is held in full is held."""
        for of in (self._hold, self._fine):
            before, after = of[:-1], of[1:]
            steps = (before != after) & (before != _NONE) & (after != _NONE)
            self._at_most(after[steps], before[steps])
        both = self._fine != _NONE
        # The last time of those that share a variable is the one that matters.
        both[:-1] &= self._fine[:-1] != self._fine[1:]
        self._at_most(self._fine[both], self._hold[both])

    def _at_most(self, lower: Int64Array, upper: Int64Array) -> None:
        rows = np.arange(len(lower))
        self._rows.add(np.zeros(len(lower)), (rows, lower, 1.0), (rows, upper, -1.0))

    def _limit(self, episode: Episode) -> None:
        """What is held after a candidate that can be taken in fits into slots and bytes."""
        arrived = np.flatnonzero(np.diag(self._hold) != _NONE)
        hold, fine = self._hold[arrived] != _NONE, self._fine[arrived] != _NONE
        size = episode.bytes.astype(np.float64) / episode.budget
        for tight, of_hold, of_fine, upper in (
            (hold.sum(axis=1) > episode.slots, 1.0, 0.0, float(episode.slots)),
            (hold @ size[:, 0] + fine @ (size[:, 1] - size[:, 0]) > 1.0, size[:, 0], None, 1.0),
        ):
            times = arrived[tight]
            rows, items = np.nonzero(hold[tight])
            factor = np.broadcast_to(of_hold, hold.shape[1:])[items]
            terms = [(rows, self._hold[times[rows], items], factor)]
            if of_fine is None:
                rows, items = np.nonzero(fine[tight])
                more = size[items, 1] - size[items, 0]
                terms.append((rows, self._fine[times[rows], items], more))
            self._rows.add(np.full(len(times), upper), *terms)

    def _cover(self, weights: Float64Array, held: Int64Array) -> None:
        """Counts each wanted key that at least one held candidate shows."""
        time, key = np.nonzero(weights)
        mark = np.stack([time.astype(np.uint64), self._sets[time, key]], axis=1)
        _, first, group = np.unique(mark, axis=0, return_index=True, return_inverse=True)
        worth = np.bincount(group.ravel(), weights[time, key], minlength=len(first))
        time, key = time[first], key[first]
        members = self._alive[time] & self._facts.shown.T[key]
        count = members.sum(axis=1)
        alone = np.flatnonzero(count == 1)
        single = np.concatenate([*self.worth, np.zeros(0)])
        np.add.at(single, held[time[alone], members[alone].argmax(axis=1)], worth[alone])
        self.worth = [single]
        several = np.flatnonzero(count > 1)
        cover = self._add(worth[several], integer=False)
        self._sum_of(cover, held[time[several]], members[several])

    def _sum_of(self, covered: Int64Array, held: Int64Array, members: BoolArray) -> None:
        """A variable is at most the sum of those of its members."""
        rows, items = np.nonzero(members)
        every = np.arange(len(covered))
        self._rows.add(
            np.zeros(len(covered)), (every, covered, 1.0), (rows, held[rows, items], -1.0)
        )

    def _join(self, wanted: Wanted) -> None:
        """Counts each joint question all of whose keys are covered."""
        time, keys = wanted.joint_time, wanted.joint_keys
        sets = np.where(keys >= 0, self._sets[time[:, None], keys], np.uint64(0))
        mark = np.concatenate([time[:, None].astype(np.uint64), np.sort(sets, axis=1)], axis=1)
        _, first, group = np.unique(mark, axis=0, return_index=True, return_inverse=True)
        worth = np.bincount(group.ravel(), wanted.joint, minlength=len(first))
        time, keys = time[first], keys[first]
        joined = self._add(worth, integer=False)
        for column in range(keys.shape[1]):
            there = np.flatnonzero(keys[:, column] >= 0)
            members = self._alive[time[there]] & self._facts.shown.T[keys[there, column]]
            self._sum_of(joined[there], self._hold[time[there]], members)

    def _know(self, wanted: Wanted, known: BoolArray) -> None:
        """What is known of first sightings was known before, and lies in a record that is held."""
        key, time = np.nonzero(known.T)
        variables = self._add(wanted.first[time, key], integer=False)
        same = np.flatnonzero(key[1:] == key[:-1])
        self._at_most(variables[same + 1], variables[same])
        members = self._alive[time] & self._facts.sighting.T[key]
        self._sum_of(variables, self._hold[time], members)


def _sets(facts: Facts) -> NDArray[np.uint64]:
    """Returns (T, W) a random mark of the set of candidates by which a key can be held."""
    marks = np.random.default_rng(0).integers(2**64, size=len(facts.end), dtype=np.uint64)
    change = np.zeros((len(facts.end) + 1, facts.shown.shape[1]), np.uint64)
    change[:-1] = marks[:, None] * facts.shown
    np.subtract.at(change, facts.end, marks[:, None] * facts.shown)
    sets: NDArray[np.uint64] = np.cumsum(change, axis=0, dtype=np.uint64)[:-1]
    return sets


def _checkpoints(episode: Episode, wanted: Wanted, facts: Facts) -> BoolArray:
    """Returns (T, W) when it matters whether a key's first sighting is known.

    That is when it is asked for, and before each candidate that could take the knowledge over: in
    between the held candidates that could have it only become fewer.
    """
    arrivals = len(facts.end)
    asked = wanted.first > 0
    takes_over = np.zeros_like(asked)
    takes_over[:-1] = facts.sighting[1:]
    later = np.maximum.accumulate(asked[::-1], axis=0)[::-1]
    begun = episode.first_seen <= np.arange(arrivals)[:, None]
    checkpoints: BoolArray = (asked | takes_over) & later & begun
    return checkpoints
