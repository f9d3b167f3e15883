"""Choosing what fidelity to give up: the layers with the least measured loss a byte."""

import itertools
from typing import Any, NamedTuple

import numpy as np

from embodied_mem.memory.codec.planes import decode_rows, row_losses
from embodied_mem.memory.codec.vector_code import PLANES
from embodied_mem.memory.compaction import Compactor, Lowered
from embodied_mem.memory.shrink_plan import DroppableLayers, plan_shrink
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.rows import Body, Heap
from embodied_mem.memory.storage.vector_files import Space, row_bytes
from embodied_mem.types import AnyArray, Float64Array, UInt8Array


class _Layers(NamedTuple):
    """Layers that can be dropped, one an entry; those of an owner from the coarsest on."""

    owner: AnyArray
    """2 * slot for a payload, 2 * slot + 1 for a vector."""
    order: AnyArray
    bytes: AnyArray
    loss: Float64Array
    """By how much the squared error over the signal's variance grows."""


def lower_fidelity(
    state: State, compactor: Compactor, to_free: int, *, archive_room: int = 0
) -> bool:
    """Drops the layers with the least measured loss a byte across all records.

    Args:
        state: The store's.
        compactor: Carries it out.
        to_free: Bytes that are to become free.
        archive_room: Bytes of dropped layers that the archive takes.

    Returns:
        Whether anything could be dropped.
    """
    compactor.writer.flush()
    layers = _droppable(state)
    if not len(layers.owner):
        return False
    drop = plan_shrink(
        DroppableLayers(
            owner=layers.owner, position=layers.order, size=layers.bytes, loss=layers.loss
        ),
        to_free,
    )
    columns = state.resident.columns
    lowered: dict[int, Lowered] = {}
    for owner, order in sorted(
        zip(layers.owner[drop].tolist(), layers.order[drop].tolist(), strict=True), reverse=True
    ):
        slot, vector = divmod(owner, 2)
        level, bits = int(columns.level[slot]), int(columns.bits[slot])
        held = lowered.get(slot, Lowered(level, bits))
        lowered[slot] = (
            Lowered(held.level, 1 if order == 0 else PLANES)
            if vector
            else Lowered(order + 1, held.bits)
        )
    compactor.lower(lowered, archive_room=archive_room)
    return True


def _droppable(state: State) -> _Layers:
    columns = state.resident.columns
    slots = columns.slots()
    groups = [_payload_layers(state, slots[columns.level[slots] > 1])]
    for space in state.vectors.spaces:
        inside = slots[(columns.space[slots] == space.number) & (columns.bits[slots] > 1)]
        if len(inside):
            groups.append(_vector_layers(state, space, inside))
    return _Layers(*(np.concatenate(parts) for parts in zip(*groups, strict=True)))


def _payload_layers(state: State, slots: AnyArray) -> _Layers:
    owner: list[int] = []
    order: list[int] = []
    size: list[int] = []
    loss: list[float] = []
    for slot, (_, body, heap) in state.rows(slots.tolist()).items():
        sizes = [extent.length for extent in heap.held[1:]]
        owner += [2 * slot] * len(sizes)
        order += range(len(sizes))
        size += sizes
        loss += _rises(body, heap)
    return _Layers(np.array(owner, np.int64), np.array(order, np.int64), np.array(size), _f(loss))


def _rises(body: Body, heap: Heap) -> list[float]:
    """Returns how much the error grows with each layer but the first that goes."""
    if len(body.losses) >= heap.level:
        held = body.losses[: heap.level]
        return [before - after for before, after in itertools.pairwise(held)]
    # Nobody measured it: each byte counts the same.
    total = sum(extent.length for extent in heap.held) or 1
    return [extent.length / total for extent in heap.held[1:]]


def _vector_layers(state: State, space: Space, slots: AnyArray) -> _Layers:
    columns = state.resident.columns
    four = slots[columns.bits[slots] == PLANES]
    full = slots[columns.bits[slots] == 32]
    rise = np.zeros((len(slots), 2))
    if len(full):
        exact = _rows(state, space, "exact", columns.exact_at[full]).view("<f4")
        signs, planes = _coarse(state, space, full)
        losses = row_losses(space.dimension, columns.scale[full], signs, planes, exact)
        rise[np.isin(slots, full)] = np.stack((losses[:, 0] - losses[:, 1], losses[:, 1]), axis=1)
    if len(four):
        # Against what is left of the vector, since the exact one is gone.
        signs, planes = _coarse(state, space, four)
        best = decode_rows(space.dimension, columns.scale[four], signs, planes)
        losses = row_losses(space.dimension, columns.scale[four], signs, planes, best)
        rise[np.isin(slots, four), 0] = losses[:, 0]
    sizes = [row_bytes(layer, space.dimension) for layer in ("planes", "exact")]
    has_exact = columns.bits[slots] == 32
    owner = np.concatenate((slots, slots[has_exact])) * 2 + 1
    order = np.repeat((0, 1), (len(slots), len(full)))
    return _Layers(
        owner,
        order,
        np.repeat(sizes, (len(slots), len(full))),
        np.maximum(np.concatenate((rise[:, 0], rise[has_exact, 1])), 0.0),
    )


def _coarse(state: State, space: Space, slots: AnyArray) -> tuple[UInt8Array, UInt8Array]:
    columns = state.resident.columns
    signs = _rows(state, space, "signs", columns.signs_at[slots])
    return signs, _rows(state, space, "planes", columns.planes_at[slots])


def _rows(state: State, space: Space, layer: str, rows: AnyArray) -> UInt8Array:
    return state.vectors.arena(space, layer, space.current[layer]).rows(rows)


def _f(values: list[Any]) -> Float64Array:
    return np.maximum(np.array(values, np.float64), 0.0)
