"""The slow proof: whole houses, walked, remembered, asked in a new process, and visited again."""

from pathlib import Path

import pytest

from embodied_mem_envs.bench.scene import SceneBenchConfig, snapshot_figures
from embodied_mem_envs.evaluation.explore_run import ExploreConfig
from embodied_mem_envs.evaluation.house_eval import HouseEvalConfig, evaluate_houses

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def test_four_unseen_houses(tmp_path: Path) -> None:
    metrics = evaluate_houses(HouseEvalConfig(houses=4, first_seed=3000), tmp_path).metrics()
    assert metrics["floor_covered"] >= 0.95
    assert metrics["answer_accuracy"] >= 0.9
    assert metrics["false_claims"] == 0
    assert metrics["moved_tracked"] >= 0.8


def test_two_unseen_houses_with_every_error(tmp_path: Path) -> None:
    config = HouseEvalConfig(
        houses=2, first_seed=3000, nearest_frontier=False, explore=ExploreConfig(errors=True)
    )
    metrics = evaluate_houses(config, tmp_path).metrics()
    assert metrics["answer_accuracy"] >= 0.8
    assert metrics["false_claims"] == 0


def test_snapshots_are_few_and_show_everything() -> None:
    figures = snapshot_figures(SceneBenchConfig(houses=3, first_seed=3000), lambda _: None)
    assert figures["snapshots_over_optimum"] <= 1.2
    assert figures["snapshots_over_frames"] <= 0.35
    assert figures["objects_covered"] >= 0.95
