"""What turns text into vectors, by name."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.memory.search.minilm import MiniLmEmbedder
from embodied_mem.plugins import load_plugin
from embodied_mem.types import Float32Array


class TextEmbedder(Protocol):
    """Gives texts vectors, so that texts of like meaning lie close by cosine."""

    @property
    def name(self) -> str:
        """The space of the vectors: what `MemoryRecord.space` holds; another for every change."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Float32Array:
        """Returns float32 (n, dimension) rows of unit length, one a text.

        A text in which there is nothing to embed may have a row of zeros.
        """
        ...


EMBEDDERS: Final[dict[str, Callable[[], TextEmbedder]]] = {
    "hashing": HashingEmbedder,
    "minilm": MiniLmEmbedder,
}


def text_embedder(name: str) -> TextEmbedder:
    """Makes a text embedder: a built-in one, or one of the group `embodied_mem.text_embedders`.

    Raises:
        ConfigError: If the name is unknown; the nearest one is suggested.

    >>> text_embedder("hashing").dimension
    384
    """
    embedder: TextEmbedder = load_plugin("text_embedder", name, EMBEDDERS)()
    return embedder
