"""Next to a robot: serves it to brains elsewhere, behind the gate that counts."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, final

from embodied_mem.errors import BodyError
from embodied_mem.robots.driver import RobotInfo
from embodied_mem.robots.gateway.desk import Desk
from embodied_mem.robots.gateway.endpoints import demand_keys
from embodied_mem.robots.gateway.frames import picture_bytes
from embodied_mem.robots.gateway.hand import Hand
from embodied_mem.robots.gateway.keys import load_server_keys
from embodied_mem.robots.gateway.memory_guard import MemoryGuard
from embodied_mem.robots.gateway.protocol import encode
from embodied_mem.robots.gateway.replies import Reply
from embodied_mem.robots.gateway.sessions import Sessions
from embodied_mem.robots.gateway.sockets import bind_gateway
from embodied_mem.robots.gateway.teller import Teller
from embodied_mem.robots.gateway.wakeup import Wakeup
from embodied_mem.robots.gateway.zap import Door
from embodied_mem.robots.gateway.zeromq import zmq
from embodied_mem.robots.robot import Robot
from embodied_mem.types import AnyArray

_DRAINED = 256
"""So many messages are taken before the newest commands are acted on."""
_LOOKING = 5
"""How long to wait for messages while somebody waits for a picture, ms."""
_RESTING = 40
"""How long to wait for messages otherwise, ms."""
_LARGEST_IMAGE = 4 * 2048 * 2048
"""Bytes of the largest image of a robot whose features do not say how large its pictures are."""


@final
class GatewayServer:
    """Serves one connected `Robot` from one thread, which no client can block or break.

    Every command passes the robot's own gate: limits, owners, emergency stop and the watchdog,
    which brings the robot to rest when a client vanishes. Of the commands of a client that wait,
    the newest is acted on. Whoever else holds the robot may go on using it.
    """

    def __init__(
        self,
        robot: Robot,
        endpoint: str,
        *,
        keys: Path | None = None,
        clients: int = 16,
        memory: int = 512 * 1024 * 1024,
    ) -> None:
        """Prepares to serve.

        Args:
            robot: The robot; it must be connected before `start`, and stays its owner's to close.
            endpoint: tcp://HOST:PORT or ipc:///PATH; the port may be `*` for any free one.
            keys: Folder with `server.key_secret` and `clients/`; needed wherever other machines
                can reach the endpoint.
            clients: Most connections that are served at a time; each brain has two.
            memory: When the process has grown by so many bytes, all connections are dropped; good
                clients come back by themselves.

        Raises:
            ConfigError: If keys are needed and there are none, or they cannot be read.
        """
        demand_keys(endpoint, keys)
        self._keys = None if keys is None else load_server_keys(keys)
        self._robot, self._wanted = robot, endpoint
        self._sessions = Sessions(clients)
        self._largest = _largest_image(robot.info)
        self._context: zmq.Context[zmq.Socket[bytes]] | None = None
        self._socket: zmq.Socket[bytes] | None = None
        self._door: Door | None = None
        self._thread: threading.Thread | None = None
        self._closing = False
        self._wakeup = Wakeup()
        self._hand = Hand(robot, self._wakeup.wake)
        self._desk = Desk(
            robot, self._sessions, self._hand, self._answer, picture_bytes=self._largest
        )
        self._teller = Teller(
            robot, self._sessions, self._hand, self._desk, self._answer, largest=self._largest
        )
        self._teller.counts = self._counts
        self._guard = MemoryGuard(memory)
        self.endpoint = endpoint
        """Where it is reached; with the real port once it has started."""
        self.broken = 0
        """Errors of this program that were caught; each is a fault to be reported."""
        self.last_error = ""
        """The newest of them."""
        self.dropped = 0
        """How often all connections were dropped because of the memory that they took."""

    @property
    def clients(self) -> int:
        """How many connections have said hello."""
        return len(self._sessions)

    @property
    def malformed(self) -> int:
        """How many messages followed no protocol."""
        return self._desk.malformed

    @property
    def turned_away(self) -> int:
        """How many connections had no right key."""
        return 0 if self._door is None else self._door.refused

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Begins to listen.

        Raises:
            BodyError: If the endpoint is taken or does not exist, or it was started before.
            ConfigError: If a key is no key.
        """
        if self._thread is not None:
            raise BodyError("this gateway was started before; make another")
        self._context = context = zmq.Context(io_threads=2)
        try:
            if self._keys is not None:
                self._door = Door(context, self._keys.clients)
            self._socket = bind_gateway(context, self._wanted, self._keys)
        except BaseException:
            self.close()
            raise
        self.endpoint = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self._hand.start()
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the serving; the robot stays connected. Safe to call twice."""
        self._closing = True
        self._wakeup.wake()
        if self._thread is not None:
            self._thread.join(5.0)
            if self._thread.is_alive():
                return  # its driver does not return; the thread is a daemon
        self._hand.close()
        if self._context is not None:
            self._context.destroy(linger=100)
            self._context = None
        self._wakeup.close()

    # -- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        poller = self._poller()
        while not self._closing:
            try:
                poller.poll(_LOOKING if self._teller.awaited else _RESTING)
                self._turn()
                if self._guard.alarm(time.monotonic()):
                    self._drop_all()
                    poller = self._poller()
            except Exception as error:  # whatever a client sent must not end the serving of others
                self.broken += 1
                self.last_error = repr(error)
                time.sleep(0.005)

    def _poller(self) -> zmq.Poller:
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._wakeup.fileno, zmq.POLLIN)
        if self._door is not None:
            poller.register(self._door.socket, zmq.POLLIN)
        return poller

    def _drop_all(self) -> None:
        """Closes all connections, which frees what came over them, and listens anew."""
        assert self._context is not None and self._socket is not None
        self.dropped += 1
        self._sessions.clear()
        self._socket.close(linger=0)
        while not self._closing:
            try:
                self._socket = bind_gateway(self._context, self.endpoint, self._keys)
                break
            except BodyError:
                time.sleep(0.01)  # the old one is being closed still
        self._guard.accept()

    def _turn(self) -> None:
        """Takes what has come, acts on the newest commands, and answers."""
        assert self._socket is not None
        self._wakeup.clear()
        if self._door is not None:
            self._door.answer()
        self._desk.watch_latch()
        for _ in range(_DRAINED):
            message = _receive(self._socket)
            if message is None:
                break
            self._desk.take(*message, time.monotonic())
        now = time.monotonic()
        self._desk.act(now)
        self._desk.let_go(now)
        self._teller.tell(now)

    def _answer(self, address: bytes, reply: Reply, images: Sequence[AnyArray] = ()) -> None:
        assert self._socket is not None
        parts: list[Any] = [address, encode(reply), *images]
        try:
            self._socket.send_multipart(parts, zmq.NOBLOCK, copy=not images)
        except zmq.ZMQError as error:
            # Who does not read, or has gone, is not answered.
            if error.errno not in (zmq.EAGAIN, zmq.EHOSTUNREACH):
                raise

    def _counts(self) -> dict[str, int]:
        return {"gateway requests": self.malformed, "gateway errors": self.broken}


def _receive(socket: "zmq.Socket[bytes]") -> tuple[bytes, bytes] | None:
    """Returns the next message and who sent it; what has more parts than it may counts as empty."""
    try:
        address = socket.recv(zmq.NOBLOCK)
    except zmq.Again:
        return None
    body, parts = b"", 0
    while socket.rcvmore:
        frame = socket.recv()
        body, parts = (frame, parts + 1) if parts == 0 else (b"", parts + 1)
    return address, body


def _largest_image(info: RobotInfo) -> int:
    """Returns the bytes of the largest image that the robot's features announce."""
    shapes = [
        feature.shape
        for feature in info.observation_features.values()
        if 2 <= len(feature.shape) <= 3
    ]
    return max((picture_bytes(shape[1], shape[0]) for shape in shapes), default=_LARGEST_IMAGE)
