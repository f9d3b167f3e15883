"""The file of recorded streams: small, exact to read on every machine, and checked as it is read.

A zip of plain arrays that `numpy.load` opens too. Vectors and qualities are rounded to 8 bits on
the way in; the same streams always make the same bytes. The hash is over the arrays, so that it
does not depend on the compression.
"""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.assets import asset_path
from embodied_mem.errors import MemoryFileError
from embodied_mem.files import write_bytes
from embodied_mem.types import AnyArray, Float32Array
from embodied_mem_envs.allocation.stream_checks import check_streams
from embodied_mem_envs.allocation.streams import Streams

VERSION: Final = 1
"""Of the layout of the file and of what the arrays mean."""
ASSET: Final = "allocation_streams.npz"
_HEADER: Final = "streams.json"
_MOST_BYTES: Final = 1 << 26
"""Bytes that an array may unpack to: no file of ours comes near, and a bomb stays small."""
_TYPES: Final = {
    "item_start": "<i4",
    "object_start": "<i4",
    "seed": "<i4",
    "held_out": "|u1",
    "tick": "<u4",
    "visit": "|u1",
    "place": "|u1",
    "room": "|u1",
    "bytes": "<u4",
    "embedding": "|i1",
    "objects": "<i2",
    "versions": "|u1",
    "quality": "|u1",
    "group": "|u1",
}
"""How each array of `Streams` lies in the file."""
_READ_AS: Final = {
    "item_start": np.int64,
    "object_start": np.int64,
    "seed": np.int64,
    "held_out": np.bool_,
    "tick": np.int64,
    "bytes": np.float32,
}
"""Types of the arrays in memory, where they are not int16 and not computed."""


def save_streams(streams: Streams, path: Path) -> None:
    """Writes streams, whole or not at all.

    Raises:
        MemoryFileError: If they are not as `Streams` says, or a number is too large for the file.
    """
    check_streams(streams)
    packed = _pack(streams)
    header = {"format": "allocation streams", "version": VERSION, "sha256": _hash(packed)}
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        _write(archive, _HEADER, json.dumps(header).encode())
        for name, array in packed.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            _write(archive, f"{name}.npy", member.getvalue())
    write_bytes(path, data.getvalue())


def load_streams(path: Path | None = None) -> Streams:
    """Reads streams; those that ship with the package where no path is given.

    The arrays cannot be written to: the shipped streams are read once and shared.

    Raises:
        MemoryFileError: If the file is missing, damaged, of another version or no such file.
    """
    return _shipped() if path is None else _load(path)


def streams_hash(streams: Streams | None = None) -> str:
    """Returns the SHA-256 of what streams lie as in a file, in hex; of the shipped ones if None.

    Raises:
        MemoryFileError: If they cannot be written to a file, or the shipped file cannot be read.
    """
    if streams is None:
        return _shipped_hash()
    check_streams(streams)
    return _hash(_pack(streams))


def join_streams(parts: Sequence[Streams]) -> Streams:
    """Puts streams one behind the other.

    Raises:
        MemoryFileError: If there are none, or a house is among them twice.
    """
    if not parts:
        raise MemoryFileError("there are no streams to join; record one at least")
    joined: dict[str, AnyArray] = {}
    for name in _TYPES:
        arrays = [getattr(part, name) for part in parts]
        if name.endswith("_start"):
            offsets = np.cumsum([0, *(int(array[-1]) for array in arrays)])
            tails = [array[1:] + offset for array, offset in zip(arrays, offsets, strict=False)]
            arrays = [np.zeros(1, np.int64), *tails]
        joined[name] = np.concatenate(arrays)
    streams = Streams(**joined)
    check_streams(streams)
    return streams


@lru_cache(maxsize=1)
def _shipped() -> Streams:
    try:
        path = asset_path(ASSET)
    except FileNotFoundError as error:
        raise MemoryFileError(f"{error}; reinstall the package, or record the streams") from error
    return _load(path)


@lru_cache(maxsize=1)
def _shipped_hash() -> str:
    return _hash(_pack(_shipped()))


# -- to and from the file --------------------------------------------------------------------


def _pack(streams: Streams) -> dict[str, AnyArray]:
    packed = {}
    for name, kind in _TYPES.items():
        array = getattr(streams, name)
        if name == "embedding":
            array = _eight_bits(array)
        elif name == "quality":
            array = np.rint(array * 255.0)
        elif name == "bytes":
            array = np.rint(array)
        limits = np.iinfo(kind)
        if array.size and not limits.min <= array.min() <= array.max() <= limits.max:
            raise MemoryFileError(
                f"{name} goes from {array.min()} to {array.max()}; a file of streams holds "
                f"{limits.min} to {limits.max}"
            )
        packed[name] = np.ascontiguousarray(array, dtype=kind)
    return packed


def _unpack(packed: Mapping[str, AnyArray]) -> Streams:
    arrays: dict[str, AnyArray] = {}
    for name, array in packed.items():
        if name == "embedding":
            arrays[name] = _unit(array)
        elif name == "quality":
            arrays[name] = (array / 255.0).astype(np.float32)
        else:
            arrays[name] = array.astype(_READ_AS.get(name, np.int16))
        arrays[name].setflags(write=False)
    return Streams(**arrays)


def _eight_bits(vectors: Float32Array) -> AnyArray:
    """Scales vectors so that their largest entry is 127, which rounds the same a second time."""
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    rounded: AnyArray = np.rint(np.float64(127.0) * vectors / largest)
    return rounded


def _unit(rounded: AnyArray) -> Float32Array:
    """Returns rows of length 1; of whole numbers, so that every machine gets the same."""
    squares = np.square(rounded.astype(np.int64)).sum(axis=1, keepdims=True)
    vectors: Float32Array = (rounded / np.sqrt(np.maximum(squares, 1))).astype(np.float32)
    return vectors


def _hash(packed: Mapping[str, AnyArray]) -> str:
    digest = hashlib.sha256(f"allocation streams {VERSION}".encode())
    for name in _TYPES:
        array = packed[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data, zipfile.ZIP_DEFLATED, 9)


def _load(path: Path) -> Streams:
    try:
        with zipfile.ZipFile(path) as archive:
            header = json.loads(_member(archive, _HEADER))
            _check_header(header, path)
            packed = {name: _array(archive, name) for name in _TYPES}
    except MemoryFileError:
        raise
    except FileNotFoundError as error:
        raise MemoryFileError(f"there is no file {path}; record the streams first") from error
    except _UNREADABLE as error:
        raise MemoryFileError(f"{path} is damaged or no file of streams: {error}") from error
    if _hash(packed) != header["sha256"]:
        raise MemoryFileError(f"{path} is damaged: its arrays do not match their checksum")
    streams = _unpack(packed)
    check_streams(streams)
    return streams


_UNREADABLE: Final = (
    *(OSError, ValueError, KeyError, EOFError, TypeError, NotImplementedError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, SyntaxError, OverflowError, MemoryError),
)
"""What `zipfile`, `json` and `numpy` raise over damaged bytes."""


def _check_header(header: object, path: Path) -> None:
    if not isinstance(header, dict) or header.get("format") != "allocation streams":
        raise MemoryFileError(f"{path} is no file of recorded streams")
    if header.get("version") != VERSION:
        raise MemoryFileError(
            f"{path} holds streams of version {header.get('version')}; expected {VERSION}: record "
            f"them again with python -m embodied_mem_envs.allocation.recording"
        )


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MOST_BYTES:
        raise ValueError(f"{name} is too large")
    return archive.read(name)


def _array(archive: zipfile.ZipFile, name: str) -> AnyArray:
    data = io.BytesIO(_member(archive, f"{name}.npy"))
    array: AnyArray = np.lib.format.read_array(data, allow_pickle=False)
    if array.dtype.str != _TYPES[name]:
        raise ValueError(f"{name} holds {array.dtype.str}, not {_TYPES[name]}")
    return array
