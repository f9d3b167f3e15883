"""The score is agreement over all cases, less what chance gives."""

import itertools

import numpy as np
import pytest

from embodied_mem_envs.tasks.hidden_rule.draw import draw_rule
from embodied_mem_envs.tasks.hidden_rule.equivalence import agreement
from embodied_mem_envs.tasks.hidden_rule.grammar import Condition, Grammar, Literal, Rule
from embodied_mem_envs.tasks.hidden_rule.parsing import parse_rule
from embodied_mem_envs.tasks.hidden_rule.rooms import make_rooms
from embodied_mem_envs.tasks.hidden_rule.world import rule_fires

GRAMMAR = Grammar(rooms=make_rooms(4)[0])


def read(condition: str, effect: str = "score +1", trigger: str = "activate vase") -> Rule:
    return parse_rule(f"when {trigger} if {condition} then {effect}", GRAMMAR)


def constant(value: bool, trigger: str) -> Rule:
    size = GRAMMAR.size("energy")
    literal = Literal(text="", variable="energy", holds=(value,) * size)
    return Rule(trigger=trigger, condition=Condition(literals=(literal,)), effect="score +1")


def kappa_by_hand(truth: Rule, answer: Rule) -> float:
    """Walks through all cases one by one and counts pairs of effects."""
    literals = (*truth.condition.literals, *answer.condition.literals)
    names = sorted({literal.variable for literal in literals})
    domains = [np.flatnonzero(GRAMMAR.domain(name, truth.trigger)).tolist() for name in names]
    table = dict.fromkeys(itertools.product(("none", truth.effect, answer.effect), repeat=2), 0)
    for case in itertools.product(*domains):
        values = dict(zip(names, case, strict=True))
        said = tuple(
            rule.effect if rule_fires(rule, values) else "none" for rule in (truth, answer)
        )
        table[said] += 1
    count = sum(table.values())
    kinds = {kind for pair in table for kind in pair}
    rows = {k: sum(n for (a, _), n in table.items() if a == k) / count for k in kinds}
    columns = {k: sum(n for (_, b), n in table.items() if b == k) / count for k in kinds}
    observed = sum(n for (a, b), n in table.items() if a == b) / count
    chance = sum(rows[k] * columns[k] for k in kinds)
    return max(0.0, (observed - chance) / (1.0 - chance))


def test_it_is_the_kappa_that_a_walk_through_all_cases_gives() -> None:
    rng = np.random.default_rng(2)
    for _ in range(6):
        truth, answer = (draw_rule(GRAMMAR, "activate candle", rng) for _ in range(2))
        assert agreement(truth, answer, GRAMMAR) == pytest.approx(kappa_by_hand(truth, answer))
    truth = read("energy >= 5 and not room is beside kitchen")
    close = read("energy >= 6 and not room is beside kitchen")
    assert agreement(truth, close, GRAMMAR) == pytest.approx(kappa_by_hand(truth, close))
    assert 0.5 < agreement(truth, close, GRAMMAR) < 1.0


@pytest.mark.parametrize("trigger", ["activate vase", "arrive", "rest"])
def test_who_does_not_look_at_the_case_scores_nothing(trigger: str) -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        truth = draw_rule(GRAMMAR, trigger, rng)
        truth = Rule(trigger=trigger, condition=truth.condition, effect="score +1")
        for value in (True, False):
            assert agreement(truth, constant(value, trigger), GRAMMAR) == pytest.approx(0.0)


def test_equivalent_rules_score_one_however_they_are_written() -> None:
    truth = read("energy >= 5 or visits mod 2 is 1")
    assert agreement(truth, read("not visits mod 2 is 0 or energy >= 5"), GRAMMAR) == 1.0
    assert agreement(truth, read("energy >= 5 and visits mod 2 is 1"), GRAMMAR) < 0.5
    assert agreement(truth, read("not energy >= 5"), GRAMMAR) == 0.0


def test_another_effect_costs_and_another_trigger_or_none_scores_nothing() -> None:
    truth = read("energy >= 5")
    assert agreement(truth, read("energy >= 5", effect="score +2"), GRAMMAR) < 0.5
    assert agreement(truth, read("energy >= 5", trigger="rest"), GRAMMAR) == 0.0
    assert agreement(truth, None, GRAMMAR) == 0.0


def test_random_answers_score_near_nothing() -> None:
    rng = np.random.default_rng(5)
    scores = [
        agreement(*(draw_rule(GRAMMAR, "activate vase", rng) for _ in range(2)), GRAMMAR)
        for _ in range(300)
    ]
    assert np.mean(scores) < 0.05
