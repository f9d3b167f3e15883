"""Rules are drawn from a typed grammar, written as text and read back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError
from embodied_mem_envs.tasks.hidden_rule.draw import LEAST_SHARE, draw_rule, draw_rules, family
from embodied_mem_envs.tasks.hidden_rule.equivalence import equivalent, showing_shares
from embodied_mem_envs.tasks.hidden_rule.grammar import Condition, Grammar, Rule
from embodied_mem_envs.tasks.hidden_rule.parsing import RuleSyntaxError, parse_rule
from embodied_mem_envs.tasks.hidden_rule.rooms import make_rooms

ROOMS, _ = make_rooms(3)
GRAMMAR = Grammar(rooms=ROOMS)


def drawn(seed: int) -> tuple[Rule, ...]:
    return draw_rules(GRAMMAR, np.random.default_rng(seed))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_what_is_written_is_read_back(seed: int) -> None:
    for rule in drawn(seed):
        assert parse_rule(rule.text, GRAMMAR) == rule


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_rules_are_typed_and_neither_rare_nor_usual(seed: int) -> None:
    rules = drawn(seed)
    triggers = [rule.trigger for rule in rules]
    assert len(set(triggers)) == len(rules) == 6
    for rule in rules:
        families = [family(literal.variable) for literal in rule.condition.literals]
        assert len(set(families)) == len(families) == (2 if rule.condition.joint else 1)
        fires, shows = showing_shares(rule, GRAMMAR)
        assert LEAST_SHARE <= shows <= fires <= 1.0 - LEAST_SHARE
        assert rule.effect in GRAMMAR.effects_of(rule.trigger)


def test_seeds_draw_ten_thousand_different_rules_in_one_house_alone() -> None:
    found = {GRAMMAR.canonical(rule) for seed in range(2_000) for rule in drawn(seed)}
    assert len(found) >= 10_000


def test_houses_differ_and_every_seed_has_its_own_rules() -> None:
    games = []
    for seed in range(12):
        rooms, _ = make_rooms(seed)
        grammar = Grammar(rooms=rooms)
        games.append(tuple(map(grammar.canonical, draw_rules(grammar, np.random.default_rng(0)))))
        assert all(len(where) >= 3 for where in rooms.things)
    assert len(set(games)) == 12


def test_one_canonical_form_for_what_means_the_same() -> None:
    swapped = [
        "when rest if energy >= 5 and not used vase then score +1",
        "when rest if not used vase and energy >= 5 then score +1",
    ]
    one, other = (parse_rule(text, GRAMMAR) for text in swapped)
    assert GRAMMAR.canonical(one) == GRAMMAR.canonical(other) and equivalent(one, other, GRAMMAR)
    odd, even = (
        parse_rule(f"when rest if {text} then score +1", GRAMMAR)
        for text in ("step mod 2 is 1", "not step mod 2 is 0")
    )
    assert GRAMMAR.canonical(odd) == GRAMMAR.canonical(even) and equivalent(odd, even, GRAMMAR)


def test_canonical_forms_and_equivalence_agree() -> None:
    rng = np.random.default_rng(1)
    rules = [draw_rule(GRAMMAR, "activate globe", rng) for _ in range(60)]
    for one in rules:
        for other in rules:
            same = GRAMMAR.canonical(one) == GRAMMAR.canonical(other)
            assert same == equivalent(one, other, GRAMMAR), (one.text, other.text)


def test_literals_of_a_trigger_all_mean_something_else() -> None:
    for trigger in GRAMMAR.triggers:
        literals = GRAMMAR.literals(trigger)
        meanings = {GRAMMAR.meaning(literal, trigger) for literal in literals}
        assert len(meanings) == len(literals) > 100
        assert all(len(set(holds)) == 2 for _, holds in meanings)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("if energy >= 5 then score +1", 0),
        ("when sleep if energy >= 5 then score +1", 1),
        ("when rest if energy >= 12 then score +1", 3),
        ("when rest if energy >= 5 and energy >= 7 then score +1", 10),
        ("when rest if energy >= 5 then fly", 7),
        ("when rest if energy >= 5 then score +1 now", 9),
        ("when rest if energy >= 5 then energy +2", 7),
    ],
)
def test_what_is_no_rule_is_told_with_its_position(text: str, position: int) -> None:
    with pytest.raises(RuleSyntaxError) as caught:
        parse_rule(text, GRAMMAR)
    assert caught.value.position == position


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(sorted({word for rule in drawn(0) for word in rule.text.split()}))))
def test_any_words_are_a_rule_or_a_clear_error(words: list[str]) -> None:
    text = " ".join(words)
    try:
        rule = parse_rule(text, GRAMMAR)
    except RuleSyntaxError as error:
        assert 0 <= error.position <= len(words)
    else:
        assert rule.text == text


def test_names_that_the_house_has_not_are_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'vase'"):
        ROOMS.kind("vas")
    with pytest.raises(ConfigError, match="rooms is 3"):
        make_rooms(0, 3)
    literal = GRAMMAR.atoms()[0]
    rule = Rule(trigger="rest", condition=Condition(literals=(literal,)), effect="score +1")
    assert rule.text == f"when rest if {literal.text} then score +1"
