"""One layer: query tokens look at each other, read the memory, and are worked on."""

from typing import final

from torch import Tensor, nn
from torch.nn import functional

from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.entries import Entries
from embodied_mem.models.sat.memory_read import MemoryRead, split_heads
from embodied_mem.models.sat.reads import Reading
from embodied_mem.models.sat.situation import Situation


@final
class SelfAttention(nn.Module):
    """The tokens of a query look at each other.

    Args:
        width: Of a token.
        heads: Of the attention.
        bias: Whether queries, keys and values have one.
    """

    def __init__(self, width: int, heads: int, *, bias: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(width, 3 * width, bias=bias)
        self.out = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Returns (G, T, width) for (G, T, width)."""
        mixed: Tensor = self.out(self._seen(tokens))
        return mixed

    def _seen(self, tokens: Tensor) -> Tensor:
        if tokens.shape[1] == 1:
            # A softmax over one token is 1, so that its value is all that counts.
            width, bias = tokens.shape[2], self.project.bias
            of_value = None if bias is None else bias[-width:]
            return functional.linear(tokens, self.project.weight[-width:], of_value)
        query, key, value = (
            split_heads(each, self.heads) for each in self.project(tokens).chunk(3, dim=-1)
        )
        seen = functional.scaled_dot_product_attention(query, key, value)
        return seen.transpose(1, 2).flatten(2)


@final
class Layer(nn.Module):
    """Self-attention within each query, the read, and two linear layers; each adds to the tokens.

    All are normalised before, as in the Spatially-Aware Transformer.
    """

    def __init__(self, config: SATConfig) -> None:
        super().__init__()
        width = config.width
        self.norm_tokens, self.norm_work = nn.LayerNorm(width), nn.LayerNorm(width)
        self.among = SelfAttention(width, config.heads)
        self.memory = MemoryRead(config)
        self.work = nn.Sequential(
            nn.Linear(width, config.hidden), nn.GELU(), nn.Linear(config.hidden, width)
        )

    def forward(
        self,
        tokens: Tensor,
        situation: Situation,
        entries: Entries,
        trace: list[Reading] | None = None,
    ) -> Tensor:
        """Returns (B, Q, T, width) tokens for such; the arguments are those of `MemoryRead`."""
        shape = tokens.shape
        if shape[2] > 1:
            seen = self.among(self.norm_tokens(tokens).flatten(0, 1))
            tokens = tokens + seen.view(shape)
        read = self.memory(tokens.flatten(1, 2), situation, entries, trace)
        tokens = tokens + read.view(shape)
        out: Tensor = tokens + self.work(self.norm_work(tokens))
        return out
