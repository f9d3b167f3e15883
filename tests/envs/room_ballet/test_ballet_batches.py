"""Memories of Room Ballet are told in true time, and Short-Stay has the noted phases."""

import numpy as np
import pytest

pytest.importorskip("torch")

from embodied_mem.errors import ConfigError
from embodied_mem_envs.room_ballet.batches import dance_batch, draw_kept, walk_batch
from embodied_mem_envs.room_ballet.motions import WHOLE
from embodied_mem_envs.room_ballet.multi_task import FULL, draw_episodes
from embodied_mem_envs.room_ballet.pictures import CENTRE, FRAMES, frame_of
from embodied_mem_envs.room_ballet.short_stay import (
    Stay,
    draw_walks,
    phases_by,
    time_chunk_phases,
)


def test_entries_show_the_dances_kept_when_and_where_they_were() -> None:
    rng = np.random.default_rng(0)
    episodes = draw_episodes(FULL, 3, rng)
    kept = np.array([[2, 5], [0, 17], [4, -1]])
    asked = np.array([[5, 2, 9], [17, 0, 0], [4, 4, 4]])
    batch, labels = dance_batch(episodes, kept, asked, tokens=2)
    assert batch.sizes == (3, 64, 3, 2)
    frames = batch.frames.numpy()
    assert len(np.unique(frames.reshape(len(frames), -1), axis=0)) == len(frames)
    shown = frames[batch.entry_frame.numpy()].reshape(3, 2, 32, 5, 5)
    for row, slot in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0)):
        dance = kept[row, slot]
        steps = WHOLE[episodes.motion[row, dance]]
        assert (shown[row, slot] == FRAMES[frame_of(episodes.looks[row, dance], steps)]).all()
        part = slice(32 * slot, 32 * slot + 32)
        assert (batch.entry_time[row, part].numpy() == 32 * dance + np.arange(32)).all()
        assert (batch.entry_place[row, part] == int(episodes.room[row, dance])).all()
    assert batch.entry_held.numpy().reshape(3, 2, 32).all(axis=2).tolist() == [
        [True, True],
        [True, True],
        [True, False],
    ]
    query = frames[batch.query_frame.numpy()]
    wanted = FRAMES[frame_of(np.take_along_axis(episodes.looks, asked, axis=1), CENTRE)]
    assert (query == wanted[:, :, None]).all()
    assert (batch.query_time == 18 * 32).all() and (batch.query_place == -1).all()
    assert (labels.numpy() == np.take_along_axis(episodes.motion, asked, axis=1)).all()


def test_any_number_of_dances_can_be_drawn_for_a_memory() -> None:
    rng = np.random.default_rng(4)
    episodes = draw_episodes(FULL, 500, rng)
    for size in (1, 2, 4, 9):
        kept = draw_kept(episodes, size, rng)
        assert kept.shape == (500, size) and (np.diff(kept, axis=1) > 0).all()
    assert np.bincount(kept.ravel()).min() > 200


@pytest.mark.parametrize(
    ("rooms", "ticks", "phases", "chunked"),
    [(9, 141.9, 15.9, 11.6), (16, 80.0, 14.8, 9.6), (25, 51.2, 12.8, 8.2)],
)
def test_walks_show_as_much_of_each_dance_as_noted(
    rooms: int, ticks: float, phases: float, chunked: float
) -> None:
    walks = draw_walks(Stay(rooms=rooms), 400, np.random.default_rng(rooms))
    entries, steps = phases_by(walks, np.ones_like(walks.room, np.bool_))
    assert entries.mean() == pytest.approx(ticks, rel=0.01)
    assert steps.mean() == pytest.approx(phases, abs=0.15)
    room = np.random.default_rng(1).integers(rooms, size=400)
    by_visits = time_chunk_phases(walks, room)
    assert by_visits.mean() == pytest.approx(chunked, abs=0.35)
    best = time_chunk_phases(walks, room, best=True)
    assert (by_visits <= best).all() and (best <= steps[np.arange(400), room]).all()


def test_a_walk_moves_a_room_at_most_and_shows_the_clock() -> None:
    walks = draw_walks(Stay(rooms=9), 5, np.random.default_rng(2))
    row, column = np.divmod(walks.room, 3)
    moved = abs(np.diff(row, axis=1)) + abs(np.diff(column, axis=1))
    assert moved.max() == 1 and 0.1 < (moved == 0).mean() < 0.5
    assert all(len(np.unique(looks)) == 9 for looks in walks.looks)
    batch, labels = walk_batch(walks, np.array([[8, 0]] * 5))
    assert batch.sizes == (5, 1280, 2, 1)
    tick = 32 * 3 + 21
    where = walks.room[4, tick]
    steps = WHOLE[walks.motion[4, where], 21]
    seen = batch.frames[batch.entry_frame[4, tick]].numpy()
    assert (seen == FRAMES[frame_of(walks.looks[4, where], steps)]).all()
    assert batch.entry_time[4, tick] == tick and batch.entry_place[4, tick] == where
    assert (labels.numpy() == walks.motion[:, [8, 0]]).all()
    with pytest.raises(ConfigError, match="square"):
        Stay(rooms=10)
