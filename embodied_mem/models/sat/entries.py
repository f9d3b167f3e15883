"""A memory as one layer attends to it: keys and values of its entries, made once for good."""

from dataclasses import dataclass

from torch import Tensor

from embodied_mem.models.sat.chunks import Chunks


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Entries:
    """B memories of N entries."""

    key: Tensor
    """(B, H, N, D)."""
    value: Tensor
    """(B, H, N, E)."""
    held: Tensor
    """(B, N) bool."""
    chunks: Chunks | None
    """What is chosen from; None where all entries are read."""
