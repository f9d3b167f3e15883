"""Which room each free cell of a map belongs to, as far as a memory's facts tell."""

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from embodied_mem.types import BoolArray, Float64Array, IntArray, UInt8Array

_MOST_CELLS = 150_000


def room_regions(grid: UInt8Array, cell: float, seeds: list[tuple[int, Float64Array]]) -> IntArray:
    """Spreads rooms from known points over the free space.

    A memory keeps a room's centre and what stands in it, not its outline. Every free cell goes
    to the seed that is nearest by a walk on which narrow places are slow, so that rooms meet in
    the doorways.

    Args:
        grid: (rows, columns) occupancy: 0 unknown, 1 free, 2 occupied.
        cell: Metres a cell.
        seeds: For each room its index and (N, 2) points, metres from the grid's corner.

    Returns:
        (rows, columns) room index, -1 where the cell is not free or no seed reaches it.
    """
    step = max(1, int(np.ceil(np.sqrt(grid.size / _MOST_CELLS))))
    free = _coarse_free(grid, step)
    result: IntArray = np.full(grid.shape, -1, dtype=np.int32)
    if not free.any() or not seeds:
        return result
    clearance = cv2.distanceTransform(free.astype(np.uint8), cv2.DIST_L2, 5) * (step * cell)
    sources, owners = _sources(free, cell * step, seeds)
    node = np.cumsum(free.ravel()) - 1
    _, _, nearest = dijkstra(
        _walks(free, clearance.astype(np.float64)),
        directed=False,
        indices=node[sources],
        min_only=True,
        return_predecessors=True,
    )
    room_of = np.full(int(free.sum()) + 1, -1, dtype=np.int32)
    room_of[node[sources]] = owners
    # Unreached nodes hold a negative source; the spare last entry keeps them at -1.
    coarse = np.full(free.shape, -1, dtype=np.int32)
    coarse[free] = room_of[np.where(nearest < 0, -1, nearest)]
    fine = np.repeat(np.repeat(coarse, step, axis=0), step, axis=1)
    fine = fine[: grid.shape[0], : grid.shape[1]]
    if step > 1 and (fine >= 0).any():
        far, (row, column) = distance_transform_edt(fine < 0, return_indices=True)
        fine = np.where(far <= 2 * step, fine[row, column], -1)
    result[:] = np.where(grid == 1, fine, -1)
    return result


def _coarse_free(grid: UInt8Array, step: int) -> BoolArray:
    """Blocks of step x step cells that are mostly free and hold nothing occupied."""
    pad = [(0, -size % step) for size in grid.shape]
    blocks = np.pad(grid, pad).reshape(-(-grid.shape[0] // step), step, -1, step)
    free: BoolArray = ((blocks == 1).mean(axis=(1, 3)) >= 0.5) & ~(blocks == 2).any(axis=(1, 3))
    return free


def _sources(
    free: BoolArray, cell: float, seeds: list[tuple[int, Float64Array]]
) -> tuple[IntArray, IntArray]:
    """Flat index of the free cell nearest to each seed point, and the room of each; unique."""
    cells = np.argwhere(free)
    points = np.vstack([points for _, points in seeds])
    owners = np.concatenate([np.full(len(points), room) for room, points in seeds])
    wanted = points[:, ::-1] / cell - 0.5
    nearest = cells[cKDTree(cells).query(wanted)[1]]
    flat, first = np.unique(nearest[:, 0] * free.shape[1] + nearest[:, 1], return_index=True)
    return flat.astype(np.int32), owners[first].astype(np.int32)


def _walks(free: BoolArray, clearance: Float64Array) -> csr_array:
    """The graph of steps between neighbouring free cells; slow where there is little room."""
    node = (np.cumsum(free.ravel()) - 1).reshape(free.shape)
    slowness = 1 / np.maximum(clearance, 1e-3) ** 2
    starts, ends, costs = [], [], []
    for down, right, length in ((0, 1, 1.0), (1, 0, 1.0), (1, 1, 2**0.5), (1, -1, 2**0.5)):
        here = (
            slice(0, free.shape[0] - down),
            slice(max(0, -right), free.shape[1] - max(0, right)),
        )
        there = (slice(down, None), slice(max(0, right), free.shape[1] - max(0, -right)))
        both = free[here] & free[there]
        starts.append(node[here][both])
        ends.append(node[there][both])
        costs.append(length * (slowness[here][both] + slowness[there][both]))
    count = int(free.sum())
    pairs = (np.concatenate(starts), np.concatenate(ends))
    return coo_array((np.concatenate(costs), pairs), shape=(count, count)).tocsr()
