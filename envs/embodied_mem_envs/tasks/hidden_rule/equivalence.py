"""How much two rules agree, exactly: over all values of the variables that they look at.

Score: Cohen's kappa (Cohen, Educational and Psychological Measurement 20, 1960) of the two rules
as raters who say for every case which effect there is, `none` among them; below 0 it counts as 0.
It is 1 for programs that do the same everywhere, and 0 for any that does not look at the case: who
always or never expects the effect has the agreement of chance, and that is taken off.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Final

import numpy as np

from embodied_mem.types import BoolArray
from embodied_mem_envs.tasks.hidden_rule.grammar import MOST_ENERGY, Condition, Grammar, Rule

VERSION: Final = 1
"""Grows when the score means something else."""

Shown = tuple[str, int]
"""An effect as it shows: its text and 0, or `energy` and by how much it changed."""
NOTHING: Final = ("", 0)
"""No effect that shows."""


def fires(condition: Condition, cases: Sequence[BoolArray]) -> BoolArray:
    """Joins what the literals of a condition say.

    Args:
        condition: One or two literals.
        cases: For each of them whether it holds, in shapes that broadcast.
    """
    if len(cases) == 1:
        return cases[0]
    joined: BoolArray = cases[0] & cases[1] if condition.joint == "and" else cases[0] | cases[1]
    return joined


def showing_shares(rule: Rule, grammar: Grammar) -> tuple[float, float]:
    """Returns in which share of its cases a rule fires, and in which that can be seen.

    An effect on the energy does not show where that is at its limit already.
    """
    variables = sorted({*_variables(rule), "energy"})
    fired = _table(rule, variables, grammar)
    domain = np.flatnonzero(grammar.domain("energy", rule.trigger))
    shows = np.array([shown_effect(rule.effect, int(energy)) != NOTHING for energy in domain])
    shape = [1] * len(variables)
    shape[variables.index("energy")] = -1
    return float(fired.mean()), float((fired & shows.reshape(shape)).mean())


def shown_effect(effect: str, energy: int) -> Shown:
    """Returns how an effect shows at an energy; nothing where that is at its limit already."""
    if not effect.startswith("energy "):
        return effect, 0
    after = min(MOST_ENERGY, max(0, energy + int(effect.split()[1])))
    return ("energy", after - energy) if after != energy else NOTHING


def agreement(truth: Rule, answer: Rule | None, grammar: Grammar) -> float:
    """Returns the score of an answer in [0, 1]; see the module.

    Args:
        truth: The hidden rule.
        answer: What was submitted; None where that was no rule.
        grammar: Over the house of both.
    """
    if answer is None or answer.trigger != truth.trigger:
        return 0.0
    variables = sorted({*_variables(truth), *_variables(answer)})
    true, said = (
        np.broadcast_to(table, _shape(variables, truth.trigger, grammar))
        for table in (_table(each, variables, grammar) for each in (truth, answer))
    )
    same = truth.effect == answer.effect
    p, q = float(true.mean()), float(said.mean())
    both = float((true & said).mean())
    neither = float((~true & ~said).mean())
    observed = neither + (both if same else 0.0)
    chance = (1.0 - p) * (1.0 - q) + (p * q if same else 0.0)
    if chance >= 1.0:
        return 1.0  # neither ever fires
    return max(0.0, (observed - chance) / (1.0 - chance))


def equivalent(first: Rule, second: Rule, grammar: Grammar) -> bool:
    """Tells whether two rules do the same in every case."""
    if first.trigger != second.trigger or first.effect != second.effect:
        return False
    variables = sorted({*_variables(first), *_variables(second)})
    tables = (_table(each, variables, grammar) for each in (first, second))
    return not bool(reduce(np.logical_xor, tables).any())


def _variables(rule: Rule) -> list[str]:
    return [literal.variable for literal in rule.condition.literals]


def _shape(variables: list[str], trigger: str, grammar: Grammar) -> tuple[int, ...]:
    return tuple(int(grammar.domain(each, trigger).sum()) for each in variables)


def _table(rule: Rule, variables: list[str], grammar: Grammar) -> BoolArray:
    """Returns whether a rule fires, with one axis for each variable, of length 1 where unread."""
    cases: list[BoolArray] = []
    for literal in rule.condition.literals:
        open_ = grammar.domain(literal.variable, rule.trigger)
        shape = [1] * len(variables)
        shape[variables.index(literal.variable)] = -1
        cases.append(np.array(literal.holds)[open_].reshape(shape))
    return fires(rule.condition, cases)
