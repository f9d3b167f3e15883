"""Memories of Room Ballet as batches that a transformer reads.

The frames of a batch are pictures as squares: `frames` is (U, 5, 5) int64, and each number below
`pictures.SQUARES` (287) is a square of 9 x 9 pixels. Only frames that occur are in it, each once.
An encoder may embed the numbers, or, which is exact for pixels, encode the 287 pictures
`pictures.square_pictures()` (287, 9, 9, 3) by whatever its first layer is (a convolution of 9 x 9
pixels with stride 9) and look the result up. `pictures.pixels(frames)` is (U, 45, 45, 3) uint8.
"""

import numpy as np
import torch
from torch import Tensor

from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.types import AnyArray, Int64Array
from embodied_mem_envs.room_ballet.motions import TICKS, WHOLE
from embodied_mem_envs.room_ballet.multi_task import Episodes
from embodied_mem_envs.room_ballet.pictures import CENTRE, FRAMES, frame_of
from embodied_mem_envs.room_ballet.short_stay import Walks

UNKNOWN = -1


def dance_batch(
    episodes: Episodes, kept: AnyArray, asked: AnyArray, *, tokens: int = 1
) -> tuple[EpisodicBatch, Tensor]:
    """Returns the memories of some dances, with questions about dancers, and the answers.

    A dance is 32 entries, one a tick: dance v takes the ticks 32 v to 32 v + 31. A question is the
    picture of a dancer in the centre of its room, asked when the episode is over (tick 32 D), of
    which the place is not told; the answer is its motion.

    ```python
    >>> rng = np.random.default_rng(1)
    >>> from embodied_mem_envs.room_ballet.multi_task import FULL, draw_episodes
    >>> episodes = draw_episodes(FULL, 2, rng)
    >>> kept = draw_kept(episodes, 4, rng)  # four dances in memory, each of them asked for
    >>> batch, labels = dance_batch(episodes, kept, kept)
    >>> batch.sizes, labels.shape
    ((2, 128, 4, 1), torch.Size([2, 4]))
    >>> batch, labels = dance_batch(episodes, kept, episodes.targets[:, :1])  # as in evaluation

    ```

    Args:
        episodes: B of them.
        kept: (B, K) numbers of the dances in each memory, any K; -1 for an empty slot.
        asked: (B, Q) numbers of the dances that are asked for, in memory or not.
        tokens: T, how often a question says the same; the paper has 16.

    Returns:
        The batch, of B memories of N = 32 K entries with Q questions, and (B, Q) the answers.
    """
    kept, asked = np.asarray(kept, np.int64), np.asarray(asked, np.int64)
    held = kept >= 0
    dance = np.maximum(kept, 0)
    of_dance = [
        np.take_along_axis(each, dance, axis=1)
        for each in (episodes.looks, episodes.motion, episodes.room)
    ]
    looks, motion, room = of_dance
    entries = frame_of(looks[:, :, None], WHOLE[motion]).reshape(len(kept), -1)
    times = (dance[:, :, None] * TICKS + np.arange(TICKS)).reshape(len(kept), -1)
    query = frame_of(np.take_along_axis(episodes.looks, asked, axis=1), CENTRE)
    frames, (entry, token) = _compact(entries, query)
    shape = (*asked.shape, tokens)
    batch = EpisodicBatch(
        frames=torch.from_numpy(frames),
        entry_frame=torch.from_numpy(entry),
        entry_time=torch.from_numpy(times),
        entry_place=torch.from_numpy(room.repeat(TICKS, axis=1)),
        entry_held=torch.from_numpy(held.repeat(TICKS, axis=1)),
        query_frame=torch.from_numpy(token)[:, :, None].expand(shape),
        query_time=torch.full(shape, episodes.game.dances * TICKS),
        query_place=torch.full(shape, UNKNOWN),
    )
    labels = np.take_along_axis(episodes.motion, asked, axis=1)
    return batch, torch.from_numpy(labels)


def walk_batch(
    walks: Walks, asked: AnyArray, *, tokens: int = 1, newest: int | None = None
) -> tuple[EpisodicBatch, Tensor]:
    """Returns the memories of whole walks, with questions about dancers, and the answers.

    Every tick is an entry. A question is the picture of a room's dancer in the centre, asked when
    the walk is over; its place is not told; the answer is its motion.

    ```python
    >>> from embodied_mem_envs.room_ballet.short_stay import Stay, draw_walks
    >>> walks = draw_walks(Stay(rooms=9), 2, np.random.default_rng(1))
    >>> batch, labels = walk_batch(walks, np.tile(np.arange(9), (2, 1)))  # each room
    >>> batch.sizes, labels.shape
    ((2, 1280, 9, 1), torch.Size([2, 9]))

    ```

    Args:
        walks: B of them.
        asked: (B, Q) numbers of the rooms that are asked for.
        tokens: T, how often a question says the same.
        newest: Only so many entries are in memory, the last ones; all where it is None.

    Returns:
        The batch, of B memories of as many entries as the walk has steps, and (B, Q) the answers.
    """
    asked = np.asarray(asked, np.int64)
    query = frame_of(np.take_along_axis(walks.looks, asked, axis=1), CENTRE)
    steps = walks.stay.steps
    first = 0 if newest is None else max(0, steps - newest)
    frames, (entry, token) = _compact(walks.frames()[:, first:], query)
    shape = (*asked.shape, tokens)
    batch = EpisodicBatch(
        frames=torch.from_numpy(frames),
        entry_frame=torch.from_numpy(entry),
        entry_time=torch.arange(first, steps).expand(entry.shape),
        entry_place=torch.from_numpy(walks.room[:, first:]),
        entry_held=torch.ones(entry.shape, dtype=torch.bool),
        query_frame=torch.from_numpy(token)[:, :, None].expand(shape),
        query_time=torch.full(shape, steps),
        query_place=torch.full(shape, UNKNOWN),
    )
    labels = np.take_along_axis(walks.motion, asked, axis=1)
    return batch, torch.from_numpy(labels)


def draw_kept(episodes: Episodes, size: int, rng: np.random.Generator) -> Int64Array:
    """Returns (B, size) dances drawn at random from each episode, in the order of their coming."""
    chance = rng.random(episodes.looks.shape)
    drawn: Int64Array = np.sort(np.argsort(chance, axis=1)[:, :size], axis=1)
    return drawn


def _compact(*numbers: Int64Array) -> tuple[Int64Array, list[Int64Array]]:
    """Returns the frames that occur, each once, and the numbers of them."""
    used = np.zeros(len(FRAMES), bool)
    for each in numbers:
        used[each] = True
    renumbered = np.cumsum(used) - 1
    return FRAMES[used], [renumbered[each] for each in numbers]
