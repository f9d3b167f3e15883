"""The same scientist, with a store and with a window, and one that guesses."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.memory import Filter, MemoryStore
from embodied_mem_envs.evaluation.agents.agent import AgentSetup
from embodied_mem_envs.evaluation.agents.hidden_rule import MAKERS
from embodied_mem_envs.evaluation.agents.hidden_rule_evidence import Evidence
from embodied_mem_envs.evaluation.agents.hidden_rule_hypotheses import Hypotheses
from embodied_mem_envs.evaluation.agents.hidden_rule_vocabulary import Vocabulary
from embodied_mem_envs.evaluation.suites.registry import load_suite
from embodied_mem_envs.evaluation.suites.suite import Job
from embodied_mem_envs.tasks.episode import Ask, Judgement
from embodied_mem_envs.tasks.hidden_rule.calls import decode_outcome
from embodied_mem_envs.tasks.hidden_rule.episode import HiddenRuleEpisode
from embodied_mem_envs.tasks.hidden_rule.game import Game, GameConfig
from embodied_mem_envs.tasks.hidden_rule.parsing import parse_rule
from rule_games import live, wander

SEED = 7
Log = list[tuple[Ask, str, Judgement]]


def play(name: str, folder: Path, steps: int) -> tuple[HiddenRuleEpisode, Log]:
    agent = MAKERS[name](AgentSetup(folder=folder, seed=SEED))
    episode = HiddenRuleEpisode(SEED, GameConfig(steps=steps))
    log = live(episode, agent)
    assert (agent.memory_bytes() > 0) == (name != "random")
    agent.close()
    return episode, log


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scientist")


@pytest.fixture(scope="module")
def with_store(folder: Path) -> tuple[HiddenRuleEpisode, Log]:
    return play("scientist", folder, 220)


def test_the_store_decides(with_store: tuple[HiddenRuleEpisode, Log], tmp_path: Path) -> None:
    assert with_store[0].progress >= 0.9
    assert play("window", tmp_path / "window", 220)[0].progress <= 0.5
    assert play("random", tmp_path / "random", 220)[0].progress <= 0.1


def test_the_store_holds_every_call(
    with_store: tuple[HiddenRuleEpisode, Log], folder: Path
) -> None:
    log = with_store[1]
    sensed = [decode_outcome(ask.text) for ask, *_ in log if ask.kind == "call"]
    with MemoryStore.read(folder / "memory") as store:
        records = store.query(Filter(kind="event"))
    assert [record.content["step"] for record in records] == [each.step for each in sensed]
    assert [record.place for record in records] == [each.room for each in sensed]


def test_what_was_told_fits_all_that_the_scientist_saw(
    with_store: tuple[HiddenRuleEpisode, Log],
) -> None:
    values = with_store[0].game.values()
    assert values["contradicted_rules"] == values["malformed_rules"] == 0.0
    assert values["invalid_calls"] <= 5


@pytest.mark.parametrize("seed", [0, 6])
def test_the_hidden_rule_is_never_excluded_by_evidence(seed: int) -> None:
    game = Game(seed)
    evidence = Evidence(game.rooms, wander(game, 250))
    for truth in game.rules:
        vocabulary = Vocabulary(game.grammar, truth.trigger)
        hypotheses = Hypotheses(vocabulary, evidence.cases)
        wanted = game.grammar.canonical(truth)
        fitting = hypotheses.sample(10**6, np.random.default_rng(0))
        found = {
            game.grammar.canonical(
                type(truth)(
                    trigger=truth.trigger,
                    condition=vocabulary.condition(row),
                    effect=truth.effect,
                )
            )
            for row in fitting
        }
        assert wanted in found
        answer = hypotheses.answer(np.random.default_rng(1))
        assert parse_rule(answer.text, game.grammar).text == answer.text


_SCRIPT = """
import hashlib, sys
from pathlib import Path
from embodied_mem_envs.evaluation.agents.agent import AgentSetup
from embodied_mem_envs.evaluation.agents.hidden_rule import MAKERS
from embodied_mem_envs.tasks.hidden_rule.episode import HiddenRuleEpisode
from embodied_mem_envs.tasks.hidden_rule.game import GameConfig
from rule_games import live
agent = MAKERS["scientist"](AgentSetup(folder=Path(sys.argv[1]), seed=1))
log = live(HiddenRuleEpisode(1, GameConfig(steps=25)), agent)
print(hashlib.sha256(repr([(a.text, r, j) for a, r, j in log]).encode()).hexdigest())
"""


def test_hash_seeds_change_nothing(tmp_path: Path) -> None:
    support = Path(__file__).parents[2] / "support"
    digests = set()
    for hash_seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(support)}
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT, str(tmp_path / hash_seed)],
            env=env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        digests.add(done.stdout)
    assert len(digests) == 1


def test_the_suite_keeps_the_rules_and_their_scores(tmp_path: Path) -> None:
    suite = load_suite("hidden_rule")
    options = {"steps": 30, "rules": 2, "window": 10}
    job = Job(suite="hidden_rule", agent="window", seed=3, folder="", options=options)
    first, again = (suite.run(job, tmp_path / name) for name in "ab")
    assert not first.error and first.values == again.values and first.asks == again.asks
    assert [ask.kind for ask in first.asks] == ["rule"] * 2
    assert first.values["progress"] == pytest.approx(first.values["rule_score"])
    assert {"action_entropy", "locking", "right", "contradicted_rules"} <= first.values.keys()
