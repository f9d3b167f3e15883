"""What of every record stays in memory: arrays that filters, allocators and searches read.

A record's *slot* is its index into every array. Slots of deleted records are used again; the
record's id tells one tenant from the next.
"""

from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from embodied_mem.memory.record import Kind, Status

OPEN_END: Final = np.iinfo(np.int64).max
"""Stands in a time column for an end that is open."""
KINDS: Final[tuple[str, ...]] = get_args(Kind)
STATUSES: Final[tuple[str, ...]] = get_args(Status)

_DTYPES: Final[dict[str, Any]] = {
    "alive": np.bool_,
    "kind": np.uint8,
    "status": np.uint8,
    "place": np.int32,
    "observer": np.int32,
    "session": np.int32,
    "shared": np.bool_,
    "space": np.int32,
    "position": (np.float32, 3),
    "valid_from": np.int64,
    "valid_to": np.int64,
    "recorded_at": np.int64,
    "superseded_at": np.int64,
    "version": np.int32,
    "level": np.int16,
    "layers": np.int16,
    "bits": np.int8,
    "loss": np.float32,
    "payload_bytes": np.int32,
    "vector_bytes": np.int32,
    "metadata_bytes": np.int32,
    "reads": np.int32,
    "citations": np.int32,
    "last_read": np.int64,
    "segment": np.int64,
    "signs_at": np.int64,
    "planes_at": np.int64,
    "exact_at": np.int64,
    "scale": np.float32,
}


class Columns:
    """Growable arrays, one entry a slot.

    Attributes:
        alive: bool; whether a record lies in the slot. All other entries are stale where it is not.
        kind, status: Codes, indices into `KINDS` and `STATUSES`.
        place, observer, session: Codes of names, see `name`; -1 where there is none.
        shared: bool; whether anybody may be told of it, see `Filter.viewer`.
        space: Number of the vector space in the store; -1 where there is no vector.
        position: float32 (capacity, 3), metres; NaN where the record has no pose.
        valid_from, valid_to, recorded_at, superseded_at: Ticks; `OPEN_END` for an open end.
        version: Of the record.
        level, layers: Payload layers held, and layers of the full payload.
        bits: Bits a dimension of the vector held; 0 where there is none.
        loss: Error of the payload as held, 0 at full fidelity (see `MemoryRecord.losses`).
        payload_bytes, vector_bytes, metadata_bytes: Live bytes.
        reads, citations, last_read: Use statistics; last_read is -1 where never read.
        segment: Number of the segment file that holds the payload; 0 while it waits in the
            database, -1 where there is none.
        signs_at, planes_at, exact_at: Rows in the arenas of the space; -1 where not held.
        scale: Scale of the first sign plane.
    """

    alive: NDArray[np.bool_]
    kind: NDArray[np.uint8]
    status: NDArray[np.uint8]
    place: NDArray[np.int32]
    observer: NDArray[np.int32]
    session: NDArray[np.int32]
    shared: NDArray[np.bool_]
    space: NDArray[np.int32]
    position: NDArray[np.float32]
    valid_from: NDArray[np.int64]
    valid_to: NDArray[np.int64]
    recorded_at: NDArray[np.int64]
    superseded_at: NDArray[np.int64]
    version: NDArray[np.int32]
    level: NDArray[np.int16]
    layers: NDArray[np.int16]
    bits: NDArray[np.int8]
    loss: NDArray[np.float32]
    payload_bytes: NDArray[np.int32]
    vector_bytes: NDArray[np.int32]
    metadata_bytes: NDArray[np.int32]
    reads: NDArray[np.int32]
    citations: NDArray[np.int32]
    last_read: NDArray[np.int64]
    segment: NDArray[np.int64]
    signs_at: NDArray[np.int64]
    planes_at: NDArray[np.int64]
    exact_at: NDArray[np.int64]
    scale: NDArray[np.float32]

    def __init__(self) -> None:
        self.ids: list[str] = []
        """Record id by slot; empty where the slot is free."""
        self.size = 0
        """Slots ever used; arrays are longer."""
        self._capacity = 0
        self._codes: dict[str, int] = {}
        self._names: list[str] = []
        self.reserve(256)

    def reserve(self, capacity: int) -> None:
        """Makes room for that many slots."""
        if capacity <= self._capacity:
            return
        capacity = max(capacity, 2 * self._capacity)
        for name, dtype in _DTYPES.items():
            array = np.zeros(capacity, dtype)
            if self._capacity:
                array[: self._capacity] = getattr(self, name)
            setattr(self, name, array)
        self._capacity = capacity

    def code(self, name: str | None) -> int:
        """Returns the code of a place, observer or session; makes one where it is new."""
        if not name:
            return -1
        code = self._codes.get(name)
        if code is None:
            code = self._codes[name] = len(self._names)
            self._names.append(name)
        return code

    def known_code(self, name: str) -> int:
        """Returns the code of a name, or -2, which no slot has, where no record ever had it."""
        return self._codes.get(name, -2)

    def name(self, code: int) -> str | None:
        """Returns the name behind a code."""
        return None if code < 0 else self._names[code]

    def slots(self) -> NDArray[np.intp]:
        """Returns the slots that hold a record, ascending."""
        return np.flatnonzero(self.alive[: self.size])

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return int(sum(getattr(self, name).nbytes for name in _DTYPES))
