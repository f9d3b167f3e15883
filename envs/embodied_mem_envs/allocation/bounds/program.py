"""The linear program of what to hold when, with integers where it is to be exact.

Variables, all from 0 to 1: a candidate is held after another (at any level; in full), several
candidates that show a wanted key cover it together, all keys of a joint question are covered, a
first sighting is known. Holding is from arrival on, for good or until it ends; what is held fits
into slots and bytes after every candidate.

What is left out: that at most `MOST_WAITING` operations come before a candidate is taken in; and,
in the linear relaxation, that only merges hand first sightings on. So the value is an upper bound
always; whether it is reached, the plan for it says.
"""

from typing import final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.types import BoolArray, Float64Array, Int64Array
from embodied_mem_envs.allocation.bounds.bound import Bound
from embodied_mem_envs.allocation.bounds.model import ABSENT, Model, Solution, Term
from embodied_mem_envs.allocation.bounds.plan import plan_of
from embodied_mem_envs.allocation.bounds.presolve import Facts, facts_of
from embodied_mem_envs.allocation.bounds.sightings import Merges, checkpoints, hand_on, know
from embodied_mem_envs.allocation.bounds.wanted import Wanted
from embodied_mem_envs.allocation.episode import Episode


def solve(
    episode: Episode, wanted: Wanted, *, relaxed: bool = False, nodes: int | None = None
) -> Bound:
    """Returns the best that an episode's memory could hold.

    Args:
        episode: Candidates, slots and bytes.
        wanted: What holding is worth.
        relaxed: Solve the linear relaxation only: quicker and higher.
        nodes: Branch-and-bound nodes, at least 1, after which what is proved by then is returned.
    """
    program = Program(episode, wanted)
    if relaxed:
        value = program.model.solve(relaxed=True, nodes=None).bound
        return Bound(value=value, reached=np.nan, kept=None, merged=None)
    merges = program.hand_on()
    solution = program.model.solve(relaxed=False, nodes=nodes)
    kept = program.levels(solution)
    merged = merges.chosen(solution, len(kept))
    reached = plan_of(episode, kept, merged).worth(episode, wanted)
    return Bound(value=solution.bound, reached=reached, kept=kept, merged=merged)


@final
class Program:
    """The model of an episode, without merges at first.

    Args:
        episode: Candidates, slots and bytes.
        wanted: What holding is worth.
    """

    def __init__(self, episode: Episode, wanted: Wanted) -> None:
        self.model = Model()
        self._wanted = wanted
        self._facts = facts_of(episode, wanted)
        self._alive = self._facts.alive()
        self._sets = _sets(self._facts)
        matters = checkpoints(episode, wanted, self._facts)
        self._hold = self._held(self._useful(wanted, matters))
        self._fine = self._held(self._any_of(wanted.fine > 0))
        self._nest()
        self._limit(episode)
        self._cover(wanted.coarse, self._hold)
        self._cover(wanted.fine, self._fine)
        self._join(wanted)
        self._known = know(self.model, wanted, self._facts, self._hold, matters)

    def hand_on(self) -> Merges:
        """Adds that only merges hand first sightings on."""
        return hand_on(self.model, self._wanted, self._facts, self._hold, self._known)

    def levels(self, solution: Solution) -> NDArray[np.int8]:
        """Returns (T, T) level at which each candidate is held after each, in a solution."""
        hold, fine = solution.chosen(self._hold), solution.chosen(self._fine)
        return hold.astype(np.int8) + fine.astype(np.int8)

    # -- variables --------------------------------------------------------------------------------

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
        numbers = np.full(useful.shape, ABSENT)
        which, time = np.nonzero(useful.T)
        numbers[time, which] = self.model.add(np.zeros(len(which)), integer=True)
        numbers = np.minimum.accumulate(numbers[::-1], axis=0)[::-1]
        return np.where(np.tri(len(useful), dtype=bool), numbers, ABSENT)

    # -- constraints ------------------------------------------------------------------------------

    def _nest(self) -> None:
        """What is held was held before, and what is held in full is held."""
        for of in (self._hold, self._fine):
            before, after = of[:-1], of[1:]
            steps = (before != after) & (before != ABSENT) & (after != ABSENT)
            self.model.at_most(after[steps], before[steps])
        both = self._fine != ABSENT
        # The last time of those that share a variable is the one that matters.
        both[:-1] &= self._fine[:-1] != self._fine[1:]
        self.model.at_most(self._fine[both], self._hold[both])

    def _limit(self, episode: Episode) -> None:
        """What is held after a candidate that can be taken in fits into slots and bytes."""
        arrived = np.flatnonzero(np.diag(self._hold) != ABSENT)
        hold, fine = self._hold[arrived], self._fine[arrived]
        size = episode.bytes.astype(np.float64) / episode.budget
        more = size[:, 1] - size[:, 0]
        many = (hold != ABSENT).sum(axis=1) > episode.slots
        large = (hold != ABSENT) @ size[:, 0] + (fine != ABSENT) @ more > 1.0
        one = np.ones(len(size))
        upper = np.full(int(many.sum()), float(episode.slots))
        self.model.limit(upper, _terms(hold[many], one))
        upper = np.ones(int(large.sum()))
        self.model.limit(upper, _terms(hold[large], size[:, 0]), _terms(fine[large], more))

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
        self.model.value(held[time[alone], members[alone].argmax(axis=1)], worth[alone])
        several = np.flatnonzero(count > 1)
        cover = self.model.add(worth[several])
        self.model.at_most_sum(cover, held[time[several]], members[several])

    def _join(self, wanted: Wanted) -> None:
        """Counts each joint question all of whose keys are covered."""
        time, keys = wanted.joint_time, wanted.joint_keys
        sets = np.where(keys >= 0, self._sets[time[:, None], keys], np.uint64(0))
        mark = np.concatenate([time[:, None].astype(np.uint64), np.sort(sets, axis=1)], axis=1)
        _, first, group = np.unique(mark, axis=0, return_index=True, return_inverse=True)
        worth = np.bincount(group.ravel(), wanted.joint, minlength=len(first))
        time, keys = time[first], keys[first]
        joined = self.model.add(worth)
        for column in range(keys.shape[1]):
            there = np.flatnonzero(keys[:, column] >= 0)
            members = self._alive[time[there]] & self._facts.shown.T[keys[there, column]]
            self.model.at_most_sum(joined[there], self._hold[time[there]], members)


def _terms(variables: Int64Array, factors: Float64Array) -> Term:
    """Returns the term of a constraint that is the sum of each row's variables times factors."""
    rows, items = np.nonzero(variables != ABSENT)
    return rows, variables[rows, items], factors[items]


def _sets(facts: Facts) -> NDArray[np.uint64]:
    """Returns (T, W) a random mark of the set of candidates by which a key can be held."""
    marks = np.random.default_rng(0).integers(2**64, size=len(facts.end), dtype=np.uint64)
    change = np.zeros((len(facts.end) + 1, facts.shown.shape[1]), np.uint64)
    change[:-1] = marks[:, None] * facts.shown
    np.subtract.at(change, facts.end, marks[:, None] * facts.shown)
    sets: NDArray[np.uint64] = np.cumsum(change, axis=0, dtype=np.uint64)[:-1]
    return sets
