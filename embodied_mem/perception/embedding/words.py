"""Searches of a memory by words, where objects were described by what they look like."""

from collections.abc import Sequence
from typing import final

from embodied_mem.errors import ConfigError
from embodied_mem.perception.embedding.pictures import SpeakingEmbedder
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
        if not isinstance(embedder, SpeakingEmbedder):
            raise ConfigError(f"{embedder.space} knows no words; siglip and clip do")
        if "{}" not in template:
            raise ConfigError(f"the template {template!r} has no {{}} for the text")
        self._space, self._dimension = embedder.space, embedder.dimension
        self._speaking: SpeakingEmbedder = embedder
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
        return self._speaking.embed_texts([self._template.replace("{}", text) for text in texts])
