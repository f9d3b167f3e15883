"""What the two games of the environment have in common."""

from typing import Any, Final, Protocol

import numpy as np
from gymnasium import spaces

from embodied_mem.types import AnyArray, UInt8Array
from embodied_mem_envs.room_ballet.pictures import ROOM, SQUARE, SQUARES, pixels

Observed = dict[str, Any]
Outcome = tuple[Observed, float, bool, dict[str, Any]]
"""Observation, reward, whether the episode is over, and what the info holds."""


class Stage(Protocol):
    """One game of `RoomBalletEnv`."""

    observation_space: spaces.Dict
    action_space: spaces.Discrete
    options: tuple[str, ...]
    """What `reset(options=...)` may choose."""

    def begin(self, rng: np.random.Generator, options: dict[str, Any]) -> Observed:
        """Draws an episode and returns what is seen first."""
        ...

    def step(self, action: int) -> Outcome:
        """Carries an action out; there is an episode that is not over."""
        ...

    def picture(self) -> UInt8Array:
        """Returns (H, W, 3) the game as it stands; there was an episode."""
        ...


_SIDE: Final = ROOM * SQUARE


class Looks:
    """How frames are observed: as numbers of squares, or as pixels.

    Args:
        as_pixels: (45, 45, 3) uint8 a frame; else (25,) uint16, row by row.
    """

    def __init__(self, as_pixels: bool) -> None:
        self._as_pixels = as_pixels

    def space(self, *shape: int) -> spaces.Box:
        """Returns the space of frames in this shape."""
        if self._as_pixels:
            return spaces.Box(0, 255, (*shape, _SIDE, _SIDE, 3), np.uint8)
        return spaces.Box(0, SQUARES - 1, (*shape, ROOM * ROOM), np.uint16)

    def of(self, frames: AnyArray) -> AnyArray:
        """Returns frames that are given as squares, (..., 5, 5)."""
        if self._as_pixels:
            return pixels(frames)
        return frames.reshape(*frames.shape[:-2], ROOM * ROOM).astype(np.uint16)
