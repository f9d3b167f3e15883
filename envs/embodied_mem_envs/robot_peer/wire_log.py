"""Reads what the robot received and did: the facts that tests and benches assert on."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from math import hypot, inf
from pathlib import Path
from typing import Any, final

from embodied_mem_envs.robot_peer.command_limits import Bounds, Excess, TimedCommand, excesses

_REST_FORWARD, _REST_TURN = 0.005, 0.01
"""Slower than this is standing still, m/s and rad/s."""
_ORDER = 0.5
"""So long a stop by somebody who has just joined may be on its way to the robot while the zero that
goes with it has arrived, s: DDS hands it over once both ends have found each other."""


@dataclass(frozen=True, slots=True)
class ReceivedCommand:
    """One message on `cmd_vel`."""

    t: float
    """When it arrived, on the machine's monotonic clock, s."""
    sent: float
    """When it was sent, on the same clock, s."""
    forward: float
    """m/s."""
    turn: float
    """rad/s."""
    source: str
    """Who sent it: the same for all that one writer sends."""
    followed: bool
    """Whether the robot took it: finite, and no emergency stop held."""

    @property
    def zero(self) -> bool:
        """Whether it asks to stand still."""
        return self.forward == 0.0 == self.turn


@dataclass(frozen=True, slots=True)
class TrueState:
    """Where the robot truly was and how it truly moved."""

    t: float
    x: float
    y: float
    yaw: float
    forward: float
    turn: float
    stopped: bool
    """Whether an emergency stop held."""
    collided: bool

    @property
    def at_rest(self) -> bool:
        """Whether it stood still."""
        return abs(self.forward) < _REST_FORWARD and abs(self.turn) < _REST_TURN


@final
class WireLog:
    """Everything a robot wrote down; times are those of the machine's monotonic clock, s."""

    def __init__(self, events: Sequence[dict[str, Any]]) -> None:
        """Sorts events by what they tell."""
        self.events = tuple(events)
        self._kinds: dict[str, list[dict[str, Any]]] = {}
        for event in self.events:
            self._kinds.setdefault(event["kind"], []).append(event)
        usurpers = {event["source"] for event in self.of("usurp")}
        commands = [_made(ReceivedCommand, event) for event in self.of("cmd_vel")]
        self.commands = tuple(c for c in commands if c.source not in usurpers)
        """What brains sent, in the order of arrival."""
        self.foreign = tuple(c for c in commands if c.source in usurpers)
        """What the robot's own second owner sent (`publish cmd_vel`)."""
        self.states = tuple(_made(TrueState, event) for event in self.of("state"))
        self.trajectories = self.of("trajectory")
        self._state_times = [state.t for state in self.states]
        self._stop_times = [event["t"] for event in self.of("e_stop") if event["value"]]
        self._latch_times = [event["t"] for event in self.of("estopped")]

    def of(self, kind: str) -> tuple[dict[str, Any], ...]:
        """Returns all events of a kind, such as `e_stop`, `estopped` or `picture`."""
        return tuple(self._kinds.get(kind, ()))

    def first_zero_after(self, t: float) -> float | None:
        """Returns when the first command to stand still arrived after a time, None if never."""
        return next((c.t for c in self.commands if c.t >= t and c.zero), None)

    def nonzero_between(self, start: float, end: float = inf) -> tuple[ReceivedCommand, ...]:
        """Returns commands to move that arrived in a span of time."""
        return tuple(c for c in self.commands if start <= c.t < end and not c.zero)

    def stopped_by(self, t: float) -> float | None:
        """Returns when the robot first truly stood still at or after a time, None if never."""
        return next((s.t for s in self.states if s.t >= t and s.at_rest), None)

    def still_between(self, start: float, end: float = inf) -> bool:
        """Whether the robot truly stood still all the time; False where nothing is known."""
        span = [s for s in self.states if start <= s.t < end]
        return bool(span) and all(s.at_rest for s in span)

    def distance_after(self, t: float, until: float | None = None) -> float:
        """Returns how far the robot truly went after a time, m.

        Args:
            t: From when.
            until: Till when; till it first stood still where not given.
        """
        end = until if until is not None else self.stopped_by(t)
        span = [s for s in self.states if t <= s.t <= (inf if end is None else end)]
        return sum(hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(span))

    def true_speed_at(self, t: float) -> tuple[float, float]:
        """Returns the true forward speed and yaw rate last known before a time."""
        known = bisect_right(self._state_times, t)
        if not known:
            return (0.0, 0.0)
        return (self.states[known - 1].forward, self.states[known - 1].turn)

    def worst_excess(self, limits: Bounds, *, slack: float = 0.02) -> Excess:
        """Returns the worst of all received commands against limits of speed and acceleration.

        Changes are judged over every span of commands, by the time at which they were sent. A
        command after a silence is judged by how the robot truly moved then, and a zero under an
        emergency stop, which alone may come at once, is not.

        Args:
            limits: Such as a `GateConfig`.
            slack: So much may the clock of who sends tremble, s.
        """
        timed = [
            TimedCommand(
                t=c.sent,
                forward=c.forward,
                turn=c.turn,
                true=self.true_speed_at(c.t),
                emergency=c.zero and self._under_stop(c.t),
            )
            for c in self.commands
        ]
        return excesses(timed, limits, slack)

    def _under_stop(self, t: float) -> bool:
        """Whether an emergency stop held at a time, or was on its way."""
        near = bisect_left(self._stop_times, t - _ORDER)
        if near < len(self._stop_times) and self._stop_times[near] <= t + _ORDER:
            return True
        known = bisect_right(self._latch_times, t)
        return known > 0 and bool(self.of("estopped")[known - 1]["value"])


@final
class LogReader:
    """Reads a log again and again while it grows, each line once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._events: list[dict[str, Any]] = []

    def log(self) -> WireLog:
        """Returns all that is in the file by now.

        Raises:
            ValueError: If a line that is not the last is no event.
        """
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._read)
                new = file.read()
            # What is after the last line's end is being written at this moment.
            whole = new[: new.rfind(b"\n") + 1]
            self._read += len(whole)
            self._events += [json.loads(line) for line in whole.splitlines()]
        return WireLog(self._events)


def read_log(path: Path) -> WireLog:
    """Reads the log of a robot, which may still be running or have been killed.

    Raises:
        OSError: If there is no such file.
        ValueError: If a line that is not the last is no event.
    """
    path.stat()
    return LogReader(path).log()


def _made(kind: type[Any], event: dict[str, Any]) -> Any:
    return kind(*(event[field.name] for field in fields(kind)))
