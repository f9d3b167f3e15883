"""Which episode an environment plays next."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from embodied_mem.errors import unknown_name


def draw_episode_seed(rng: np.random.Generator, options: Mapping[str, Any] | None) -> int:
    """Returns the seed of the next episode.

    Args:
        rng: Draws it, one number whether or not the options choose it.
        options: Of `reset`; `episode_seed` chooses the episode.

    Raises:
        ConfigError: If `options` holds something else.
    """
    chosen = options or {}
    for name in chosen:
        if name != "episode_seed":
            raise unknown_name("reset option", name, ("episode_seed",))
    drawn = int(rng.integers(1 << 31))
    return int(chosen.get("episode_seed", drawn))
