"""Records as two stores hold them, with the bytes as they lie: nothing is encoded anew.

They come and go by the format of exports, which is all that stores are asked for.
"""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from embodied_mem.errors import BudgetError
from embodied_mem.memory.codec.planes import decode_vector
from embodied_mem.memory.codec.vector_code import VectorCode
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.storage.exchange import Header, Parcel, read_export, write_export
from embodied_mem.memory.storage.rows import (
    body_of,
    decode_body,
    encode,
    fingerprint,
    first_crc,
    record_of,
)
from embodied_mem.types import Float32Array

if TYPE_CHECKING:
    from embodied_mem.memory.store import MemoryStore

_SHARES: Final = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
"""Of a budget that is too small: sizes of the live store that are tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A record with its payload as it is held, and its vector's code beside it."""

    record: MemoryRecord
    """Without its embedding, which `code` holds."""
    code: VectorCode | None
    layers: int
    """Of the full payload."""

    @property
    def id(self) -> str:
        """The record's id."""
        return self.record.id

    def changed(self, **fields: Any) -> "Held":
        """Returns it with other fields of the record."""
        return replace(self, record=msgspec.structs.replace(self.record, **fields))

    def like(self, other: "Held") -> float | None:
        """Returns the cosine of two records' vectors; None where they cannot be compared."""
        first, second = _vector(self.code), _vector(other.code)
        if self.record.space != other.record.space or first is None or second is None:
            return None
        size = float(np.linalg.norm(first) * np.linalg.norm(second))
        if first.shape != second.shape or size <= 0.0:
            return None
        return float(first @ second) / size


def _vector(code: VectorCode | None) -> Float32Array | None:
    return None if code is None else decode_vector(code)


def holdings(store: "MemoryStore") -> list[Held]:
    """Reads all records of a store, in the order of their ids.

    Raises:
        DamagedRecordError: If one does not match its checksum.
    """
    with tempfile.TemporaryDirectory(prefix="embodied_mem-") as folder:
        file = Path(folder) / "export"
        store.export(file)
        _, parcels = read_export(file)
        return [_held(parcel) for parcel in parcels]


def _held(parcel: Parcel) -> Held:
    body = decode_body(parcel.body)
    bits = 32 if parcel.vector is None else parcel.vector.bits
    record = record_of(body, len(parcel.layers), bits, parcel.layers)
    return Held(record, parcel.vector, body.layers)


def new_held(record: MemoryRecord) -> Held:
    """Returns a record that no store held yet, and that has no vector."""
    return Held(record, None, len(record.payload))


def put(store: "MemoryStore", header: Header, held: Iterable[Held]) -> None:
    """Writes records into an empty store, as one batch, and its settings.

    Where its budget is too small for them as they are, the layers with the least loss a byte go.

    Raises:
        StoreError: If a record is not valid.
        BudgetError: If they do not fit, even at the lowest fidelity.
    """
    with tempfile.TemporaryDirectory(prefix="embodied_mem-") as folder:
        file = Path(folder) / "export"
        write_export(file, header, map(_parcel, sorted(held, key=lambda each: each.id)))
        try:
            store.import_(file, settings=True)
        except BudgetError:
            _put_smaller(store, file)


def _put_smaller(store: "MemoryStore", file: Path) -> None:
    """Takes an exported file in at the highest of a few sizes that fit the budget."""
    smaller = file.with_name("smaller")
    with store.read(file) as whole:
        for share in _SHARES:
            whole.shrink(int(share * (store.budget_bytes or 0)))
            whole.export(smaller)
            try:
                store.import_(smaller, settings=True)
            except BudgetError:
                if share == _SHARES[-1]:
                    raise
            else:
                return


def _parcel(held: Held) -> Parcel:
    record = held.record
    content = encode(record.content)
    mark = fingerprint(record, content, first_crc(record.payload))
    layers = max(held.layers, len(record.losses))
    return Parcel(encode(body_of(record, content, layers, mark)), record.payload, held.code)
