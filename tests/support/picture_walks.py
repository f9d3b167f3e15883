"""A tiny walk with pictures, rendered once for all tests."""

from functools import lru_cache

from embodied_mem_envs.allocation.recording_walk import WalkConfig
from embodied_mem_envs.bench.allocation.pictures_walk import PictureWalk, walk_house

TINY = WalkConfig(visits=2, pictures=24, width=112, moved=0.2)
SEED = 27


@lru_cache(maxsize=1)
def tiny_walk() -> PictureWalk:
    """Returns the walk; not to be written to."""
    return walk_house(SEED, TINY)
