"""Two descriptors as one: their vectors side by side, each with a share of the cosine."""

from typing import final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.perception.frame import Frame
from embodied_mem.perception.segmentation import Embedder, Segmentation
from embodied_mem.types import Float32Array


@final
class JoinedEmbedder:
    """Puts two embedders side by side: the cosine is the mean of theirs, weighted by the share."""

    def __init__(self, first: Embedder, second: Embedder, *, share: float = 0.5) -> None:
        """Joins two embedders.

        Args:
            first: Has the rest of the cosine.
            second: Has `share` of it.
            share: Between 0 and 1.

        Raises:
            ConfigError: If the share is not.
        """
        if not 0.0 < share < 1.0:
            raise ConfigError(f"the share of {second.space} is {share}; expected more than 0 to 1")
        self.parts = (first, second)
        self.share = share

    @property
    def space(self) -> str:
        """Name of the space: both names and the share, for with another share it is another."""
        first, second = self.parts
        return f"{first.space}+{second.space}*{self.share:g}"

    @property
    def dimension(self) -> int:
        """Length of a descriptor: both lengths together."""
        return sum(part.dimension for part in self.parts)

    def embed(self, frame: Frame, segmentation: Segmentation) -> Float32Array:
        """Returns (n, dimension) descriptors, one row a mask, unit length."""
        first, second = (part.embed(frame, segmentation) for part in self.parts)
        weights = np.sqrt(np.array([1.0 - self.share, self.share], np.float32))
        return np.concatenate([weights[0] * first, weights[1] * second], axis=1)
