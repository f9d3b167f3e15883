"""Skills that change the floor: taking a flight of stairs, and doing something on another floor."""

from collections.abc import Callable
from typing import final

import numpy as np

from embodied_mem.brain.navigation import Navigator
from embodied_mem.brain.skill import Skill, Status
from embodied_mem.brain.skills import STOP, FaceTowards, Gait, InOrder, Senses
from embodied_mem.brain.walking import FollowPath, WalkConfig
from embodied_mem.scene.flights import Flight
from embodied_mem.scene.stairs import Stairs
from embodied_mem.scene.storeys import LOOK_EVERY, Floor, Storeys
from embodied_mem.types import Command, Float64Array

_AHEAD = 0.6
"""How far ahead on the middle line of a flight the body aims, m."""
_OFF = 0.25
"""So far from a flight a body stands on the floor beyond, m."""
_BEFORE = (1.4, 1.1, 1.7, 0.8, 0.5)
"""Distances from which steps are looked at, m, the best first."""
_ASLANT = (0.0, 0.4, -0.4, 0.8, -0.8)
"""Directions from which they are looked at, off the one straight in front, rad."""
_EITHER_SIDE = (0.0, np.pi, 0.5, -0.5, np.pi - 0.5, np.pi + 0.5)
"""The same where only one step was seen, which may climb to either side, rad."""
_MOST_LOOKS = 4
_NO_STAIRS = 0.9
"""Who walks so far onto a flight without leaving the floor is on none, m."""


@final
class TakeStairs:
    """Walks to a flight, up or down along its middle, and off it; turns back where it is blocked.

    It succeeds on the other floor, which need not have been seen before, and fails on the floor
    from which it started, or on the flight where the way back is blocked too.
    """

    def __init__(
        self,
        stairs_id: str,
        *,
        up: bool,
        navigator: Navigator,
        gait: Gait,
        config: WalkConfig | None = None,
    ) -> None:
        self.status, self.reason = Status.RUNNING, ""
        self.stairs_id, self.up = stairs_id, up
        self._navigator, self._gait = navigator, gait
        self._config = config or WalkConfig()
        self._approach: FollowPath | None = None
        self._start: Floor | None = None
        self._back = False
        self._still, self._retries, self._patience = 0, 0, 0
        self._last: Float64Array | None = None
        self._asked = 0.0

    def can_execute(self, senses: Senses) -> float:
        """1 where the flight is known and its landing can be reached, or the body is on it."""
        stairs = _find(senses, self.stairs_id)
        if stairs is None or stairs.rise > self._gait.max_step:
            return 0.0
        return 1.0 if senses.between else self._way(stairs).can_execute(senses)

    def enter(self, senses: Senses) -> None:
        """Plans the way to the landing."""
        stairs = _find(senses, self.stairs_id)
        if stairs is None or senses.storeys is None:
            self._fail("there are no such stairs")
            return
        if stairs.rise > self._gait.max_step:
            self._fail("the body does not get up such steps")
            return
        self._start = senses.storeys.current
        self._patience = 40 + int(4.0 * (stairs.run + 2.0) / self._gait.stride)
        if not senses.between:
            self._approach = self._way(stairs)
            self._approach.enter(senses)

    def step(self, senses: Senses) -> Command:
        """Walks to the landing, then along the flight."""
        stairs = _find(senses, self.stairs_id)
        if self.status is not Status.RUNNING:
            return STOP
        if stairs is None:
            self._fail("the stairs turned out to be none")
            return STOP
        if self._approach is not None:
            command = self._approach.step(senses)
            if self._approach.status is Status.RUNNING:
                return command
            if self._approach.status is Status.FAILED:
                self._fail(self._approach.reason)
                return STOP
            self._approach = None
        return self._climb(senses, stairs)

    def leave(self) -> None:
        """Nothing is held."""

    def _way(self, stairs: Stairs) -> FollowPath:
        landing = stairs.bottom if self.up else stairs.top
        return FollowPath(landing, self._navigator, self._gait, self._config)

    def _climb(self, senses: Senses, stairs: Stairs) -> Command:
        self._patience -= 1
        self._feel(senses)
        if self.status is not Status.RUNNING or self._ended(senses, stairs):
            return STOP
        uphill = self.up != self._back
        along = float(stairs.along(senses.pose.xy))
        aim = stairs.foot + (along + (_AHEAD if uphill else -_AHEAD)) * stairs.direction
        error = senses.pose.bearing_to(aim)
        self._last, self._asked = senses.pose.xy, 0.0
        turn = self._gait.turn_by(error)
        if abs(error) > self._config.align:
            return Command(turn=turn)
        self._asked = self._gait.speed * self._gait.seconds_per_tick
        return Command(forward=self._gait.speed, turn=turn)

    def _ended(self, senses: Senses, stairs: Stairs) -> bool:
        """Brings the status up to date; true where nothing is left to do."""
        assert senses.storeys is not None
        along = float(stairs.along(senses.pose.xy))
        arrived = not senses.between and senses.storeys.current is not self._start
        beyond = along > stairs.run + _OFF if self.up else along < -_OFF
        if arrived and (beyond or self._retries > 0):
            self.status = Status.SUCCEEDED
            return True
        home = not senses.between and not arrived
        if self._back:
            before = along < -_OFF if self.up else along > stairs.run + _OFF
            if home and before:
                self._fail("the flight is blocked")
                return True
        else:
            onto = along if self.up else stairs.run - along
            if home and onto > _NO_STAIRS:
                self._fail("it leads neither up nor down")
                return True
        if self._patience < 0:
            self._fail("the flight takes too long")
            return True
        return False

    def _feel(self, senses: Senses) -> None:
        """Notes that the body is held up; it aims anew, then turns back, then gives up."""
        if self._last is None or self._asked <= 0.0:
            return
        moved = float(np.hypot(*(senses.pose.xy - self._last)))
        if moved >= self._config.progress * self._asked:
            self._still = 0
            return
        self._still += 1
        if self._still < self._gait.still_ticks:
            return
        self._still = 0
        self._retries += 1
        if self._retries <= self._config.max_retries:
            return
        if self._back:
            self._fail("the flight is blocked both ways")
        self._back, self._retries = True, 0

    def _fail(self, reason: str) -> None:
        self.status, self.reason = Status.FAILED, reason


@final
class LookAtSteps:
    """Goes to where what may be stairs shows from in front, and looks; then from aslant.

    It succeeds as soon as the hint is gone, because stairs were found there, and fails where no
    view shows any.
    """

    def __init__(
        self, hint: Flight, navigator: Navigator, gait: Gait, config: WalkConfig | None = None
    ) -> None:
        self.status, self.reason = Status.RUNNING, ""
        self.hint = hint
        self._navigator, self._gait, self._config = navigator, gait, config
        self._views: list[Float64Array] = []
        self._skill: InOrder | None = None
        self._wait = 0

    def can_execute(self, senses: Senses) -> float:
        """1 where a place shows it from in front, else 0."""
        return float(bool(self._standpoints(senses)))

    def enter(self, senses: Senses) -> None:
        """Chooses where to look from."""
        self._views = self._standpoints(senses)

    def step(self, senses: Senses) -> Command:
        """Walks and looks, place after place."""
        command = STOP
        while True:
            if senses.storeys is None or not self._open(senses.storeys):
                self.status = Status.SUCCEEDED
                return STOP
            if self._skill is None:
                if not self._views:
                    self.status, self.reason = Status.FAILED, "no stairs show there"
                    return STOP
                walk = FollowPath(self._views.pop(0), self._navigator, self._gait, self._config)
                face = FaceTowards(self._gait, xy=self.hint.edge + 0.5 * self.hint.direction)
                self._skill = InOrder([walk, face])
                self._skill.enter(senses)
                self._wait = LOOK_EVERY
            if self._skill.status is Status.RUNNING:
                command = self._skill.step(senses)
            if self._skill.status is Status.RUNNING:
                return command
            if self._skill.status is Status.SUCCEEDED and self._wait > 0:
                self._wait -= 1  # stairs are not looked for in every picture
                return STOP
            self._skill = None

    def leave(self) -> None:
        """Leaves the walk that is under way."""
        if self._skill is not None:
            self._skill.leave()

    def _open(self, storeys: Storeys) -> bool:
        """Tells whether nothing better was learned about the place meanwhile."""
        return any(each is self.hint for each in storeys.hints)

    def _standpoints(self, senses: Senses) -> list[Float64Array]:
        """Returns the reachable places before the steps, the best first."""
        field = self._navigator.field(senses.occupancy, senses.pose.xy)
        reachable = field.reachable_mask()
        found: list[Float64Array] = []
        for angle in _ASLANT if self.hint.steps > 1 else _EITHER_SIDE:
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            for far in _BEFORE:
                place = self.hint.edge - far * (turn @ self.hint.direction)
                row, col = senses.occupancy.cells_of(place)[0]
                inside = 0 <= row < reachable.shape[0] and 0 <= col < reachable.shape[1]
                if inside and reachable[row, col]:
                    found.append(place)
                    break
        return found[:_MOST_LOOKS]


@final
class OnFloor:
    """Takes whatever stairs lead to a floor, and does a skill there."""

    def __init__(
        self,
        floor: int,
        make: Callable[[], Skill[Senses]],
        navigator: Navigator,
        gait: Gait,
        config: WalkConfig | None = None,
    ) -> None:
        self.status, self.reason = Status.RUNNING, ""
        self.floor = floor
        self._make = make
        self._navigator, self._gait, self._config = navigator, gait, config
        self._skill: Skill[Senses] | None = None
        self._there = False

    def can_execute(self, senses: Senses) -> float:
        """As well as the skill where the body is on that floor, else as well as the first stairs.

        0 where no stairs lead there.
        """
        if self._arrived(senses):
            return self._make().can_execute(senses)
        stairs = self._next_stairs(senses)
        return 0.0 if stairs is None else stairs.can_execute(senses)

    def enter(self, senses: Senses) -> None:
        """Enters the skill, or the first flight on the way to it."""
        self._next(senses)

    def step(self, senses: Senses) -> Command:
        """Climbs, then does what is to be done."""
        while self.status is Status.RUNNING and self._skill is not None:
            command = self._skill.step(senses)
            if self._skill.status is Status.RUNNING:
                return command
            self._skill.leave()
            if self._there or self._skill.status is Status.FAILED:
                self.status, self.reason = self._skill.status, self._skill.reason
                self._skill = None
                return command
            self._next(senses)
        return STOP

    def leave(self) -> None:
        """Leaves the skill that is under way."""
        if self._skill is not None:
            self._skill.leave()

    def _next(self, senses: Senses) -> None:
        self._there = self._arrived(senses)
        self._skill = self._make() if self._there else self._next_stairs(senses)
        if self._skill is None:
            self.status, self.reason = Status.FAILED, f"no known stairs lead to floor {self.floor}"
            return
        self._skill.enter(senses)
        if self._skill.status is Status.FAILED:
            self.status, self.reason = self._skill.status, self._skill.reason

    def _arrived(self, senses: Senses) -> bool:
        return senses.storeys is None or (not senses.between and senses.floor == self.floor)

    def _next_stairs(self, senses: Senses) -> TakeStairs | None:
        if senses.storeys is None:
            return None
        stairs = senses.storeys.stairs
        if senses.between:
            first = flight_under(senses)
        else:
            usable = [each for each in stairs if each.rise <= self._gait.max_step]
            first = first_stairs(usable, senses.floor, self.floor)
        if first is None:
            return None
        up = self.floor >= first.upper
        return TakeStairs(
            first.id, up=up, navigator=self._navigator, gait=self._gait, config=self._config
        )


def first_stairs(stairs: list[Stairs], start: int, goal: int) -> Stairs | None:
    """Returns the first flight on a way between two floors over the fewest flights, or None."""
    reached: dict[int, Stairs | None] = {start: None}
    queue = [start]
    for floor in queue:
        for flight in stairs:
            if floor not in (flight.lower, flight.upper):
                continue
            other = flight.other(floor)
            if other not in reached:
                reached[other] = reached[floor] or flight
                queue.append(other)
    return reached.get(goal)


def flight_under(senses: Senses) -> Stairs | None:
    """Returns the flight that a body between two floors is on: the nearest."""
    if senses.storeys is None:
        return None
    return nearest_flight(senses.storeys.stairs, senses.pose.xy)


def nearest_flight(stairs: tuple[Stairs, ...], xy: Float64Array) -> Stairs | None:
    """Returns the flight whose middle line is nearest to a (2,) point, or None without any."""

    def gap(each: Stairs) -> float:
        along = float(np.clip(each.along(xy), 0.0, each.run))
        return float(np.hypot(*(each.foot + along * each.direction - xy)))

    return min(stairs, key=gap, default=None)


def _find(senses: Senses, stairs_id: str) -> Stairs | None:
    if senses.storeys is None:
        return None
    return next((each for each in senses.storeys.stairs if each.id == stairs_id), None)
