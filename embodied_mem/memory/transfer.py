"""Moving a store: to one checksummed file, and from one into a store."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from embodied_mem.errors import DamagedRecordError, MemoryFileError, StoreError
from embodied_mem.memory.batch import Draft
from embodied_mem.memory.budget import Budget
from embodied_mem.memory.checks import check_record
from embodied_mem.memory.codec.planes import decode_vector, encode_vectors, vector_losses
from embodied_mem.memory.codec.vector_code import VectorCode
from embodied_mem.memory.parts import Parts, part_of
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.exchange import (
    UNREADABLE,
    Header,
    Parcel,
    read_export,
    schema_of,
    write_export,
)
from embodied_mem.memory.storage.rows import (
    Body,
    decode_body,
    encode,
    fingerprint,
    first_crc,
    record_of,
)
from embodied_mem.memory.storage.schema_1 import read_schema_1
from embodied_mem.memory.text import text_of
from embodied_mem.memory.writer import Writer

_ROUNDING = 1e-3
"""By how much losses may differ from machine to machine."""


def export_state(state: State, path: Path) -> None:
    """Writes all records in the order of their ids; equal stores give equal files.

    Raises:
        DamagedRecordError: If one does not match its checksum; no file is written.
    """
    settings = state.settings
    header = Header(
        session=settings.session, seed=settings.seed, seconds_per_tick=settings.seconds_per_tick
    )
    write_export(path, header, _parcels(state))


def _parcels(state: State) -> Iterator[Parcel]:
    slots = state.resident.slots
    for record_id in sorted(slots):
        yield parcel_at(state, slots[record_id])


def parcel_at(state: State, slot: int) -> Parcel:
    """Reads a record as the store keeps it.

    Raises:
        DamagedRecordError: If anything of it does not match its checksum.
    """
    row, body, heap = state.row(slot)
    layers = state.read_whole(slot, heap.held, state.segments)
    code = None if heap.vector is None else state.vectors.read(heap.vector)
    if layers is None or (code is None) != (heap.vector is None):
        raise DamagedRecordError(
            f"record {body.id.hex()} does not match its checksum; `embodied-mem inspect --repair` "
            "drops what is lost"
        )
    if code is not None and not code.signs:
        code = encode_vectors(np.frombuffer(code.exact, "<f4")[None])[0]
    return Parcel(state.fresh_body(slot, row.body), layers, code)


def import_parcels(state: State, writer: Writer, budget: Budget, path: Path) -> tuple[Header, int]:
    """Takes in all records of a file as one batch; returns its header and how many there were."""
    if schema_of(path) == 1:
        header, records = read_schema_1(path)
        parts = [_part_of_record(path, record) for record in records]
    else:
        header, parcels = read_export(path)
        parts = [_part_of_parcel(path, parcel) for parcel in parcels]
    known = state.resident.slots
    ids = {part.record.id for part in parts}
    if len(ids) < len(parts):
        raise MemoryFileError(f"{path} holds two records with the same id")
    for part in parts:
        if part.record.id in known:
            raise StoreError(f"{path} cannot be imported: record {part.record.id} exists already")
        for link in part.record.links:
            if link.id not in ids and link.id not in known:
                raise MemoryFileError(f"{path}: record {part.record.id} links to what is not there")
    if parts:
        writer.write_new(parts, budget)
    return header, len(parts)


def _part_of_parcel(path: Path, parcel: Parcel) -> Parts:
    try:
        body = decode_body(parcel.body)
        record = record_of(body, len(parcel.layers), 32)
    except (*UNREADABLE, ValueError, TypeError) as error:
        raise MemoryFileError(f"{path} holds a record that does not read: {error}") from None
    code = parcel.vector
    check = msgspec.structs.replace(
        record,
        payload=parcel.layers,
        embedding=b"" if code is None else decode_vector(code).astype("<f4").tobytes(),
    )
    try:
        check_record(check)
    except StoreError as error:
        raise MemoryFileError(f"{path}: {error}") from None
    _check_consistent(path, body, record, parcel)
    if code is not None and code.exact and not _planes_fit(code):
        raise MemoryFileError(f"{path}: record {record.id} has sign planes of another vector")
    return Parts(
        -1,
        record,
        bytes(body.content),
        body.fingerprint,
        body.layers,
        parcel.layers,
        code,
        body=parcel.body,
        text=text_of(record),
    )


def _check_consistent(path: Path, body: Body, record: MemoryRecord, parcel: Parcel) -> None:
    whole = (
        len(parcel.layers) <= body.layers <= max(len(parcel.layers), len(body.losses), 1 << 10)
        and body.fingerprint == fingerprint(record, bytes(body.content), first_crc(parcel.layers))
        and encode(body) == parcel.body
    )
    if not whole:
        raise MemoryFileError(f"{path}: record {record.id} contradicts itself; it is not taken in")


def _planes_fit(code: VectorCode) -> bool:
    """Tells whether the planes are of the exact vector; another machine may round otherwise."""
    fresh = encode_vectors(np.frombuffer(code.exact, "<f4")[None])[0]
    found, expected = vector_losses(code), vector_losses(fresh)
    near = all(a <= b + _ROUNDING for a, b in zip(found, expected, strict=True))
    return near and code.signs == fresh.signs


def _part_of_record(path: Path, record: MemoryRecord) -> Parts:
    try:
        check_record(record)
        content = encode(record.content)
    except (StoreError, TypeError, ValueError, RecursionError) as error:
        raise MemoryFileError(f"{path}: {error}") from None
    mark = fingerprint(record, content, first_crc(record.payload))
    draft = Draft(record, content, mark, len(record.payload), new_payload=True, new_vector=True)
    return part_of(-1, draft)
