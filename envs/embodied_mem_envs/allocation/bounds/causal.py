"""U3: what could be reached by the best policy that knows only the past, in a tiny world.

Dynamic programming over beliefs. What arrives and what is asked does not depend on what is held,
so the states are pairs: a past with the evidence of its questions, and a set of sorts that is
held. Of several records of one sort one is enough, and nothing is gained by an empty slot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.errors import ConfigError
from embodied_mem.types import BoolArray, Float64Array, Int64Array
from embodied_mem_envs.allocation.bounds.belief import Belief
from embodied_mem_envs.allocation.bounds.past import Past, Rows
from embodied_mem_envs.allocation.bounds.plan import Plan, plan_of
from embodied_mem_envs.allocation.bounds.tiny import TinyConfig
from embodied_mem_envs.allocation.episode import FINE, Episode
from embodied_mem_envs.allocation.questions import KINDS

_MOST_ENTRIES: Final = 50_000_000
"""Of the rows of all pasts at one time, before those that are the same are joined: 400 MB."""


@final
@dataclass(frozen=True, slots=True)
class _Stage:
    """The N pasts that are possible once a candidate has arrived."""

    codes: Int64Array
    """(N,) rising; each says a past and its evidence in one number."""
    sort: Int64Array
    """(N,) of the newest candidate."""
    children: Int64Array
    """(M, S) which past it is after each past of before with its question, and each sort."""
    chance: Float64Array
    """(N, 2 Q) probability of each question of the first kind, and of the second."""
    then: Int64Array
    """(N, 2 Q) which of the next stage's M a question leads to; 0 where it is never asked."""


@final
class CausalOptimum:
    """The best policy of a tiny world that knows only the past, as a table.

    Args:
        config: The world.

    Raises:
        ConfigError: If the world has too many pasts.

    Attributes:
        value: Its expected accuracy.
        states: How many states the table has.
    """

    def __init__(self, config: TinyConfig) -> None:
        self.config = config
        self._past = Past(config)
        self._factors = _factors(self._past.width)
        # Of which kind a question is, is heard: it speaks for that kind alone.
        self._belief = Belief(np.array([0.0, 1.0]), config.concentration, config.arrivals)
        self._factors = _factors(self._past.width + len(self._belief.evidence))
        self._held, self._next = _holdings(len(config.sorts), config.slots)
        stages = self._stages()
        self._codes = [stage.codes for stage in stages]
        self._choice: list[NDArray[np.int16]] = []
        self.value = self._solve(stages)
        self.states = sum(choice.size for choice in self._choice)

    # -- the pasts --------------------------------------------------------------------------------

    def _chances(self, rows: Rows) -> tuple[Float64Array, Float64Array]:
        first, second = self.config.kinds
        return self._past.chances(rows, first), self._past.chances(rows, second)

    def _arrivals(self, rows: Rows, time: int) -> Rows:
        """Returns the rows (N * S, C) after a candidate of each sort has arrived."""
        sorts = len(self.config.sorts)
        self._check(len(rows) * sorts)
        each = np.tile(np.arange(sorts), len(rows))
        return self._past.arrive(np.repeat(rows, sorts, axis=0), each, time)

    def _stages(self) -> list[_Stage]:
        """Returns the possible pasts after each arrival, from the first on."""
        width, evidence = self._past.width, len(self._belief.evidence)
        before = np.zeros((1, width + evidence), np.int64)
        stages = []
        for time in range(self.config.arrivals):
            arrivals = self._arrivals(before[:, :width], time)
            arrived = np.repeat(before, len(self.config.sorts), axis=0)
            arrived[:, :width] = arrivals
            codes, rows, children = self._distinct(arrived)
            first, second = self._chances(rows[:, :width])
            share = self._belief.mean(rows[:, width:])[:, None]
            chance = np.concatenate([share * first, (1 - share) * second], axis=1)
            speaks = np.zeros_like(chance)
            speaks[:, : first.shape[1]] = 1.0
            before, then = self._asked(rows, chance, speaks)
            children = children.reshape(-1, len(self.config.sorts))
            newest = self._past.newest(rows[:, :width])
            stages.append(_Stage(codes, newest, children, chance, then))
        return stages

    def _asked(
        self, rows: Rows, chance: Float64Array, evidence: Float64Array
    ) -> tuple[Rows, Int64Array]:
        """Returns the distinct rows after each question, and which it is after each, (N, Q)."""
        width = self._past.width
        at, question = np.nonzero(chance)
        self._check(len(at))
        number = self._belief.number(evidence[at, question])
        tells = np.flatnonzero(number < len(self._belief.evidence))
        after = rows[at]
        after[:, :width] = self._past.age(after[:, :width])
        after[tells, width + number[tells]] += 1
        _, distinct, which = self._distinct(after)
        then = np.zeros(chance.shape, np.int64)
        then[at, question] = which
        return distinct, then

    def _check(self, rows: int) -> None:
        if rows * len(self._factors) > _MOST_ENTRIES:
            raise ConfigError(
                f"too many different pasts ({rows} at one time) in {self.config}; take fewer "
                "sorts or arrivals, or other kinds of questions"
            )

    def _distinct(self, rows: Rows) -> tuple[Int64Array, Rows, Int64Array]:
        """Returns the codes of distinct rows, rising, those rows, and which each row is."""
        every, first, which = np.unique(
            rows @ self._factors, return_index=True, return_inverse=True
        )
        distinct, which = rows[first], which.ravel()
        if not np.array_equal(distinct[which], rows):
            raise RuntimeError("two pasts have the same code; draw other factors")
        return every, distinct, which

    # -- the policy -------------------------------------------------------------------------------

    def _solve(self, stages: Sequence[_Stage]) -> float:
        """Fills the table from the end; returns the expected accuracy."""
        covered = np.tile(self._past.covered(self._held).astype(np.float64), (1, 2))
        later: Float64Array = np.zeros(0)
        for time, stage in reversed(list(enumerate(stages))):
            last = time == len(stages) - 1
            worth = stage.chance @ covered.T * (1 + self.config.after * last)
            if not last:
                for question in range(stage.chance.shape[1]):
                    then = later[stage.then[:, question]]
                    worth += stage.chance[:, question, None] * then
            options = self._next[stage.sort]
            offered = np.take_along_axis(worth[:, None, :], options, axis=2)
            best = offered.argmax(axis=2, keepdims=True)
            self._choice.append(np.take_along_axis(options, best, axis=2)[..., 0].astype(np.int16))
            value = np.take_along_axis(offered, best, axis=2)[..., 0]
            later = value[stage.children].mean(axis=1)
        self._choice.reverse()
        return float(later[0, 0]) / (self.config.arrivals + self.config.after)

    def kept(self, episodes: Sequence[Episode]) -> NDArray[np.int8]:
        """Returns (N, T, T) level at which the policy holds candidate i after t, [., t, i].

        Args:
            episodes: Of this world. Of each only the past is looked at: what has arrived, and
                what was asked before.
        """
        config = self.config
        every = np.arange(len(episodes))
        sorts = np.stack([episode.place for episode in episodes]).astype(np.int64)
        kinds = np.stack([episode.query_kind[: config.arrivals] for episode in episodes])
        evidence = (kinds == KINDS.index(config.kinds[0])).astype(np.float64)
        width = self._past.width
        rows = np.zeros((len(episodes), len(self._factors)), np.int64)
        holding = np.zeros(len(episodes), np.int64)
        holder = np.full((len(episodes), len(config.sorts)), -1)
        kept = np.zeros((len(episodes), config.arrivals, config.arrivals), np.int8)
        for time in range(config.arrivals):
            sort = sorts[:, time]
            rows[:, :width] = self._past.arrive(rows[:, :width], sort, time)
            at = np.searchsorted(self._codes[time], rows @ self._factors)
            before, holding = holding, self._choice[time][at, holding].astype(np.int64)
            held = self._held[holding]
            added = held[every, sort] & ~self._held[before, sort]
            holder[every[added], sort[added]] = time
            row, which = np.nonzero(held)
            kept[row, time, holder[row, which]] = FINE
            number = self._belief.number(evidence[:, time])
            tells = np.flatnonzero(number < len(self._belief.evidence))
            rows[tells, width + number[tells]] += 1
            rows[:, :width] = self._past.age(rows[:, :width])
        return kept

    def plans(self, episodes: Sequence[Episode]) -> list[Plan]:
        """Returns what the policy does in episodes of this world, for an `Oracle` to act out."""
        nothing = np.full(self.config.arrivals, -1, np.intp)
        pairs = zip(episodes, self.kept(episodes), strict=True)
        return [plan_of(episode, kept, nothing) for episode, kept in pairs]


def _factors(width: int) -> Int64Array:
    """Returns what each entry of a row is multiplied by to give the row a code."""
    return np.random.default_rng(0).integers(-(2**63), 2**63, width) | 1


def causal_optimum(config: TinyConfig) -> float:
    """Returns U3: the expected accuracy of the best policy of a tiny world."""
    return CausalOptimum(config).value


def _holdings(sorts: int, slots: int) -> tuple[BoolArray, Int64Array]:
    """Returns the sets of sorts that can be held, (H, S), the empty one first, and what follows.

    That is (S, H, slots + 1) the sets that can be held once a candidate of a sort has arrived.
    """
    sets = [frozenset(each) for n in range(slots + 1) for each in combinations(range(sorts), n)]
    held = np.array([[sort in each for sort in range(sorts)] for each in sets])
    number = {each: index for index, each in enumerate(sets)}
    follows = np.zeros((sorts, len(sets), slots + 1), np.int64)
    for sort in range(sorts):
        for index, each in enumerate(sets):
            if sort in each:
                options = [each]
            elif len(each) < slots:
                options = [each | {sort}]
            else:
                options = [each, *((each - {gone}) | {sort} for gone in sorted(each))]
            numbers = [number[option] for option in options]
            follows[sort, index] = numbers + numbers[:1] * (slots + 1 - len(numbers))
    return held, follows
