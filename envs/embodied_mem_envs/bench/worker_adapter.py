"""A simulator that costs next to nothing: what remains is the price of the worker itself.

Runs in any interpreter that `embodied_mem_envs.worker` runs in.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def make(options: dict[str, Any]) -> Still:
    """Makes the simulator, as `embodied_mem_envs.worker` wants it."""
    return Still(int(options["width"]), int(options["height"]))


class Still:
    """A body that turns on the spot before a picture that never changes."""

    def __init__(self, width: int, height: int) -> None:
        rng = np.random.default_rng(0)
        self._rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
        self._depth = rng.random((height, width), np.float32)
        self._instance = rng.integers(0, 16, (height, width), np.int32)
        self._yaw = 0.0
        self._tick = 0

    def describe(self) -> dict[str, Any]:
        """Returns what there is."""
        labels = {str(number): f"thing {number}" for number in range(16)}
        told = {"name": "still", "version": "1", "steady": True}
        return {**told, "labels": labels, "state": self._state()}

    def planes(self) -> dict[str, Any]:
        """Returns the images of a frame."""
        return {
            name: (array.shape, str(array.dtype))
            for name, array in (
                ("rgb", self._rgb),
                ("depth", self._depth),
                ("instance", self._instance),
            )
        }

    def act(self, command: dict[str, float]) -> dict[str, Any]:
        """Turns."""
        self._yaw += command["turn"]
        self._tick += 1
        return {"sent": command, "state": self._state()}

    def observe(self, planes: dict[str, Any]) -> dict[str, Any]:
        """Hands the picture over."""
        planes["rgb"][...] = self._rgb
        planes["depth"][...] = self._depth
        planes["instance"][...] = self._instance
        c, s = math.cos(self._yaw), math.sin(self._yaw)
        pose = [c, -s, 0.0, 0.0, s, c, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
        return {
            "T_world_body": pose,
            "T_world_camera": pose,
            "tick": self._tick,
            "proprioception": {"tilt": 0.0, "collided": 0.0},
            "seen": list(range(16)),
        }

    def restore(self, state: dict[str, Any]) -> dict[str, Any]:
        """Turns to where another one was."""
        self._yaw, self._tick = state["yaw"], state["tick"]
        return {"state": self._state()}

    def ask(self, question: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Knows nothing else."""
        raise LookupError(f"no question {question!r} here")

    def close(self) -> None:
        """Does nothing."""

    def _state(self) -> dict[str, Any]:
        return {"yaw": self._yaw, "tick": self._tick}
