"""Moving what is remembered: by a rigid move everything goes the same way."""

import numpy as np
import pytest

from embodied_mem.scene import voxels
from embodied_mem.scene.drift.moves import KeyframeMoves
from embodied_mem.scene.drift.planar import compose, moved
from embodied_mem.scene.occupancy import FREE, OCCUPIED, Occupancy

_MOVE = np.array([0.31, -0.22, 0.05])


@pytest.fixture
def moves() -> KeyframeMoves:
    rng = np.random.default_rng(4)
    before = np.column_stack([rng.uniform(-3, 3, (20, 2)), rng.uniform(-3, 3, 20)])
    return KeyframeMoves(before, np.array([compose(_MOVE, pose) for pose in before]))


def test_a_rigid_move_takes_every_point_along(moves: KeyframeMoves) -> None:
    xy = np.random.default_rng(1).uniform(-8, 8, (50, 2))
    np.testing.assert_allclose(xy + moves.at(xy), moved(_MOVE, xy), atol=1e-9)
    np.testing.assert_allclose(xy[0] + moves.of([3, 7], [1.0, 2.0], xy[0]), moved(_MOVE, xy)[0])


def test_a_map_takes_its_evidence_from_where_it_was(moves: KeyframeMoves) -> None:
    column, row = moves.source((30, 40), np.array([-2.0, -1.5]), 0.1)
    to = np.array([[column[7, 11], row[7, 11]]]) * 0.1 + (-2.0, -1.5)
    at = np.array([[11, 7]]) * 0.1 + (-2.0, -1.5)
    # the move is looked up where the evidence goes to, not where it comes from
    np.testing.assert_allclose(moved(_MOVE, to), at, atol=0.03)


def test_an_occupancy_map_moves_by_whole_cells() -> None:
    grid = Occupancy()
    grid.touch(np.zeros((0, 2)))
    grid._cover(np.array([[0.0, 0.0], [1.0, 1.0]]), 3)
    rows, cols = grid.states.shape
    grid._odds[1:, 5, 6] = 2.0
    grid._odds[0, 5, 9] = 0.9
    column, row = np.meshgrid(np.arange(cols), np.arange(rows))
    grid.warp(np.stack([column - 3, row - 2]).astype(np.float32))
    assert grid.states[7, 9] == OCCUPIED
    assert grid.states[7, 12] == FREE
    assert np.count_nonzero(grid.states) == 2


def test_voxels_are_shifted_by_whole_cells() -> None:
    points = np.random.default_rng(0).uniform(-2, 2, (60, 3)).astype(np.float32)
    keys = np.unique(voxels.pack(points, 0.05))
    moved_keys = voxels.shifted(keys, np.array([2, -3, 0]))
    assert (np.diff(moved_keys) > 0).all()
    np.testing.assert_allclose(
        voxels.centres(moved_keys, 0.05) - voxels.centres(keys, 0.05),
        np.tile([0.1, -0.15, 0.0], (len(keys), 1)),
        atol=1e-5,
    )
