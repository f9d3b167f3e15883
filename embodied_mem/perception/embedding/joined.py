"""Two descriptors as one: their vectors side by side, each with a share of the cosine."""

from collections.abc import Sequence
from typing import final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.perception.embedding.pictures import SpeakingEmbedder
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
        return self._side_by_side(first, second)

    def embed_texts(self, texts: Sequence[str]) -> Float32Array:
        """Returns (n, dimension) unit rows that say nothing of the part that knows no words.

        Words so rank what was seen as they would in the space of the part that knows them.

        Raises:
            ConfigError: If neither part knows words.
        """
        count = len(texts)
        for position, part in enumerate(self.parts):
            if isinstance(part, SpeakingEmbedder):
                rows = [np.zeros((count, other.dimension), np.float32) for other in self.parts]
                rows[position] = part.embed_texts(texts)
                return np.concatenate(rows, axis=1)
        raise ConfigError(f"{self.space} knows no words; siglip and clip do")

    def _side_by_side(self, first: Float32Array, second: Float32Array) -> Float32Array:
        weights = np.sqrt(np.array([1.0 - self.share, self.share], np.float32))
        return np.concatenate([weights[0] * first, weights[1] * second], axis=1)
