"""Turns a stream of commanded joint positions into paths that another arm can follow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command, Float64Array

_MOVED = 1e-6
_ROOM = 1.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """One path from rest to rest, and what the fingers did after it."""

    trajectory: Trajectory
    """The path; its times begin at 0."""
    gripper: float | None
    """How wide the fingers were wanted when the arm moved on, m; None where nothing was said."""


@final
class TrajectoryLog:
    """Listens to commands, one a tick, and cuts them into stretches wherever the arm rests."""

    def __init__(
        self,
        joints: Sequence[str],
        start: Sequence[float],
        *,
        seconds_per_tick: float,
        rest: float = 0.08,
    ) -> None:
        """Begins where the arm stands.

        Args:
            joints: Names of the joints.
            start: (J,) where they are, rad.
            seconds_per_tick: Between two commands, s.
            rest: A pause of this length ends a stretch, s.
        """
        self._joints = tuple(joints)
        self._seconds = seconds_per_tick
        self._rest = round(rest / seconds_per_tick)
        self._positions = [tuple(map(float, start))]
        self._grippers: list[float | None] = [None]

    def note(self, command: Command) -> None:
        """Takes the command of one tick; what it does not say stays as it was."""
        before = self._positions[-1]
        self._positions.append(before if command.joints is None else command.joints)
        wish = command.gripper
        self._grippers.append(self._grippers[-1] if wish is None else wish)

    def stretches(self, *, every: float = 0.05) -> tuple[Stretch, ...]:
        """Returns the stretches in which the arm moved, with a point every so many seconds."""
        return tuple(self._cut(max(1, round(every / self._seconds))))

    def _cut(self, step: int) -> Iterator[Stretch]:
        positions = np.array(self._positions)
        moves = np.flatnonzero(np.abs(np.diff(positions, axis=0)).max(axis=1) > _MOVED)
        if len(moves) == 0:
            return
        breaks = np.flatnonzero(np.diff(moves) > self._rest)
        firsts = [moves[0], *moves[breaks + 1]]
        lasts = [*moves[breaks], moves[-1]]
        ends = [*firsts[1:], len(positions) - 1]
        for first, last, end in zip(firsts, lasts, ends, strict=True):
            kept = [*range(int(first), int(last) + 1, step), int(last) + 1]
            times = (np.array(kept) - first) * self._seconds
            trajectory = Trajectory(joints=self._joints, positions=positions[kept], times=times)
            yield Stretch(trajectory=trajectory, gripper=self._grippers[int(end)])


def slowed(trajectory: Trajectory, limits: JointLimits) -> Trajectory:
    """Returns the same path, slower wherever it would exceed limits of speed or acceleration.

    Every piece between two points is given the time that it needs, and points where the speed
    changes too much get more on both sides, until the finite differences keep all limits, the
    beginning and the end at rest included.
    """
    ways = np.diff(trajectory.positions, axis=0)
    fastest, hardest = np.array(limits.velocity), np.array(limits.acceleration)
    seconds = np.maximum(np.diff(trajectory.times), _ROOM * (np.abs(ways) / fastest).max(axis=1))
    for _ in range(1000):
        excess = _excess(ways, seconds, hardest)
        if (excess <= 1.0).all():
            break
        # A slower neighbour on either side lowers the change of speed at a point.
        factor = np.sqrt(np.clip(excess, 1.0, 4.0))
        around = np.maximum(factor[:-1], factor[1:])
        seconds *= np.maximum(1.0, 1.0 + 0.6 * (around - 1.0) + 0.002 * (around > 1.0))
    times = trajectory.times[0] + np.concatenate([[0.0], np.cumsum(seconds)])
    return Trajectory(joints=trajectory.joints, positions=trajectory.positions, times=times)


def _excess(ways: Float64Array, seconds: Float64Array, hardest: Float64Array) -> Float64Array:
    """Returns by how much each of the N points exceeds the acceleration, 1 where just not."""
    rest = np.zeros((1, ways.shape[1]))
    speeds = np.concatenate([rest, ways / seconds[:, None], rest])
    spans = 0.5 * (np.append(seconds, 0.0) + np.append(0.0, seconds))
    rates = np.abs(np.diff(speeds, axis=0)) / spans[:, None]
    return np.asarray((_ROOM * rates / hardest).max(axis=1))
