"""Episodes of Room Ballet Multi-Task, many at once: who dances where, and who is asked for."""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray, BoolArray, Int64Array
from embodied_mem_envs.room_ballet.motions import MOTIONS
from embodied_mem_envs.room_ballet.pictures import COLOURS, SHAPES, appearance
from embodied_mem_envs.room_ballet.rules import RULES, keep_by

TASKS: Final = ("fifo", "lifo", "lvfo", "mvfo")
"""Each is named after the rule that always keeps what it asks for."""
_MORE_MOTIONS: Final = (0, 2, 3, 0, 2, 3, 1, 4, 5, 6)
"""Dances of the dancers after the first eight, who have one each: 3, 2, 3, 3, 2, 2, 2, 1 in all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Game:
    """Settings of Multi-Task.

    Raises:
        ConfigError: If they do not make a game.
    """

    visits: tuple[int, ...] = (8, 3, 2, 1, 1, 1, 1, 1)
    """Dances in each room, most first; one dancer each."""
    capacity: int = 9
    """Dances that the memory holds."""

    def __post_init__(self) -> None:
        """Checks the values."""
        most = min(len(COLOURS), len(MOTIONS) + len(_MORE_MOTIONS))
        falls = all(a >= b for a, b in zip(self.visits, self.visits[1:], strict=False))
        if not self.visits or min(self.visits) < 1 or not falls or self.dances > most:
            raise ConfigError(
                f"visits is {self.visits}; expected numbers from 1 on, the largest first, that sum "
                f"up to at most {most}"
            )
        if not 1 <= self.capacity <= self.dances:
            raise ConfigError(f"capacity is {self.capacity}; expected 1 to {self.dances} dances")

    @property
    def dances(self) -> int:
        """D, dances of an episode."""
        return sum(self.visits)

    @property
    def rooms(self) -> int:
        """R."""
        return len(self.visits)

    @property
    def early(self) -> int:
        """Dancers of the most visited room that surely come before the memory is full."""
        return self.visits[0] // 2


def make_game(*, dances: int = 18, rooms: int = 8, capacity: int | None = None) -> Game:
    """Returns a game like the published one.

    >>> make_game().visits, make_game(dances=10, rooms=4)
    ((8, 3, 2, 1, 1, 1, 1, 1), Game(visits=(4, 3, 2, 1), capacity=5))

    Args:
        dances: D in all.
        rooms: One is visited 3 times, one twice, one most often, and all others once.
        capacity: Dances that the memory holds; half of them where it is None.

    Raises:
        ConfigError: If there is no room, or too few or too many dances for so many rooms.
    """
    if rooms < 1:
        raise ConfigError(f"rooms is {rooms}; expected at least 1")
    others = (3, 2, *(1,) * (rooms - 3))[: max(0, rooms - 1)]
    visits = (dances - sum(others), *others)
    return Game(visits=visits, capacity=dances // 2 if capacity is None else capacity)


FULL: Final = make_game()
"""The published game: 18 dances, of which 9 fit."""
REDUCED: Final = make_game(dances=10, rooms=4)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Episodes:
    """B episodes; dances are numbered by when they come, 0 to D - 1."""

    game: Game
    looks: Int64Array
    """(B, D) number of the dancer's colour and shape; no colour comes twice in an episode."""
    motion: Int64Array
    """(B, D) which of `MOTION_NAMES` it dances."""
    room: Int64Array
    """(B, D) where, 0 to R - 1; the numbers of rooms are drawn anew in each episode."""
    targets: Int64Array
    """(B, 4) number of the dance that each of `TASKS` asks for."""

    def __len__(self) -> int:
        """Returns B."""
        return len(self.looks)

    def some(self, rows: AnyArray) -> Self:
        """Returns the episodes of these numbers."""
        return replace(
            self,
            looks=self.looks[rows],
            motion=self.motion[rows],
            room=self.room[rows],
            targets=self.targets[rows],
        )


def draw_episodes(game: Game, count: int, rng: np.random.Generator) -> Episodes:
    """Draws episodes.

    Each rule of `TASKS` keeps what its own task asks for, whenever the capacity is larger than the
    number of rooms and than the dances of each room.

    Args:
        game: Settings.
        count: B.
        rng: Source of chance.
    """
    dances = game.dances
    order, numbers = _order(game, count, rng), _numbers(game, count, rng)
    again = _lost(game, order, numbers, rng)
    while len(again):
        order[again] = _order(game, len(again), rng)
        numbers[again] = _numbers(game, len(again), rng)
        again = again[_lost(game, order[again], numbers[again], rng)]
    visited = _ranks(game)[order]
    room = np.take_along_axis(numbers, visited, axis=1)
    colour = rng.permuted(_rows(np.arange(len(COLOURS)), count), axis=1)[:, :dances]
    shape = rng.integers(len(SHAPES), size=(count, dances))
    return Episodes(
        game=game,
        looks=appearance(colour, shape),
        motion=np.take_along_axis(_motions(game, count, rng), order, axis=1),
        room=room,
        targets=_targets(game, visited, rng),
    )


def _rows(values: AnyArray, count: int) -> AnyArray:
    return np.broadcast_to(values, (count, len(values)))


def _order(game: Game, count: int, rng: np.random.Generator) -> Int64Array:
    """Returns (B, D) the dancer of each dance; dancers are numbered room by room."""
    order = _rows(np.arange(game.dances), count).copy()
    order[:, game.early :] = rng.permuted(order[:, game.early :], axis=1)
    start = max(game.early, game.capacity - 1)
    order[:, :start] = rng.permuted(order[:, :start], axis=1)
    return order


def _numbers(game: Game, count: int, rng: np.random.Generator) -> Int64Array:
    """Returns (B, R) the number of each room, most visited first."""
    numbers: Int64Array = rng.permuted(_rows(np.arange(game.rooms), count), axis=1)
    return numbers


def _ranks(game: Game) -> Int64Array:
    """Returns (D,) the rank of each dancer's room by visits."""
    return np.repeat(np.arange(game.rooms), game.visits)


def _lost(
    game: Game, order: Int64Array, numbers: Int64Array, rng: np.random.Generator
) -> Int64Array:
    """Returns which episodes ask of LVFO for a dancer that it does not keep, though it could.

    None do where the early dancers of the most visited room are more than any other room ever has.
    """
    if game.capacity <= game.visits[0] or game.rooms == 1 or game.early > game.visits[1]:
        return np.zeros(0, np.int64)
    ranks = _ranks(game)[order]
    kept = keep_by(RULES["lvfo"], np.take_along_axis(numbers, ranks, axis=1), game.capacity, rng)
    held = (np.take_along_axis(ranks, kept, axis=1) == 0).sum(axis=1)
    return np.flatnonzero(held < game.visits[0])


def _motions(game: Game, count: int, rng: np.random.Generator) -> Int64Array:
    """Returns (B, D) the motion of each dancer; the first eight have all of them."""
    first = rng.permuted(_rows(np.arange(len(MOTIONS)), count), axis=1)[:, : game.dances]
    more = _rows(np.array(_MORE_MOTIONS[: max(0, game.dances - len(MOTIONS))], np.int64), count)
    return np.concatenate((first, rng.permuted(more, axis=1)), axis=1)


def _targets(game: Game, visited: Int64Array, rng: np.random.Generator) -> Int64Array:
    """Returns (B, 4) who is asked for, from (B, D) the rank of each dance's room by visits."""
    count, dances = visited.shape
    late = rng.integers(dances - game.capacity, dances, size=count)
    early = rng.integers(game.capacity, size=count)
    wanted = rng.random(visited.shape)
    often = np.where(visited == 0, wanted, -1.0).argmax(axis=1)
    chosen = rng.integers(game.rooms, size=count)
    there: BoolArray = visited[:, ::-1] == np.reshape(chosen, (-1, 1))
    since = there.argmax(axis=1)
    return np.stack((late, early, often, dances - 1 - since), axis=1).astype(np.int64)
