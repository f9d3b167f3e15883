"""What a segmenter gives, and the two protocols that perception is made of."""

from dataclasses import dataclass
from typing import Protocol

from embodied_mem.perception.frame import Frame
from embodied_mem.types import Float32Array, IntArray

UNKNOWN_CATEGORY = "object"
"""The category that a class-agnostic segmenter gives."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Segmentation:
    """The instance masks of one frame. Instance k (0-based) is where `mask == k + 1`.

    Instances carry no identity from one frame to the next: the scene finds that by itself.
    """

    mask: IntArray
    """(h, w) at the frame's stride; 0 is background."""
    categories: tuple[str, ...]
    """One a mask; `UNKNOWN_CATEGORY` where the segmenter has no classes."""
    confidence: Float32Array
    """(n,) in [0, 1]."""

    def __len__(self) -> int:
        return len(self.categories)


class Segmenter(Protocol):
    """Finds object instances in one frame."""

    def segment(self, frame: Frame) -> Segmentation:
        """Returns the masks of one frame; structure (walls, floor, ceiling) is background."""


class Embedder(Protocol):
    """Describes the look of each instance as one unit vector."""

    @property
    def space(self) -> str:
        """Name of the space that the vectors lie in; only those of one space are compared."""

    @property
    def dimension(self) -> int:
        """Length of a descriptor."""

    def embed(self, frame: Frame, segmentation: Segmentation) -> Float32Array:
        """Returns (n, dimension) descriptors, one row a mask, unit length."""
