"""What is known only to one who hears the questions before: a bound, and labels to start from."""

import numpy as np

from embodied_mem.allocation.head import DROP, action_of
from embodied_mem.allocation.training.episodes import Core
from embodied_mem.allocation.training.playing import Act
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Int64Array
from embodied_mem_envs.context_edit.core import ContextEditCore
from embodied_mem_envs.context_edit.table import ASK


def next_asked(core: ContextEditCore) -> Int64Array:
    """Returns (B, E) places in the tale where lines are asked for next; its length for never."""
    inside, columns = core.inside, core.table.columns
    episode, rows = inside["episode"], np.arange(len(inside["episode"]))
    events = columns["event"][episode]
    asked_at = np.full(inside["shown"].shape, events.shape[1])
    asks = (events == ASK) & (np.arange(events.shape[1]) > inside["at"][:, None])
    # The next question of a line is written last.
    for place in np.flatnonzero(asks.any(axis=0))[::-1]:
        which = rows[asks[:, place]]
        asked_at[which, columns["line"][episode[which], place]] = place
    return np.take_along_axis(asked_at, inside["index"], 1)


def clairvoyant(core: ContextEditCore) -> Act:
    """Returns the choice that takes away what is asked for last, or never.

    Args:
        core: That is played with it.
    """

    def choose(
        slots: Float32Array, context: Float32Array, mask: BoolArray, playing: Int64Array
    ) -> AnyArray:
        later = np.where(mask[:, :, DROP], next_asked(core), -1)
        return action_of(later.argmax(axis=1), DROP)

    return choose


def teach(core: Core, episodes: Int64Array, slots: Float32Array, mask: BoolArray) -> Float32Array:
    """Judges edits for an imitator: 0 for what is never asked for, the less the sooner it is."""
    assert isinstance(core, ContextEditCore)
    asked = next_asked(core)
    length = core.table.columns["event"].shape[1]
    values = np.full(mask.shape, -np.inf, np.float32)
    values[:, :, DROP] = np.where(asked < length, asked / length - 2, 0)
    values[~mask] = -np.inf
    return values
