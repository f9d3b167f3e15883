"""Both suites have names, and rank what they retrieve as recommenders do."""

from pathlib import Path

import pytest

from embodied_mem.errors import ConfigError
from embodied_mem_envs.evaluation.retrieval import RankingScores
from embodied_mem_envs.evaluation.suites.mixed_session import SUITE as SESSIONS
from embodied_mem_envs.evaluation.suites.recall import SUITE as RECALL
from embodied_mem_envs.evaluation.suites.registry import load_suite
from small_suites import run


def test_they_are_registered_under_their_names() -> None:
    for suite in (RECALL, SESSIONS):
        assert load_suite(suite.name) is suite
        assert next(iter(suite.agents)) == "ours"


def test_unknown_agents_are_named(tmp_path: Path) -> None:
    for suite in (RECALL, SESSIONS):
        with pytest.raises(ConfigError, match="ours"):
            run(suite, "our", tmp_path)


def test_rankings_are_scored_as_by_hand() -> None:
    scores = RankingScores(k=2)
    assert scores.values() == {}
    scores.add({"retriever": [7, 7, 3, 5], "recency": [1, 2, 5]}, [3, 5])
    values = scores.values()
    assert values["recall_at_k"] == 0.5 and values["mrr"] == 0.5
    assert values["ndcg_at_k"] == pytest.approx(0.6309297 / 1.6309297)
    assert values["recency_recall_at_k"] == 0.0
    assert values["recency_mrr"] == pytest.approx(1 / 3)
