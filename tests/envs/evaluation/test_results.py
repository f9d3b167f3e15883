import io
from typing import Any

import pytest
from rich.console import Console

from embodied_mem_envs.evaluation.asking import Asked
from embodied_mem_envs.evaluation.drafts import Kind, RightAnswer
from embodied_mem_envs.evaluation.elsewhere.wire import WorkerAnswer
from embodied_mem_envs.evaluation.moved import MovedObject
from embodied_mem_envs.evaluation.questions import HouseQuestion
from embodied_mem_envs.evaluation.report import print_report
from embodied_mem_envs.evaluation.results import EvaluationResult, HouseResult, path_ratio
from embodied_mem_envs.evaluation.scoring import score
from embodied_mem_envs.evaluation.watch import Progress


def asked(kind: Kind, value: Any, *, about_unseen: bool = False, paraphrase: bool = False) -> Asked:
    assert kind != "superlative"
    question = HouseQuestion(
        kind=kind,
        form=kind,
        text="asked",
        plain="plain",
        paraphrase=paraphrase,
        about_unseen=about_unseen,
        right=RightAnswer(count=0 if about_unseen else 2),
    )
    answer = WorkerAnswer(status="answered", certain=True, value=value)
    return Asked(question=question, answer=answer, verdict=score(question, answer))


def house(seed: int, covered: float, ratio: float | None, *questions: Asked) -> HouseResult:
    moved = MovedObject(
        id="mug-0", category="mug", metres=2.0, old_claim_closed=True, new_place_known=seed > 0
    )
    return HouseResult(
        seed=seed,
        rooms=3,
        objects=40,
        shown=38,
        ticks=90,
        finished=seed > 0,
        floor_covered=covered,
        path_metres=20.0,
        path_over_nearest_frontier=ratio,
        asked=questions,
        moved=(moved,),
    )


@pytest.fixture
def result() -> EvaluationResult:
    return EvaluationResult(
        houses=(
            house(0, 0.9, 0.8, asked("how_many", 2), asked("how_many", 3, paraphrase=True)),
            house(1, 1.0, None, asked("exists", True, about_unseen=True), asked("how_many", 2)),
        )
    )


def test_metrics_are_those_of_all_houses(result: EvaluationResult) -> None:
    metrics = result.metrics()
    assert metrics["floor_covered"] == 0.95
    assert metrics["floor_covered_least"] == 0.9
    assert metrics["path_over_nearest_frontier"] == 0.8
    assert metrics["answer_accuracy"] == 0.5
    assert metrics["answer_accuracy_plain"] == pytest.approx(2 / 3, abs=1e-5)
    assert metrics["answer_accuracy_paraphrased"] == 0.0
    assert metrics["false_claims"] == 1
    assert metrics["moved_tracked"] == 0.5
    assert (metrics["questions"], metrics["houses"], metrics["moved_objects"]) == (4, 2, 2)


def test_what_was_not_measured_is_left_out() -> None:
    metrics = EvaluationResult(houses=(house(0, 1.0, None),)).metrics()
    assert "path_over_nearest_frontier" not in metrics
    assert "answer_accuracy" not in metrics


def test_each_kind_has_its_row(result: EvaluationResult) -> None:
    rows = {row["kind"]: row for row in result.by_kind()}
    assert rows["how_many"]["questions"] == 3
    assert rows["how_many"]["right"] == 2
    assert rows["exists"]["false_claims"] == 1
    assert rows["colour"]["accuracy"] is None


def test_misses_say_why(result: EvaluationResult) -> None:
    first, second = result.misses()
    assert (first["seed"], first["outcome"]) == (0, "wrong")
    assert "there are 2, not 3" in first["reason"]
    assert (second["seed"], second["outcome"]) == (1, "false_claim")


def test_ways_are_compared_to_the_same_share_of_the_floor() -> None:
    ours = [Progress(0.0, 0.1), Progress(4.0, 0.6), Progress(8.0, 0.95), Progress(30.0, 1.0)]
    theirs = [Progress(0.0, 0.1), Progress(10.0, 0.95), Progress(12.0, 0.97)]
    assert path_ratio(ours, theirs) == 0.8
    assert path_ratio(theirs, ours) == 1.25
    gave_up = [Progress(0.0, 0.1), Progress(5.0, 0.6)]
    assert path_ratio(gave_up, theirs) == 0.5
    assert path_ratio([Progress(0.0, 1.0)], theirs) is None


def test_the_report_names_kinds_houses_and_misses(result: EvaluationResult) -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    print_report(result, console)
    text = console.export_text()
    for part in ("answer_accuracy", "how_many", "there are 2, not 3", "1/2", "0.800", "cut off"):
        assert part in text
