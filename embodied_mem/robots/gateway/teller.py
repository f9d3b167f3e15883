"""What a gateway tells its clients: states, pictures and checks."""

import time
from collections.abc import Callable, Mapping
from typing import final

from embodied_mem.errors import BodyError
from embodied_mem.robots.gateway.convert import cut, wire_checks, wire_command, wire_readings
from embodied_mem.robots.gateway.desk import Answer, Desk
from embodied_mem.robots.gateway.frames import pack_frame
from embodied_mem.robots.gateway.hand import Hand
from embodied_mem.robots.gateway.replies import Checked, Dark, State, WireReadings
from embodied_mem.robots.gateway.sessions import Session, Sessions
from embodied_mem.robots.readings import CameraFrame
from embodied_mem.robots.robot import Robot


@final
class Teller:
    """Answers whoever waits for something that is there now; never waits itself."""

    def __init__(
        self,
        robot: Robot,
        sessions: Sessions,
        hand: Hand,
        desk: Desk,
        answer: Answer,
        *,
        largest: int,
    ) -> None:
        """Begins with nobody waiting.

        Args:
            robot: The robot.
            sessions: Who is there.
            hand: Who checks the robot.
            desk: Who knows the gateway's clock and the emergency stops.
            answer: How replies are sent, with the arrays that follow them.
            largest: Bytes of the largest image that was announced.
        """
        self._robot, self._sessions, self._hand, self._desk = robot, sessions, hand, desk
        self._answer, self._largest = answer, largest
        self.counts: Callable[[], Mapping[str, int]] = dict
        """Messages that were lost or refused here, to be told with the readings."""

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for a picture."""
        return any(session.look is not None for session in self._sessions)

    def tell(self, now: float) -> None:
        """Answers all that can be answered now."""
        told = [session for session in self._sessions if session.answers]
        if told:
            readings = self._readings()
            for session in told:
                session.answers = False
                self._answer(session.address, self._state(session, readings))
        checks = self._hand.checks
        for session in self._sessions:
            if session.checks is not None and checks is not None:
                self._answer(session.address, Checked(session.checks, wire_checks(checks)))
                session.checks = None
        self._show(now)

    def _readings(self) -> WireReadings | None:
        try:
            readings = self._robot.readings
        except BodyError:
            return None  # the robot was closed under the gateway; `stopped` says so
        return wire_readings(
            readings,
            time=self._desk.clock(readings.time),
            faults=self._robot.health.faults,
            lost=self.counts(),
        )

    def _state(self, session: Session, readings: WireReadings | None) -> State:
        robot, gate = self._robot, self._robot.gate
        owner = gate.owner
        other = owner is not None and owner != session.owner
        outranked = other and owner is not None and owner.priority >= session.owner.priority
        return State(
            number=session.number,
            clock=self._desk.clock(time.monotonic()),
            sent=wire_command(robot.last_sent),
            refused=cut(session.refused),
            latched=cut(gate.stopped or "emergency stop") if gate.latched else "",
            stops=self._desk.stops - session.halts,
            stopped=cut(robot.health.stopped),
            driven_by=owner.name if outranked and owner is not None else "",
            following=cut(session.following),
            readings=readings,
        )

    def _show(self, now: float) -> None:
        waiting = [session for session in self._sessions if session.look is not None]
        frame = self._frame() if waiting else None
        for session in waiting:
            look = session.look
            if look is None:
                continue
            if frame is not None and frame.number != look.newer:
                taken = self._desk.clock(frame.taken)
                head, images = pack_frame(frame, number=look.number, taken=taken)
                self._answer(session.address, head, images)
            elif now >= session.look_until:
                self._answer(session.address, Dark(look.number))
            else:
                continue
            session.look = None

    def _frame(self) -> CameraFrame | None:
        try:
            frame = self._robot.readings.frame
        except BodyError:
            return None
        if frame is None or max(frame.rgb.nbytes, frame.depth.nbytes) > self._largest:
            return None
        return frame
