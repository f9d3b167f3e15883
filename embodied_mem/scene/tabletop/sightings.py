"""What one picture shows of each thing."""

from dataclasses import dataclass

from embodied_mem.scene.tabletop.boxes import Box
from embodied_mem.types import Float32Array, Float64Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sighting:
    """One thing in one picture."""

    category: str
    colour: str
    confidence: float
    """Of the category, from 0 to 1."""
    lying: bool
    """Whether it lies on its side."""
    box: Box
    """Of a known category, of its usual size."""
    pixels: int
    arm: float
    """Share of its outline that is cut off by the arm."""
    hidden: float
    """Share of its outline that is cut off by something else, or by the edge of the picture."""
    share: Float32Array
    """(3,) its mean shares of red, green and blue."""
    points: Float32Array
    """(n, 3) some of the points that are seen, from the middle of its box and turned with it, m."""
    tints: Float32Array
    """(n, 3) shares of red, green and blue of these points."""

    @property
    def whole(self) -> bool:
        """Whether nothing that matters cuts it off.

        What stands out before itself seems cut off, and yet looks just as such things do.
        """
        return self.arm < 0.04 and self.hidden < (0.3 if self.confidence > 0.8 else 0.14)

    @property
    def position(self) -> Float64Array:
        """(3,) the middle of its box in the world, m."""
        return self.box.position
