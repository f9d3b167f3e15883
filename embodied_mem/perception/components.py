"""Connected components of pixels whose links are given one by one, and how components touch."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from embodied_mem.types import BoolArray, Float32Array, Int64Array, IntArray


def linked_components(nodes: BoolArray, right: BoolArray, down: BoolArray) -> IntArray:
    """Labels the components of a pixel grid whose links are given explicitly.

    The grid is drawn at twice its size with the links between the pixels, so that OpenCV's
    labelling of pictures can be used: many times as fast as a general graph.

    Args:
        nodes: (h, w) the pixels.
        right: (h, w - 1) links to the right-hand neighbour.
        down: (h - 1, w) links to the neighbour below.

    Returns:
        (h, w) labels from 1, 0 where there is no node.
    """
    height, width = nodes.shape
    drawn = np.zeros((2 * height - 1, 2 * width - 1), np.uint8)
    drawn[::2, ::2] = nodes
    drawn[::2, 1::2] = right & nodes[:, 1:] & nodes[:, :-1]
    drawn[1::2, ::2] = down & nodes[1:] & nodes[:-1]
    _, labels = cv2.connectedComponents(drawn, connectivity=4, ltype=cv2.CV_32S)
    return np.ascontiguousarray(labels[::2, ::2])


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """Pairs of components that touch, each pair once, the smaller label first."""

    first: Int64Array
    second: Int64Array
    links: Int64Array
    """Along how many pixel links they touch."""

    @classmethod
    def of(cls, labels: IntArray, right: BoolArray, down: BoolArray) -> Self:
        """Counts the links between different components of a label image; 0 is no component."""
        pairs = []
        for one, other, link in (
            (labels[:, :-1], labels[:, 1:], right),
            (labels[:-1], labels[1:], down),
        ):
            touching = np.flatnonzero(link & (one != other) & (one > 0) & (other > 0))
            a, b = one.ravel()[touching], other.ravel()[touching]
            pairs.append(np.minimum(a, b).astype(np.int64) << 32 | np.maximum(a, b))
        keys, links = np.unique(np.concatenate(pairs), return_counts=True)
        return cls(keys >> 32, keys & 0xFFFFFFFF, links)


def merge_labels(count: int, first: Int64Array, second: Int64Array) -> Int64Array:
    """Returns for each of `count` labels the number of its group after merging the given pairs.

    Label 0 keeps group 0; groups are numbered without gaps in the order of their first label.
    """
    # A process that only answers questions imports this module too, and must start quickly.
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(first), np.int8), (first, second)), shape=(count, count))
    _, groups = connected_components(graph, directed=False)
    return np.asarray(groups, np.int64)


def label_quantiles(
    labels: IntArray, values: Float32Array, shares: tuple[float, ...], count: int
) -> Float32Array:
    """Returns quantiles of an image's values over the pixels of each label.

    Both sorts are radix sorts of 16-bit numbers, the values in millimetres: ten times as fast as
    sorting floats.

    Args:
        labels: (h, w) from 1 to at most 32767; 0 is left out.
        values: (h, w) metres between -32 and 32.
        shares: Which quantiles, 0 to 1.
        count: Number of labels with 0.

    Returns:
        (len(shares), count), NaN for labels without pixels.
    """
    flat = labels.ravel()
    pixels = np.flatnonzero(flat)
    ticks = np.clip(values.ravel()[pixels] * 1000.0, -32000, 32000).astype(np.int16)
    by_value = np.argsort(ticks, kind="stable")
    owner = flat[pixels][by_value].astype(np.int16)
    ranked = ticks[by_value][np.argsort(owner, kind="stable")]
    sizes = np.bincount(owner, minlength=count)
    starts = np.cumsum(sizes) - sizes
    present = np.flatnonzero(sizes)
    result = np.full((len(shares), count), np.nan, np.float32)
    for row, share in enumerate(shares):
        place = starts[present] + ((sizes[present] - 1) * share).astype(np.int64)
        result[row, present] = ranked[place] * np.float32(0.001)
    return result


def label_boxes(
    labels: IntArray, points: Float32Array, count: int
) -> tuple[Float32Array, Float32Array]:
    """Returns (count, 3) lower and upper corners of the points of each label; NaN for none.

    Args:
        labels: (h, w) from 1 to at most 32767; 0 is left out.
        points: (h, w, 3).
        count: Number of labels with 0.
    """
    flat = labels.ravel()
    pixels = np.flatnonzero(flat)
    owner = flat[pixels].astype(np.int16)
    order = np.argsort(owner, kind="stable")
    sizes = np.bincount(owner, minlength=count)
    present = np.flatnonzero(sizes)
    low, high = np.full((2, count, 3), np.nan, np.float32)
    if len(present):
        starts = (np.cumsum(sizes) - sizes)[present]
        ordered = points.reshape(-1, 3)[pixels[order]]
        low[present] = np.minimum.reduceat(ordered, starts, axis=0)
        high[present] = np.maximum.reduceat(ordered, starts, axis=0)
    return low, high


def median(values: Float32Array) -> np.float32:
    """Returns the upper median of a non-empty array: a fifth of the time of `np.median`."""
    middle: np.float32 = np.partition(values, len(values) // 2)[len(values) // 2]
    return middle
