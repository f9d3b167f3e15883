"""Damaged copies of a file, as disks, networks and people with bad intentions make them."""

import hashlib
import struct
import zlib
from collections.abc import Callable

import numpy as np

Mutation = Callable[[np.random.Generator, bytearray], bytearray]


def _place(rng: np.random.Generator, data: bytearray, longest: int = 64) -> tuple[int, int]:
    start = int(rng.integers(len(data) + 1))
    return start, min(len(data), start + int(rng.integers(1, longest)))


def flip(rng: np.random.Generator, data: bytearray) -> bytearray:
    for _ in range(int(rng.integers(1, 4))):
        data[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
    return data


def overwrite(rng: np.random.Generator, data: bytearray) -> bytearray:
    start, end = _place(rng, data)
    data[start:end] = rng.bytes(end - start)
    return data


def truncate(rng: np.random.Generator, data: bytearray) -> bytearray:
    return data[: int(rng.integers(len(data)))]


def extend(rng: np.random.Generator, data: bytearray) -> bytearray:
    tail = rng.bytes(int(rng.integers(1, 100)))
    return data + (tail if rng.random() < 0.5 else bytes(len(tail)))


def zero(rng: np.random.Generator, data: bytearray) -> bytearray:
    start, end = _place(rng, data, 600)
    data[start:end] = bytes(end - start)
    return data


def cut_out(rng: np.random.Generator, data: bytearray) -> bytearray:
    start, end = _place(rng, data)
    del data[start:end]
    return data


def splice(rng: np.random.Generator, data: bytearray) -> bytearray:
    """Copies one stretch over or in front of another."""
    start, end = _place(rng, data, 400)
    at = int(rng.integers(len(data) + 1))
    data[at : at + (end - start if rng.random() < 0.5 else 0)] = data[start:end]
    return data


def hostile_length(rng: np.random.Generator, data: bytearray) -> bytearray:
    """Puts a number that promises too much, in the places and codings that lengths have."""
    at = int(rng.integers(max(1, len(data) - 9)))
    value = int(rng.choice([2**32 - 1, 2**31, 2**31 - 1, 2**16, len(data), 2**24, 0]))
    form = int(rng.integers(4))
    if form == 0:
        patch = struct.pack("<I", value)
    elif form == 1:
        patch = struct.pack("<Q", value << int(rng.integers(32)))
    else:  # msgpack's long forms of bytes, text, arrays and maps
        patch = bytes([int(rng.choice([0xC6, 0xDB, 0xDD, 0xDF]))]) + struct.pack(">I", value)
    data[at : at + len(patch)] = patch
    return data


def nest(rng: np.random.Generator, data: bytearray) -> bytearray:
    """Puts a very deep msgpack array somewhere."""
    at = int(rng.integers(len(data)))
    data[at:at] = b"\x91" * int(rng.choice([100, 5000]))
    return data


MUTATIONS: tuple[Mutation, ...] = (
    flip,
    overwrite,
    truncate,
    extend,
    zero,
    cut_out,
    splice,
    hostile_length,
    nest,
)


def mutated(rng: np.random.Generator, data: bytes) -> bytes:
    """Returns a damaged copy: one mutation, sometimes two."""
    result = bytearray(data)
    for _ in range(1 if rng.random() < 0.8 else 2):
        if result:
            result = MUTATIONS[int(rng.integers(len(MUTATIONS)))](rng, result)
    return bytes(result)


def frame_bodies(data: bytes) -> list[bytes]:
    """Returns the bodies of an intact export: the header's and the parcels'."""
    bodies, at = [], 8
    while data[at : at + 8] != b"\r\nEMEND\n":
        (length,) = struct.unpack_from("<I", data, at)
        bodies.append(data[at + 8 : at + 8 + length])
        at += 8 + length
    return bodies


def sealed(bodies: list[bytes], count: int | None = None) -> bytes:
    """Builds an export whose checksums are right, whatever its bodies hold."""
    parts = [b"EMEM\x00\x02\r\n"]
    for index, body in enumerate(bodies):
        crc = zlib.crc32(body, zlib.crc32(struct.pack("<Q", index)))
        parts += [struct.pack("<II", len(body), crc), body]
    parts.append(b"\r\nEMEND\n" + struct.pack("<Q", len(bodies) - 1 if count is None else count))
    data = b"".join(parts)
    return data + hashlib.sha256(data).digest()
