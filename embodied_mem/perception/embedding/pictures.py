"""What describes whole pictures: the protocols behind instances, places and searches by words."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from embodied_mem.types import BoolArray, Float32Array, UInt8Array


class PictureEmbedder(Protocol):
    """Describes the look of whole pictures, each as one unit vector."""

    @property
    def space(self) -> str:
        """Name of the space that the vectors lie in; only those of one space are compared."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def side(self) -> int:
        """Pixels of the square that the network looks at; a smaller picture is blown up."""

    def embed_pictures(self, pictures: Sequence[UInt8Array]) -> Float32Array:
        """Returns (n, dimension) unit rows, one a picture.

        Args:
            pictures: (h, w, 3) RGB each; sizes may differ.
        """


@runtime_checkable
class MaskedEmbedder(Protocol):
    """Describes a part of each picture: what lies around it says little of the thing."""

    def embed_masked(self, pictures: Sequence[UInt8Array], inside: BoolArray) -> Float32Array:
        """Returns (n, dimension) unit rows.

        Args:
            pictures: (h, w, 3) RGB each.
            inside: (n, h, w) where each picture shows the thing.
        """


@runtime_checkable
class SpeakingEmbedder(Protocol):
    """Describes words, too, in the space of its pictures: words find pictures by the cosine."""

    def embed_texts(self, texts: Sequence[str]) -> Float32Array:
        """Returns (n, dimension) unit rows, one a text."""
