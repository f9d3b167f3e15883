"""Bytes to messages and back: msgpack, strict, and with one error for all that can be wrong.

A message is an array whose first item names its kind; nothing is ever unpickled.
"""

from typing import Literal

import msgspec

from embodied_mem.robots.gateway.replies import Reply
from embodied_mem.robots.gateway.requests import Request
from embodied_mem.robots.gateway.wire import PROTOCOL, Message, WireError


class _Head(msgspec.Struct, array_like=True, frozen=True):
    """How every protocol's hello begins, whatever follows."""

    tag: Literal["hello"]
    protocol: int


_requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)
_heads = msgspec.msgpack.Decoder(_Head)
_encoder = msgspec.msgpack.Encoder()
_BROKEN = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)


def encode(message: Message) -> bytes:
    """Returns the bytes of a message."""
    return _encoder.encode(message)


def decode_request(frame: bytes) -> Request:
    """Reads what a client sent.

    Raises:
        WireError: If it is no request of this protocol, and why.
    """
    try:
        return _requests.decode(frame)
    except _BROKEN as error:
        raise WireError(f"not a request of protocol {PROTOCOL}: {error}"[:400]) from None


def decode_reply(frame: bytes) -> Reply:
    """Reads what a gateway sent.

    Raises:
        WireError: If it is no reply of this protocol, and why.
    """
    try:
        return _replies.decode(frame)
    except _BROKEN as error:
        raise WireError(f"not a reply of protocol {PROTOCOL}: {error}"[:400]) from None


def foreign_protocol(frame: bytes) -> int | None:
    """Returns the version of a hello of another protocol, None where it is none.

    >>> foreign_protocol(msgspec.msgpack.encode(["hello", 7, "what", "protocol", 7, "sends"]))
    7
    >>> from embodied_mem.robots.gateway.requests import Hello
    >>> foreign_protocol(encode(Hello(PROTOCOL, 1, "brain", 10, "control"))) is None
    True
    """
    try:
        protocol = _heads.decode(frame).protocol
    except _BROKEN:
        return None
    return None if protocol == PROTOCOL else protocol
