"""Episodes of a patch walk, many at once."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import Float64Array, Int64Array, UInt8Array
from embodied_mem_envs.patch_walk.grid import CELL_BLOCKS, blocks_seen, draw_walks
from embodied_mem_envs.patch_walk.pictures import draw_pictures

STEPS = 256
ASKED = 32


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PatchWalks:
    """B episodes: a picture, the walk that is memorised, and the one whose patches are asked for.

    Cells are numbered row by row, 0 to 99.
    """

    pictures: UInt8Array
    """(B, 88, 88, 3)."""
    walk: Int64Array
    """(B, S) cells, at the ticks 0 to S - 1."""
    start: Int64Array
    """(B,) cell from which the second walk starts."""
    asked: Int64Array
    """(B, R) cells of its next steps."""

    def __len__(self) -> int:
        """Returns B."""
        return len(self.pictures)

    def some(self, rows: slice) -> Self:
        """Returns some of them."""
        return replace(
            self,
            pictures=self.pictures[rows],
            walk=self.walk[rows],
            start=self.start[rows],
            asked=self.asked[rows],
        )


def draw_patch_walks(
    count: int, rng: np.random.Generator, *, steps: int = STEPS, asked: int = ASKED
) -> PatchWalks:
    """Draws episodes.

    Args:
        count: B.
        rng: Source of chance.
        steps: S.
        asked: R.

    Raises:
        ConfigError: If a walk has no steps.
    """
    if steps < 1 or asked < 1:
        raise ConfigError(f"steps is {steps} and asked {asked}; expected at least 1")
    second = draw_walks(count, asked + 1, rng)
    return PatchWalks(
        pictures=draw_pictures(count, rng),
        walk=draw_walks(count, steps, rng),
        start=second[:, 0],
        asked=second[:, 1:],
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Coverage:
    """What a memory holds of what is asked for."""

    patches: Float64Array
    """(B,) share of the asked patches that are held as such."""
    pixels: Float64Array
    """(B,) share of their pixels that are held, in these patches or in others that overlap them."""


def coverage(walks: PatchWalks, kept: Int64Array) -> Coverage:
    """Compares memories with what is asked for.

    Args:
        walks: B episodes.
        kept: (B, K) ticks of the patches in memory; -1 for an empty slot.
    """
    held = kept >= 0
    cells = np.take_along_axis(walks.walk, np.maximum(kept, 0), axis=1)
    same = (walks.asked[:, :, None] == cells[:, None]) & held[:, None]
    seen = blocks_seen(cells, held)
    blocks = CELL_BLOCKS[walks.asked].reshape(len(walks), -1)
    return Coverage(
        patches=same.any(axis=2).mean(axis=1),
        pixels=np.take_along_axis(seen, blocks, axis=1).mean(axis=1),
    )
