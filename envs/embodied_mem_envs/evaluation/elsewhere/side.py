"""What answers in the new process: a function that opens a memory and gives back an answerer."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from embodied_mem.errors import ConfigError
from embodied_mem_envs.tasks.episode import Ask, Reply

Answerer = Callable[[Ask], Reply]
"""Answers from memory alone; there is no body, and no ask has ticks."""
OpenMemory = Callable[[Path, Mapping[str, Any]], Answerer]
"""Opens the memory in a folder that another process left, with the agent's options."""


def load_side(name: str) -> OpenMemory:
    """Returns the function that a name such as `package.module:function` stands for.

    Raises:
        ConfigError: If there is none.
    """
    module, _, attribute = name.partition(":")
    try:
        side = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"the answering side {name!r} cannot be loaded ({error}); expected module:function"
        ) from error
    if not callable(side):
        raise ConfigError(f"the answering side {name!r} is {type(side).__name__}, not a function")
    found: OpenMemory = side
    return found
