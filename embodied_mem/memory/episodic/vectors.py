"""What stands for an episode's entry: the vector that its record holds, or one of its picture."""

from typing import Final, Protocol, final

from embodied_mem.errors import ConfigError
from embodied_mem.memory.codec.pictures import decode_picture
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.stream.carrier import SPACE, PictureCarrier
from embodied_mem.types import Float32Array

_PICTURES: Final = (b"\xff\xd8", b"\x89PNG")
"""What the payload of a picture begins with: JPEG, PNG."""


class VectorSource(Protocol):
    """Says what stands for a record."""

    @property
    def dimension(self) -> int:
        """Of the vectors."""
        ...

    def __call__(self, record: MemoryRecord) -> Float32Array | None:
        """Returns the (dimension,) vector of a record; None where it shows nothing."""
        ...


@final
class StoredVectors:
    """The embeddings that records hold, of one space.

    Args:
        space: Name of the embedder.
        dimension: Of its vectors.
    """

    def __init__(self, space: str, dimension: int) -> None:
        self._space, self._dimension = space, dimension

    @property
    def dimension(self) -> int:
        """Of the vectors."""
        return self._dimension

    def __call__(self, record: MemoryRecord) -> Float32Array | None:
        """Returns the embedding; None where the record has none of that space.

        Raises:
            ConfigError: If it has another dimension.
        """
        if not record.embedding or record.space != self._space:
            return None
        if record.vector.size != self._dimension:
            raise ConfigError(
                f"record {record.id} has a vector of {record.vector.size} numbers in the space "
                f"{self._space!r}; expected {self._dimension}"
            )
        return record.vector


@final
class PictureVectors:
    """The carrier that a record holds, else that of the picture that it holds.

    Args:
        carrier: Makes the vector of a picture; of the same grid as made those that records hold.
    """

    def __init__(self, carrier: PictureCarrier | None = None) -> None:
        self._carrier = carrier or PictureCarrier()
        self._stored = StoredVectors(SPACE, self._carrier.dimension)

    @property
    def dimension(self) -> int:
        """Of the vectors."""
        return self._carrier.dimension

    def __call__(self, record: MemoryRecord) -> Float32Array | None:
        """Returns the vector; None where there is neither.

        Raises:
            ConfigError: If the carrier that it holds is of another grid.
            StoreError: If the picture is damaged.
        """
        stored = self._stored(record)
        if stored is not None:
            return stored
        if not record.payload or not record.payload[0].startswith(_PICTURES):
            return None
        return self._carrier.still(decode_picture(record.payload))
