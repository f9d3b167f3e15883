"""The nearest vectors of a store: its columns and arenas, put into a scan."""

import numpy as np

from embodied_mem.memory.codec.vector_code import plane_bytes
from embodied_mem.memory.filter import Slots
from embodied_mem.memory.search.vectors import PlaneScan, Rows
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.vector_files import Space
from embodied_mem.types import Float32Array, Float64Array, Int64Array, UInt8Array


def nearest(
    state: State, query: Float32Array, k: int, name: str, slots: Slots | None
) -> tuple[Slots, Float64Array]:
    """Finds the records of one space with the highest cosine; see `MemoryStore.search`."""
    space = state.vectors.find(name, len(query) if query.ndim == 1 else 0)
    if space is None or not space.current:
        return np.zeros(0, np.intp), np.zeros(0)
    columns = state.resident.columns
    inside = columns.alive[: columns.size] & (columns.space[: columns.size] == space.number)
    scan = scan_of(state, space)
    waiting = np.flatnonzero(inside & (columns.signs_at[: columns.size] < 0))
    if slots is not None:
        asked = np.zeros(columns.size, bool)
        asked[slots] = True
        waiting = waiting[asked[waiting]]
        slots = slots[inside[slots] & (columns.signs_at[slots] >= 0)]
    found, scores = scan.top(query, k, slots)
    if not len(waiting):
        return found, scores
    # A few new records have no sign planes yet.
    found = np.concatenate((found, waiting))
    scores = np.concatenate((scores, scan.scores(query, waiting)))
    best = np.lexsort((found, -scores))[: max(k, 0)]
    return found[best], scores[best]


def scan_of(state: State, space: Space) -> PlaneScan:
    """Returns a view of the vectors of a space, good until the store changes."""
    columns = state.resident.columns
    signs: UInt8Array = np.zeros((0, plane_bytes(space.dimension)), np.uint8)
    if "signs" in space.current:
        signs = state.vectors.arena(space, "signs", space.current["signs"]).view()
    return PlaneScan(
        dimension=space.dimension,
        signs=signs,
        owner=space.owner,
        signs_at=columns.signs_at,
        planes_at=columns.planes_at,
        exact_at=columns.exact_at,
        scale=columns.scale,
        planes_rows=_rows(state, space, "planes"),
        exact_rows=_rows(state, space, "exact"),
    )


def _rows(state: State, space: Space, layer: str) -> Rows:
    def read(rows: Int64Array) -> UInt8Array:
        return state.vectors.arena(space, layer, space.current[layer]).rows(rows)

    return read
