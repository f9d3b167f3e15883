"""Looks for what was to be forgotten in raw bytes: strings, pictures and vectors."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from embodied_mem.memory import MemoryStore
from embodied_mem.memory.codec.pictures import decode_picture
from embodied_mem.memory.codec.planes import encode_vectors
from embodied_mem.memory.search.tokens import words_of
from embodied_mem.types import Float32Array

_SHINGLE: Final = 16
"""Bytes in a row that are no accident."""


@dataclass(kw_only=True, slots=True)
class Canaries:
    """What must not be found any more."""

    strings: list[str] = field(default_factory=list)
    pictures: list[tuple[bytes, ...]] = field(default_factory=list)
    """Layers of each, of which any prefix is a picture."""
    vectors: list[Float32Array] = field(default_factory=list)
    innocent: bytes = b""
    """What was there before they came: bytes that stand in it, too, are none of theirs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """How many of the canaries were found at all."""

    strings: int
    pictures: int
    vectors: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.strings + self.pictures + self.vectors


def scan_folder(folder: Path, canaries: Canaries) -> Found:
    """Scans every file in a folder and below it."""
    return scan(bytes_of(folder), canaries)


def bytes_of(folder: Path) -> bytes:
    """Returns the bytes of every file in a folder and below it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return b"\0".join(path.read_bytes() for path in files)


def scan_records(store: MemoryStore, canaries: Canaries) -> Found:
    """Scans everything that the records of a store say and hold, and their pictures as decoded."""
    parts: list[bytes] = []
    seen: set[bytes] = set()
    for record in store.records():
        bare = msgspec.structs.replace(record, payload=(), embedding=b"")
        parts += [msgspec.msgpack.encode(bare), *record.payload, record.embedding]
        if record.kind == "snapshot" and record.payload:
            seen.add(_look(record.payload))
    found = scan(b"\0".join(parts), canaries)
    shown = sum(not seen.isdisjoint(_looks(layers)) for layers in canaries.pictures)
    return Found(strings=found.strings, pictures=max(found.pictures, shown), vectors=found.vectors)


def scan(data: bytes, canaries: Canaries) -> Found:
    """Scans bytes.

    Strings as UTF-8, UTF-16 and JSON with escapes (MessagePack holds UTF-8), and as the words that
    a full-text index makes of them, of which it may store but the end. Pictures and vectors by any
    16 bytes in a row that nothing else had, at any offset; vectors as floats, as sign planes and
    as signs.
    """
    pictures = [b"".join(layers) for layers in canaries.pictures]
    return Found(
        strings=sum(any(form in data for form in _forms(text)) for text in canaries.strings),
        pictures=_found(data, pictures, canaries.innocent),
        vectors=_found(data, list(_codes(canaries.vectors)), canaries.innocent),
    )


def _forms(text: str) -> Iterator[bytes]:
    for each in (text, *words_of(text)):
        yield from (each.encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be"))
        yield json.dumps(each).strip('"').encode()
    longest = max(words_of(text), key=len).encode()
    yield longest[len(longest) // 2 :]  # words that begin alike are stored by their ends


def _codes(vectors: Sequence[Float32Array]) -> Iterator[bytes]:
    if not vectors:
        return
    for vector, code in zip(vectors, encode_vectors(np.stack(vectors)), strict=True):
        parts = (vector.astype("<f4").tobytes(), code.signs, code.planes)
        yield b"".join(part[: len(part) // _SHINGLE * _SHINGLE] for part in parts)


def _found(data: bytes, canaries: Sequence[bytes], innocent: bytes) -> int:
    """Counts the canaries of which any shingle of their own stands in the data."""
    owners: dict[bytes, int] = {}
    times = Counter[bytes]()
    for number, canary in enumerate(canaries):
        shingles = {canary[at : at + _SHINGLE] for at in range(0, len(canary) - 15, _SHINGLE)}
        times.update(shingles)
        owners.update(dict.fromkeys(shingles, number))
    own = {shingle for shingle, count in times.items() if count == 1}  # no headers, no zeros
    own -= _standing(innocent, own)
    return len({owners[shingle] for shingle in _standing(data, own)})


def _standing(data: bytes, shingles: set[bytes]) -> set[bytes]:
    """Returns those shingles that stand somewhere in the data."""
    first = np.unique(np.frombuffer(b"".join(each[:8] for each in sorted(shingles)), "<u8"))
    found = (data[at : at + _SHINGLE] for at in _places(data, first))
    return shingles.intersection(found)


def _places(data: bytes, wanted: "np.ndarray[tuple[int], np.dtype[np.uint64]]") -> Iterable[int]:
    for offset in range(8):
        count = (len(data) - offset) // 8
        if count > 0:
            words = np.frombuffer(data, "<u8", count, offset)
            yield from (np.flatnonzero(np.isin(words, wanted)) * 8 + offset).tolist()


def _looks(layers: Sequence[bytes]) -> set[bytes]:
    return {_look(layers[:count]) for count in range(1, len(layers) + 1)}


def _look(layers: Sequence[bytes]) -> bytes:
    return blake2b(decode_picture(layers).tobytes(), digest_size=16).digest()
