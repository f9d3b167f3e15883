"""Searches of a memory by words, where objects were described by what they look like."""

from collections.abc import Sequence
from typing import final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.perception.embedding.instances import CropEmbedder
from embodied_mem.perception.embedding.joined import JoinedEmbedder
from embodied_mem.perception.embedding.pictures import PictureEmbedder, SpeakingEmbedder
from embodied_mem.perception.segmentation import Embedder
from embodied_mem.types import Float32Array


@final
class PictureWords:
    """Is the `TextEmbedder` of a space of pictures: `Retriever(store, embedder=PictureWords(...))`.

    The words of a query so find the records whose pictures they tell of.
    """

    def __init__(self, embedder: Embedder, template: str = "a photo of {}") -> None:
        """Takes the embedder that the memory was made with.

        Args:
            embedder: Such as `make_embedder("clip")`.
            template: What a text is put into; the networks were trained with captions.

        Raises:
            ConfigError: If the embedder knows no words, or the template has no {}.
        """
        found = _speaker(embedder)
        if found is None:
            raise ConfigError(f"{embedder.space} knows no words; siglip and clip do")
        if "{}" not in template:
            raise ConfigError(f"the template {template!r} has no {{}} for the text")
        self._space, self._dimension = embedder.space, embedder.dimension
        self._speaking, self._offset = found
        self._template = template

    @property
    def name(self) -> str:
        """The space of the vectors: that of the embedder."""
        return self._space

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    def embed(self, texts: Sequence[str]) -> Float32Array:
        """Returns float32 (n, dimension) unit rows, one a text."""
        told = self._speaking.embed_texts([self._template.replace("{}", text) for text in texts])
        rows = np.zeros((len(texts), self._dimension), np.float32)
        rows[:, self._offset : self._offset + told.shape[1]] = told
        return rows


def _speaker(embedder: Embedder | PictureEmbedder) -> tuple[SpeakingEmbedder, int] | None:
    """Returns what knows words inside an embedder, and where its part of a vector begins.

    The rest of a text's vector is zero, so texts rank what was seen as in the space of that part.
    """
    if isinstance(embedder, SpeakingEmbedder):
        return embedder, 0
    if isinstance(embedder, CropEmbedder):
        return _speaker(embedder.pictures)
    if isinstance(embedder, JoinedEmbedder):
        first, second = embedder.parts
        if (found := _speaker(first)) is not None:
            return found
        if (found := _speaker(second)) is not None:
            return found[0], first.dimension + found[1]
    return None
