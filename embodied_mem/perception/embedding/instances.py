"""Descriptors of instances by what describes pictures: each is cut out and looked at alone."""

from typing import final

import numpy as np

from embodied_mem.perception.embedding.crops import instance_crops
from embodied_mem.perception.embedding.pictures import MaskedEmbedder, PictureEmbedder
from embodied_mem.perception.frame import Frame
from embodied_mem.perception.segmentation import Segmentation
from embodied_mem.types import Float32Array


@final
class CropEmbedder:
    """Is the `Embedder` that a `PictureEmbedder` makes: all masks of a frame in one batch."""

    def __init__(self, pictures: PictureEmbedder) -> None:
        self.pictures = pictures

    @property
    def space(self) -> str:
        """Name of the space that the vectors lie in: that of the pictures, which words find."""
        return self.pictures.space

    @property
    def dimension(self) -> int:
        """Length of a descriptor."""
        return self.pictures.dimension

    def embed(self, frame: Frame, segmentation: Segmentation) -> Float32Array:
        """Returns (n, dimension) descriptors, one row a mask, unit length."""
        if len(segmentation) == 0:
            return np.zeros((0, self.dimension), np.float32)
        crops, inside = instance_crops(frame, segmentation, self.pictures.side)
        if isinstance(self.pictures, MaskedEmbedder):
            return self.pictures.embed_masked(list(crops), inside)
        return self.pictures.embed_pictures(list(crops))
