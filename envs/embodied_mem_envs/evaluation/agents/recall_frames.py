"""Recall from a few pictures: what they show, read by the product's own eyes when asked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, final

import cv2
import numpy as np

from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.brain.recall import EventMemory, History, read_history
from embodied_mem.types import Observation

FRAMES: Final = 50
"""Pictures that are kept at most."""

Seen = tuple[int, Observation]
"""Visit and picture."""


@final
class LastFrames:
    """Keeps the newest pictures."""

    def __init__(self) -> None:
        self.kept: list[Seen] = []

    def add(self, seen: Seen) -> None:
        """Takes a picture in."""
        self.kept = [*self.kept, seen][-FRAMES:]


@final
class EvenFrames:
    """Keeps evenly spaced pictures: every other one goes when there are too many."""

    def __init__(self) -> None:
        self.kept: list[Seen] = []
        self._stride, self._count = 1, 0

    def add(self, seen: Seen) -> None:
        """Takes a picture in."""
        if self._count % self._stride == 0:
            self.kept.append(seen)
        self._count += 1
        if len(self.kept) > FRAMES:
            self.kept = self.kept[::2]
            self._stride *= 2


def history_of(frames: Sequence[Seen], seed: int) -> History:
    """Returns what pictures in order tell of the past, and nothing else."""
    hippocampus = build_hippocampus(MemoryConfig(allocator="value"), seed=seed)
    memory = EventMemory(hippocampus, moment=1)  # few pictures: each of them counts
    with hippocampus.store:
        for visit, observation in frames:
            while memory.visit < visit:
                memory.new_visit()
            memory.observe(observation)
        memory.consolidate()
        return read_history(hippocampus.store)


def write_frames(frames: Sequence[Seen], folder: Path) -> None:
    """Writes pictures as files: colour as JPEG, depth in millimetres and ids as PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    for _, seen in frames:
        name = f"{seen.tick:06d}"
        colour = cv2.cvtColor(seen.rgb, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{name}.jpg"), colour)
        millimetres = np.clip(seen.depth * 1000.0, 0, 65535).astype(np.uint16)
        cv2.imwrite(str(folder / f"{name}-depth.png"), millimetres)
        if seen.instance is not None:
            ids = seen.instance.astype(np.uint16)
            cv2.imwrite(str(folder / f"{name}-ids.png"), ids)
        (folder / f"{name}.pose").write_bytes(seen.T_world_camera.tobytes())
