"""What a frozen reader answers about memories of dances."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from embodied_mem.types import AnyArray, Float64Array, Int64Array
from embodied_mem_envs.room_ballet.multi_task import Episodes

Answerer = Callable[[Episodes, Int64Array, Int64Array], Int64Array]
"""Returns (B, Q) which motions the dances (B, Q) of the episodes had, from memories (B, K)."""


def load_answerer(path: str | Path) -> Answerer:
    """Returns a reader that was trained and saved, as what answers.

    Raises:
        ConfigError: If it cannot be read.
        MissingExtraError: If torch is not installed.
    """
    from embodied_mem_envs.room_ballet.frozen import FrozenReader

    return FrozenReader(Path(path))


def answer_outcome(
    answerer: Answerer, episodes: Episodes
) -> Callable[[Int64Array, Int64Array, Int64Array], Float64Array]:
    """Returns what `core.as_set` takes for an outcome: whether a frozen reader answers right."""

    def outcome(kept: Int64Array, episode: Int64Array, task: Int64Array) -> Float64Array:
        some = episodes.some(episode)
        target = some.targets[np.arange(len(episode)), task][:, None]
        answers = answerer(some, np.sort(kept, axis=1), target)
        right: AnyArray = answers == np.take_along_axis(some.motion, target, axis=1)
        return right[:, 0].astype(np.float64)

    return outcome
