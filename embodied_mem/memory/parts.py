"""Records on their way to their slots: the row encoded, the new bytes at hand."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from embodied_mem.errors import StoreError
from embodied_mem.memory.batch import Draft
from embodied_mem.memory.codec.planes import encode_vectors
from embodied_mem.memory.codec.vector_code import PLANES, VectorCode
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.resident import vector_bytes
from embodied_mem.memory.storage.rows import Body, VectorPlace, body_of, decode_body, encode
from embodied_mem.memory.text import text_of


@dataclass(slots=True)
class Parts:
    """A record on its way to its slot: what it says and the bytes that are new."""

    slot: int
    record: MemoryRecord
    """Its bytes do not count."""
    content: bytes
    mark: int
    total_layers: int
    layers: tuple[bytes, ...] | None = None
    """New payload; None where the one that is held stays."""
    code: VectorCode | None = None
    """New vector."""
    keep_vector: bool = False
    """Whether the vector that is held stays."""
    level: int | None = None
    """To lower the payload that stays to."""
    bits: int | None = None
    """To lower the vector that stays to."""
    body: bytes = b""
    row: Body | None = None
    """What `body` encodes."""
    text: str | None = None
    new_bytes: int = 0
    """Bytes of payload and vector to write; `encode_parts` counts them."""


def part_of(slot: int, draft: Draft) -> Parts:
    """Returns what is to be written of a draft; vectors get their planes later, many at once."""
    record = draft.record
    layers = record.payload if draft.new_payload else None
    if layers is not None and draft.level is not None:
        layers = layers[: draft.level]
    return Parts(
        slot,
        record,
        draft.content,
        draft.mark,
        max(draft.layers, len(record.losses)),
        layers,
        keep_vector=not draft.new_vector,
        level=draft.level,
        bits=draft.bits,
    )


def encode_parts(parts: Iterable[Parts]) -> None:
    """Encodes the rows as far as they do not depend on where the bytes will lie.

    Raises:
        StoreError: If a record holds what cannot be stored.
    """
    for part in parts:
        _take_vector(part)
        part.new_bytes = sum(map(len, part.layers or ())) + _code_bytes(part.code)
        if part.body:
            continue
        body = body_of(part.record, part.content, part.total_layers, part.mark)
        try:
            part.body = encode(body)
            part.row = decode_body(part.body)
            part.text = text_of(part.record)
        except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
            raise StoreError(f"record {part.record.id}: {error}") from None


def _take_vector(part: Parts) -> None:
    """Takes a new vector as it is; its sign planes come when it goes to its files."""
    embedding = part.record.embedding
    if part.code is not None or part.keep_vector or not embedding:
        return
    vector = part.record.vector
    if not math.isfinite(float(np.add.reduce(vector, dtype=np.float64))):
        raise StoreError(f"record {part.record.id}: embedding holds numbers that are not finite")
    part.code = VectorCode(len(vector), 0.0, b"", b"", embedding)


def complete_vectors(parts: Sequence[Parts]) -> None:
    """Gives new vectors their sign planes, and lowers those that are to come in coarse."""
    new = [part for part in parts if part.code is not None]
    for part, code in zip(new, with_planes([part.code for part in new if part.code]), strict=True):
        bits = part.record.bits if part.bits is None else min(part.bits, part.record.bits)
        part.code = lowered_code(code, bits)


def _code_bytes(code: VectorCode | None) -> int:
    return 0 if code is None else vector_bytes(code.dimension, code.bits)


def with_planes(codes: Sequence[VectorCode]) -> list[VectorCode]:
    """Gives vectors their sign planes, those of one dimension all at once."""
    done = list(codes)
    by_dimension: dict[int, list[int]] = {}
    for index, code in enumerate(codes):
        if not code.signs:
            by_dimension.setdefault(code.dimension, []).append(index)
    for dimension, indices in by_dimension.items():
        joined = b"".join([codes[index].exact for index in indices])
        matrix = np.frombuffer(joined, "<f4").reshape(len(indices), dimension)
        for index, code in zip(indices, encode_vectors(matrix), strict=True):
            done[index] = code
    return done


def lowered_code(code: VectorCode, bits: int) -> VectorCode:
    """Returns a vector without the layers beyond `bits` a dimension."""
    if bits >= code.bits:
        return code
    planes = code.planes if bits >= PLANES else b""
    return VectorCode(code.dimension, code.scale, code.signs, planes)


def lowered_place(place: VectorPlace, bits: int) -> VectorPlace:
    """Returns a vector's place without the layers beyond `bits` a dimension."""
    if bits >= place.bits:
        return place
    planes = place.planes if bits >= PLANES else None
    return VectorPlace(place.space, place.dimension, place.scale, place.signs, planes)
