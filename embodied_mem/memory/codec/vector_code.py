"""How a vector is stored: sign planes, each of the residual of those before, and the exact one."""

import msgspec

PLANES = 4
"""Sign planes of every vector, the first one included."""


class VectorCode(msgspec.Struct, frozen=True, array_like=True):
    """One vector in three layers, coarse first; the later ones can be dropped.

    With all three it is exact (32 bits a dimension), without `exact` it has `PLANES` bits, without
    `planes` one bit.
    """

    dimension: int
    scale: float
    """Of the first plane: the vector is about scale * sign."""
    signs: bytes
    """The first plane: one bit a dimension, 1 for >= 0, little-endian bit order, padded with 0
    to a multiple of 8 bytes."""
    planes: bytes = b""
    """Planes 2 to 4 of the residual in the same form, then three float32: the weights of planes 1,
    2 and 3 when all are used; plane 4 weighs half as much as plane 3."""
    exact: bytes = b""
    """The little-endian float32 vector."""

    @property
    def bits(self) -> int:
        """Bits a dimension that are held."""
        return 32 if self.exact else PLANES if self.planes else 1


def plane_bytes(dimension: int) -> int:
    """Returns the bytes of one plane.

    >>> plane_bytes(44), plane_bytes(384)
    (8, 48)
    """
    return (dimension + 63) // 64 * 8
