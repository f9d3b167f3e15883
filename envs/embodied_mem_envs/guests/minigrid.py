"""MiniGrid's memory task, as what matters of the cells that the agent sees."""

from typing import Any, Final, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from embodied_mem.types import UInt8Array
from embodied_mem_envs.guests.missing import MissingGuestError

KINDS: Final = (2, 5, 6)
"""MiniGrid's numbers of wall, key and ball; all else of this task is floor or unseen."""
ACTIONS: Final = 3
"""Left, right and forward; MiniGrid's others do nothing in this task."""
_VIEW: Final = 7


@final
class MiniGridMemory(gym.Env[UInt8Array, np.int64]):
    """MiniGrid-MemoryS7-v0 and its larger siblings (Chevalier-Boisvert et al. 2023).

    An object lies in the room of the start, two at the ends of the fork behind a hallway; right is
    who goes to the one of the same kind. Observed is, of each of the 7x7 cells before the agent,
    whether it is a wall, a key or a ball. Where the agent stands is not observable.
    """

    def __init__(self, *, size: int = 7, random_length: bool = False) -> None:
        """Makes the task.

        Args:
            size: Cells along a side; odd.
            random_length: Draw the length of the hallway.

        Raises:
            MissingGuestError: If MiniGrid is not installed.
        """
        try:
            from minigrid.envs.memory import MemoryEnv
        except ImportError as error:
            raise MissingGuestError("minigrid==3.2.0") from error
        self._game: Any = MemoryEnv(size=size, random_length=random_length)
        self.observation_space = spaces.Box(0, 1, (_VIEW * _VIEW * len(KINDS),), np.uint8)
        self.action_space = spaces.Discrete(ACTIONS)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[UInt8Array, dict[str, Any]]:
        """Draws an episode."""
        super().reset(seed=seed)
        seen, _ = self._game.reset(seed=int(self.np_random.integers(1 << 31)))
        return _told(seen), {}

    def step(self, action: Any) -> tuple[UInt8Array, float, bool, bool, dict[str, Any]]:
        """Turns left (0) or right (1), or goes forward (2); `info` holds `is_success`."""
        seen, reward, terminated, truncated, _ = self._game.step(int(action))
        about = {"is_success": float(reward) > 0} if terminated or truncated else {}
        return _told(seen), float(reward), terminated, truncated, about


def _told(seen: Any) -> UInt8Array:
    cells: UInt8Array = np.equal.outer(seen["image"][..., 0], KINDS).astype(np.uint8).reshape(-1)
    return cells
