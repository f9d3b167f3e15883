"""One layer's reading of a memory: what is compared with what, and what comes of it."""

from typing import final

import torch
from torch import Tensor, nn

from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.entries import Entries
from embodied_mem.models.sat.pose import FREQUENCIES, seen_from, turned
from embodied_mem.models.sat.reads import (
    Reading,
    choose_chunks,
    read_all,
    read_chunks,
    trace_all,
    trace_chunks,
)
from embodied_mem.models.sat.situation import Situation


def split_heads(vectors: Tensor, heads: int) -> Tensor:
    """Returns (B, heads, S, width / heads) for (B, S, width)."""
    return vectors.view(*vectors.shape[:2], heads, -1).transpose(1, 2)


def _beside(vectors: Tensor, pose: Tensor | None) -> Tensor:
    """Returns (B, H, S, D) vectors with the features of a position, if any, behind them."""
    if pose is None:
        return vectors
    return torch.cat((vectors, pose[:, None].expand(-1, vectors.shape[1], -1, -1)), dim=-1)


@final
class MemoryRead(nn.Module):
    """Reads the entries of a memory.

    What was seen is compared by one projection, which queries and entries begin with in common, so
    that a picture finds itself in memory before anything was learned; when and where are compared
    by others. Times and places are added to keys, and positions stand beside them, because the
    difference of positions is compared and nothing else of them.
    """

    def __init__(self, config: SATConfig) -> None:
        super().__init__()
        self.heads, self.top = config.heads, config.top
        self.depth = config.width // config.heads
        width, poses = config.width, config.heads * 2 * FREQUENCIES
        self.norm_key, self.norm_query = nn.LayerNorm(width), nn.LayerNorm(width)
        self.norm_value = nn.LayerNorm(width)
        self.key = nn.Linear(width, width, bias=False)
        self.query = nn.Linear(width, width, bias=False)
        self.key_context = nn.Linear(width, width, bias=False)
        self.query_context = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        compared = config.place == "pose"
        self.query_pose = nn.Linear(width, poses) if compared else None
        self.out = nn.Linear(width + poses if compared else width, width)
        nn.init.orthogonal_(self.key.weight)
        with torch.no_grad():
            self.query.weight.copy_(self.key.weight)
            self.query_context.weight.mul_(0.1)

    def entries(
        self, content: Tensor, mixed: Tensor, situation: Situation
    ) -> tuple[Tensor, Tensor]:
        """Returns the keys (B, H, N, D) and the values (B, H, N, E) of entries.

        Args:
            content: (B, N, width) what was seen.
            mixed: (B, N, width) what was seen, when and where.
            situation: When and where.
        """
        keys = self.key(self.norm_key(content)) + self.key_context(situation.context)
        values = self.value(self.norm_value(mixed))
        pose, heads = situation.pose, self.heads
        return _beside(split_heads(keys, heads), pose), _beside(split_heads(values, heads), pose)

    def queries(self, tokens: Tensor, situation: Situation) -> Tensor:
        """Returns (B, H, S, D) for (B, S, width) tokens, so that a key times it is a score."""
        normed = self.norm_query(tokens)
        query = split_heads(self.query(normed) + self.query_context(situation.context), self.heads)
        if self.query_pose is not None and situation.pose is not None:
            weights = split_heads(self.query_pose(normed), self.heads)
            query = torch.cat((query, turned(weights, situation.pose[:, None])), dim=-1)
        scaled: Tensor = query * self.depth**-0.5
        return scaled

    def forward(
        self,
        tokens: Tensor,
        situation: Situation,
        entries: Entries,
        trace: list[Reading] | None = None,
    ) -> Tensor:
        """Returns (B, S, width) what (B, S, width) tokens read.

        Args:
            tokens: What asks.
            situation: When and where.
            entries: The memory.
            trace: Gets one more reading, where it is given.
        """
        query = self.queries(tokens, situation)
        key, value, chunks = entries.key, entries.value, entries.chunks
        if chunks is None:
            read = read_all(query, key, value, entries.held)
        else:
            chosen = choose_chunks(query, key, chunks, self.top)
            read = read_chunks(query, key, value, chunks, chosen)
        if trace is not None:
            traced = (
                trace_all(query, key, entries.held)
                if chunks is None
                else trace_chunks(query, key, chunks, chosen)
            )
            trace.append(traced)
        if situation.pose is not None:
            seen, pose = read[..., : self.depth], read[..., self.depth :]
            read = torch.cat((seen, seen_from(pose, situation.pose[:, None])), dim=-1)
        out: Tensor = self.out(read.transpose(1, 2).flatten(2))
        return out
