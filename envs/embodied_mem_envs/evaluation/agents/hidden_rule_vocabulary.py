"""All conditions of the grammar for one trigger, in arrays."""

from collections.abc import Mapping, Sequence
from typing import Final, final

import numpy as np

from embodied_mem.types import AnyArray, BoolArray, Float64Array, Int64Array
from embodied_mem_envs.tasks.hidden_rule.draw import LEAST_SHARE, SINGLE_SHARE, family
from embodied_mem_envs.tasks.hidden_rule.grammar import STEP_CYCLE, Condition, Grammar

_JOINTS: Final = ("", "and", "or")


@final
class Vocabulary:
    """Literals and conditions that a rule of a trigger may have, by number.

    A condition is a row of three numbers: its joint (0 none, 1 and, 2 or) and its two literals,
    which are the same where there is one.
    """

    def __init__(self, grammar: Grammar, trigger: str) -> None:
        self.grammar = grammar
        self.trigger = trigger
        self.literals = grammar.literals(trigger)
        self._variables = tuple(dict.fromkeys(each.variable for each in self.literals))
        order = {name: index for index, name in enumerate(self._variables)}
        self._of = np.array([order[each.variable] for each in self.literals])
        self._sizes = np.array([grammar.size(name) for name in self._variables])
        self._holds = np.zeros((len(self.literals), STEP_CYCLE + 1))
        for row, literal in enumerate(self.literals):
            self._holds[row, : len(literal.holds)] = literal.holds
            self._holds[row, -1] = sum(literal.holds) / len(literal.holds)
        self.conditions = self._conditions()
        single = self.conditions[:, 0] == 0
        self.prior: Float64Array = np.where(
            single, SINGLE_SHARE / single.sum(), (1.0 - SINGLE_SHARE) / (~single).sum()
        )

    def truth(self, cases: Sequence[Mapping[str, int]]) -> Float64Array:
        """Returns (literals, cases) the chance that a literal holds: 0 or 1 where it is known.

        Args:
            cases: Values of variables by name; those that are unknown are missing.
        """
        known = [[case.get(name, -1) for name in self._variables] for case in cases]
        values = np.array(known, np.int64).reshape(len(cases), len(self._variables))
        column = np.where(values < 0, STEP_CYCLE, values % self._sizes)
        table: Float64Array = self._holds[np.arange(len(self._of)), column[:, self._of]].T
        return table

    def draw_cases(self, count: int, rng: np.random.Generator) -> BoolArray:
        """Returns (literals, count) what holds in cases drawn from all that there can be."""
        drawn = [
            rng.choice(np.flatnonzero(self.grammar.domain(name, self.trigger)), size=count)
            for name in self._variables
        ]
        column = np.array(drawn)[self._of]
        held: BoolArray = self._holds[np.arange(len(self._of))[:, None], column] > 0.0
        return held

    def condition(self, row: Int64Array) -> Condition:
        """Returns the condition of a row."""
        joint, first, second = row.tolist()
        both = (self.literals[first], self.literals[second])
        return Condition(literals=both if joint else both[:1], joint=_JOINTS[joint])

    def _conditions(self) -> Int64Array:
        """Returns (conditions, 3) all that a rule may have: neither too rare nor too usual."""
        kinds = np.array([family(each.variable) for each in self.literals])
        share = np.array(
            [np.mean(self.grammar.meaning(each, self.trigger)[1]) for each in self.literals]
        )
        single = np.flatnonzero(_usual(share))
        first, second = np.triu_indices(len(kinds), 1)
        apart = kinds[first] != kinds[second]
        first, second = first[apart], second[apart]
        both = share[first] * share[second]
        rows: list[AnyArray] = [np.column_stack([np.zeros_like(single), single, single])]
        for number, firing in ((1, both), (2, share[first] + share[second] - both)):
            kept = _usual(firing)
            rows.append(
                np.column_stack([np.full(int(kept.sum()), number), first[kept], second[kept]])
            )
        return np.concatenate(rows).astype(np.int64)


def hold(conditions: Int64Array, truth: Float64Array) -> Float64Array:
    """Returns (conditions, cases) the chance that conditions hold, from that of their literals."""
    joint = conditions[:, 0][:, None]
    a, b = truth[conditions[:, 1]], truth[conditions[:, 2]]
    return np.where(joint == 1, a * b, np.where(joint == 2, a + b - a * b, a))


def _usual(share: Float64Array) -> BoolArray:
    slack = 1e-9
    kept: BoolArray = (share >= LEAST_SHARE - slack) & (share <= 1.0 - LEAST_SHARE + slack)
    return kept
