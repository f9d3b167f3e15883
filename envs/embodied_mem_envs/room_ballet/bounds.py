"""What can be kept at best: by who knows the task, and by who does not."""

import numpy as np

from embodied_mem.types import AnyArray, Float64Array, Int64Array
from embodied_mem_envs.room_ballet.multi_task import TASKS, Episodes


def covered(kept: Int64Array, targets: Int64Array) -> AnyArray:
    """Returns (B, 4) whether a memory of dances (B, K) holds what each task asks for (B, 4)."""
    found: AnyArray = (kept[:, :, None] == targets[:, None, :]).any(axis=1)
    return found


def asked_chance(episodes: Episodes) -> Float64Array:
    """Returns (B, 4, D) how likely each task asks for each dance, the whole episode known."""
    game, rooms = episodes.game, episodes.room
    number = np.arange(game.dances)
    late = number >= game.dances - game.capacity
    early = number < game.capacity
    same = rooms[:, :, None] == rooms[:, None, :]
    often = same.sum(axis=2) == game.visits[0]
    # Where several rooms are visited most, the one meant is not told.
    later = np.triu(np.ones((game.dances, game.dances), np.bool_), 1)
    last = ~(same & later).any(axis=2)
    shape = rooms.shape
    chances = np.stack(
        (np.broadcast_to(late, shape), np.broadcast_to(early, shape), often, last), axis=1
    ).astype(np.float64)
    chances /= chances.sum(axis=2, keepdims=True)
    return chances


def keep_blind(episodes: Episodes, rng: np.random.Generator) -> Int64Array:
    """Keeps the dances that are likeliest to be asked for when all tasks are as likely.

    With the whole episode before it and without the task: no policy that is not told the task,
    whatever it learns, keeps more targets in the mean. Of equal dances it draws.

    Returns:
        (B, K) numbers of dances, ascending.
    """
    chance = asked_chance(episodes).mean(axis=1)
    # Sums of fractions that are equal may differ in the last bit.
    order = np.lexsort((rng.random(chance.shape), -chance.round(9)), axis=1)
    kept: Int64Array = np.sort(order[:, : episodes.game.capacity], axis=1)
    return kept


def blind_bound(episodes: Episodes) -> Float64Array:
    """Returns (B,) the coverage that `keep_blind` has in expectation."""
    chance = asked_chance(episodes).mean(axis=1)
    best: Float64Array = -np.sort(-chance, axis=1)[:, : episodes.game.capacity]
    bound: Float64Array = best.sum(axis=1)
    return bound


def keep_told(episodes: Episodes) -> Int64Array:
    """Keeps for each task what may be asked for: the bound of who is told the task.

    Returns:
        (B, 4, K) numbers of dances, ascending.
    """
    order = np.argsort(-asked_chance(episodes), axis=2, kind="stable")
    kept: Int64Array = np.sort(order[:, :, : episodes.game.capacity], axis=2)
    return kept


def by_task(found: AnyArray) -> dict[str, float]:
    """Returns the share of episodes by task, from (B, 4)."""
    return dict(zip(TASKS, found.mean(axis=0).tolist(), strict=True))
