"""Memories of patch walks as batches that a transformer reads, with the patches it is to draw."""

import numpy as np
import torch
from torch import Tensor

from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.types import Int64Array
from embodied_mem_envs.patch_walk.grid import CELLS, patches_of, positions
from embodied_mem_envs.patch_walk.walks import PatchWalks


def patch_batch(
    walks: PatchWalks, kept: Int64Array, places: Int64Array
) -> tuple[EpisodicBatch, Tensor]:
    """Returns the memories of some patches, each with a query, and what is right.

    A query has a token for each step of the second walk, whose position is where that leads; all
    of them show the patch at its start, which is all that is seen then. Positions are row and
    column on the grid of patches. Every patch that is kept is an entry: none is dropped to fill
    chunks.

    ```python
    >>> from embodied_mem_envs.patch_walk.grid import make_places
    >>> from embodied_mem_envs.patch_walk.rules import RULES, keep_by
    >>> from embodied_mem_envs.patch_walk.walks import draw_patch_walks
    >>> rng = np.random.default_rng(1)
    >>> walks = draw_patch_walks(2, rng)
    >>> batch, patches = patch_batch(walks, keep_by(RULES["fifo"], walks, 64, rng), make_places(16))
    >>> batch.sizes, patches.shape
    ((2, 64, 1, 32), torch.Size([2, 1, 32, 16, 16, 3]))

    ```

    Args:
        walks: B episodes.
        kept: (B, K) ticks of the patches in memory; -1 for an empty slot.
        places: (100,) place of each cell.

    Returns:
        The batch, and (B, 1, R, 16, 16, 3) float32 of 0 to 1, the patches that are asked for.
    """
    held, rows = kept >= 0, np.arange(len(walks))[:, None]
    cells = np.take_along_axis(walks.walk, np.maximum(kept, 0), axis=1)
    token_cells = walks.asked[:, None]
    all_patches = patches_of(walks.pictures)
    numbers = np.concatenate([cells, walks.start[:, None]], axis=1) + rows * CELLS
    used, index = np.unique(numbers, return_inverse=True)
    index = index.reshape(numbers.shape)
    frames = all_patches.reshape(-1, *all_patches.shape[2:])[used]
    shape = token_cells.shape
    targets = all_patches[rows, walks.asked][:, None].astype(np.float32) / 255
    batch = EpisodicBatch(
        frames=torch.from_numpy(frames),
        entry_frame=torch.from_numpy(index[:, :-1].copy()),
        entry_time=torch.from_numpy(np.maximum(kept, 0)),
        entry_place=torch.from_numpy(places[cells]),
        entry_held=torch.from_numpy(held),
        query_frame=torch.from_numpy(index[:, -1:, None].repeat(shape[2], axis=2)),
        query_time=torch.full(shape, walks.walk.shape[1]),
        query_place=torch.from_numpy(places[token_cells]),
        entry_pose=torch.from_numpy(positions(cells).astype(np.float32)),
        query_pose=torch.from_numpy(positions(token_cells).astype(np.float32)),
    )
    return batch, torch.from_numpy(targets)
