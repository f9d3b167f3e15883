"""Which frames stand for which objects: a weighted set cover with view quality.

The problem (3D-Mem, arXiv 2411.17735, section 3.2, calls it co-visibility clustering): choose few
frames so that each object is seen in one of them, and cluster the objects by the frame that stands
for them. 3D-Mem splits by 2-means on positions; here it is what it is, a set cover, solved by the
greedy rule (Chvatal, 1979: within ln(n) + 1 of the optimum; within a few percent on real walks).
"""

from dataclasses import dataclass

import numpy as np

from embodied_mem.types import BoolArray, Float32Array, Int64Array

QUALITY_WEIGHT = np.float32(0.3)
"""How much of an object a view of quality 1 is worth over one of quality 0: enough to decide
between frames that see about equally many objects. Tried on 4 houses only, where 0.05, 0.15 and
0.3 gave the same number of snapshots; `bench scene` measures 0.3 on 20."""
KEPT_BONUS = np.float32(1.05)
"""What a frame that is chosen already is worth over one that is not."""


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
    whole = len(rows) == len(sees)
    seen = sees if whole else sees[rows]
    worth = (quality if whole else quality[rows]) * QUALITY_WEIGHT
    worth += np.float32(1.0)
    if kept is not None:
        worth[:, kept] *= KEPT_BONUS
    worth *= seen
    # Weighing an object by how few frames see it takes what cannot be avoided first.
    rarity = (1.0 / np.sqrt(np.count_nonzero(seen, axis=1))).astype(np.float32)
    chosen = _greedy(seen, worth * rarity[:, None])
    chosen = chosen[~redundant(seen[:, chosen])]
    chosen = _improve(seen, worth, chosen)
    best = np.where(seen[:, chosen], quality[np.ix_(rows, chosen)], np.float32(-1.0))
    assignment = np.full(len(required), -1)
    assignment[rows] = chosen[best.argmax(axis=1)]
    return Cover(frames=np.unique(assignment[rows]), assignment=assignment)


def _greedy(seen: BoolArray, worth: Float32Array) -> Int64Array:
    """Takes the frame of most uncovered worth until all is covered.

    Gains are kept up to date by subtracting what each choice newly covers, so the whole run costs
    one pass over the matrix however many frames are chosen.
    """
    gain = worth.sum(axis=0)
    columns = np.ascontiguousarray(seen.T)
    open_rows = np.ones(len(seen), dtype=bool)
    chosen: list[int] = []
    left = len(seen)
    while left:
        frame = int(gain.argmax())
        new = (columns[frame] & open_rows).nonzero()[0]
        chosen.append(frame)
        open_rows[new] = False
        left -= len(new)
        gain -= np.add.reduce(worth[new], axis=0)
    return np.array(chosen)


def redundant(sees: BoolArray) -> BoolArray:
    """Tells which frames can go, last first, because all they see stands in another that stays.

    Args:
        sees: (objects, frames) of the chosen frames only.
    """
    times = sees.sum(axis=1)
    gone = np.zeros(sees.shape[1], dtype=bool)
    spare = ~(sees & (times == 1)[:, None]).any(axis=0)
    for position in np.flatnonzero(spare)[::-1]:
        column = sees[:, position]
        if (times[column] > 1).all():
            gone[position] = True
            times -= column
    return gone


def _improve(seen: BoolArray, worth: Float32Array, chosen: Int64Array) -> Int64Array:
    """Replaces two chosen frames by one where that is possible, then each by a better view.

    Sets of frames are whole numbers with a bit a frame: an intersection is one machine operation.
    """
    bits = [int.from_bytes(row, "little") for row in np.packbits(seen, axis=1, bitorder="little")]
    frames = [int(frame) for frame in chosen]
    while (pair := _replaceable_pair(seen, bits, frames)) is not None:
        first, second, by = pair
        frames = [frame for frame in frames if frame not in (first, second)] + [by]
    return _better_views(seen, worth, bits, frames)


def _better_views(
    seen: BoolArray, worth: Float32Array, bits: list[int], frames: list[int]
) -> Int64Array:
    """Exchanges chosen frames, one for one, for those that show the same objects better."""
    times = seen[:, frames].sum(axis=1)
    for position, frame in enumerate(frames):
        alone = (seen[:, frame] & (times == 1)).nonzero()[0]
        rivals = _members(_common(bits, alone))
        if len(rivals) > 1:
            better = rivals[int(worth[np.ix_(alone, rivals)].sum(axis=0).argmax())]
            if better != frame:
                times += seen[:, better].astype(times.dtype) - seen[:, frame]
                frames[position] = better
    return np.array(sorted(frames))


def _replaceable_pair(
    seen: BoolArray, bits: list[int], frames: list[int]
) -> tuple[int, int, int] | None:
    """Finds two chosen frames and one frame that sees all that only those two see."""
    matrix = seen[:, frames]
    times = matrix.sum(axis=1)
    instead = [-1] * len(frames)  # the frames that see all that only this one of the chosen sees
    alone = np.flatnonzero(times == 1)
    for row, column in zip(alone.tolist(), matrix[alone].argmax(axis=1).tolist(), strict=True):
        instead[column] &= bits[row]
    for i, first in enumerate(instead):
        for j in range(i + 1, len(instead)):
            if first & instead[j]:
                shared = np.flatnonzero(matrix[:, i] & matrix[:, j] & (times == 2))
                both = first & instead[j] & _common(bits, shared)
                if both:
                    return frames[i], frames[j], (both & -both).bit_length() - 1
    return None


def _common(bits: list[int], rows: Int64Array) -> int:
    """Returns the set of frames that see all of the objects; every frame where there are none."""
    common = -1
    for row in rows.tolist():
        common &= bits[row]
    return common


def _members(frames: int) -> list[int]:
    """Lists the members of a set of frames."""
    found = []
    while frames > 0:
        low = frames & -frames
        found.append(low.bit_length() - 1)
        frames ^= low
    return found
