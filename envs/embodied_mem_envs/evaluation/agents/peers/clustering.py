"""Hierarchical co-visibility clustering: which frames 3D-Mem keeps as snapshots.

After Yang et al. 2025, "3D-Mem", section 3.1 and algorithm 1, and the rules as its authors coded
them: the largest cluster that no single frame shows whole is split in two by 2-means over the
positions of its objects on the floor, until some frame shows each cluster.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.types import BoolArray, Float64Array, Int64Array

_SEED: Final = 66
_STARTS: Final = 10
_ROUNDS: Final = 300


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Snapshot:
    """A frame that stands for some objects."""

    frame: int
    """Index of the frame."""
    cluster: tuple[int, ...]
    """Indices of the objects that it stands for, sorted."""


def cluster_snapshots(
    positions: Float64Array, confidence: Float64Array, rows: Sequence[int] | None = None
) -> list[Snapshot]:
    """Chooses frames so that each object is stood for by one that shows it.

    1. The largest leaf is taken first; at the start that is all objects.
    2. Frames that show all of it are candidates: one that was chosen already comes first, then
       the one that shows most objects, then the one most sure of the leaf's.
    3. Where there is none, the leaf is split by 2-means (a leaf of two into its two).
    4. Clusters of one frame are merged.

    Where all objects of a leaf lie at one place, which the published code never leaves, the leaf
    is cut in two by index; objects that no frame shows are left out.

    Args:
        positions: (n, 2) metres, of the objects' boxes on the floor.
        confidence: (frames, n), 0 where a frame does not show an object.
        rows: The objects to cluster; all where None.

    Returns:
        The snapshots in the order in which they were chosen.
    """
    visible: BoolArray = confidence > 0.0
    chosen: dict[int, list[int]] = {}
    indices = np.arange(len(positions)) if rows is None else np.array(sorted(rows), np.int64)
    shown: BoolArray = np.asarray(visible.sum(axis=0) > 0, np.bool_)
    leaves = [indices[shown[indices]]] if len(indices) else []
    totals = visible.sum(axis=1)
    while leaves:
        largest = max(range(len(leaves)), key=lambda at: (len(leaves[at]), -at))
        leaf = leaves.pop(largest)
        if len(leaf) == 0:
            continue
        candidates = np.flatnonzero(visible[:, leaf].all(axis=1))
        if len(candidates) == 0:
            leaves += _split(positions, leaf)
            continue
        known = [frame for frame in candidates.tolist() if frame in chosen]
        pool = np.array(known, np.int64) if known else candidates
        sure = confidence[np.ix_(pool, leaf)].sum(axis=1)
        order = np.lexsort((pool, -sure, -totals[pool]))
        chosen.setdefault(int(pool[order[0]]), []).extend(leaf.tolist())
    return [
        Snapshot(frame=frame, cluster=tuple(sorted(cluster))) for frame, cluster in chosen.items()
    ]


def affected(
    positions: Float64Array,
    here: Float64Array,
    radius: float,
    fresh: set[int],
    snapshots: Mapping[int, Sequence[int]],
) -> set[int]:
    """Returns the objects whose snapshots are made anew after a step.

    New ones, those near the agent, and, one step further, all that share a snapshot with any of
    these.

    Args:
        positions: (n, 2) metres.
        here: (2,) where the agent is.
        radius: How near, m.
        fresh: Objects that are new.
        snapshots: Frame -> objects that it stands for.
    """
    near = np.hypot(*(positions - here).T) < radius if len(positions) else np.zeros(0, bool)
    touched = fresh | set(np.flatnonzero(near).tolist())
    for cluster in snapshots.values():
        if touched.intersection(cluster):
            touched = touched | set(cluster)
    return touched


def _split(positions: Float64Array, leaf: Int64Array) -> list[Int64Array]:
    if len(leaf) == 2:
        return [leaf[:1], leaf[1:]]
    side = _two_means(positions[leaf])
    if side.all() or not side.any():
        half = len(leaf) // 2
        return [leaf[:half], leaf[half:]]
    return [leaf[~side], leaf[side]]


def _two_means(points: Float64Array) -> BoolArray:
    """Parts (n, 2) points in two by Lloyd's algorithm, the best of ten k-means++ starts."""
    rng = np.random.default_rng(_SEED)
    best: tuple[float, BoolArray] | None = None
    for _ in range(_STARTS):
        first = points[rng.integers(len(points))]
        away = ((points - first) ** 2).sum(axis=1)
        if away.sum() <= 0.0:
            return np.zeros(len(points), bool)
        second = points[rng.choice(len(points), p=away / away.sum())]
        cost, side = _lloyd(points, np.stack([first, second]))
        if best is None or cost < best[0] - 1e-12:
            best = (cost, side)
    assert best is not None
    return best[1]


def _lloyd(points: Float64Array, centres: Float64Array) -> tuple[float, BoolArray]:
    side = np.zeros(len(points), bool)
    for round_ in range(_ROUNDS):
        apart = ((points[:, None] - centres[None]) ** 2).sum(axis=2)
        now: BoolArray = apart[:, 1] < apart[:, 0]
        if round_ and (now == side).all():
            break
        side = now
        if side.all() or not side.any():
            break
        centres = np.stack([points[~side].mean(axis=0), points[side].mean(axis=0)])
    return float(apart.min(axis=1).sum()), side
