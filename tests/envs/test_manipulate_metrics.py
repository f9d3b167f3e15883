"""Figures of the tabletop are counted as they are defined, and shown to a reader."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from embodied_mem_envs.evaluation.manipulate_agent import AnomalyNote
from embodied_mem_envs.evaluation.manipulate_metrics import Detection, Share, metrics
from embodied_mem_envs.evaluation.manipulate_records import Case, EpisodeRecord
from embodied_mem_envs.evaluation.manipulate_report import print_manipulate_report


def record(seed: int, success: bool = True, **more: Any) -> EpisodeRecord:
    case = Case(
        family=more.pop("family", "stack"), level=more.pop("level", 1), seed=seed,
        fault=more.pop("fault", ""), run=more.pop("run", "first"),
    )  # fmt: skip
    notes = tuple(AnomalyNote(tick=tick, level="retry", kind="grip") for tick in more.pop("at", ()))
    return EpisodeRecord(
        agent="a", memory=True, case=case, instruction="Stack them.", success=success,
        progress=1.0 if success else 0.2, why="" if success else "red_block is elsewhere",
        anomalies=notes, **more,
    )  # fmt: skip


def test_detection_counts_hits_misses_and_false_alarms() -> None:
    found = Detection.of(
        [
            record(1, fault="slip", fired=100, at=(150,)),  # in time
            record(2, fault="slip", fired=100, at=(100 + 801,)),  # later than 4 s
            record(3, fault="slip", fired=100),  # not noticed
            record(4, fault="slip", fired=100, at=(50, 120)),  # an alarm before, then noticed
            record(5, fault="slip", at=(50,)),  # never acted
            record(6, at=(9,)),  # clean
            record(7),
        ]
    )
    assert found == Detection(hits=2, misses=2, false_alarms=3)
    assert found.f1 == pytest.approx(2 * 2 / (2 * 2 + 2 + 3))
    assert Detection.of([record(1)]).f1 is None


def test_all_figures_are_what_they_say() -> None:
    records = [
        record(1, model_calls=1),
        record(2, success=False, model_calls=3, at=(10,)),
        record(3, family="fetch", model_calls=1),
        record(1, run="repeat", model_calls=0),
        record(2, run="repeat", model_calls=5),  # failed at first: nothing was learned
        record(1, fault="slip", fired=100, at=(120,)),
        record(2, fault="slip", fired=100, at=(120,), success=False),
        record(3, fault="slip"),
    ]
    against = [record(seed, model_calls=8, success=seed == 1) for seed in (1, 2)]
    figures = metrics(records, against)
    assert figures["success_clean"] == pytest.approx(2 / 3)
    assert figures["success_with_faults"] == pytest.approx(2 / 3)
    assert figures["success_memory_tasks"] == 1.0
    assert figures["false_alarms_per_100"] == pytest.approx(100 / 3)
    assert figures["recovered"] == 0.5 and figures["faults_fired"] == 2
    assert figures["model_calls_first"] == pytest.approx(5 / 3)
    assert figures["model_calls_repeat"] == 0.0 and figures["success_repeat"] == 1.0
    assert figures["detection_f1"] == pytest.approx(4 / 5)
    assert figures["calls_vs_every_step"] == pytest.approx(4 / 16)
    assert figures["success_compared"] == 0.5 and figures["success_every_step"] == 0.5


def test_what_was_not_run_has_no_figure() -> None:
    figures = metrics([record(1)])
    for name in ("detection_f1", "recovered", "model_calls_repeat", "calls_vs_every_step"):
        assert figures[name] is None
    assert metrics([])["success_clean"] is None


@pytest.mark.parametrize(
    "hits, total, low, high",
    # R: binom::binom.confint(hits, total, methods = "wilson")
    [(0, 20, 0.0, 0.1611), (10, 20, 0.2993, 0.7007), (20, 20, 0.8389, 1.0)],
)
def test_intervals_are_wilsons(hits: int, total: int, low: float, high: float) -> None:
    assert Share(hits=hits, total=total).interval == pytest.approx((low, high), abs=1e-4)


def test_the_report_shows_families_faults_and_every_failure() -> None:
    story = "\n".join(f"step {k}" for k in range(40))
    records = [
        record(1, model_calls=1),
        record(2, success=False, claimed=True, level=2, report=story),
        record(1, run="repeat"),
        record(1, fault="slip", fired=100, at=(120,)),
        record(5, fault="slip", fired=100, success=False, error="not done within 3 s"),
    ]  # fmt: skip
    out = StringIO()
    print_manipulate_report(records, metrics(records), Console(file=out, width=160))
    text = out.getvalue()
    for part in (
        "success_clean", "stack", "slip", "1/2", "0.09..0.91", "2/2",
        "stack level 2 seed 2 first, believed that it succeeded",
        "red_block is elsewhere", "step 39", "not done within 3 s",
    ):  # fmt: skip
        assert part in text, part
    assert "step 20" not in text
