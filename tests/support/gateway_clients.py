"""A client of a gateway that says whatever a test wants it to say."""

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import zmq

from embodied_mem.robots.gateway.keys import ClientKeys, load_client_keys
from embodied_mem.robots.gateway.protocol import decode_reply, encode
from embodied_mem.robots.gateway.replies import Reply, State, Welcome
from embodied_mem.robots.gateway.requests import Beat, Drive, Halt, Hello, Reset
from embodied_mem.robots.gateway.sockets import connect_client
from embodied_mem.robots.gateway.wire import PROTOCOL, Message, WireCommand


class RawClient:
    """One connection; numbers its requests, and knows the gateway's clock from its welcome."""

    def __init__(self, endpoint: str, keys: Path | ClientKeys | None = None) -> None:
        loaded = load_client_keys(keys) if isinstance(keys, Path) else keys
        self._context = zmq.Context()
        self.socket = connect_client(self._context, endpoint, loaded)
        self.number = 0
        self._offset = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._context.destroy(linger=0)

    def connected(self, seconds: float) -> bool:
        """Whether the gateway takes what this client sends, within some time."""
        return bool(self.socket.poll(int(1000 * seconds), zmq.POLLOUT))

    def say(self, message: Message) -> None:
        self.say_bytes([encode(message)])

    def say_bytes(self, parts: Sequence[bytes]) -> None:
        assert self.connected(5.0), "the gateway is not there"
        self.socket.send_multipart(parts)

    def hear(self, seconds: float = 5.0) -> Reply | None:
        """The next reply; None where none comes in time."""
        if not self.socket.poll(int(1000 * seconds)):
            return None
        return decode_reply(self.socket.recv_multipart()[0])

    def hello(self, name: str = "brain", priority: int = 10, role: str = "control") -> Reply | None:
        self.number += 1
        self.say(Hello(PROTOCOL, self.number, name, priority, role))  # type: ignore[arg-type]
        reply = self.hear()
        if isinstance(reply, Welcome):
            self._offset = time.monotonic() - reply.clock
        return reply

    def drive(self, forward: float, *, age: float = 0.0) -> None:
        self.number += 1
        at = time.monotonic() - self._offset - age
        self.say(Drive(self.number, at, WireCommand(forward, 0.0, 0.0, None, None), ""))

    def halt(self, reason: str = "test") -> None:
        self.number += 1
        self.say(Halt(self.number, reason))

    def reset(self, stops: int) -> None:
        self.number += 1
        self.say(Reset(self.number, stops))

    def state(self) -> State:
        """Asks for the newest state and waits for it."""
        self.number += 1
        self.say(Beat(self.number))
        while True:
            reply = self.hear()
            assert reply is not None, "the gateway does not answer"
            if isinstance(reply, State) and reply.number == self.number:
                return reply

    def keep_driving(self, forward: float, seconds: float) -> State:
        """Commands the same at 20 Hz, and returns the last state."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.drive(forward)
            time.sleep(0.05)
        return self.state()
