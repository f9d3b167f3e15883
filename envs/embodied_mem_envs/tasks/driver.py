"""Drives a body along a given way, by its true pose: for scripted tours and for bounds."""

from collections.abc import Iterable, Sequence
from math import atan2, hypot, pi
from typing import final

import numpy as np

from embodied_mem.types import Command
from embodied_mem_envs.house.body import FORWARD_STEP, TURN_STEP

_REACHED = 0.05
_AIMED = 0.02
_PATIENCE = 6
"""So many ticks without coming nearer, and a point of the way is passed over."""


@final
class Driver:
    """Turns towards the next point of a way, drives to it, and so on; looks around at the end."""

    def __init__(
        self,
        way: Iterable[Sequence[float]],
        *,
        face: Sequence[float] | None = None,
        look_around: bool = False,
        seconds_per_tick: float = 1.0,
    ) -> None:
        """Plans.

        Args:
            way: Points x, y (, z) in order, metres.
            face: Point x, y to turn to at the end.
            look_around: Whether to make a full turn at the end.
            seconds_per_tick: Of the body.
        """
        self._points = _corners([(float(point[0]), float(point[1])) for point in way])
        self._face = None if face is None else (float(face[0]), float(face[1]))
        self._turns = round(2 * pi / TURN_STEP) if look_around else 0
        self._seconds = seconds_per_tick
        self._nearest = float("inf")
        self._waited = 0

    def command(self, pose: tuple[float, float, float]) -> Command | None:
        """Returns what to do next at a true pose x, y, yaw; None at the end."""
        x, y, yaw = pose
        while self._points:
            gap = hypot(self._points[0][0] - x, self._points[0][1] - y)
            if gap > _REACHED and not self._stuck(gap):
                return self._towards(self._points[0], gap, pose)
            self._points.pop(0)
            self._nearest, self._waited = float("inf"), 0
        if self._face is not None:
            turn = _wrapped(atan2(self._face[1] - y, self._face[0] - x) - yaw)
            self._face = self._face if abs(turn) > TURN_STEP else None
            return self._turn(turn)
        if self._turns > 0:
            self._turns -= 1
            return self._turn(TURN_STEP)
        return None

    def _towards(
        self, point: tuple[float, float], gap: float, pose: tuple[float, float, float]
    ) -> Command:
        x, y, yaw = pose
        turn = _wrapped(atan2(point[1] - y, point[0] - x) - yaw)
        if abs(turn) > _AIMED:
            return self._turn(turn)
        return Command(forward=min(FORWARD_STEP, gap) / self._seconds)

    def _turn(self, angle: float) -> Command:
        return Command(turn=float(np.clip(angle, -TURN_STEP, TURN_STEP)) / self._seconds)

    def _stuck(self, gap: float) -> bool:
        if gap < self._nearest - 0.01:
            self._nearest, self._waited = gap, 0
        else:
            self._waited += 1
        return self._waited > _PATIENCE + round(pi / TURN_STEP)


def _corners(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Leaves out the points of a way between which it goes straight on."""
    kept = points[:1]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        first = atan2(here[1] - before[1], here[0] - before[0])
        second = atan2(after[1] - here[1], after[0] - here[0])
        if abs(_wrapped(second - first)) > 1e-6:
            kept.append(here)
    return kept + points[-1:] if len(points) > 1 else kept


def _wrapped(angle: float) -> float:
    return (angle + pi) % (2 * pi) - pi
