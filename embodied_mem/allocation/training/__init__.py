"""Trainers of allocators; needs the extra `train`, which the core install does without."""

from embodied_mem.errors import MissingExtraError


def require_train_extra() -> None:
    """Makes sure that what the trainers import is installed.

    Raises:
        MissingExtraError: If torch, Stable-Baselines3, sb3-contrib or tensorboard is missing.
    """
    from importlib.util import find_spec

    needed = ("torch", "stable_baselines3", "sb3_contrib", "tensorboard")
    if any(find_spec(name) is None for name in needed):
        raise MissingExtraError("training an allocator", "train")
