"""Which frames stand for which objects: a weighted set cover with view quality.

The problem (3D-Mem, arXiv 2411.17735, section 3.2, calls it co-visibility clustering): choose few
frames so that each object is seen in one of them, and cluster the objects by the frame that stands
for them. 3D-Mem splits by 2-means on positions; here it is what it is, a set cover, solved by the
greedy rule (Chvatal, 1979: within ln(n) + 1 of the optimum; within a few percent on real walks).
"""

from dataclasses import dataclass

import numpy as np

from embodied_mem.types import BoolArray, Float32Array, Int64Array

QUALITY_WEIGHT = np.float32(0.05)
"""How much of an object a view of quality 1 is worth over one of quality 0. Kept small, so that
quality decides between frames that see equally many objects and seldom costs a frame more."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Cover:
    """Chosen frames, and for each object the chosen frame that stands for it."""

    frames: Int64Array
    """Sorted rows of the chosen frames."""
    assignment: Int64Array
    """(objects,) row of the frame that stands for the object, -1 where it needs or has none."""


def select_cover(
    sees: BoolArray, quality: Float32Array, required: BoolArray, kept: BoolArray | None = None
) -> Cover:
    """Chooses frames that see all required objects, from scratch.

    Args:
        sees: (objects, frames) whether the frame sees the object.
        quality: (objects, frames) view quality in [0, 1].
        required: (objects,) which objects must be covered; one that no frame sees is left out.
        kept: (frames,) frames that are chosen now: they win ties, so that snapshots stay the same.

    Returns:
        The cover. The clusters partition the required objects that any frame sees, and each
        chosen frame sees its whole cluster, which is not empty.
    """
    wanted = required & sees.any(axis=1)
    rows = np.flatnonzero(wanted)
    if rows.size == 0:
        return Cover(frames=np.empty(0, np.int64), assignment=np.full(len(required), -1))
    seen = sees[rows]
    bonus = np.float32(1.0) + QUALITY_WEIGHT * quality[rows]
    if kept is not None:
        bonus[:, kept] *= np.float32(1.0) + QUALITY_WEIGHT
    chosen = _best_of_runs(seen, seen * bonus)
    best = np.where(seen[:, chosen], quality[rows][:, chosen], np.float32(-1.0))
    assignment = np.full(len(required), -1)
    assignment[rows] = chosen[best.argmax(axis=1)]
    return Cover(frames=np.unique(assignment[rows]), assignment=assignment)


def _best_of_runs(seen: BoolArray, worth: Float32Array) -> Int64Array:
    """Runs the greedy rule with three weights for rare objects and keeps the smallest result.

    Weighing an object by how few frames see it takes the frames that cannot be avoided first.
    """
    rarity = np.float32(1.0) / seen.sum(axis=1, dtype=np.float32)[:, None]
    runs = []
    for weight in (np.float32(1.0), np.sqrt(rarity), rarity):
        runs.append(_drop_redundant(seen, _greedy(seen, worth * weight), worth))
    best = min(runs, key=lambda run: (len(run), -float(worth[:, run].max(axis=1).sum())))
    return _swap_pairs(seen, best)


def _greedy(seen: BoolArray, worth: Float32Array) -> Int64Array:
    """Takes the frame of most uncovered worth until all is covered.

    Gains are kept up to date by subtracting what each choice newly covers, so the whole run costs
    one pass over the matrix however many frames are chosen.
    """
    gain = worth.sum(axis=0)
    open_rows = np.ones(len(seen), dtype=bool)
    chosen: list[int] = []
    left = len(seen)
    while left:
        frame = int(gain.argmax())
        new = np.flatnonzero(seen[:, frame] & open_rows)
        chosen.append(frame)
        open_rows[new] = False
        left -= len(new)
        gain -= worth[new].sum(axis=0) if len(new) > 1 else worth[new[0]]
    return np.array(chosen)


def _drop_redundant(seen: BoolArray, chosen: Int64Array, worth: Float32Array) -> Int64Array:
    """Drops chosen frames, least worth first, whose objects all stand in another chosen one."""
    matrix = seen[:, chosen]
    times = matrix.sum(axis=1)
    keep = np.ones(len(chosen), dtype=bool)
    for position in np.argsort(worth[:, chosen].sum(axis=0), kind="stable"):
        column = matrix[:, position]
        if (times[column] > 1).all():
            keep[position] = False
            times -= column
    result: Int64Array = np.sort(chosen[keep])
    return result


def _swap_pairs(seen: BoolArray, chosen: Int64Array) -> Int64Array:
    """Replaces two chosen frames by one wherever that one sees all that only they see."""
    while len(chosen) > 1:
        matrix = seen[:, chosen]
        times = matrix.sum(axis=1)
        alone = (matrix & (times == 1)[:, None]).astype(np.float32)
        # hits[c, f]: of what only chosen c sees, how much frame f sees too
        hits = alone.T @ seen.astype(np.float32)
        full = (hits == alone.sum(axis=0)[:, None]).astype(np.float32)
        partners = np.triu(full @ full.T, k=1)
        for first, second in zip(*np.nonzero(partners), strict=True):
            both = matrix[:, [first, second]]
            needed = both.any(axis=1) & (times == both.sum(axis=1))
            replacing = np.flatnonzero(seen[needed].all(axis=0))
            if replacing.size:
                rest = np.delete(chosen, [first, second])
                chosen = np.sort(np.append(rest, replacing[0]))
                break
        else:
            return chosen
    return chosen
