"""Memory files of schema 1: one msgpack body behind a SHA-256. Still read, no longer written."""

import hashlib
import re
from pathlib import Path
from typing import Final

import msgspec

from embodied_mem.errors import MemoryFileError
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.storage.exchange import SCHEMA, UNREADABLE, Header

_MAGIC: Final = b"EMEM\x00\x01\r\n"
_ID: Final = re.compile(r"[0-9a-f]{32}")


class _File(msgspec.Struct, frozen=True, kw_only=True):
    schema: int
    session: str
    seed: int
    seconds_per_tick: float
    records: list[MemoryRecord]


def read_schema_1(path: Path) -> tuple[Header, list[MemoryRecord]]:
    """Reads a memory file of schema 1 and upgrades what it holds.

    Every record held its whole payload, whatever its level said, and its vector exactly.

    Raises:
        MemoryFileError: If it is missing, not of schema 1, or damaged.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MemoryFileError(f"cannot read the memory file {path}: {error.strerror}") from None
    start = len(_MAGIC) + 32
    if not data.startswith(_MAGIC):
        raise MemoryFileError(f"{path} is not a memory file of schema 1")
    if hashlib.sha256(data[start:]).digest() != data[len(_MAGIC) : start]:
        raise MemoryFileError(
            f"{path} is damaged: its checksum does not match its content; get another copy of it"
        )
    try:
        file = msgspec.msgpack.decode(memoryview(data)[start:], type=_File)
    except UNREADABLE as error:
        raise MemoryFileError(f"{path} does not hold valid records: {error}") from None
    _check(path, file)
    header = Header(
        schema=SCHEMA,
        session=file.session,
        seed=file.seed,
        seconds_per_tick=file.seconds_per_tick,
    )
    return header, [_upgraded(record) for record in file.records]


def _check(path: Path, file: _File) -> None:
    if file.schema != 1 or not 0 < file.seconds_per_tick < float("inf"):
        raise MemoryFileError(f"{path} does not hold a valid memory of schema 1")
    ids = {record.id for record in file.records}
    if len(ids) != len(file.records):
        raise MemoryFileError(f"{path} does not hold valid records: two have the same id")
    for record in file.records:
        if not _ID.fullmatch(record.id):
            raise MemoryFileError(
                f"{path} does not hold valid records: {record.id!r} is not 32 hex digits"
            )
        if len(record.embedding) % 4:
            raise MemoryFileError(
                f"{path} does not hold valid records: the embedding of {record.id} has "
                f"{len(record.embedding)} bytes, not a multiple of 4"
            )


def _upgraded(record: MemoryRecord) -> MemoryRecord:
    return msgspec.structs.replace(record, level=len(record.payload), space="", bits=32, losses=())
