"""Which sighting is which object: one to one, from place, category and look together."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from embodied_mem.perception import UNKNOWN_CATEGORY
from embodied_mem.scene import voxels
from embodied_mem.scene.objects import ObjectTable
from embodied_mem.scene.sightings import Sightings
from embodied_mem.types import BoolArray, Float32Array, Int64Array

_GROWN = np.float32(0.05)


@dataclass(frozen=True, kw_only=True, slots=True)
class AssociationConfig:
    """When a sighting is taken for a known object."""

    gap: float = 0.15
    """Boxes farther apart than this, metres, are never the same object."""
    min_score: float = 1.0
    """Least sum of overlap (0..1), category agreement (0..0.5) and likeness (0..0.5)."""
    min_overlap: float = 0.12
    """Least voxel overlap, unless the sighting plausibly shows another side of the object."""
    min_likeness: float = 0.7
    """Least cosine of descriptors where the overlap is too small to tell."""
    min_contained: float = 0.8
    """A sighting with this much of its box in that of an object of its category is that object."""
    ambiguous: float = 0.25
    """A mask of which two objects each hold this much, and none most, merges the two."""
    whole: float = 0.75
    """An object that holds this much of a mask holds most of it."""
    filled: float = 0.6
    """The two objects must hold this much of the mask together."""
    settled_views: int = 8
    """From so many views on, a mask that is suddenly much larger than the object merges others."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Association:
    """The outcome for one frame."""

    rows: Int64Array
    """(n,) the object row of each sighting, -1 for a new object."""
    ambiguous: BoolArray
    """(n,) masks that merge several known objects and should be left out."""


def associate(sightings: Sightings, table: ObjectTable, config: AssociationConfig) -> Association:
    """Matches the sightings of one frame to objects, one to one, by the best total score."""
    count = len(sightings)
    rows = np.full(count, -1)
    ambiguous = np.zeros(count, dtype=bool)
    candidates = table.rows()
    if count == 0 or candidates.size == 0:
        return Association(rows=rows, ambiguous=ambiguous)
    near = _box_gaps(sightings, table, candidates) <= config.gap
    used = near.any(axis=0)
    candidates, near = candidates[used], near[:, used]
    if candidates.size == 0:
        return Association(rows=rows, ambiguous=ambiguous)
    overlap, fine = _overlaps(sightings, table, candidates, near)
    score = _scores(sightings, table, candidates, near, overlap, config)
    ambiguous = _merges_objects(fine, table, candidates, config)
    ambiguous |= _outgrows(sightings, overlap, table, candidates, config)
    score[ambiguous] = -np.inf
    first, second = linear_sum_assignment(np.where(score >= config.min_score, -score, 0.0))
    good = score[first, second] >= config.min_score
    rows[first[good]] = candidates[second[good]]
    return Association(rows=rows, ambiguous=ambiguous)


def _box_gaps(sightings: Sightings, table: ObjectTable, rows: Int64Array) -> Float32Array:
    """Returns (n, rows) distances between boxes in metres, 0 where they touch."""
    apart = np.maximum(
        table.low[rows][None] - sightings.high[:, None],
        sightings.low[:, None] - table.high[rows][None],
    )
    gaps: Float32Array = np.sqrt(np.square(np.maximum(apart, 0.0)).sum(axis=2))
    return gaps


def _overlaps(
    sightings: Sightings, table: ObjectTable, rows: Int64Array, near: BoolArray
) -> tuple[Float32Array, Float32Array]:
    """Compares voxels of the near pairs.

    Returns:
        (n, rows) the part of the sighting's voxels that the object has, as the mean over voxels of
        the object's own size and of twice that, which forgives a noisy pose; and the same for the
        object's own size alone, which does not take a thing for what it stands on or beside.
    """
    overlap = np.zeros(near.shape, np.float32)
    exact = np.zeros(near.shape, np.float32)
    for index in range(len(sightings)):
        levels = [sightings.keys[index]]
        for column in np.flatnonzero(near[index]):
            row = rows[column]
            while len(levels) < table.level[row] + 2:
                levels.append(np.unique(voxels.coarsen(levels[-1])))
            fine, coarse = levels[table.level[row]], levels[table.level[row] + 1]
            exact[index, column] = voxels.member(fine, table.keys[row]).mean()
            overlap[index, column] = 0.5 * voxels.member(coarse, table.coarse[row]).mean()
    overlap += 0.5 * exact
    return overlap, exact


def _scores(
    sightings: Sightings,
    table: ObjectTable,
    rows: Int64Array,
    near: BoolArray,
    overlap: Float32Array,
    config: AssociationConfig,
) -> Float32Array:
    likeness = sightings.embedding @ table.embedding[rows].T
    agreement = np.array(
        [[_agreement(name, table.votes[row]) for row in rows] for name in sightings.categories],
        np.float32,
    )
    score = overlap + 0.5 * agreement + 0.5 * likeness
    touching = overlap >= config.min_overlap
    turned = (likeness >= config.min_likeness) & _could_be_one(sightings, table, rows)
    within = contained(
        *(sightings.low[:, None], sightings.high[:, None]),
        *(table.low[rows][None], table.high[rows][None]),
    )
    turned = (agreement > 0.5) & (turned | (within >= config.min_contained))
    # where the views share little surface, category and look must carry the match
    score = np.where(touching, score, np.where(turned, np.maximum(score, config.min_score), 0.0))
    result: Float32Array = np.where(near & (touching | turned), score, -np.inf)
    return result


def contained(
    low: Float32Array, high: Float32Array, of_low: Float32Array, of_high: Float32Array
) -> Float32Array:
    """Returns how much of each box's volume lies in another, which is grown by 5 cm for noise."""
    shared = np.minimum(high, of_high + _GROWN) - np.maximum(low, of_low - _GROWN)
    volume = np.maximum(high - low, 0.01).prod(axis=-1)
    share: Float32Array = np.maximum(shared, 0.0).prod(axis=-1) / volume
    return share


def _agreement(name: str, votes: dict[str, float]) -> float:
    """Returns the share of an object's votes for a category; neutral where there are no classes."""
    if name == UNKNOWN_CATEGORY:
        return 0.5
    return votes.get(name, 0.0) / sum(votes.values())


def _could_be_one(sightings: Sightings, table: ObjectTable, rows: Int64Array) -> BoolArray:
    """Tells whether both boxes together are, on the floor plan, hardly longer than the longer one.

    The side of a cupboard beside its front makes no longer thing; a second chair does.
    """
    low = np.minimum(sightings.low[:, None], table.low[rows][None])
    high = np.maximum(sightings.high[:, None], table.high[rows][None])
    joint = (high - low)[..., :2].max(axis=2)
    longest = np.maximum(
        (sightings.high - sightings.low)[:, :2].max(axis=1)[:, None],
        (table.high[rows] - table.low[rows])[:, :2].max(axis=1)[None],
    )
    possible: BoolArray = joint <= 1.15 * longest + 0.03
    return possible


def _merges_objects(
    overlap: Float32Array, table: ObjectTable, rows: Int64Array, config: AssociationConfig
) -> BoolArray:
    """Tells which masks lie over two known objects of different categories."""
    merged = np.zeros(len(overlap), dtype=bool)
    if len(rows) < 2:
        return merged
    known = np.where(table.views[rows] >= 3, overlap, 0.0)
    best, second = np.argsort(-known, axis=1, kind="stable")[:, :2].T
    index = np.arange(len(overlap))
    suspect = (known[index, best] < config.whole) & (known[index, second] >= config.ambiguous)
    suspect &= known[index, best] + known[index, second] >= config.filled
    for k in np.flatnonzero(suspect):
        merged[k] = table.category[rows[best[k]]] != table.category[rows[second[k]]]
    return merged


def _outgrows(
    sightings: Sightings,
    overlap: Float32Array,
    table: ObjectTable,
    rows: Int64Array,
    config: AssociationConfig,
) -> BoolArray:
    """Tells which masks are far larger than the well-known object that they lie on."""
    best = overlap.argmax(axis=1)
    held = overlap[np.arange(len(overlap)), best]
    row = rows[best]
    size = (sightings.high - sightings.low).max(axis=1)
    limit = 1.3 * (table.high[row] - table.low[row]).max(axis=1) + 0.25
    settled = table.views[row] >= config.settled_views
    outgrown: BoolArray = settled & (held > 0.1) & (held < 0.6) & (size > limit)
    return outgrown
