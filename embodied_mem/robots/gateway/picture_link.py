"""The client's picture connection: apart from the commands, so that pictures never delay them."""

import threading
import time
from collections.abc import Callable
from typing import Any, final

from embodied_mem.robots.gateway.frames import unpack_frame
from embodied_mem.robots.gateway.keys import ClientKeys
from embodied_mem.robots.gateway.options import GatewayOptions
from embodied_mem.robots.gateway.protocol import decode_reply, encode
from embodied_mem.robots.gateway.replies import Picture, Refused, Reply
from embodied_mem.robots.gateway.requests import Bye, Hello, Look, Request
from embodied_mem.robots.gateway.sockets import connect_client
from embodied_mem.robots.gateway.wire import PROTOCOL, WireError
from embodied_mem.robots.gateway.zeromq import zmq
from embodied_mem.robots.readings import CameraFrame

_WAIT = 0.5
"""A request for a newer picture waits at the gateway for this long, s."""
_LOST = 1.5
"""A gateway that does not answer such a request for this long is connected to anew, s."""


@final
class PictureLink:
    """Pulls one picture after the other: there is never more than one on its way."""

    def __init__(
        self,
        options: GatewayOptions,
        keys: ClientKeys | None,
        *,
        largest: int,
        here: Callable[[float], float],
        on_frame: Callable[[CameraFrame], None],
    ) -> None:
        """Connects and begins to pull.

        Args:
            options: Where and who.
            keys: Where the gateway asks for them.
            largest: Bytes of the largest image that the gateway has announced.
            here: From the gateway's clock to this machine's monotonic clock.
            on_frame: Called with every picture, from the link's thread.
        """
        self._options, self._keys, self._largest = options, keys, largest
        self._here, self._on_frame = here, on_frame
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._closing = threading.Event()
        self._number = 0
        self._newest: int | None = None
        self.received = 0
        """Pictures so far."""
        self.broken = 0
        """Messages that followed no protocol."""
        self._thread = threading.Thread(target=self._run, name="gateway-pictures", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the pulling; safe to call twice."""
        self._closing.set()
        if self._thread is not threading.current_thread():
            self._thread.join(2.0)
        if not self._thread.is_alive():
            self._context.destroy(linger=0)

    def _run(self) -> None:
        while not self._closing.is_set():
            socket = connect_client(
                self._context, self._options.endpoint, self._keys, largest=self._largest
            )
            try:
                self._pull(socket)
                self._send(socket, Bye())
            finally:
                socket.close(linger=50)

    def _pull(self, socket: "zmq.Socket[bytes]") -> None:
        """Pulls until the link breaks or is closed."""
        name, priority = self._options.name, self._options.priority
        self._number += 1
        while not self._send(socket, Hello(PROTOCOL, self._number, name, priority, "pictures")):
            if self._closing.wait(0.05):  # not connected yet
                return
        asked: Request | None = None
        while not self._closing.is_set():
            parts = self._wait_for(socket, _LOST)
            if parts is None:
                return
            reply = self._read(parts)
            if reply is None or (asked is not None and reply.number != self._number):
                continue
            if isinstance(reply, Refused):
                self._closing.wait(0.1)
                return
            self._number += 1
            asked = Look(self._number, self._newest, _WAIT)
            self._send(socket, asked)

    def _wait_for(self, socket: "zmq.Socket[bytes]", seconds: float) -> list[Any] | None:
        """Returns the parts of the next message, None where the gateway is silent."""
        end = time.monotonic() + seconds
        while not self._closing.is_set() and time.monotonic() < end:
            if socket.poll(50):
                return [part.buffer for part in socket.recv_multipart(copy=False)]
        return None

    def _read(self, parts: list[Any]) -> Reply | None:
        """Reads a message and tells of the picture in it; None where it is broken."""
        try:
            reply = decode_reply(bytes(parts[0]))
            if isinstance(reply, Picture):
                frame = unpack_frame(
                    reply, parts[1:], taken=self._here(reply.taken), number=self.received + 1
                )
                self._newest = reply.frame
                self.received += 1
                self._on_frame(frame)
        except WireError:
            self.broken += 1
            return None
        return reply

    @staticmethod
    def _send(socket: "zmq.Socket[bytes]", request: Request) -> bool:
        try:
            socket.send(encode(request), zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True
