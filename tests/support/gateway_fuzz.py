"""Ten thousand ways to be misunderstood by a gateway; the same ones for the same seed."""

import random
import socket
import struct
from collections.abc import Iterator

import msgspec

from embodied_mem.robots.gateway.protocol import encode
from embodied_mem.robots.gateway.requests import (
    Ask,
    Beat,
    Bye,
    Drive,
    Enable,
    Follow,
    Hello,
    Look,
    Reset,
)
from embodied_mem.robots.gateway.wire import PROTOCOL, SMALL_BYTES, Message, WireCommand

MOVING = WireCommand(0.3, 0.2, 0.0, None, None)
NEVER = -1e300
"""No flip of one bit or eight makes this a time that a command may have been given at."""

REAL: tuple[Message, ...] = (
    Hello(PROTOCOL, 1, "fuzz", 255, "control"),
    Drive(1, NEVER, MOVING, ""),
    Drive(1, NEVER, WireCommand(0.3, 0.2, 0.1, (0.1,) * 7, 0.04), "why"),
    Beat(1),
    Reset(1, 0),
    Enable(1),
    Follow(1, NEVER, ("one", "two"), struct.pack("<4d", 0, 0, 1, 1), struct.pack("<2d", 0, 1)),
    Look(1, None, 0.5),
    Ask(1),
    Bye(),
)
"""One of each kind but an emergency stop, which is to be obeyed."""


def moving_frame(clock: float) -> bytes:
    """A command that would be followed if it came alone, in one part, from a known client."""
    return encode(Drive(1, clock, MOVING, ""))


def nonsense(rng: random.Random, clock: float) -> list[bytes]:
    """The parts of one message that must move nothing.

    Args:
        rng: Where chance comes from.
        clock: The gateway's clock now, for commands that are good but for their envelope, s.
    """
    return rng.choice(_KINDS)(rng, clock)


def _random(rng: random.Random, clock: float) -> list[bytes]:
    return [rng.randbytes(rng.choice((0, 1, 2, 7, 40, 400, 4000)))]


def _truncated(rng: random.Random, clock: float) -> list[bytes]:
    frame = rng.choice((encode(rng.choice(REAL)), moving_frame(clock)))
    return [frame[: rng.randrange(len(frame))]]


def _mutated(rng: random.Random, clock: float) -> list[bytes]:
    frame = bytearray(encode(rng.choice(REAL)))
    for _ in range(rng.choice((1, 1, 2, 8))):
        frame[rng.randrange(len(frame))] ^= 1 << rng.randrange(8)
    return [bytes(frame)]


def _spliced(rng: random.Random, clock: float) -> list[bytes]:
    first, second = encode(rng.choice(REAL)), encode(rng.choice(REAL))
    return [first[: rng.randrange(len(first))] + second[rng.randrange(len(second)) :]]


def _extended(rng: random.Random, clock: float) -> list[bytes]:
    return [moving_frame(clock) + rng.randbytes(rng.randrange(1, 50))]


def _nested(rng: random.Random, clock: float) -> list[bytes]:
    depth = rng.choice((10, 1000, 100_000))
    head = rng.choice((b"", b"\x95\xa5drive\x01", b"\x92\xa5reset", b"\x96\xa5hello\x02"))
    return [head + rng.choice((b"\x91", b"\x81\xa1a", b"\xdd\x00\x00\x00\x01")) * depth]


def _huge_length(rng: random.Random, clock: float) -> list[bytes]:
    mark = rng.choice((b"\xdd", b"\xdf", b"\xc6", b"\xdb", b"\xc9", b"\xdc", b"\xde"))
    head = rng.choice((b"", b"\x98\xa6follow\x01\xcb" + bytes(8), b"\x95\xa5drive\x01\xcb"))
    return [head + mark + b"\xff" * 4 + rng.randbytes(rng.randrange(64))]


def _wrong_values(rng: random.Random, clock: float) -> list[bytes]:
    odd = (None, True, -1, 2**63, 2**64 - 1, float("nan"), float("inf"), "", "x" * 600, b"x", [])
    fields = [rng.choice(odd) for _ in range(rng.randrange(8))]
    return [msgspec.msgpack.encode([rng.choice(("drive", "hello", "follow", "look", 7)), *fields])]


def _not_finite(rng: random.Random, clock: float) -> list[bytes]:
    odd = [rng.choice((float("nan"), float("inf"), -float("inf"))) for _ in range(3)]
    return [encode(Drive(1, clock, WireCommand(*odd, None, None), ""))]


def _wrong_parts(rng: random.Random, clock: float) -> list[bytes]:
    frame = moving_frame(clock)
    return rng.choice(([b"", frame], [frame, b""], [frame, frame], [frame] * 50, [b""] * 3))


def _oversized(rng: random.Random, clock: float) -> list[bytes]:
    if rng.random() < 0.9:
        return [moving_frame(clock) + bytes(SMALL_BYTES - 100)]
    return [moving_frame(clock) + bytes(SMALL_BYTES + 1)]  # ends the connection


_KINDS = (
    _random,
    _truncated,
    _mutated,
    _spliced,
    _extended,
    _nested,
    _huge_length,
    _wrong_values,
    _not_finite,
    _wrong_parts,
    _oversized,
)


def speak_badly(port: int, rng: random.Random) -> None:
    """Connects without ZeroMQ, says something that is no ZMTP, or ends in the middle of it."""
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(16) + b"\x00" + bytes(31)
    said = rng.choice(
        (
            b"",
            rng.randbytes(200),
            b"GET / HTTP/1.1\r\n\r\n",
            greeting[: rng.randrange(64)],
            greeting + rng.randbytes(100),
            greeting + b"\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(100),
        )
    )
    with socket.create_connection(("127.0.0.1", port), timeout=5.0) as raw:
        raw.sendall(said)


def endless_message(port: int, total: int) -> Iterator[int]:
    """Speaks ZMTP by hand: one message of parts without end; yields how many bytes it has sent."""
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(16) + b"\x00" + bytes(31)
    ready = b"\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00\x00"
    part = b"\x03" + struct.pack(">Q", 60_000) + bytes(60_000)  # flags: more to come, and long
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=5.0) as raw:
        raw.sendall(greeting)
        raw.sendall(b"\x04" + bytes([len(ready)]) + ready)
        raw.recv(4096)
        while sent < total:
            try:
                raw.sendall(part)
            except OSError:
                return  # the gateway has hung up
            sent += len(part)
            yield sent
