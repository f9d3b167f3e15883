import math

import pytest

from embodied_mem_envs.evaluation.metrics import METRICS, definition_of
from embodied_mem_envs.evaluation.metrics.defined_for_answers import ANSWERS
from embodied_mem_envs.evaluation.metrics.defined_for_costs import COSTS
from embodied_mem_envs.evaluation.metrics.defined_for_learning import LEARNING
from embodied_mem_envs.evaluation.metrics.defined_for_ways import WAYS
from embodied_mem_envs.evaluation.metrics.episode import episode_values, failed_values
from embodied_mem_envs.evaluation.metrics.summary import by_kind, flat_metrics, summarise
from embodied_mem_envs.evaluation.suites.suite import AskRecord, EpisodeRecord


def record(agent: str, seed: int, error: str = "", **values: float) -> EpisodeRecord:
    return EpisodeRecord(
        suite="s", version=1, agent=agent, seed=seed, settings="x", values=values, error=error
    )


def ask(kind: str, right: bool) -> AskRecord:
    return AskRecord(kind=kind, text="?", reply="!", right=right, progress=0.0, reason="")


def test_an_episode_is_the_mean_or_the_sum_of_its_asks() -> None:
    asks = [
        {"success": 1.0, "spl": 0.5, "model_calls": 2, "leaks": 1.0},
        {"success": 0.0, "spl": 0.0, "model_calls": 3, "leaks": 1.0, "mrr": 0.25},
    ]
    found = episode_values(asks, {"memory_bytes": 10.0, "progress": 0.7})
    assert found == {
        "leaks": 2.0,
        "memory_bytes": 10.0,
        "model_calls": 5.0,
        "mrr": 0.25,
        "progress": 0.7,
        "spl": 0.25,
        "success": 0.5,
    }
    assert list(found) == sorted(found)


def test_a_broken_episode_fails_in_everything_but_its_costs() -> None:
    values = {"success": 1.0, "success_moved": 1.0, "memory_bytes": 9.0, "made_up": 3.0}
    assert failed_values(values) == {
        "success": 0.0,
        "success_moved": 0.0,
        "memory_bytes": 9.0,
        "made_up": 3.0,
    }


def test_broken_episodes_are_never_left_out() -> None:
    records = [
        record("a", 0, success=1.0, memory_bytes=100.0),
        record("a", 1, success=1.0, memory_bytes=300.0),
        # A worker that died tells nothing, and one that raised has told something meanwhile.
        record("a", 2, error="died"),
        record("a", 3, error="raised", success=1.0, memory_bytes=200.0),
    ]
    (summary,) = summarise(records)
    assert (summary.episodes, summary.errors) == (4, 2)
    assert summary.metrics["success"].mean == 0.5
    assert summary.metrics["success"].episodes == 4
    assert summary.metrics["memory_bytes"].mean == 200.0


def test_an_agent_that_broke_everything_has_failed_in_what_others_did() -> None:
    records = [record("good", 0, success=1.0, chance=0.2), record("bad", 0, error="died")]
    good, bad = summarise(records)
    assert good.metrics["success"].mean == 1.0
    assert bad.metrics["success"].mean == 0.0
    assert "chance" not in bad.metrics
    assert bad.difference["success"].mean == -1.0


def test_a_metric_that_is_not_for_an_agent_is_not_failed_by_it() -> None:
    ranking = record("ranking", 0, mrr=0.5)
    plain, broken = record("plain", 0, success=1.0), record("plain", 1, error="died")
    _, other = summarise([ranking, plain, broken])
    assert other.metrics["success"].mean == 0.5
    assert "mrr" not in other.metrics


def test_differences_are_over_the_seeds_that_both_have() -> None:
    records = [
        *(record("first", seed, spl=0.5) for seed in (1, 2, 3)),
        *(record("second", seed, spl=0.1 * seed) for seed in (2, 3, 4)),
    ]
    first, second = summarise(records)
    assert first.difference == {}
    assert second.difference["spl"].mean == pytest.approx(-0.25, abs=1e-12)
    assert second.difference["spl"].episodes == 2


def test_figures_are_named_by_agent_where_there_are_several() -> None:
    alone = flat_metrics(
        summarise([record("ours", 0, success=1.0), record("ours", 1, success=0.0)])
    )
    assert alone["success"] == 0.5
    assert alone["success_lo"] <= 0.5 <= alone["success_hi"]
    assert alone["episodes"] == 2.0
    several = flat_metrics(summarise([record("ours", 0, spl=1.0), record("none", 0, spl=0.5)]))
    assert several["ours.spl"] == 1.0
    assert several["none.spl_minus_ours"] == -0.5
    assert math.isnan(several["ours.spl_lo"])
    assert "spl" not in several


def test_kinds_count_broken_episodes_too() -> None:
    asks = (ask("where", True), ask("where", False), ask("colour", True))
    whole = EpisodeRecord(
        suite="s", version=1, agent="a", seed=0, settings="x", values={}, asks=asks
    )
    broken = EpisodeRecord(
        suite="s", version=1, agent="b", seed=0, settings="x", values={}, error="died"
    )
    raised = EpisodeRecord(
        suite="s", version=1, agent="c", seed=0, settings="x", values={}, asks=asks, error="raised"
    )
    table = by_kind([whole, broken, raised])
    assert {kind: {a: e.mean for a, e in own.items()} for kind, own in table.items()} == {
        "colour": {"a": 1.0, "b": 0.0, "c": 0.0},
        "where": {"a": 0.5, "b": 0.0, "c": 0.0},
    }


def test_no_metric_is_defined_twice() -> None:
    names = [metric.name for metric in (*WAYS, *ANSWERS, *LEARNING, *COSTS)]
    assert sorted(names) == sorted(METRICS)


def test_every_metric_says_what_it_is() -> None:
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.version >= 1
        assert len(metric.formula) > 15
        assert metric.source
        assert definition_of(name) is metric
    assert definition_of("cross_partner_accuracy") is METRICS["answer_accuracy"]
    assert definition_of("recency_mrr") is METRICS["mrr"]
    assert definition_of("nobody_knows") is None
