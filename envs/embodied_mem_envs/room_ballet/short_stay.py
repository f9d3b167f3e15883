"""Episodes of Room Ballet Short-Stay: a walk through rooms in which dancers go on and on.

Nothing is ever forgotten here, so it tests how a memory is read. Each stay in a room is a step or a
few; a dance has to be put together of many of them.
"""

from dataclasses import dataclass, replace
from math import isqrt
from typing import Final, Self

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray, BoolArray, Int64Array
from embodied_mem_envs.room_ballet.motions import MOTIONS, STEPS, TICKS, WHOLE
from embodied_mem_envs.room_ballet.pictures import APPEARANCES, frame_of

WALK: Final = 1280
"""Steps of the published walk: 40 dances long."""
_MOVES: Final = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)])


@dataclass(frozen=True, kw_only=True, slots=True)
class Stay:
    """Settings of Short-Stay.

    Raises:
        ConfigError: If they do not make a game.
    """

    rooms: int = 16
    """In a square grid; published are 9, 16 and 25."""
    steps: int = WALK
    """Of the walk."""

    def __post_init__(self) -> None:
        """Checks the values."""
        if self.rooms < 1 or isqrt(self.rooms) ** 2 != self.rooms or self.rooms > APPEARANCES:
            raise ConfigError(
                f"rooms is {self.rooms}; expected a square number up to {APPEARANCES}, as 9, 16, 25"
            )
        if self.steps < 1:
            raise ConfigError(f"steps is {self.steps}; expected at least 1")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Walks:
    """B episodes of L steps through R rooms."""

    stay: Stay
    looks: Int64Array
    """(B, R) number of each room's dancer's colour and shape, no two the same."""
    motion: Int64Array
    """(B, R) which of `MOTION_NAMES` it dances."""
    room: Int64Array
    """(B, L) where the agent is at each tick; rooms are numbered row by row."""

    def __len__(self) -> int:
        """Returns B."""
        return len(self.looks)

    def some(self, rows: AnyArray) -> Self:
        """Returns the episodes of these numbers."""
        return replace(self, looks=self.looks[rows], motion=self.motion[rows], room=self.room[rows])

    def frames(self) -> Int64Array:
        """Returns (B, L) what the agent sees at each tick: the number of a picture.

        All dancers follow one clock of 32 ticks, 16 of them still.
        """
        phase = np.arange(self.room.shape[1]) % TICKS
        looks = np.take_along_axis(self.looks, self.room, axis=1)
        motion = np.take_along_axis(self.motion, self.room, axis=1)
        seen: Int64Array = frame_of(looks, WHOLE[motion, phase])
        return seen


def draw_walks(stay: Stay, count: int, rng: np.random.Generator) -> Walks:
    """Draws episodes: who dances where, and a random walk that stays where it bumps into a wall.

    Args:
        stay: Settings.
        count: B.
        rng: Source of chance.
    """
    chance = rng.random((count, APPEARANCES))
    looks: Int64Array = np.argpartition(chance, stay.rooms - 1, axis=1)[:, : stay.rooms]
    return Walks(
        stay=stay,
        looks=looks,
        motion=rng.integers(len(MOTIONS), size=(count, stay.rooms)),
        room=_walk(stay, count, rng),
    )


def _walk(stay: Stay, count: int, rng: np.random.Generator) -> Int64Array:
    side = isqrt(stay.rooms)
    at = rng.integers(side, size=(count, 2))
    moves = _MOVES[rng.integers(len(_MOVES), size=(stay.steps, count))]
    rooms = np.zeros((stay.steps, count), np.int64)
    for step in range(stay.steps):
        rooms[step] = at[:, 0] * side + at[:, 1]
        at = np.clip(at + moves[step], 0, side - 1)
    return np.ascontiguousarray(rooms.T)


def phases_by(walks: Walks, read: BoolArray) -> tuple[Int64Array, Int64Array]:
    """Counts what some entries tell of each room's dance.

    Args:
        walks: B episodes.
        read: (B, L) which entries count.

    Returns:
        (B, R) entries of each room, and (B, R) of how many of the 16 steps of its dance they are.
    """
    count, rooms = walks.looks.shape
    phase = np.arange(walks.room.shape[1]) % TICKS
    rows, ticks = np.nonzero(read)
    at = (rows * rooms + walks.room[rows, ticks]) * TICKS + phase[ticks]
    counts = np.bincount(at, minlength=count * rooms * TICKS).reshape(count, rooms, TICKS)
    dancing: Int64Array = (counts[:, :, STEPS:] > 0).sum(axis=2)
    return counts.sum(axis=2), dancing


def time_chunk_phases(
    walks: Walks, room: AnyArray, *, chunk: int = 32, top: int = 4, best: bool = False
) -> Int64Array:
    """Returns (B,) steps of a room's dance that a few chunks of consecutive ticks hold.

    Args:
        walks: B episodes; the walk is a multiple of `chunk` long.
        room: (B,) asked for.
        chunk: Ticks of a chunk.
        top: Chunks that are read: those with most ticks in the room.
        best: Instead those that greedily add most steps, which nobody knows who looks for the room.
    """
    count = len(walks)
    there = (walks.room == np.asarray(room)[:, None]).reshape(count, -1, chunk)
    phase = (np.arange(walks.room.shape[1]) % TICKS - STEPS).reshape(-1, chunk)
    holds: BoolArray = (there[..., None] & (phase[..., None] == np.arange(STEPS))).any(axis=2)
    if not best:
        order = np.argsort(-there.sum(axis=2), axis=1, kind="stable")[:, :top, None]
        held: Int64Array = np.take_along_axis(holds, order, axis=1).any(axis=1).sum(axis=1)
        return held
    known = np.zeros((count, STEPS), np.bool_)
    for _ in range(min(top, there.shape[1])):
        adds = (holds & ~known[:, None]).sum(axis=2).argmax(axis=1)
        known |= holds[np.arange(count), adds]
    total: Int64Array = known.sum(axis=1)
    return total
