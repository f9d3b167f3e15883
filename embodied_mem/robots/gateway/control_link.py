"""The client's control connection: commands out, readings in, and whether the link lives."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import final

from embodied_mem.errors import BodyError
from embodied_mem.robots.gateway.clock import RemoteClock
from embodied_mem.robots.gateway.convert import cut, wire_command, wire_trajectory
from embodied_mem.robots.gateway.keys import ClientKeys
from embodied_mem.robots.gateway.options import GatewayOptions
from embodied_mem.robots.gateway.outbox import Outbox
from embodied_mem.robots.gateway.protocol import decode_reply, encode
from embodied_mem.robots.gateway.replies import Checked, Refused, State, Welcome, WireCheck
from embodied_mem.robots.gateway.requests import (
    Ask,
    Beat,
    Bye,
    Drive,
    Enable,
    Halt,
    Hello,
    Request,
    Reset,
)
from embodied_mem.robots.gateway.sockets import connect_client
from embodied_mem.robots.gateway.wakeup import Wakeup
from embodied_mem.robots.gateway.wire import PROTOCOL, SMALL_BYTES, WireError
from embodied_mem.robots.gateway.zeromq import zmq

_BEHIND = 6
"""So many requests without an answer, and commands wait: a slow gateway gets the newest only."""
_RECONNECT = 1.0
"""A link that is lost for this long is made anew, s: TCP alone may take minutes to try again."""


@final
class ControlLink:
    """One thread, one socket; everything else only reads what it found or fills its outbox."""

    def __init__(
        self,
        options: GatewayOptions,
        keys: ClientKeys | None,
        *,
        on_state: Callable[[State], None],
        on_welcome: Callable[[Welcome], None],
    ) -> None:
        """Prepares the link.

        Args:
            options: Where, who, and how patient.
            keys: Where the gateway asks for them.
            on_state: Called with every state, from the link's thread.
            on_welcome: Called whenever a gateway has welcomed this client, from the same thread.
        """
        self._options, self._keys = options, keys
        self._on_state, self._on_welcome = on_state, on_welcome
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._wakeup = Wakeup()
        self._thread = threading.Thread(target=self._run, name="gateway-link", daemon=True)
        self._closing = False
        self._news = threading.Condition()
        self._number = self._answered = 0
        self._sent: deque[tuple[int, float]] = deque(maxlen=256)
        self._halt_said: tuple[int, int] | None = None
        self._last_sent = self._last_hello = float("-inf")
        self._welcomed = False
        self._checks: tuple[WireCheck, ...] | None = None
        self.outbox = Outbox()
        """What is to be said; `wake` after filling it."""
        self.clock = RemoteClock()
        """How the gateway's clock lies to this machine's."""
        self.state: State | None = None
        """The newest state; None before the first of this gateway."""
        self.heard = float("-inf")
        """When the gateway answered last (monotonic, s)."""
        self.refused = ""
        """Why the gateway did not take the newest thing that it refused."""
        self.broken = 0
        """Messages that followed no protocol."""

    def start(self) -> None:
        """Connects and begins to listen.

        Raises:
            BodyError: If no state came within `handshake` seconds, and why.
        """
        self._socket = connect_client(self._context, self._options.endpoint, self._keys)
        self._thread.start()
        with self._news:
            if not self._news.wait_for(lambda: self.state is not None, self._options.handshake):
                raise BodyError(
                    f"no gateway answers at {self._options.endpoint} within "
                    f"{self._options.handshake:g} s{': ' + self.refused if self.refused else ''}"
                )

    def wake(self) -> None:
        """Has the outbox looked at now; safe from any thread."""
        self._wakeup.wake()

    def ask_checks(self, seconds: float) -> tuple[WireCheck, ...]:
        """Asks for the checks of the robot's end and waits for them.

        Raises:
            BodyError: If they did not come in time.
        """
        with self._news:
            self._checks, self.refused = None, ""
            self.outbox.ask()
            self.wake()
            self._news.wait_for(lambda: self._checks is not None, seconds)
            if self._checks is None:
                raise BodyError(
                    f"the robot's end gave no checks within {seconds:g} s {self.refused}".rstrip()
                )
            return self._checks

    def close(self) -> None:
        """Says goodbye and closes; safe to call twice."""
        if self._closing:
            return
        self._closing = True
        self.wake()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(2.0)
        if not self._thread.is_alive():
            self._context.destroy(linger=100)
            self._wakeup.close()

    # -- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        poller = self._poller()
        made = time.monotonic()
        while not self._closing:
            poller.poll(self._until_beat())
            self._wakeup.clear()
            now = time.monotonic()
            self._listen()
            if now - max(self.heard, made) > max(_RECONNECT, self._options.patience):
                self._connect_anew()
                poller, made = self._poller(), now
            self._speak()
        if self._welcomed:
            self._send(Bye())

    def _poller(self) -> zmq.Poller:
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._wakeup.fileno, zmq.POLLIN)
        return poller

    def _until_beat(self) -> int:
        left = self._last_sent + self._options.beat - time.monotonic()
        return int(1000.0 * min(max(left, 0.0), self._options.beat))

    def _connect_anew(self) -> None:
        self._socket.close(linger=0)
        self._socket = connect_client(self._context, self._options.endpoint, self._keys)
        self._welcomed = False
        self._halt_said = None
        self._answered = self._number

    # -- in ------------------------------------------------------------------------------------

    def _listen(self) -> None:
        while True:
            try:
                parts = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            received = time.monotonic()
            try:
                if len(parts) != 1:
                    raise WireError(f"{len(parts)} parts instead of one")
                reply = decode_reply(parts[0])
            except WireError as error:
                self.broken += 1
                self.refused = str(error)
                continue
            if isinstance(reply, State):
                self._hear(reply, received)
            elif isinstance(reply, Welcome):
                self._enter(reply, received)
            elif isinstance(reply, Refused):
                self._take_refusal(reply, received)
            elif isinstance(reply, Checked):
                with self._news:
                    self._checks = reply.checks
                    self._news.notify_all()

    def _enter(self, welcome: Welcome, received: float) -> None:
        if welcome.clock < self.clock.there(received) - 1.0:
            self.clock = RemoteClock()  # the gateway was started anew
        self._measure(welcome.number, received, welcome.clock)
        self._welcomed, self.state, self.refused = True, None, ""
        self._on_welcome(welcome)

    def _take_refusal(self, refused: Refused, received: float) -> None:
        with self._news:
            self.refused = refused.reason
            if refused.code == "hello":
                self._welcomed = False
            if refused.code == "reset":
                self.heard = received

    def _measure(self, answered: int, received: float, remote: float) -> None:
        while self._sent and self._sent[0][0] <= answered:
            number, sent = self._sent.popleft()
            if number == answered:
                self.clock.round_trip(sent=sent, received=received, remote=remote)
        self._answered = max(self._answered, answered)

    def _hear(self, state: State, received: float) -> None:
        said = self._halt_said
        if said is not None and state.number >= said[1] and state.latched:
            self.outbox.halted(said[0])
            self._halt_said = None
        if not self._welcomed:
            return  # an emergency stop was answered before the hello
        self._measure(state.number, received, state.clock)
        with self._news:
            self.state, self.heard = state, received
            self._news.notify_all()
        try:
            self._on_state(state)
        except Exception as error:  # whoever listens must not end the link
            self.broken += 1
            self.refused = f"an event was not taken: {error!r}"

    # -- out -----------------------------------------------------------------------------------

    def _speak(self) -> None:
        now = time.monotonic()
        self._halt(now)
        if not self._welcomed:
            self._greet(now)
            return
        hold = self._number - self._answered >= _BEHIND
        unsent = self.outbox.take(oldest=now - self._options.patience, hold=hold)
        if unsent.reset is not None:
            stops = unsent.reset
            self._ask(lambda number: Reset(number, stops))
        if unsent.enable:
            self._ask(Enable)
        if unsent.ask:
            self._ask(Ask)
        if unsent.follow is not None:
            path, given = unsent.follow
            at = self.clock.there(given)
            self._ask(lambda number: wire_trajectory(path, number=number, at=at))
        if unsent.drive is not None:
            command, stop, given = unsent.drive
            at = self.clock.there(given)
            self._ask(lambda number: Drive(number, at, wire_command(command), cut(stop)))
        elif now - self._last_sent >= 0.9 * self._options.beat:
            self._ask(Beat)

    def _halt(self, now: float) -> None:
        """Says an emergency stop until it is confirmed, before the hello if need be."""
        halting = self.outbox.halting
        if halting is None:
            return
        count, reason = halting
        again = self._halt_said is not None and self._halt_said[0] == count
        if again and now - self._last_sent < 0.02:
            return
        if self._ask(lambda number: Halt(number, cut(reason))) and not again:
            self._halt_said = (count, self._number)

    def _greet(self, now: float) -> None:
        if now - self._last_hello < 0.1:
            self._last_sent = now
            return
        name, priority = self._options.name, self._options.priority
        if self._ask(lambda number: Hello(PROTOCOL, number, name, priority, "control")):
            self._last_hello = now

    def _ask(self, make: Callable[[int], Request]) -> bool:
        self._number += 1
        now = time.monotonic()
        if not self._send(make(self._number)):
            return False
        self._sent.append((self._number, now))
        return True

    def _send(self, request: Request) -> bool:
        self._last_sent = time.monotonic()
        body = encode(request)
        if len(body) > SMALL_BYTES:
            self.refused = f"a request of {len(body)} bytes is too large to send"
            return False
        try:
            self._socket.send(body, zmq.NOBLOCK)
        except zmq.Again:
            return False  # not connected, or the network does not take more
        return True
