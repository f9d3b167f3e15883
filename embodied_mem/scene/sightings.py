"""What one frame shows of each object: points, boxes and voxels, one row an instance mask."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.perception import Embedder, Frame, Segmentation
from embodied_mem.scene import voxels
from embodied_mem.types import BoolArray, Float32Array, Int64Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sightings:
    """All instances of one frame in array form; metres, world frame unless said otherwise."""

    categories: tuple[str, ...]
    confidence: Float32Array
    """(n,) in [0, 1]."""
    embedding: Float32Array
    """(n, d) unit rows."""
    colour: Float32Array
    """(n, 12) votes for the basic colour terms."""
    low: Float32Array
    """(n, 3) lower corner of the box of the seen points."""
    high: Float32Array
    """(n, 3)"""
    depth: Float32Array
    """(n,) mean z-depth."""
    pixels: Int64Array
    """(n,) strided pixels with valid depth."""
    area: Float32Array
    """(n,) square metres that the pixels cover at their depth, facing the camera."""
    boxes: Int64Array
    """(n, 4) full-resolution pixel box x0, y0, x1, y1, exclusive."""
    truncated: BoolArray
    """(n,) whether the mask touches the border of the picture."""
    keys: tuple[Int64Array, ...]
    """One sorted voxel set a row."""

    def __len__(self) -> int:
        return len(self.categories)

    def select(self, index: Int64Array) -> "Sightings":
        """Returns the given rows only."""
        return Sightings(
            categories=tuple(self.categories[k] for k in index),
            confidence=self.confidence[index],
            embedding=self.embedding[index],
            colour=self.colour[index],
            low=self.low[index],
            high=self.high[index],
            depth=self.depth[index],
            pixels=self.pixels[index],
            area=self.area[index],
            boxes=self.boxes[index],
            truncated=self.truncated[index],
            keys=tuple(self.keys[k] for k in index),
        )


def make_sightings(
    frame: Frame,
    segmentation: Segmentation,
    embedder: Embedder,
    colour: Float32Array,
    voxel: float,
) -> Sightings:
    """Measures every instance of a frame that has at least one point with depth.

    One stable sort by mask label serves all instances; after it each is a contiguous run.
    """
    flat = segmentation.mask.ravel()
    pixels = np.flatnonzero(flat * frame.valid.ravel())
    labels = flat[pixels].astype(np.int16) - 1
    order = np.argsort(labels, kind="stable")
    pixels, labels = pixels[order], labels[order]
    counts = np.bincount(labels, minlength=len(segmentation))
    present = np.flatnonzero(counts)
    if present.size == 0:
        return _nothing(embedder.dimension, colour.shape[1])
    starts = np.concatenate([[0], np.cumsum(counts[present])[:-1]])
    points = frame.points.reshape(-1, 3)[pixels]
    boxes = _pixel_boxes(pixels, starts, frame)
    depth = np.add.reduceat(frame.depth.ravel()[pixels], starts)
    depth /= counts[present].astype(np.float32)
    focal = frame.observation.intrinsics.fx / frame.stride
    edge = max(frame.stride, 2)
    height, width = frame.observation.depth.shape
    return Sightings(
        categories=tuple(segmentation.categories[k] for k in present),
        confidence=segmentation.confidence[present],
        embedding=embedder.embed(frame, segmentation)[present],
        colour=colour[present],
        low=np.minimum.reduceat(points, starts, axis=0),
        high=np.maximum.reduceat(points, starts, axis=0),
        depth=depth,
        pixels=counts[present],
        area=counts[present].astype(np.float32) * np.square(depth / np.float32(focal)),
        boxes=boxes,
        truncated=(boxes[:, :2] < edge).any(axis=1)
        | (boxes[:, 2] > width - edge)
        | (boxes[:, 3] > height - edge),
        keys=_voxel_sets(points, np.searchsorted(present, labels), len(present), voxel),
    )


def _pixel_boxes(pixels: Int64Array, starts: Int64Array, frame: Frame) -> Int64Array:
    row, column = np.divmod(pixels, frame.shape[1])
    corners = (
        np.minimum.reduceat(column, starts),
        np.minimum.reduceat(row, starts),
        np.maximum.reduceat(column, starts) + 1,
        np.maximum.reduceat(row, starts) + 1,
    )
    boxes = np.stack(corners, axis=1) * frame.stride
    height, width = frame.observation.depth.shape
    clipped: Int64Array = np.minimum(boxes, [width, height, width, height])
    return clipped


def _voxel_sets(
    points: Float32Array, labels: Int64Array, count: int, size: float
) -> tuple[Int64Array, ...]:
    """Splits the points into one sorted voxel set a label, by one sort of label and key."""
    keys = np.unique(voxels.pack(points, size) | (labels << voxels.LABEL_SHIFT))
    ends = np.searchsorted(keys, np.arange(1, count) << voxels.LABEL_SHIFT)
    keys &= (1 << voxels.LABEL_SHIFT) - 1
    return tuple(np.split(keys, ends))


def _nothing(dimension: int, colours: int) -> Sightings:
    empty = np.zeros(0, np.float32)
    return Sightings(
        categories=(),
        confidence=empty,
        embedding=np.zeros((0, dimension), np.float32),
        colour=np.zeros((0, colours), np.float32),
        low=np.zeros((0, 3), np.float32),
        high=np.zeros((0, 3), np.float32),
        depth=empty,
        pixels=np.zeros(0, np.int64),
        area=empty,
        boxes=np.zeros((0, 4), np.int64),
        truncated=np.zeros(0, bool),
        keys=(),
    )
