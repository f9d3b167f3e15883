"""Makes any task of the tabletop from family, level and seed."""

import zlib
from collections.abc import Callable, Mapping

import numpy as np

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem_envs.tabletop.cell import default_cell
from embodied_mem_envs.tabletop.tasks.episode import LEVELS, Level, TaskEpisode
from embodied_mem_envs.tabletop.tasks.families import (
    clear,
    count,
    fetch,
    find_moved,
    put_away,
    restore,
    set_table,
    sort,
    stack,
    swap,
)
from embodied_mem_envs.tabletop.tasks.spots import NoRoomError
from embodied_mem_envs.tabletop.tasks.story import Story

FAMILIES: Mapping[str, Callable[[Story], TaskEpisode]] = {
    "sort": sort.tell,
    "stack": stack.tell,
    "put_away": put_away.tell,
    "fetch": fetch.tell,
    "restore": restore.tell,
    "swap": swap.tell,
    "count": count.tell,
    "clear": clear.tell,
    "set_table": set_table.tell,
    "find_moved": find_moved.tell,
}
"""What there is to do, by name."""

_ATTEMPTS = 60
_CAST, _POSES, _WORDS = 0, 1, 2  # which random stream of a task is meant


def make_episode(family: str, level: Level, seed: int, *, repeat: bool = False) -> TaskEpisode:
    """Makes one task; the same arguments give the same task, on any machine.

    Args:
        family: Name in `FAMILIES`.
        level: 1, 2 or 3: how hard it is.
        seed: Which one, 0 or more.
        repeat: Make the task's repeat: the same things and fixtures are meant, but everything lies
            at other poses, and the instruction is worded in a way that no first run is.

    Raises:
        ConfigError: If the family or level is unknown or the seed is negative.
        NoRoomError: If no way was found to lay the things out.
    """
    if family not in FAMILIES:
        raise unknown_name("family of tasks", family, FAMILIES)
    if level not in LEVELS or seed < 0:
        raise ConfigError(f"level {level}, seed {seed}: a level is 1, 2 or 3, a seed 0 or more")
    key = [zlib.crc32(family.encode()), level, seed]
    for attempt in range(_ATTEMPTS):
        story = Story(
            family,
            level,
            seed,
            default_cell(),
            # What there is depends on neither the attempt nor the repeat.
            cast=np.random.default_rng([*key, _CAST]),
            poses=np.random.default_rng([*key, _POSES, int(repeat), attempt]),
            words=np.random.default_rng([*key, _WORDS, int(repeat)]),
            repeat=repeat,
        )
        try:
            return FAMILIES[family](story)
        except NoRoomError:
            continue
    raise NoRoomError(f"{family} level {level} seed {seed}: no room in {_ATTEMPTS} attempts")
