"""Drives, arm and emergency stop, moved on together in real time."""

import threading
from dataclasses import dataclass
from typing import final

from embodied_mem_envs.house.house import House
from embodied_mem_envs.robot_peer.arm import ServoArm
from embodied_mem_envs.robot_peer.base import STEP, BaseState, DifferentialBase
from embodied_mem_envs.robot_peer.config import PeerConfig
from embodied_mem_envs.robot_peer.estop import StopLatch

_HUNG = 0.5
"""Who was not moved on for so long hung: the drives have stopped by themselves, s."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The true state of the base at one time."""

    base: BaseState
    time: float
    """On the machine's monotonic clock, s."""
    stopped: bool
    """Whether an emergency stop holds."""


@final
class Mechanics:
    """What moves; safe from any thread."""

    def __init__(self, house: House, config: PeerConfig, now: float) -> None:
        """Stands at its start.

        Args:
            house: Where it stands.
            config: What it can do.
            now: The time, s.
        """
        self.arm = ServoArm() if config.arm else None
        self._base = DifferentialBase(house, config.base, config.start)
        self._wire_stop = StopLatch()
        self._button = False
        self._lock = threading.Lock()
        self._moment = Moment(self._base.state, now, False)

    @property
    def moment(self) -> Moment:
        """The newest true state."""
        return self._moment

    @property
    def stopped(self) -> bool:
        """Whether an emergency stop holds, by wire or by the button."""
        return self._button or self._wire_stop.latched

    def advance(self, now: float) -> Moment:
        """Moves on to a time in whole steps and returns the newest state."""
        with self._lock:
            when = self._moment.time
            if now - when > _HUNG:
                self._base.halt()
                when = now - STEP
            while when + STEP <= now:
                when += STEP
                state = self._base.step(when, estopped=self.stopped)
                if self.arm is not None:
                    self.arm.step(when, STEP, estopped=self.stopped)
                self._moment = Moment(state, when, self.stopped)
            return self._moment

    def command(self, forward: float, turn: float, now: float) -> bool:
        """Takes a command; returns whether it is followed: finite, and nothing is stopped."""
        with self._lock:
            return not self.stopped and self._base.command(forward, turn, now)

    def follow(
        self, joints: list[str], positions: list[list[float]], times: list[float], now: float
    ) -> str:
        """Takes a trajectory; returns why it is not followed, empty where it is."""
        with self._lock:
            if self.arm is None:
                return "there is no arm"
            if self.stopped:
                return "the emergency stop holds"
            return self.arm.follow(joints, positions, times, now)

    def stop(self, sent: float) -> None:
        """Takes a stop from the wire, sent at a time of the sender's clock, s."""
        with self._lock:
            self._wire_stop.stop(sent)

    def reset(self, sent: float) -> None:
        """Takes a reset from the wire; commands from before are forgotten."""
        with self._lock:
            was = self.stopped
            self._wire_stop.reset(sent)
            if was:
                self._base.forget()

    def press(self, down: bool) -> None:
        """Presses or releases the button, which no message can release."""
        with self._lock:
            self._button = down
            self._base.forget()
