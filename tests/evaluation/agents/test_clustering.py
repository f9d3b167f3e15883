"""3D-Mem's choice of frames, against what its public code was measured to choose."""

import numpy as np
import pytest

from embodied_mem_envs.evaluation.agents.peers.clustering import affected, cluster_snapshots
from embodied_mem_envs.evaluation.agents.peers.visibility import draw_visibility


def counts(objects: int, frames: int, seeds: range) -> np.ndarray:
    """Returns (seeds, 3): snapshots, frames that show anything, objects that are shown."""
    rows = []
    for seed in seeds:
        seen = draw_visibility(objects, frames, seed)
        snapshots = cluster_snapshots(seen.positions, seen.confidence)
        rows.append((len(snapshots), *seen.confidence.shape))
    return np.array(rows, float)


@pytest.mark.parametrize(
    ("objects", "frames", "measured", "seeds"),
    [
        (100, 100, (29, 97, 100), range(10)),
        (400, 800, (91, 771, 400), range(2)),
        (200, 200, (50, 191, 197), range(2)),
    ],
)
def test_as_many_frames_are_chosen_as_by_the_public_code(
    objects: int, frames: int, measured: tuple[int, int, int], seeds: range
) -> None:
    mean = counts(objects, frames, seeds).mean(axis=0)
    assert mean[0] == pytest.approx(measured[0], rel=0.10)
    # The inputs are alike too: as many frames and objects are left.
    assert mean[1:] == pytest.approx(np.array(measured[1:]), rel=0.10)


def test_every_shown_object_has_one_snapshot_that_shows_it() -> None:
    seen = draw_visibility(50, 200, 1)
    snapshots = cluster_snapshots(seen.positions, seen.confidence)
    owned = sorted(index for snapshot in snapshots for index in snapshot.cluster)
    assert owned == list(range(len(seen.positions)))
    for snapshot in snapshots:
        assert (seen.confidence[snapshot.frame, list(snapshot.cluster)] > 0.0).all()


def test_one_frame_that_shows_all_is_enough() -> None:
    positions = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    confidence = np.array([[0.9, 0.9, 0.0], [0.5, 0.5, 0.5], [0.9, 0.0, 0.9]])
    (snapshot,) = cluster_snapshots(positions, confidence)
    assert (snapshot.frame, snapshot.cluster) == (1, (0, 1, 2))


def test_the_surer_of_two_equal_frames_is_chosen() -> None:
    positions = np.array([[0.0, 0.0], [1.0, 0.0]])
    confidence = np.array([[0.5, 0.5], [0.9, 0.6]])
    (snapshot,) = cluster_snapshots(positions, confidence)
    assert snapshot.frame == 1


def test_objects_at_one_place_without_a_common_frame_end() -> None:
    positions = np.zeros((5, 2))
    snapshots = cluster_snapshots(positions, np.eye(5))
    assert sorted(snapshot.frame for snapshot in snapshots) == [0, 1, 2, 3, 4]


def test_an_object_that_no_frame_shows_is_left_out() -> None:
    confidence = np.array([[0.9, 0.0]])
    (snapshot,) = cluster_snapshots(np.array([[0.0, 0.0], [9.0, 9.0]]), confidence)
    assert snapshot.cluster == (0,)


def test_what_is_near_or_shares_a_snapshot_is_made_anew() -> None:
    positions = np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0], [30.0, 0.0]])
    touched = affected(positions, np.zeros(2), 4.0, {3}, {7: [0, 1], 8: [2]})
    assert touched == {0, 1, 3}
