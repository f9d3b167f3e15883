"""Which layers to give up: those with the least loss per byte, over all records at once.

One order over all layers holds for every target, so more room is made by dropping more of the same
and never by other choices. It is greedy on the lower convex hull of each record's loss over its
bytes, the classic allocation of bits to many sources (Shoham and Gersho, 1988): where a cheap layer
hides behind a dear one of the same record, both count with what they lose and free together.
"""

from dataclasses import dataclass

import numpy as np

from embodied_mem.types import AnyArray, BoolArray, Float64Array, Int64Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DroppableLayers:
    """Every layer that could go, in any order."""

    owner: AnyArray
    """(n,) integers: what the layer is part of, such as a record's picture or its vector."""
    position: AnyArray
    """(n,) integers: place within the owner; later ones have to go before earlier ones."""
    size: AnyArray
    """(n,) bytes that are freed when the layer goes."""
    loss: AnyArray
    """(n,) error that is added when the layer goes, those after it being gone."""


def plan_shrink(layers: DroppableLayers, wanted: int) -> Int64Array:
    """Chooses the layers to give up so that at least `wanted` bytes are freed.

    Returns:
        Indices of layers in the order in which to drop them, no more than are needed; all layers
        where they do not suffice. For a larger `wanted` the answer begins with the same indices.
    """
    order = drop_order(layers)
    freed = np.cumsum(np.asarray(layers.size, np.int64)[order])
    count = int(np.searchsorted(freed, wanted)) + 1 if wanted > 0 else 0
    return order[:count]


def drop_order(layers: DroppableLayers) -> Int64Array:
    """Returns the order in which all layers go: by loss per byte, last layers of an owner first."""
    owner = np.asarray(layers.owner, np.int64)
    if len(owner) == 0:
        return np.zeros(0, np.int64)
    tail_first = np.lexsort((-np.asarray(layers.position, np.int64), owner))
    cost = _hull_cost(
        owner[tail_first],
        np.maximum(np.asarray(layers.size, np.float64)[tail_first], 1.0),
        np.maximum(np.asarray(layers.loss, np.float64)[tail_first], 0.0),
    )
    # The sort is stable, so layers of one owner and one cost stay last layer first.
    order: Int64Array = tail_first[np.argsort(cost, kind="stable")]
    return order


def _hull_cost(owner: Int64Array, size: Float64Array, loss: Float64Array) -> Float64Array:
    """Returns the loss per byte of each layer, pooled so that it rises within every owner.

    Neighbours that fall are pooled until none do, all owners at once; that is the slope of the
    lower convex hull (pool adjacent violators).
    """
    starts = np.arange(len(owner))
    while True:
        bytes_of = np.add.reduceat(size, starts)
        slope = np.add.reduceat(loss, starts) / bytes_of
        falls: BoolArray = (slope[1:] < slope[:-1]) & (owner[starts[1:]] == owner[starts[:-1]])
        if not falls.any():
            return np.repeat(slope, np.diff(starts, append=len(owner)))
        starts = starts[np.concatenate([[True], ~falls])]
