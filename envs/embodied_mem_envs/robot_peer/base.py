"""The physics of a differential drive, in steps of five milliseconds."""

from collections import deque
from dataclasses import dataclass
from math import hypot, isfinite
from typing import final

from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.motion import Motion
from embodied_mem_envs.robot_peer.config import BaseConfig

STEP = 0.005
"""Seconds of one step of physics: 200 Hz."""
RADIUS = 0.18


@dataclass(frozen=True, slots=True)
class BaseState:
    """Where the base truly is and how it truly moves."""

    x: float
    y: float
    yaw: float
    forward: float
    """Signed speed along the way, m/s; what a wall leaves of it."""
    turn: float
    """rad/s."""
    collided: bool


@final
class DifferentialBase:
    """Follows the newest command as its drives can, and brakes where none comes any more."""

    def __init__(
        self, house: House, config: BaseConfig, start: tuple[float, float, float] | None = None
    ) -> None:
        self._config = config
        self._motion = Motion(house, RADIUS)
        self._pose = start or house.start
        self._forward = self._turn = 0.0
        self._pending: deque[tuple[float, float, float]] = deque()
        self._wanted = (0.0, 0.0)
        self._heard = -float("inf")
        self.state = BaseState(*self._pose, 0.0, 0.0, False)

    def command(self, forward: float, turn: float, now: float) -> bool:
        """Takes a command; returns whether it is one (what is not finite is not)."""
        if not (isfinite(forward) and isfinite(turn)):
            return False
        top, spin = self._config.max_forward, self._config.max_turn
        wanted = (min(max(forward, -top), top), min(max(turn, -spin), spin))
        self._pending.append((now + self._config.latency, *wanted))
        return True

    def forget(self) -> None:
        """Drops every command: only a fresh one moves the base again."""
        self._pending.clear()
        self._wanted = (0.0, 0.0)
        self._heard = -float("inf")

    def halt(self) -> None:
        """Stands still at once, as a drive does whose computer hung for long."""
        self.forget()
        self._forward = self._turn = 0.0

    def step(self, now: float, *, estopped: bool) -> BaseState:
        """Moves on by one step of physics.

        Args:
            now: Time at the end of the step, s.
            estopped: Whether the emergency stop holds: all commands are ignored.

        Returns:
            The true state at the end of the step.
        """
        config = self._config
        if estopped:
            self.forget()
        while self._pending and self._pending[0][0] <= now:
            self._heard, *wanted = self._pending.popleft()
            self._wanted = (wanted[0], wanted[1])
        if now - self._heard > config.cmd_vel_timeout:
            self._wanted = (0.0, 0.0)
        change = config.brake if estopped else config.acceleration
        spin = config.turn_acceleration * change / config.acceleration
        self._forward = _towards(self._forward, self._wanted[0], change * STEP)
        self._turn = _towards(self._turn, self._wanted[1], spin * STEP)
        self.state = self._drive()
        return self.state

    def _drive(self) -> BaseState:
        if not self._forward and not self._turn:
            return BaseState(*self._pose, 0.0, 0.0, self.state.collided)
        before = self._pose
        self._pose, _, collided = self._motion.move(before, self._forward * STEP, self._turn * STEP)
        speed = self._forward
        if collided:  # the wheels slip: what counts is the way that was made
            made = hypot(self._pose[0] - before[0], self._pose[1] - before[1]) / STEP
            speed = made if speed > 0.0 else -made
        return BaseState(*self._pose, speed, self._turn, collided)


def _towards(value: float, goal: float, most: float) -> float:
    return min(max(goal, value - most), value + most)
