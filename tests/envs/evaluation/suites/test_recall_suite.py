"""Suite `recall` plays its agents through real episodes, and memory decides."""

from pathlib import Path

import pytest

from embodied_mem_envs.evaluation.suites.recall import SUITE as RECALL
from small_suites import run


def test_recall_needs_the_whole_history(tmp_path: Path) -> None:
    budget = 1 << 20
    ours = run(RECALL, "ours", tmp_path, budget_bytes=budget)
    last = run(RECALL, "last_frames", tmp_path)
    oracle = run(RECALL, "oracle_memory", tmp_path)
    assert not ours.error and not last.error and not oracle.error
    assert ours.values["right"] >= 0.8 > 0.45 > last.values["right"]
    assert oracle.values["right"] >= 0.98
    assert {"recall_at_k", "recency_mrr", "popularity_ndcg_at_k"} <= set(ours.values)
    assert 10_000 < ours.values["memory_bytes"] <= budget
    assert last.values["memory_bytes"] > 10_000


@pytest.mark.parametrize("agent", ["even_frames", "captions", "no_memory", "random"])
def test_the_other_agents_of_recall_live_through_it(agent: str, tmp_path: Path) -> None:
    record = run(RECALL, agent, tmp_path, asks=8, visits=1)
    assert not record.error and len(record.asks) == 8
    assert record.values["right"] < 0.8


def test_walks_are_measured(tmp_path: Path) -> None:
    record = run(RECALL, "ours", tmp_path, asks=4, walked=2, visits=1)
    assert not record.error
    walked = [ask for ask in record.asks if "spl" in ask.values]
    assert len(walked) == 2 and all("shortest_metres" in ask.values for ask in walked)
