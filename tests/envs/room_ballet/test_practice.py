"""What readers of Room Ballet are trained and examined on."""

import json

import numpy as np
import pytest

from embodied_mem.cli.train_reader import TrainReader
from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.reader import Reader
from embodied_mem_envs.bench.sat.reader import bench_reader
from embodied_mem_envs.room_ballet.frozen import shipped_reader
from embodied_mem_envs.room_ballet.multi_task import FULL, REDUCED, TASKS
from embodied_mem_envs.room_ballet.practice import PracticeConfig, oracle_examination, prepare


def test_the_published_model_has_the_same_lessons_with_its_own_questions():
    practice = prepare(PracticeConfig(game="reduced", published=True, examined=2))
    assert practice.trainer.source.stages == 4
    rng = np.random.default_rng(0)
    drawn = [practice.trainer.source.draw(rng, stage, 2).memories.sizes for stage in range(4)]
    assert drawn == [(2, 32 * size, size, 16) for size in (1, 2, 4, 5)]
    assert practice.about["reader"]["sat"]["published"]
    lesson = practice.trainer.source.draw(rng, 0, 2)
    assert practice.trainer.reader(lesson.memories).shape == (2, 1, 8)


def test_lessons_can_begin_with_full_memories_and_ask_once():
    config = PracticeConfig(game="reduced", stages=False, questions=1, examined=2)
    source = prepare(config).trainer.source
    assert source.stages == 1
    memories = source.draw(np.random.default_rng(0), 0, 3).memories
    assert memories.sizes == (3, 32 * REDUCED.capacity, 1, 1)


def test_a_reader_is_examined_by_task_on_memories_that_hold_the_target():
    reader = prepare(PracticeConfig(game="reduced", examined=2)).trainer.reader
    examine = oracle_examination(REDUCED, 24, 5)
    found = examine(reader)
    assert found == oracle_examination(REDUCED, 24, 5)(reader)
    assert [*found] == ["accuracy", *TASKS]
    assert found["accuracy"] == np.mean([found[task] for task in TASKS])


def test_the_command_trains_stops_and_goes_on(tmp_path):
    settings = {"game": "reduced", "updates": 3, "evaluate_every": 3, "tensorboard": False}
    assert TrainReader(out=tmp_path, minutes=0, **settings).run() == 0
    result = json.loads((tmp_path / "result.json").read_text())
    assert not result["finished"]
    assert result["metrics"]["updates"] == 1
    also = tmp_path / "also.json"
    assert TrainReader(out=tmp_path, resume=True, json=also, **settings).run() == 0
    result = json.loads(also.read_text())
    assert result["finished"]
    assert result["metrics"]["updates"] == 3
    (point,) = result["curve"]
    assert point["update"] == 3
    assert 0 < point["cpu_seconds"] == result["metrics"]["train_cpu_s"]
    assert result["metrics"]["validation"] == point["accuracy"]["validation"]
    assert (tmp_path / "best.json").exists()


def test_the_command_trains_a_population(tmp_path):
    settings = {"game": "reduced", "updates": 3, "evaluate_every": 3, "tensorboard": False}
    train = TrainReader(out=tmp_path, vary=("read=flat,place",), **settings)
    assert train.run() == 0
    result = json.loads((tmp_path / "result.json").read_text())
    assert {member["setting"] for member in result["members"]} == {"read=flat", "read=place"}
    for each in ("read=flat", "read=place"):
        alone = json.loads((tmp_path / each / "seed-0" / "result.json").read_text())
        assert result["metrics"][f"{each}.validation"] == alone["metrics"]["validation"]
    best = tmp_path / result["best"]["setting"] / "seed-0" / "best.safetensors"
    assert (tmp_path / "best.safetensors").read_bytes() == best.read_bytes()
    with pytest.raises(ConfigError, match="goes with --population"):
        TrainReader(out=tmp_path, ray="local", **settings).run()
    with pytest.raises(ConfigError, match="no game is called 'solo'"):
        TrainReader(out=tmp_path, vary=("game=solo",), **settings).run()


def test_the_shipped_reader_is_as_good_as_it_says():
    path = shipped_reader()
    stated = json.loads(path.with_suffix(".json").read_text())["about"]["figures"]
    assert stated["accuracy"] > 0.99
    found = oracle_examination(FULL, 48, 424242)(Reader.load(path))
    assert found["accuracy"] > stated["accuracy"] - 0.02
    assert path.stat().st_size < 1_500_000


@pytest.mark.slow
def test_the_reduced_game_is_learned_and_what_is_answered_follows_from_what_is_kept(tmp_path):
    found = bench_reader(quick=True, note=lambda _: None, out=tmp_path)
    assert found["reader_accuracy"] > 0.8
    assert found["reader_under_ama"] == found["reader_under_task_known"]
    assert found["reader_under_ama"] > found["reader_under_lvfo"] > found["reader_under_reservoir"]
    assert found["reader_law_worst_deviation"] < 0.15
    assert {each.name for each in tmp_path.iterdir()} == {
        *("seed_1000.json", "rules.json", "room_ballet.json", "room_ballet.safetensors")
    }
