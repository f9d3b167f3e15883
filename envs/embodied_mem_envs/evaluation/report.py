"""Shows an evaluation to a reader: metrics, kinds, houses, and every question that was missed."""

from rich.console import Console, Group
from rich.table import Table

from embodied_mem_envs.evaluation.results import EvaluationResult


def print_report(result: EvaluationResult, console: Console | None = None) -> None:
    """Prints the tables of an evaluation."""
    (console or Console()).print(
        Group(_metrics(result), _kinds(result), _houses(result), _misses(result))
    )


def _metrics(result: EvaluationResult) -> Table:
    table = _table("Metrics", "metric", "value")
    for name, value in result.metrics().items():
        table.add_row(name, f"{value:.4g}")
    return table


def _kinds(result: EvaluationResult) -> Table:
    table = _table("Answers by kind", "kind", "questions", "right", "false claims", "accuracy")
    for row in result.by_kind():
        table.add_row(
            row["kind"],
            str(row["questions"]),
            str(row["right"]),
            str(row["false_claims"]),
            _share(row["accuracy"]),
        )
    return table


def _houses(result: EvaluationResult) -> Table:
    columns = (
        "seed",
        "rooms",
        "shown",
        "ticks",
        "floor",
        "metres",
        "/ nearest",
        "right",
        "moved tracked",
    )
    table = _table("Houses", *columns)
    for house in result.houses:
        right = sum(asked.verdict.right for asked in house.asked)
        tracked = sum(item.tracked for item in house.moved)
        table.add_row(
            str(house.seed),
            str(house.rooms),
            f"{house.shown}/{house.objects}",
            f"{house.ticks}{'' if house.finished else ' (cut off)'}",
            _share(house.floor_covered),
            f"{house.path_metres:.1f}",
            _share(house.path_over_nearest_frontier),
            f"{right}/{len(house.asked)}",
            f"{tracked}/{len(house.moved)}",
        )
    return table


def _misses(result: EvaluationResult) -> Table:
    table = _table("Not answered right", "house", "question", "answer", "verdict")
    for miss in result.misses():
        table.add_row(
            str(miss["seed"]),
            miss["question"],
            f"{miss['status']}: {miss['answer']}",
            f"{miss['outcome']}: {miss['reason']}",
        )
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    return table


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
