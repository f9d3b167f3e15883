from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import ObjectFact, active
from embodied_mem_envs.evaluation.explore_run import ExploreConfig, explore_house
from embodied_mem_envs.evaluation.house_eval import HouseEvalConfig, evaluate_houses
from embodied_mem_envs.evaluation.results import HouseResult
from embodied_mem_envs.house import HouseConfig, generate_house

SMALL = ExploreConfig(width=128, max_ticks=60)
SEED = 1006  # three rooms


def test_a_walk_leaves_a_memory_of_what_showed(tmp_path: Path) -> None:
    house = generate_house(SEED, HouseConfig(rooms=3))
    visit = explore_house(house, tmp_path / "walk.mem", SMALL, seed=SEED)
    assert visit.ticks == 60 or visit.finished
    assert 0.3 < visit.floor_covered <= 1.0
    assert visit.path_metres > 0.5
    assert [p.metres for p in visit.progress] == sorted(p.metres for p in visit.progress)
    objects = {item["id"]: item for item in visit.truth["objects"]}
    assert 5 <= len(visit.shown) <= len(objects)
    store = MemoryStore.read(visit.memory)
    known = {fact.category for _, fact in active(store, ObjectFact)}
    missed = [name for name in visit.shown if objects[name]["category"] not in known]
    assert len(missed) <= 0.2 * len(visit.shown)


def test_one_house_from_walk_to_verdicts(tmp_path: Path) -> None:
    config = HouseEvalConfig(houses=1, first_seed=SEED, questions=10, moves=2, explore=SMALL)
    seen: list[HouseResult] = []
    result = evaluate_houses(config, tmp_path, on_house=seen.append)
    (house,) = result.houses
    assert seen == [house]
    assert len(house.asked) == 10
    metrics = result.metrics()
    assert metrics["floor_covered"] == pytest.approx(house.floor_covered, abs=1e-5)
    assert metrics["path_over_nearest_frontier"] > 0.0
    assert np.mean([asked.verdict.right for asked in house.asked]) > 0.4
    for name in ("first.mem", "second.mem", "nearest.mem", "questions.json", "answers.json"):
        assert (tmp_path / f"house-{SEED}" / name).exists()

    again = evaluate_houses(config, tmp_path, resume=True)
    assert again == result


def test_other_settings_are_not_resumed(tmp_path: Path) -> None:
    explore = ExploreConfig(width=96, max_ticks=3)
    config = HouseEvalConfig(
        houses=1,
        first_seed=SEED,
        questions=2,
        moves=0,
        nearest_frontier=False,
        explore=explore,
    )
    first = evaluate_houses(config, tmp_path)
    longer = HouseEvalConfig(
        houses=1,
        first_seed=SEED,
        questions=3,
        moves=0,
        nearest_frontier=False,
        explore=explore,
    )
    second = evaluate_houses(longer, tmp_path, resume=True)
    assert len(first.houses[0].asked) == 2
    assert len(second.houses[0].asked) == 3


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="at least 1 house"):
        HouseEvalConfig(houses=0)
    with pytest.raises(ConfigError, match="at least 1 tick"):
        ExploreConfig(max_ticks=0)
