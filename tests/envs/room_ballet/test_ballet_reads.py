"""Reads of Short-Stay are trained alike, and what was read is told as it was."""

import json

import numpy as np
import pytest

pytest.importorskip("torch")

from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.reader import Reader, ReaderConfig
from embodied_mem_envs.bench.sat.short_stay import (
    NAMES,
    SAT,
    Plan,
    _config,
    _figures,
    _record,
    scores_by_place,
    train_read,
)
from embodied_mem_envs.bench.sat.short_stay_reads import draw_reads, trace
from embodied_mem_envs.room_ballet.env import RoomBalletEnv
from embodied_mem_envs.room_ballet.frozen import FrozenReader
from embodied_mem_envs.room_ballet.motions import MOTION_NAMES
from embodied_mem_envs.room_ballet.pictures import square_pictures
from embodied_mem_envs.room_ballet.short_stay import (
    Stay,
    Walks,
    draw_walks,
    phases_by,
    time_chunk_phases,
)
from embodied_mem_envs.room_ballet.walk_lessons import WalkLessons

WALKS = draw_walks(Stay(rooms=9), 3, np.random.default_rng(3))


def traced(name: str, newest: int | None = None, walks: Walks = WALKS):
    reader = Reader(ReaderConfig(sat=_config(name, SAT), classes=8), square_pictures(), 1)
    return trace(name, reader, WalkLessons(walks.stay, newest), walks)


def test_a_flat_read_has_all_phases_in_reach() -> None:
    flat = traced("flat")
    assert flat.ticks.all() and flat.fraction == pytest.approx(1.0)
    everything = phases_by(WALKS, np.ones_like(WALKS.room, np.bool_))[1]
    assert flat.phases == pytest.approx(everything.mean())
    assert flat.weights.sum() == pytest.approx(1.0, abs=1e-5)
    assert (flat.there == (WALKS.room[0] == 4)).all()


def test_reads_by_chunks_compare_less_and_read_whole_chunks() -> None:
    place, by_time = traced("place"), traced("time")
    assert place.fraction < 0.25 and by_time.fraction < 0.25
    assert place.weights[~place.ticks].max() == 0.0
    rooms = np.unique(WALKS.room[0][place.ticks])
    assert len(rooms) <= 4 and place.ticks.sum() <= 128
    chunks = by_time.ticks.reshape(-1, 32)
    assert (chunks.all(axis=1) | ~chunks.any(axis=1)).all() and chunks.any(axis=1).sum() == 4
    best = np.mean([time_chunk_phases(WALKS, np.full(3, r), best=True).mean() for r in range(9)])
    assert by_time.phases <= best + 1.0  # nearly the best there is, chosen greedily


def test_the_newest_are_as_many_as_reading_by_place_compares() -> None:
    stay = WALKS.stay
    newest = scores_by_place(stay, SAT)
    recent = traced("recent", newest)
    assert np.flatnonzero(recent.ticks).tolist() == [*range(1280 - newest, 1280)]
    assert recent.fraction == pytest.approx(traced("place").fraction, abs=0.005)


def test_lessons_begin_with_few_rooms() -> None:
    lessons = WalkLessons(Stay(rooms=16))
    sizes = [lessons.draw(np.random.default_rng(0), stage, 2).memories.sizes for stage in range(3)]
    assert sizes == [(8, 64, 1, 1), (8, 320, 4, 1), (2, 1280, 16, 1)]


def test_trainings_are_examined_alike_and_repeatable(tmp_path) -> None:
    plan = Plan(rooms=(4,), seeds=(1,), updates=2, every=2, examined=2)
    runs = [train_read(name, 4, 1, plan) for name in NAMES]
    again = train_read("place", 4, 1, plan)
    assert again.correct == runs[0].correct and len(again.correct) == 2
    figures = _figures(runs, 4)
    assert figures["place_read_gain_4_over_time"] == pytest.approx(
        100 * (np.mean(runs[0].correct) - np.mean(runs[2].correct))
    )
    assert figures["place_read_gain_4"] <= figures["place_read_gain_4_over_flat"]
    assert [point[0] for point in runs[1].curve] == [2]
    json.dumps([_record(run) for run in runs])
    draw_reads(tmp_path / "reads.png", [run.trace for run in runs])
    assert (tmp_path / "reads.png").stat().st_size > 1000


def test_a_saved_reader_answers_in_the_environment(tmp_path) -> None:
    sat = SATConfig(width=16, heads=2, layers=1, hidden=16, read="stay")
    reader = Reader(ReaderConfig(sat=sat, classes=8, features=8), square_pictures(), 3)
    reader.save(tmp_path / "reader")
    env = RoomBalletEnv(reader=tmp_path / "reader", task="fifo")
    given = []
    for seed in range(6):
        env.reset(seed=seed)
        for _ in range(9):
            _, reward, ended, _, info = env.step(0)
        assert ended and reward == float(info["answer"] == info["motion"])
        given.append(info["answer"])
    again = RoomBalletEnv(reader=FrozenReader(reader), task="fifo")
    again.reset(seed=5)
    for _ in range(9):
        *_, info = again.step(0)
    assert info["answer"] == given[5] and set(given) <= set(MOTION_NAMES)
