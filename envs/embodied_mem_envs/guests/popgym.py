"""POPGym's tasks, by the name of their class."""

from typing import Any

import gymnasium as gym

from embodied_mem.errors import MissingExtraError, unknown_name


def popgym_task(name: str) -> gym.Env[Any, Any]:
    """Makes a task of POPGym (Morad et al., ICLR 2023), such as `RepeatFirstEasy`.

    Raises:
        MissingExtraError: If POPGym is not installed.
        ConfigError: If it has no such task.
    """
    try:
        from popgym import envs
    except ImportError as error:
        raise MissingExtraError("the tasks of POPGym", "guests") from error
    tasks = {each.__name__: each for each in envs.ALL}
    if name not in tasks:
        raise unknown_name("task of POPGym", name, tasks)
    task: gym.Env[Any, Any] = tasks[name]()
    return task
