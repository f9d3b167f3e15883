"""Instances from depth and colour alone: no classes, no weights, any RGB-D camera."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from embodied_mem.perception.components import (
    Contacts,
    label_boxes,
    label_quantiles,
    linked_components,
    merge_labels,
)
from embodied_mem.perception.frame import Frame
from embodied_mem.perception.histogram import lab_of
from embodied_mem.perception.normals import smooth_links, world_normals
from embodied_mem.perception.segmentation import UNKNOWN_CATEGORY, Segmentation
from embodied_mem.perception.structure import (
    Structure,
    StructureConfig,
    find_structure,
    level_surfaces,
)
from embodied_mem.perception.surface_items import ItemConfig, find_items
from embodied_mem.types import BoolArray, Float32Array, Int64Array, IntArray

_SET_BACK = 0.25
"""How far legs stand behind the edge of their table along the view, metres."""
_MARGIN = 0.04
"""Metres by which a piece may stick out of the box of its whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GeometricConfig:
    """How instances are told apart."""

    structure: StructureConfig = field(default_factory=StructureConfig)
    items: ItemConfig = field(default_factory=ItemConfig)
    min_pixels: int = 20
    """Strided pixels of an instance."""
    min_extent: float = 0.04
    """Largest side of an instance's box that is dropped as noise, metres."""
    min_whole: int = 150
    """Strided pixels from which on an instance takes in pieces of its colour within its box."""
    like_colour: float = 14.0
    """Distance in CIE L*a*b* below which a back belongs to its seat, a piece to its whole."""


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Smooth parts of the frame: level surfaces and what is between them."""

    labels: IntArray
    level: BoolArray
    """(n,) whether a part is a level surface; entry 0 is no part."""
    pixels: Int64Array
    right: BoolArray
    down: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class _Measures:
    """Heights (5 %, median, 95 %; metres) and mean L*a*b* of each part."""

    low: Float32Array
    middle: Float32Array
    top: Float32Array
    colour: Float32Array

    def colour_distance(self, first: Int64Array, second: Int64Array) -> Float32Array:
        """Returns the distance in L*a*b* of pairs of parts."""
        apart: Float32Array = np.linalg.norm(self.colour[first] - self.colour[second], axis=1)
        return apart


class GeometricSegmenter:
    """Finds instances class-agnostically in real or simulated RGB-D frames.

    Floor, ceiling and walls are taken out as background. What remains falls into level surfaces
    and the parts between them, connected where depth is continuous. A part joins the level
    surface that lies above it (the sides of a box, the legs of a table); what stands on a level
    surface is an instance of its own, unless it is the back of a seat. Flat things on tables and
    walls are found by their colour. The idea that furniture is a level surface with what carries
    it follows tabletop segmentation as in Trevor et al., "Efficient organized point cloud
    segmentation with connected components" (2013).
    """

    def __init__(self, config: GeometricConfig | None = None) -> None:
        """Sets the segmenter up with the default or with other thresholds."""
        self.config = config or GeometricConfig()

    def segment(self, frame: Frame) -> Segmentation:
        """Returns the masks of one frame, all of the category `UNKNOWN_CATEGORY`."""
        normals, good = world_normals(frame)
        structure = find_structure(frame, normals, good, self.config.structure)
        lab = lab_of(frame.rgb.astype(np.float32)).reshape(frame.rgb.shape)
        parts = _find_parts(frame, normals, good, structure)
        labels = _join_parts(frame, parts, lab, self.config)
        labels = _with_items(labels, parts, structure, lab, self.config.items)
        return _finish(frame, labels, self.config)


def _find_parts(
    frame: Frame, normals: Float32Array, good: BoolArray, structure: Structure
) -> _Parts:
    free = frame.valid & ~structure.mask
    right, down = smooth_links(frame.depth, axis=1), smooth_links(frame.depth, axis=0)
    height = frame.points[..., 2]
    step = np.float32(0.015) + np.float32(0.003) * np.square(frame.depth)
    level = level_surfaces(normals, good) & free
    flat_right = np.abs(np.diff(height, axis=1)) < step[:, 1:]
    flat_down = np.abs(np.diff(height, axis=0)) < step[1:]
    level = _with_borders(level, free, height, step, right & flat_right, down & flat_down)
    same_right = level[:, 1:] == level[:, :-1]
    same_down = level[1:] == level[:-1]
    fronts, apart = structure.fronts, structure.concave
    links_right = right & same_right & (flat_right | ~level[:, 1:])
    links_right &= ~apart[fronts[:, 1:], fronts[:, :-1]]
    links_down = down & same_down & (flat_down | ~level[1:])
    links_down &= ~apart[fronts[1:], fronts[:-1]]
    labels = linked_components(free, links_right, links_down)
    pixels = np.bincount(labels.ravel())
    is_level = np.zeros(len(pixels), dtype=bool)
    is_level[labels[level]] = True
    return _Parts(labels=labels, level=is_level, pixels=pixels, right=right, down=down)


def _with_borders(
    level: BoolArray,
    free: BoolArray,
    height: Float32Array,
    step: Float32Array,
    right: BoolArray,
    down: BoolArray,
) -> BoolArray:
    """Adds to level surfaces the pixels beside them at their height, whose normals are blurred."""
    labels = linked_components(level, right, down)
    count = np.bincount(labels.ravel())
    count[0] = 1
    mean = np.bincount(labels.ravel(), height.ravel()) / np.maximum(count, 1)
    mean[count < 25] = -np.inf
    mean[0] = -np.inf
    at = mean.astype(np.float32)[labels]
    near = cv2.dilate(at, np.ones((5, 5), np.uint8))
    bordered: BoolArray = level | (free & (np.abs(height - near) < step))
    return bordered


def _join_parts(
    frame: Frame, parts: _Parts, lab: Float32Array, config: GeometricConfig
) -> IntArray:
    """Merges parts into instances."""
    measures = _measure(frame, parts, lab)
    contacts = Contacts.of(parts.labels, parts.right, parts.down)
    pairs = [_carried(parts, measures, contacts, config)]
    loose_right, loose_down = _loose_links(frame)
    pairs.append(_legs(parts, measures, Contacts.of(parts.labels, loose_right, loose_down)))
    groups = merge_labels(len(parts.pixels), *np.concatenate(pairs, axis=1))
    labels = groups[parts.labels].astype(np.int32)
    return _with_fragments(frame, labels, Contacts.of(labels, parts.right, parts.down), lab, config)


def _carried(
    parts: _Parts, measures: _Measures, contacts: Contacts, config: GeometricConfig
) -> Int64Array:
    """Returns (2, k) pairs of a level surface and what carries it, or the back of a seat."""
    first, second, links = contacts.first, contacts.second, contacts.links
    mixed = parts.level[first] != parts.level[second]
    surface = np.where(parts.level[first], first, second)
    other = np.where(parts.level[first], second, first)
    at = measures.middle[surface]
    below = measures.middle[other] < at
    through = (measures.low[other] < at - 0.1) & (measures.top[other] > at + 0.1)
    wide = links >= 0.3 * np.sqrt(np.minimum(parts.pixels[other], parts.pixels[surface]))
    alike = measures.colour_distance(first, second) < config.like_colour
    broad = links >= 0.5 * np.sqrt(parts.pixels[surface])
    back = alike & broad & (parts.pixels[other] > 0.3 * parts.pixels[surface])
    join = mixed & (below | wide & (through | back))
    return np.stack([first[join], second[join]])


def _legs(parts: _Parts, measures: _Measures, contacts: Contacts) -> Int64Array:
    """Returns (2, k) pairs of a level surface and upright parts set back a little under its edge.

    Seen from above, the edge of a table hides the top of its legs: they touch in the picture with
    a step in depth between them, and the leg ends just below the table's height.
    """
    first, second = contacts.first, contacts.second
    mixed = parts.level[first] != parts.level[second]
    surface = np.where(parts.level[first], first, second)
    other = np.where(parts.level[first], second, first)
    gap = measures.middle[surface] - measures.top[other]
    join = mixed & (gap > -0.03) & (gap < 0.15) & (contacts.links >= 3)
    join &= parts.pixels[surface] > 0.5 * parts.pixels[other]
    return np.stack([first[join], second[join]])


def _loose_links(frame: Frame) -> tuple[BoolArray, BoolArray]:
    """Returns links between neighbours that are up to a leg's set-back apart in depth."""
    near = [np.abs(np.diff(frame.depth, axis=axis)) < np.float32(_SET_BACK) for axis in (1, 0)]
    valid = frame.valid
    return near[0] & valid[:, 1:] & valid[:, :-1], near[1] & valid[1:] & valid[:-1]


def _with_fragments(
    frame: Frame,
    labels: IntArray,
    contacts: Contacts,
    lab: Float32Array,
    config: GeometricConfig,
) -> IntArray:
    """Gives small pieces, cut off by what stands before them, to the large instance around them.

    A piece belongs to an instance of its colour whose box holds it and which it does not touch:
    what touches and was not joined stands on it.
    """
    count = int(labels.max(initial=0)) + 1
    pixels = np.bincount(labels.ravel(), minlength=count)
    pixels[0] = 0
    small = np.flatnonzero((pixels > 0) & (pixels < config.min_whole))
    large = np.flatnonzero(pixels >= config.min_whole)
    if not (len(small) and len(large)):
        return labels
    box = label_boxes(labels, frame.points, count)
    colour = _mean_colour(labels, lab, count)
    inside = (box[0][small][:, None] >= box[0][large][None] - _MARGIN).all(axis=2)
    inside &= (box[1][small][:, None] <= box[1][large][None] + _MARGIN).all(axis=2)
    apart = np.linalg.norm(colour[small][:, None] - colour[large][None], axis=2)
    touching = np.zeros((count, count), dtype=bool)
    touching[contacts.first, contacts.second] = True
    inside &= ~(touching | touching.T)[np.ix_(small, large)]
    apart = np.where(inside & (pixels[small][:, None] < 0.2 * pixels[large]), apart, np.inf)
    best = np.argmin(apart, axis=1)
    found = apart[np.arange(len(small)), best] < config.like_colour
    table = np.arange(count, dtype=np.int32)
    table[small[found]] = large[best[found]]
    return table[labels]


def _measure(frame: Frame, parts: _Parts, lab: Float32Array) -> _Measures:
    count = len(parts.pixels)
    low, middle, top = label_quantiles(parts.labels, frame.points[..., 2], (0.05, 0.5, 0.95), count)
    return _Measures(low, middle, top, _mean_colour(parts.labels, lab, count))


def _mean_colour(labels: IntArray, lab: Float32Array, count: int) -> Float32Array:
    """Returns (count, 3) mean L*a*b* of each label."""
    flat = labels.ravel()
    pixels = np.maximum(np.bincount(flat, minlength=count), 1)
    sums = [np.bincount(flat, lab[..., k].ravel(), count) for k in range(3)]
    return (np.stack(sums, axis=1) / pixels[:, None]).astype(np.float32)


def _with_items(
    labels: IntArray, parts: _Parts, structure: Structure, lab: Float32Array, config: ItemConfig
) -> IntArray:
    """Gives flat things on tables and walls labels of their own."""
    number = np.zeros(len(parts.pixels), np.int32)
    surfaces = np.flatnonzero(parts.level & (parts.pixels >= config.min_surface))
    number[surfaces] = np.arange(1, len(surfaces) + 1)
    walls = np.where(structure.walls > 0, structure.walls + len(surfaces), 0)
    items = find_items(lab, np.maximum(number[parts.labels], walls).astype(np.int32), config)
    return np.where(items > 0, items + labels.max(initial=0), labels).astype(np.int32)


def _finish(frame: Frame, labels: IntArray, config: GeometricConfig) -> Segmentation:
    """Drops what is too small and numbers the rest from the largest to the smallest."""
    count = int(labels.max(initial=0)) + 1
    pixels = np.bincount((labels * frame.valid).ravel(), minlength=count)
    pixels[0] = 0
    big = np.flatnonzero(pixels >= config.min_pixels)
    table = np.zeros(count, np.int32)
    table[big] = np.arange(1, len(big) + 1)
    mask = table[labels] * frame.valid
    low, high = label_boxes(mask, frame.points, len(big) + 1)
    extent = (high - low).max(axis=1)[1:]
    kept = np.flatnonzero(extent >= config.min_extent)
    kept = kept[np.argsort(-pixels[big[kept]], kind="stable")]
    table = np.zeros(len(big) + 1, np.int32)
    table[kept + 1] = np.arange(1, len(kept) + 1)
    size = pixels[big[kept]].astype(np.float32)
    return Segmentation(
        mask=table[mask],
        categories=(UNKNOWN_CATEGORY,) * len(kept),
        confidence=(0.9 * size / (size + 60.0)).astype(np.float32),
    )
