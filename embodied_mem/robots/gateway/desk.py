"""What a gateway does with each request; knows no sockets."""

import time
from collections.abc import Sequence
from math import isfinite
from typing import Literal, Protocol, final

from embodied_mem.errors import BodyError
from embodied_mem.robots.gateway.convert import command_of, cut, trajectory_of, wire_info
from embodied_mem.robots.gateway.hand import Hand
from embodied_mem.robots.gateway.protocol import decode_request, foreign_protocol
from embodied_mem.robots.gateway.replies import Refused, Reply, Welcome
from embodied_mem.robots.gateway.requests import (
    Ask,
    Bye,
    Drive,
    Enable,
    Follow,
    Halt,
    Hello,
    Look,
    Request,
    Reset,
)
from embodied_mem.robots.gateway.sessions import Session, Sessions
from embodied_mem.robots.gateway.wire import PROTOCOL, WireError
from embodied_mem.robots.robot import Robot
from embodied_mem.types import AnyArray

_OLDEST = 0.25
"""A command that was given longer ago than this, or than half the watchdog, is not begun, s."""
_AHEAD = 0.25
"""A command from the future by more than this comes from a clock that is wrong, s."""


class Answer(Protocol):
    """Sends a reply to an address, and images after it; never waits."""

    def __call__(self, address: bytes, reply: Reply, images: Sequence[AnyArray] = (), /) -> None:
        """Sends it, or drops it where its reader does not read."""


@final
class Desk:
    """Takes requests one by one; emergency stops are obeyed at once, commands by `act`."""

    def __init__(
        self, robot: Robot, sessions: Sessions, hand: Hand, answer: Answer, *, picture_bytes: int
    ) -> None:
        """Opens the desk.

        Args:
            robot: The robot, connected.
            sessions: Who is there.
            hand: Who hands things to the robot.
            answer: How replies are sent.
            picture_bytes: No image that is sent is larger.
        """
        self._robot, self._sessions, self._hand = robot, sessions, hand
        self._answer, self._picture_bytes = answer, picture_bytes
        self._began = time.monotonic()
        self._was_latched = False
        self._oldest = min(_OLDEST, 0.5 * robot.gate.config.watchdog)
        self.stops = 0
        """Emergency stops so far."""
        self.malformed = 0
        """Messages that followed no protocol."""

    def clock(self, when: float) -> float:
        """Returns a time of this machine's monotonic clock on the gateway's own, s."""
        return when - self._began

    def watch_latch(self) -> None:
        """Counts emergency stops, from wherever they came."""
        latched = self._robot.gate.latched
        self.stops += latched and not self._was_latched
        self._was_latched = latched

    def take(self, address: bytes, frame: bytes, now: float) -> None:
        """Takes one message."""
        try:
            request = decode_request(frame)
        except WireError as error:
            self._complain(address, frame, error)
            return
        if isinstance(request, Halt):
            self._halt(address, request, now)
        elif isinstance(request, Hello):
            self._enter(address, request, now)
        elif isinstance(request, Bye):
            self._leave(address)
        else:
            session = self._sessions.get(address, now)
            if session is None:
                self._refuse(address, request.number, "hello", "say hello first")
            elif (session.role == "pictures") != isinstance(request, Look):
                self._refuse(
                    address, request.number, "malformed", f"not on a connection for {session.role}"
                )
            else:
                session.number = max(session.number, request.number)
                self._serve(session, request, now)

    def act(self, now: float) -> None:
        """Hands over the newest command of each client."""
        for session in self._sessions:
            drive, session.drive = session.drive, None
            if drive is None:
                continue
            age = self.clock(now) - drive.at
            if not isfinite(age) or not -_AHEAD <= age <= self._oldest:
                most = f"at most {self._oldest:g} s are allowed"
                session.refuse(f"the command was given {age:.2f} s ago, {most}", now)
                continue
            self._hand.command(session, command_of(drive.command), now - age + self._oldest)

    def let_go(self, now: float) -> None:
        """Forgets silent clients, and holds an arm whose client has vanished."""
        patience = self._robot.gate.config.watchdog
        for session in self._sessions:
            if session.following == "running" and now - session.heard > patience:
                session.following = "stopped: the client vanished"
                self._end_of(session, f"{session.owner.name} has vanished")
            if session.refused and now - session.refused_at > patience:
                session.forgive(in_time=True)
        self._sessions.expire(now)

    # -- one request -----------------------------------------------------------------------------

    def _serve(self, session: Session, request: Request, now: float) -> None:
        session.answers = session.role == "control"
        if isinstance(request, Drive):
            session.drive = request
        elif isinstance(request, Look):
            session.look, session.look_until = request, now + request.wait
        elif isinstance(request, Reset):
            self._reset(session, request)
        elif isinstance(request, Enable):
            self._robot.enable()
        elif isinstance(request, Follow):
            self._follow(session, request, now)
        elif isinstance(request, Ask):
            session.checks = request.number
            self._hand.ask_checks()

    def _enter(self, address: bytes, hello: Hello, now: float) -> None:
        if hello.protocol != PROTOCOL:
            self._refuse_protocol(address, hello.protocol)
            return
        try:
            session = self._sessions.enter(address, hello.name, hello.priority, hello.role, now)
        except BodyError as error:
            self._refuse(address, hello.number, "full", str(error))
            return
        session.number = hello.number
        welcome = Welcome(
            PROTOCOL,
            hello.number,
            self.clock(time.monotonic()),
            wire_info(self._robot.info, self._robot.gate.joint_limits),
            self._picture_bytes,
            self._robot.gate.config.watchdog,
        )
        self._answer(address, welcome)

    def _leave(self, address: bytes) -> None:
        session = self._sessions.leave(address)
        if session is not None and session.role == "control":
            self._end_of(session, f"{session.owner.name} has left")

    def _end_of(self, session: Session, reason: str) -> None:
        gate = self._robot.gate
        if gate.owner == session.owner and not gate.idle:
            gate.bring_to_rest(reason)

    def _halt(self, address: bytes, halt: Halt, now: float) -> None:
        session = self._sessions.get(address, now)
        name = "somebody at the gateway" if session is None else session.owner.name
        self._sessions.forget_commands()
        self._hand.forget()
        self.watch_latch()
        again = self._was_latched
        self._robot.gate.estop(halt.reason, source=name)  # first, and therefore by whom it was
        self._robot.estop(halt.reason)
        self.watch_latch()
        self.stops += again  # a reset that was asked for before this one must not end it
        if session is not None:
            session.halts += 1
            session.number, session.answers = max(session.number, halt.number), True
        else:
            self._refuse(address, halt.number, "hello", "stopped; say hello to hear more")

    def _reset(self, session: Session, reset: Reset) -> None:
        self._sessions.forget_commands()
        self._hand.forget()
        self.watch_latch()
        if reset.stops != self.stops - session.halts:
            reason = "an emergency stop came after the reset was asked for"
            self._refuse(session.address, reset.number, "reset", reason)
            return
        if not self._robot.reset():
            self._refuse(session.address, reset.number, "reset", self._robot.gate.stopped)
        self.watch_latch()

    def _follow(self, session: Session, request: Follow, now: float) -> None:
        session.drive = None
        age = self.clock(now) - request.at
        try:
            if not isfinite(age) or not -_AHEAD <= age <= self._oldest:
                raise BodyError(f"the trajectory was given {age:.2f} s ago, which is too long")
            self._hand.follow(session, trajectory_of(request))
        except BodyError as error:
            session.following = f"refused: {error}"
            session.refuse(str(error), now, firmly=True)

    # -- refusals --------------------------------------------------------------------------------

    def _complain(self, address: bytes, frame: bytes, error: WireError) -> None:
        self.malformed += 1
        protocol = foreign_protocol(frame)
        if protocol is not None:
            self._refuse_protocol(address, protocol)
        else:
            self._refuse(address, 0, "malformed", str(error))

    def _refuse_protocol(self, address: bytes, protocol: int) -> None:
        self._refuse(
            address,
            0,
            "protocol",
            f"the gateway speaks protocol {PROTOCOL}, this client {protocol}; install the same "
            f"version of embodied_mem at both ends",
        )

    def _refuse(
        self,
        address: bytes,
        number: int,
        code: Literal["protocol", "malformed", "hello", "full", "reset"],
        reason: str,
    ) -> None:
        self._answer(address, Refused(number, code, cut(reason)))
