"""Tells which frames of a stream are new enough to become candidates for the memory."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.errors import ConfigError
from embodied_mem.memory.stream.buffer import StreamBuffer
from embodied_mem.types import Float32Array


@dataclass(frozen=True, kw_only=True, slots=True)
class NoveltyConfig:
    """When a frame is new.

    Raises:
        ConfigError: If a value is out of its range.
    """

    threshold: float = 0.3
    """A frame is new from this distance (1 - cosine) to all that was new before."""
    release: float = 0.15
    """Below this distance, to what was new before or to the last frame, the gate opens again."""
    size: int = 256
    """How much of what was new before is held to compare with."""

    def __post_init__(self) -> None:
        """Checks the values."""
        if not 0.0 <= self.release <= self.threshold <= 2.0 or self.threshold == 0.0:
            raise ConfigError(
                f"threshold is {self.threshold} and release {self.release}; expected "
                "0 <= release <= threshold, and a threshold above 0 and at most 2"
            )
        if self.size < 3:
            raise ConfigError(f"size is {self.size}; expected at least 3")


@final
class Novelty:
    """A gate that a frame of a stream passes when it shows something new, with hysteresis.

    A frame is new where it is far from all frames that were new before. After one the gate is
    shut, until the view is familiar again or holds still: a turn or a cut to another view counts
    once when it begins and once more where it ends, and a view that never settles (a noisy screen)
    once, not every frame. Frames that were new are held in a `StreamBuffer` of constant size.

    Args:
        dimension: Of the vectors.
        config: When a frame is new.

    >>> gate = Novelty(2)
    >>> [gate.observe(v, t) for t, v in enumerate([(1, 0), (1, 0.1), (0, 1), (0, 1), (1, 0)])]
    [True, False, True, False, False]
    """

    def __init__(self, dimension: int, config: NoveltyConfig | None = None) -> None:
        self.config = config or NoveltyConfig()
        self.held = StreamBuffer(self.config.size, dimension)
        """What was new before, as far as it is held."""
        self._last: Float32Array | None = None
        self._tick: int | None = None
        self._open = True

    @property
    def taken(self) -> int:
        """How many frames were new so far."""
        return self.held.arrived

    def distance(self, vector: ArrayLike) -> float:
        """Returns 1 - the largest cosine with what was new before; 2 where nothing was."""
        return 1.0 - self.held.likeness(vector)

    def observe(self, vector: ArrayLike, tick: int) -> bool:
        """Takes the next frame in and tells whether it is new.

        Args:
            vector: (dimension,) carrier of the frame.
            tick: When, later than all before.

        Raises:
            ConfigError: If the vector does not fit, or the tick is not later than the last.
        """
        if self._tick is not None and tick <= self._tick:
            raise ConfigError(f"tick {tick} does not come after {self._tick}; a stream goes on")
        distance = self.distance(vector)
        given = np.array(vector, np.float32)
        if distance < self.config.release or self._holds_still(given):
            self._open = True
        self._last, self._tick = given, tick
        if not self._open or distance < self.config.threshold:
            return False
        self.held.push(given, tick)
        self._open = False
        return True

    def _holds_still(self, vector: Float32Array) -> bool:
        if self._last is None:
            return False
        length = float(np.linalg.norm(vector) * np.linalg.norm(self._last))
        return 1.0 - float(vector @ self._last) / max(length, 1e-12) < self.config.release
