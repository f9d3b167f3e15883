"""A whole store as one checksummed file, to keep, to send and to read elsewhere.

Layout, all numbers little-endian:

- magic, 8 bytes; it holds the schema
- frames: length u32, CRC-32 u32, body. The first body is the `Header`, each later one a `Parcel`,
  both msgpack. The CRC covers the frame's index as a u64 and then its body.
- end: mark of 8 bytes, number of parcels u64, SHA-256 of everything before it

Equal parcels give equal bytes. The SHA-256 says whether the file is whole; the CRCs say where it
is not.
"""

import hashlib
import os
import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
import numpy as np

from embodied_mem.errors import MemoryFileError, StoreError, StoreFullError
from embodied_mem.memory.codec.vector_code import PLANES, VectorCode, plane_bytes

SCHEMA: Final = 2
_MAGIC: Final = b"EMEM\x00%c\r\n"
_MARK: Final = b"\r\nEMEND\n"
_FRAME: Final = struct.Struct("<II")
_COUNT: Final = struct.Struct("<Q")
_END_BYTES: Final = len(_MARK) + _COUNT.size + 32
_LARGEST: Final = 2**31 - 1
_CHUNK: Final = 1 << 20
_LARGEST_FLOAT32: Final = float(np.finfo(np.float32).max)

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not what was asked for."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What an export says about its store."""

    schema: int = SCHEMA
    session: str = ""
    seed: int = 0
    seconds_per_tick: float = 1.0


class Parcel(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One record as the store keeps it; the body is opaque here."""

    body: bytes
    """The record's metadata."""
    layers: tuple[bytes, ...] = ()
    """The payload layers that are held."""
    vector: VectorCode | None = None


def schema_of(path: Path) -> int:
    """Returns the schema that a memory file says it has.

    Raises:
        MemoryFileError: If it is missing or not a memory file.
    """
    with _opened(path) as file:
        return _schema(path, file.read(8))


def write_export(path: Path, header: Header, parcels: Iterable[Parcel]) -> None:
    """Writes an export, whole or not at all; it lies on the disk on return.

    Raises:
        StoreFullError: If the disk is full or cannot be written to; a file of that name that was
            there before is as it was.
        StoreError: If a record is larger than 2 GiB.
    """
    encoder = msgspec.msgpack.Encoder(order="deterministic")
    with _replaced(path) as file:
        sha = hashlib.sha256()

        def put(data: bytes) -> None:
            sha.update(data)
            file.write(data)

        put(_MAGIC % SCHEMA)
        put(_frame(0, encoder.encode(header)))
        count = 0
        for count, parcel in enumerate(parcels, start=1):
            put(_frame(count, encoder.encode(parcel)))
        put(_MARK + _COUNT.pack(count))
        file.write(sha.digest())


def read_export(path: Path) -> tuple[Header, Iterator[Parcel]]:
    """Checks a whole export and returns what it holds; its parcels are read as they are asked for.

    No more than one parcel is in memory at a time. The iterator raises `MemoryFileError` where the
    file changes while it is read.

    Raises:
        MemoryFileError: If it is missing, not an export, damaged, or of another schema.
    """
    with _opened(path) as file:
        schema = _schema(path, file.read(8))
        if schema > SCHEMA:
            raise MemoryFileError(
                f"{path} was made by a newer version (schema {schema}; this one reads up to "
                f"{SCHEMA}); update embodied_mem to read it"
            )
        if schema < SCHEMA:
            raise MemoryFileError(f"{path} has the old schema {schema}, which is no export")
        _check_seal(path, file)
        header, parcels = _contents(path, file)
        for _ in parcels:
            pass
        return header, _again(path, _identity(file))


def _frame(index: int, body: bytes) -> bytes:
    if len(body) > _LARGEST:
        raise StoreError(f"a record of {len(body)} bytes is too large to export")
    return _FRAME.pack(len(body), zlib.crc32(body, zlib.crc32(_COUNT.pack(index)))) + body


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise MemoryFileError(f"cannot read the memory file {path}: {error.strerror}") from None


@contextmanager
def _replaced(path: Path) -> Iterator[BinaryIO]:
    """Yields a temporary file that takes the path's place once it lies on the disk."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb", buffering=_CHUNK) as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        temporary = None
        _sync_folder(path.parent)
    except OSError as error:
        raise StoreFullError(
            f"cannot write {path}: {error.strerror}; what was there before is as it was"
        ) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _schema(path: Path, magic: bytes) -> int:
    if len(magic) < 8 or magic != _MAGIC % magic[5] or magic[5] == 0:
        raise MemoryFileError(f"{path} is not a memory file (made by `inspect --export` or `run`)")
    return magic[5]


def _check_seal(path: Path, file: BinaryIO) -> None:
    """Compares the SHA-256 at the end with that of the file, a chunk at a time."""
    sha = hashlib.sha256()
    left = os.fstat(file.fileno()).st_size - 32
    file.seek(0)
    while left > 0:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            break
        sha.update(chunk)
        left -= len(chunk)
    if left != 0 or file.read(33) != sha.digest():
        raise MemoryFileError(
            f"{path} is damaged: {_where(file)}; get another copy of it, or export it again"
        )


def _where(file: BinaryIO) -> str:
    """Names the first frame of a damaged file that does not match its CRC."""
    size = os.fstat(file.fileno()).st_size
    at, index = 8, 0
    while True:
        file.seek(at)
        head = file.read(len(_MARK))
        if head == _MARK and at + _END_BYTES == size:
            return "its checksum does not match its content"
        what = f"record {index}" if index else "its header"
        place = f"{what}, at byte {at} of {size}"
        if len(head) < _FRAME.size or head == _MARK:
            return f"it ends in the wrong place ({place})"
        length, crc = _FRAME.unpack(head)
        if at + _FRAME.size + length + _END_BYTES > size:
            return f"{place}, is broken or cut off"
        if _crc(file, index, length) != crc:
            return f"{place}, does not match its checksum"
        at += _FRAME.size + length
        index += 1


def _crc(file: BinaryIO, index: int, length: int) -> int:
    crc = zlib.crc32(_COUNT.pack(index))
    while length > 0:
        chunk = file.read(min(length, _CHUNK))
        if not chunk:
            break
        crc = zlib.crc32(chunk, crc)
        length -= len(chunk)
    return crc


def _contents(path: Path, file: BinaryIO) -> tuple[Header, Iterator[Parcel]]:
    """Reads the header, and returns the parcels that follow, each checked as it is read."""
    size = os.fstat(file.fileno()).st_size
    end = size - _END_BYTES
    file.seek(max(end, 0))
    mark = file.read(len(_MARK))
    (count,) = _COUNT.unpack(file.read(_COUNT.size).ljust(_COUNT.size, b"\0"))
    if end < 8 + _FRAME.size or mark != _MARK:
        raise MemoryFileError(f"{path} is not a valid export: its end is missing")
    file.seek(8)
    try:
        header = msgspec.msgpack.decode(_body(path, file, 0, end), type=Header)
    except UNREADABLE as error:
        raise MemoryFileError(f"{path} is not a valid export: its header: {error}") from None
    if header.schema != SCHEMA or not 0 < header.seconds_per_tick < float("inf"):
        raise MemoryFileError(f"{path} is not a valid export: its header says {header}")
    return header, _parcels(path, file, count, end)


def _body(path: Path, file: BinaryIO, index: int, end: int) -> bytes:
    """Reads one frame; trusts its length only as far as the file goes."""
    at = file.tell()
    head = file.read(_FRAME.size)
    left = end - at - _FRAME.size
    length, crc = _FRAME.unpack(head) if left >= 0 and len(head) == _FRAME.size else (left + 1, 0)
    body = b"" if length > left else file.read(length)
    if length > left or zlib.crc32(body, zlib.crc32(_COUNT.pack(index))) != crc:
        raise MemoryFileError(f"{path} is not a valid export: part {index} at byte {at} is broken")
    return body


def _parcels(path: Path, file: BinaryIO, count: int, end: int) -> Iterator[Parcel]:
    decoder = msgspec.msgpack.Decoder(Parcel)
    for index in range(1, count + 1):
        body = _body(path, file, index, end)
        try:
            parcel = decoder.decode(body)
        except UNREADABLE as error:
            raise MemoryFileError(
                f"{path} is not a valid export: record {index}: {error}"
            ) from None
        if parcel.vector is not None and not _consistent(parcel.vector):
            raise MemoryFileError(
                f"{path} is not a valid export: the vector of record {index} is not one of "
                f"{parcel.vector.dimension} finite dimensions"
            )
        yield parcel
    if file.tell() != end:
        raise MemoryFileError(f"{path} is not a valid export: it holds more than {count} records")


def _consistent(code: VectorCode) -> bool:
    if not 0 < code.dimension < 1 << 20 or not 0 <= code.scale <= _LARGEST_FLOAT32:
        return False
    plane = plane_bytes(code.dimension)
    if (
        len(code.signs) != plane
        or len(code.planes) not in (0, (PLANES - 1) * (plane + 4))
        or len(code.exact) not in (0, 4 * code.dimension)
    ):
        return False
    scales = np.frombuffer(code.planes[(PLANES - 1) * plane :], "<f4")
    return bool(np.isfinite(scales).all() and np.isfinite(np.frombuffer(code.exact, "<f4")).all())


def _identity(file: BinaryIO) -> tuple[int, ...]:
    status = os.fstat(file.fileno())
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _again(path: Path, identity: tuple[int, ...]) -> Iterator[Parcel]:
    # Opened anew, so that an iterator that is never used holds no file open.
    with _opened(path) as file:
        changed = MemoryFileError(f"{path} changed while it was read; read it again")
        if _identity(file) != identity:
            raise changed
        _, parcels = _contents(path, file)
        yield from parcels
        if _identity(file) != identity:
            raise changed
