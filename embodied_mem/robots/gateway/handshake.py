"""One question to a gateway: who is there."""

import time

from embodied_mem.errors import BodyError
from embodied_mem.robots.gateway.keys import ClientKeys
from embodied_mem.robots.gateway.options import GatewayOptions
from embodied_mem.robots.gateway.protocol import decode_reply, encode
from embodied_mem.robots.gateway.replies import Refused, Welcome
from embodied_mem.robots.gateway.requests import Bye, Hello
from embodied_mem.robots.gateway.sockets import connect_client
from embodied_mem.robots.gateway.wire import PROTOCOL
from embodied_mem.robots.gateway.zeromq import zmq


def shake_hands(options: GatewayOptions, keys: ClientKeys | None) -> Welcome:
    """Says hello, takes the answer and leaves.

    Raises:
        BodyError: If nobody answers in time, the protocol is another, or the gateway refuses.
        ConfigError: If the endpoint or a key is none.
    """
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    try:
        socket = connect_client(context, options.endpoint, keys)
        end = time.monotonic() + options.handshake
        hello = encode(Hello(PROTOCOL, 1, options.name, options.priority, "control"))
        if not socket.poll(_left(end), zmq.POLLOUT):
            raise _nobody(options, keys)
        socket.send(hello)
        if not socket.poll(_left(end)):
            raise _nobody(options, keys)
        reply = decode_reply(socket.recv())
        socket.send(encode(Bye()))
    finally:
        context.destroy(linger=100)
    if isinstance(reply, Refused):
        raise BodyError(f"the gateway at {options.endpoint} refused: {reply.reason}")
    if not isinstance(reply, Welcome):
        raise BodyError(f"the gateway at {options.endpoint} answered a hello with {reply!r}")
    return reply


def _left(end: float) -> int:
    return max(0, int(1000.0 * (end - time.monotonic())))


def _nobody(options: GatewayOptions, keys: ClientKeys | None) -> BodyError:
    hint = (
        "; the keys at both ends may not fit: the gateway's public key here, and this client's in "
        "the folder `clients` there"
        if keys is not None
        else "; a gateway that asks for keys does not answer without any"
    )
    return BodyError(
        f"no gateway answers at {options.endpoint} within {options.handshake:g} s{hint}. Start one "
        f"with `python -m embodied_mem.robots.gateway --config FILE --endpoint ...`"
    )
