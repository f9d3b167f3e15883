"""The selection of snapshots: covers everything, wastes little, stays what it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import Bounds, LinearConstraint, milp

from embodied_mem.scene.cover import select_cover
from embodied_mem.scene.snapshots import KeptFrame, SnapshotConfig, SnapshotSelector

sees_matrices = st.tuples(st.integers(1, 12), st.integers(1, 15)).flatmap(
    lambda shape: arrays(bool, shape)
)


@settings(deadline=None)
@given(sees=sees_matrices, seed=st.integers(0, 99))
def test_clusters_partition_what_is_required_and_seen(sees: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    quality = rng.random(sees.shape, dtype=np.float32)
    required = rng.random(len(sees)) < 0.8
    cover = select_cover(sees, quality, required)
    wanted = required & sees.any(axis=1)
    assert (cover.assignment[~wanted] == -1).all()
    assert sees[np.flatnonzero(wanted), cover.assignment[wanted]].all()
    assert set(cover.frames) == set(cover.assignment[wanted])


@pytest.mark.parametrize("seed", range(8))
def test_the_cover_is_close_to_the_smallest(seed: int) -> None:
    sees = _walk(objects=60, frames=150, seed=seed)
    required = sees.sum(axis=1) >= 2
    cover = select_cover(sees, np.zeros(sees.shape, np.float32), required)
    exact = milp(
        np.ones(sees.shape[1]),
        constraints=LinearConstraint(sees[required].astype(float), 1, np.inf),
        integrality=np.ones(sees.shape[1]),
        bounds=Bounds(0, 1),
    )
    assert len(cover.frames) <= 1.15 * exact.fun


def test_quality_decides_between_frames_that_show_the_same() -> None:
    sees = np.ones((3, 4), dtype=bool)
    quality = np.zeros((3, 4), np.float32)
    quality[:, 2] = 0.9
    assert select_cover(sees, quality, np.ones(3, bool)).frames.tolist() == [2]


def test_objects_that_no_kept_frame_sees_do_not_hang_it() -> None:
    sees = np.zeros((5, 3), dtype=bool)
    sees[0, 1] = True
    cover = select_cover(sees, np.zeros((5, 3), np.float32), np.ones(5, bool))
    assert cover.assignment.tolist() == [1, -1, -1, -1, -1]


@pytest.mark.parametrize("seed", range(4))
def test_the_walked_selection_keeps_its_promises_at_every_step(seed: int) -> None:
    sees = _walk(objects=50, frames=200, seed=seed)
    quality = np.random.default_rng(seed).random(sees.shape, dtype=np.float32)
    selector = SnapshotSelector(SnapshotConfig(max_frames=64))
    views = np.zeros(50, int)
    changes = 0
    before: set[int] = set()
    for tick in range(sees.shape[1]):
        rows = np.flatnonzero(sees[:, tick])
        views += sees[:, tick]
        if selector.wants(rows, quality[rows, tick]):
            selector.add(_frame(tick, rows), rows, quality[rows, tick])
        selector.update(views >= 2)
        _check(selector, views >= 2)
        now = {selector.frame(column).tick for column in selector.columns()}
        changes += len(before - now)
        before = now
    fresh = select_cover(sees, quality, views >= 2)
    assert len(before) <= 1.3 * len(fresh.frames)
    assert changes <= 0.35 * sees.shape[1]
    assert len(selector) <= 64


def test_merged_objects_keep_all_their_views() -> None:
    selector = SnapshotSelector()
    for tick, rows in enumerate(([0, 1], [2, 3])):
        index = np.array(rows)
        selector.add(_frame(tick, index), index, np.full(2, 0.5, np.float32))
    selector.merge_rows(gone=3, into=1)
    selector.update(np.array([True, True, True, False]))
    assert selector.shows(1) == [0, 1]
    assert selector.shows(3) == []
    assert selector.frame(1).boxes.keys() == {2, 1}
    _check(selector, np.array([True, True, True, False]))


def test_forgetting_an_object_drops_frames_that_show_nothing_else() -> None:
    selector = SnapshotSelector()
    selector.add(_frame(0, np.array([0])), np.array([0]), np.ones(1, np.float32))
    selector.forget_row(0)
    selector.update(np.array([False]))
    assert len(selector) == 0 or selector.columns() == []


def _check(selector: SnapshotSelector, required: np.ndarray) -> None:
    clusters = [selector.cluster(column) for column in selector.columns()]
    members = [row for cluster in clusters for row in cluster]
    assert sorted(members) == np.flatnonzero(required).tolist()
    assert all(clusters)
    for column in selector.columns():
        assert selector.sees[selector.cluster(column), column].all()


def _frame(tick: int, rows: np.ndarray) -> KeptFrame:
    return KeptFrame(
        tick=tick,
        T_world_camera=np.eye(4),
        jpeg=b"",
        width=4,
        height=4,
        boxes={int(row): (0, 0, 1, 1) for row in rows},
    )


def _walk(objects: int, frames: int, seed: int) -> np.ndarray:
    """Which objects a wandering camera of 90 degrees and 3.5 m range sees."""
    rng = np.random.default_rng(seed)
    side = np.sqrt(objects)
    centres = rng.uniform(0, side, (objects, 2))
    position, heading = np.full(2, side / 2), 0.0
    sees = np.zeros((objects, frames), dtype=bool)
    for frame in range(frames):
        heading += rng.normal(0, 0.5)
        step = 0.3 * np.array([np.cos(heading), np.sin(heading)])
        position = np.clip(position + step, 0, side)
        offset = centres - position
        angle = np.arctan2(offset[:, 1], offset[:, 0]) - heading
        angle = np.abs((angle + np.pi) % (2 * np.pi) - np.pi)
        sees[:, frame] = (np.linalg.norm(offset, axis=1) < 3.5) & (angle < np.pi / 4)
    return sees
