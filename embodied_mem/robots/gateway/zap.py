"""Who may connect: answers libzmq's questions about public keys (ZMQ RFC 27, ZAP 1.0)."""

from collections.abc import Mapping
from typing import final

from embodied_mem.robots.gateway.sockets import ZAP_DOMAIN
from embodied_mem.robots.gateway.zeromq import zmq


@final
class Door:
    """The ZAP handler of one context; served by the gateway's own thread."""

    def __init__(
        self, context: "zmq.Context[zmq.Socket[bytes]]", clients: Mapping[bytes, str]
    ) -> None:
        """Opens the handler; must happen before the gateway's socket is bound.

        Args:
            context: The gateway's.
            clients: Names of who may connect, by public key (z85).
        """
        from zmq.utils import z85

        self._clients = {z85.decode(key): name for key, name in clients.items()}
        self.socket = context.socket(zmq.REP)
        self.socket.linger = 0
        self.socket.bind("inproc://zeromq.zap.01")
        self.refused = 0
        """Connections that were turned away."""

    def answer(self) -> None:
        """Answers all questions that have come; never waits."""
        while self.socket.poll(0):
            parts = self.socket.recv_multipart()
            name = self._name(parts)
            self.refused += name is None
            request = parts[1] if len(parts) > 1 else b""
            verdict = (b"400", b"unknown key") if name is None else (b"200", b"OK")
            user = (name or "").encode()
            self.socket.send_multipart([b"1.0", request, *verdict, user, b""])

    def _name(self, parts: list[bytes]) -> str | None:
        """Returns who asks to come in, None where they may not."""
        if len(parts) != 7:
            return None
        version, _, domain, _, _, mechanism, key = parts
        if (version, domain, mechanism) != (b"1.0", ZAP_DOMAIN, b"CURVE"):
            return None
        return self._clients.get(key)
