"""The sockets of both ends: bounded in every direction, and encrypted where there are keys."""

from pathlib import Path

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots.gateway.keys import ClientKeys, ServerKeys
from embodied_mem.robots.gateway.wire import PICTURE_BYTES, SMALL_BYTES
from embodied_mem.robots.gateway.zeromq import zmq

ZAP_DOMAIN = b"embodied_mem"
_WAITING = 32
"""Requests of one client that wait at the gateway; more stay with the client."""
_SEALED = 1024
"""What encryption adds to a part, and more (CurveZMQ, RFC 26: 33 bytes)."""
_UNSENT = 8
"""Replies that wait for one client that does not read; more are dropped."""


def bind_gateway(
    context: "zmq.Context[zmq.Socket[bytes]]", endpoint: str, keys: ServerKeys | None
) -> "zmq.Socket[bytes]":
    """Opens the gateway's socket.

    Raises:
        BodyError: If the endpoint is taken or does not exist.
        ConfigError: If a key is no key.
    """
    socket = context.socket(zmq.ROUTER)
    _bound(socket, endpoint, largest=SMALL_BYTES)
    socket.rcvhwm, socket.sndhwm = _WAITING, _UNSENT
    # Peers that say nothing are let go, so that what they hold here is bounded.
    socket.setsockopt(zmq.HANDSHAKE_IVL, 3000)
    socket.setsockopt(zmq.HEARTBEAT_IVL, 1000)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 3000)
    try:
        if keys is not None:
            socket.curve_server = True
            socket.curve_publickey, socket.curve_secretkey = keys.public, keys.secret
            socket.zap_domain = ZAP_DOMAIN
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        socket.close()
        raise _named(error, f"the gateway cannot listen at {endpoint}") from error
    if endpoint.startswith("ipc:///"):
        Path(endpoint.removeprefix("ipc://")).chmod(0o600)
    return socket


def connect_client(
    context: "zmq.Context[zmq.Socket[bytes]]",
    endpoint: str,
    keys: ClientKeys | None,
    *,
    largest: int = SMALL_BYTES,
) -> "zmq.Socket[bytes]":
    """Opens a client's socket; whether anybody answers shows later.

    Args:
        context: Where it belongs.
        endpoint: The gateway's.
        keys: This client's keys and the gateway's.
        largest: Bytes of the largest part that is believed.

    Raises:
        BodyError: If the endpoint cannot be reached from here at all.
        ConfigError: If a key is no key.
    """
    socket = context.socket(zmq.DEALER)
    _bound(socket, endpoint, largest=min(largest, PICTURE_BYTES))
    # Nothing queues for a gateway that is not there: what is sent late must not be obeyed.
    socket.setsockopt(zmq.IMMEDIATE, 1)
    socket.rcvhwm = socket.sndhwm = _WAITING
    socket.setsockopt(zmq.RECONNECT_IVL, 50)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, 500)
    try:
        if keys is not None:
            socket.curve_publickey, socket.curve_secretkey = keys.public, keys.secret
            socket.curve_serverkey = keys.server
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        socket.close()
        raise _named(error, f"cannot connect to {endpoint}") from error
    return socket


def _bound(socket: "zmq.Socket[bytes]", endpoint: str, *, largest: int) -> None:
    socket.linger = 0
    socket.setsockopt(zmq.MAXMSGSIZE, largest + _SEALED)
    socket.setsockopt(zmq.IPV6, int("[" in endpoint))


def _named(error: zmq.ZMQError, what: str) -> BodyError | ConfigError:
    if error.errno == zmq.Errno.EINVAL:
        return ConfigError(f"{what}: {error}; check the endpoint, and the keys for damage")
    return BodyError(f"{what}: {error}")
