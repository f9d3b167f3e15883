"""The patches of a picture: 10 x 10 squares of 16 pixels, each overlapping its neighbours by half.

A picture is 11 x 11 blocks of 8 pixels, and a patch is the four blocks at a corner of the grid.
"""

from typing import Final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray, BoolArray, Int64Array, UInt8Array

ROWS: Final = 10
CELLS: Final = ROWS * ROWS
PATCH: Final = 16
STRIDE: Final = 8
BLOCKS: Final = (ROWS + 1) ** 2
NEIGHBOURS: Final = 4
_BESIDE: Final = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)])


def _neighbours() -> Int64Array:
    """Returns (100, 4) cells above, below, left and right of each; -1 beyond the border."""
    at = np.stack(np.divmod(np.arange(CELLS), ROWS), axis=1)[:, None] + _BESIDE
    inside = ((at >= 0) & (at < ROWS)).all(axis=2)
    numbers: Int64Array = np.where(inside, at[..., 0] * ROWS + at[..., 1], -1)
    return numbers


def _blocks() -> Int64Array:
    """Returns (100, 4) blocks of each patch."""
    row, column = np.divmod(np.arange(CELLS), ROWS)
    corner = row * (ROWS + 1) + column
    blocks: Int64Array = corner[:, None] + np.array([0, 1, ROWS + 1, ROWS + 2])
    return blocks


CELL_NEIGHBOURS: Final = _neighbours()
CELL_BLOCKS: Final = _blocks()


def positions(cells: AnyArray) -> AnyArray:
    """Returns (..., 2) row and column of cells."""
    return np.stack(np.divmod(cells, ROWS), axis=-1)


def patches_of(pictures: UInt8Array) -> UInt8Array:
    """Returns (B, 100, 16, 16, 3) the patches of (B, 88, 88, 3) pictures, row by row."""
    windows = np.lib.stride_tricks.sliding_window_view(pictures, (PATCH, PATCH), axis=(1, 2))
    at_stride = windows[:, ::STRIDE, ::STRIDE].transpose(0, 1, 2, 4, 5, 3)
    return at_stride.reshape(len(pictures), CELLS, PATCH, PATCH, 3)


def blocks_seen(cells: Int64Array, held: BoolArray) -> BoolArray:
    """Returns (B, 121) which blocks lie in any of (B, K) patches that are held."""
    seen = np.zeros((len(cells), BLOCKS), np.bool_)
    rows = np.arange(len(cells))[:, None, None]
    seen[np.broadcast_to(rows, (*cells.shape, 4))[held], CELL_BLOCKS[cells][held]] = True
    return seen


def draw_walks(count: int, steps: int, rng: np.random.Generator) -> Int64Array:
    """Returns (count, steps) cells of weakly self-avoiding walks from random starts.

    Each step goes to one of those neighbours that the walk has visited least so far, all of them
    with the same chance.
    """
    rows = np.arange(count)
    visits = np.zeros((count, CELLS), np.int64)
    walks = np.zeros((count, steps), np.int64)
    at = rng.integers(CELLS, size=count)
    chance = rng.random((steps, count, NEIGHBOURS))
    for step in range(steps):
        walks[:, step] = at
        visits[rows, at] += 1
        beside = CELL_NEIGHBOURS[at]
        counted = np.where(beside >= 0, visits[rows[:, None], beside], np.iinfo(np.int64).max)
        least = counted == counted.min(axis=1, keepdims=True)
        at = beside[rows, np.where(least, chance[step], -1.0).argmax(axis=1)]
    return walks


def make_places(count: int, seed: int = 0) -> Int64Array:
    """Returns (100,) the place of each cell: k-means of their coordinates (Lloyd's algorithm).

    Every cell belongs to a place, and no place is empty.

    Args:
        count: Of places; the paper has 8, 16 and 32.
        seed: Of the cells that it starts with; the paper has three.

    Raises:
        ConfigError: If there cannot be so many.
    """
    if not 1 <= count <= CELLS:
        raise ConfigError(f"places is {count}; expected 1 to {CELLS}")
    at = positions(np.arange(CELLS)).astype(np.float64)
    rng = np.random.default_rng([seed, count])
    centres = at[rng.permutation(CELLS)[:count]]
    place = np.full(CELLS, -1)
    while True:
        distance = np.square(at[:, None] - centres).sum(axis=2)
        nearest: Int64Array = distance.argmin(axis=1)
        if (nearest == place).all():
            return nearest
        place = nearest
        held = np.bincount(place, minlength=count)[:, None]
        sums = np.stack([np.bincount(place, axis, minlength=count) for axis in at.T], axis=1)
        # A centre that lost all its cells stays where it is, and finds some again or none.
        centres = np.where(held > 0, sums / np.maximum(held, 1), centres)
