"""The world does what its rules say, and evidence reads the same out of what was sensed."""

import numpy as np
import pytest

from embodied_mem.errors import ConfigError, EvaluationError
from embodied_mem_envs.evaluation.agents.hidden_rule_evidence import Evidence
from embodied_mem_envs.tasks.hidden_rule.calls import (
    Call,
    decode_call,
    decode_outcome,
    encode_call,
    encode_outcome,
)
from embodied_mem_envs.tasks.hidden_rule.equivalence import NOTHING, shown_effect
from embodied_mem_envs.tasks.hidden_rule.game import Game, GameConfig
from embodied_mem_envs.tasks.hidden_rule.world import World, rule_fires
from rule_games import wander


@pytest.mark.parametrize("seed", range(4))
def test_evidence_is_what_truly_happened(seed: int) -> None:
    game = Game(seed)
    evidence = Evidence(game.rooms, wander(game, 300))
    assert len(evidence.cases) == len(game.world.cases) > 150
    for seen, case in zip(evidence.cases, game.world.cases, strict=True):
        assert (seen.trigger, seen.values) == (case.trigger, case.values)
        rule = game.world.rules.get(case.trigger)
        fired = rule is not None and rule_fires(rule, case.values)
        expected = shown_effect(rule.effect, case.values["energy"]) if rule and fired else NOTHING
        assert seen.seen == expected


@pytest.mark.parametrize("start", [1, 37, 200])
def test_evidence_of_a_window_claims_only_what_it_can_know(start: int) -> None:
    game = Game(5)
    outcomes = wander(game, 260)
    evidence = Evidence(game.rooms, outcomes[start:])
    unknown = set()
    for seen, case in zip(evidence.cases, game.world.cases[-len(evidence.cases) :], strict=True):
        assert seen.values.items() <= case.values.items()
        unknown |= case.values.keys() - seen.values.keys()
    assert "visits" in unknown and any(name.startswith("count ") for name in unknown)


def test_every_effect_happens_when_its_rule_fires() -> None:
    seen: set[str] = set()
    for seed in range(6):
        game = Game(seed)
        for before, after in zip(outcomes := wander(game, 200), outcomes[1:], strict=False):
            if after.score != before.score:
                seen.add("score")
            seen |= {"door"} if set(after.shut) != set(before.shut) else set()
            seen |= {"light"} if set(after.lit) != set(before.lit) else set()
    assert seen == {"score", "door", "light"}


def test_the_robot_always_has_a_way_on() -> None:
    for seed in range(8):
        game = Game(seed)
        wander(game, 200, seed=seed)
        while game.world.energy < 2:
            game.do(Call(tool="rest"))
        assert any(game.world.possible(Call(tool="move", target=name)) for name in game.rooms.names)


def test_plain_effects_of_calls() -> None:
    game = Game(1)
    world = World(game.rooms, (), start=0)
    there = game.rooms.names[game.rooms.neighbours[0][0]]
    assert world.do(Call(tool="move", target=there)).energy == 5
    assert world.do(Call(tool="rest")).energy == 8
    assert world.do(Call(tool="rest")).energy == 9
    world.shut.add(game.rooms.door(there, game.rooms.names[0]))
    assert world.do(Call(tool="move", target=game.rooms.names[0])).energy == 7
    failed = world.do(Call(tool="move", target=game.rooms.names[0]))
    assert "no door leads" in failed.error and (failed.energy, failed.step) == (7, 5)
    assert "did you mean" in world.do(Call(tool="activate", target="vaze")).error
    assert "doors to" in world.do(Call(tool="look")).told
    world.energy = 1
    assert "takes 2 energy" in world.do(Call(tool="move", target=there)).error


def test_calls_and_outcomes_survive_as_text() -> None:
    game = Game(2)
    for outcome in wander(game, 30):
        assert decode_outcome(encode_outcome(outcome)) == outcome
        if outcome.call is not None:
            assert decode_call(encode_call(outcome.call)) == outcome.call


def test_the_same_seed_and_calls_give_the_same_episode() -> None:
    assert wander(Game(9), 100) == wander(Game(9), 100)
    assert [rule.text for rule in Game(9).rules] != [rule.text for rule in Game(10).rules]


def test_phases_come_in_their_order() -> None:
    game = Game(0, GameConfig(rules=2, steps=3))
    with pytest.raises(EvaluationError, match="no rule is asked"):
        game.tell(None)
    wander(game, 3)
    with pytest.raises(EvaluationError, match="exploration is over"):
        game.do(Call(tool="rest"))
    assert game.asked == game.rules[0]
    assert game.tell(game.rules[0]) == 1.0 and game.tell(None) == 0.0
    assert game.asked is None and game.progress == 0.5
    with pytest.raises(ConfigError, match="rules is 9"):
        GameConfig(rules=9)


def test_errors_are_counted() -> None:
    game = Game(3, GameConfig(rules=1))
    for _ in range(5):
        game.do(Call(tool="look"))
    game.do(Call(tool="activate", target="nothing"))
    game.fumble()
    game.do(Call(tool="submit"))
    game.tell(None)
    values = game.values()
    assert values["invalid_calls"] == 2.0 and values["repeated_calls"] == 3.0
    assert values["unused_steps"] == 400 - 8 and values["malformed_rules"] == 1.0


def test_an_answer_against_what_was_seen_is_told_from_one_that_was_not_tried() -> None:
    for seed in range(6):
        game = Game(seed, GameConfig(rules=1, steps=300))
        wander(game, 300, seed=seed)
        truth = game.rules[0]
        opposite = type(truth.condition)(
            literals=(truth.condition.literals[0].negated(), *truth.condition.literals[1:]),
            joint=truth.condition.joint,
        )
        wrong = type(truth)(trigger=truth.trigger, condition=opposite, effect=truth.effect)
        game.tell(wrong)
        tried = any(
            rule_fires(truth, case.values) != rule_fires(wrong, case.values)
            and shown_effect(truth.effect, case.values["energy"]) != NOTHING
            for case in game.world.cases
            if case.trigger == truth.trigger
        )
        assert game.values()["contradicted_rules"] == float(tried)
        assert np.isfinite(list(game.values().values())).all()
