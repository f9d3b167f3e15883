"""What a transformer read of a memory, for whoever wants to see it."""

from dataclasses import dataclass

from torch import Tensor

from embodied_mem.models.sat.chunks import Chunks


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Attention:
    """What Q queries of T tokens read of B memories of N entries, layer by layer."""

    weights: tuple[Tensor, ...]
    """(B, H, Q, T, N); a token's add up to 1, or to 0 where nothing is held."""
    chunks: Chunks | None
    """What was chosen from; None where all entries were read."""
    chosen: tuple[Tensor, ...]
    """(B, Q, T, K) numbers of the chunks that were read; empty where all entries were."""
    computed: int
    """Products of a query with a key or a summary of a chunk, for each head; padding counts."""
    flat: int
    """The same, had every token been compared with every entry that is held."""

    @property
    def fraction(self) -> float:
        """Share of the products of a flat read that was computed."""
        return self.computed / max(self.flat, 1)
