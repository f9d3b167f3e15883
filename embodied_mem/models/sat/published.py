"""The Spatially-Aware Transformer as its published code has it, computed in a cheaper order.

Cho et al., ICLR 2024 (arXiv 2402.15160), by the sizes and formulas of their code. What training
leaves without effect there is left so here: the time is that of the slot, the query tokens are
alike, and where chunks have one entry, the attention inside them is over nothing else. Biases are
where the published number of weights (839,656 with the encoder and 8 classes) leaves room for them;
that the linear layers of each layer have a ReLU between them is assumed. Nothing that is computed
differs but in rounding:

- tokens that are all alike are one token;
- q (W m) is (q W) m, and a weighted mean of W m is W times the weighted mean of m, so that no key
  and no value is made of the hundreds of entries that a token chooses from.
"""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.activations import Stages
from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.models.sat.chunks import Chunks, make_chunks
from embodied_mem.models.sat.config import Read, SATConfig
from embodied_mem.models.sat.core import picked
from embodied_mem.models.sat.embeddings import sinusoid
from embodied_mem.models.sat.layers import SelfAttention
from embodied_mem.models.sat.reads import Reading
from embodied_mem.types import AnyArray

_CHUNK: Final = 32
_TOP: Final = 4


def published_config(read: Read = "flat") -> SATConfig:
    """Returns the published settings.

    Args:
        read: `flat` is SAT-FIFO, which SAT-AMA has too (chunks of one entry, all of which are
            read), `time` SAT-FIFO-TH and `place` SAT-PM-PH (4 chunks of 32).
    """
    return SATConfig(
        width=128,
        layers=4,
        heads=2,
        hidden=128,
        read=read,
        chunk=1 if read == "flat" else _CHUNK,
        top=_TOP,
        published=True,
    )


@final
class PublishedEncoder(nn.Module):
    """The published convolutions of Room Ballet's pictures of 45 x 45 pixels.

    Args:
        squares: (S, 9, 9, 3) uint8, every square of 9 x 9 pixels that there is, of which the
            frames are made; the first layer is computed for each once.
        width: Of the result.
    """

    squares: Tensor

    def __init__(self, squares: AnyArray | Tensor, *, width: int = 128) -> None:
        super().__init__()
        pictures = torch.tensor(np.asarray(squares)).permute(0, 3, 1, 2).float() / 255
        self.register_buffer("squares", pictures, persistent=False)
        self.first = nn.Conv2d(3, 16, 9, 9)
        self.second = nn.Conv2d(16, 32, 3)
        self.out = nn.Linear(288, width)

    def forward(self, frames: Tensor) -> Tensor:
        """Returns (U, width) for (U, 5, 5) int64 numbers of squares."""
        of_square = self.first(self.squares).flatten(1).relu()
        seen = functional.embedding(frames, of_square).permute(0, 3, 1, 2)
        encoded: Tensor = self.out(self.second(seen).relu().flatten(1))
        return encoded


@final
class _HierarchicalRead(nn.Module):
    """Chooses chunks with one head, by the mean of their frames, and reads them with more."""

    def __init__(self, config: SATConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.top = None if config.read == "flat" else config.top
        self.norm = nn.LayerNorm(width)
        self.summary_query = nn.Linear(width, width, bias=False)
        self.summary_key = nn.Linear(width, width, bias=False)
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.out = nn.Linear(width, width)

    def forward(self, tokens: Tensor, memory: "_Memory", trace: list[Reading] | None) -> Tensor:
        """Returns (B, S, width) what (B, S, width) tokens read."""
        normed = self.norm(tokens)
        asked = self.summary_query(normed) @ self.summary_key.weight
        scores = asked @ memory.summary.transpose(1, 2) * asked.shape[-1] ** -0.5
        there = memory.there[:, None]
        scores = scores.masked_fill(~there, torch.finfo(scores.dtype).min)
        if memory.chunks is None:
            weights = scores.softmax(dim=-1) * there
            if trace is not None:
                trace.append(_reading_all(weights, self.heads))
            read = weights @ memory.summary
            alone: Tensor = self.out(self.value(read))
            return alone * there.any(dim=-1, keepdim=True)
        return self._inside(normed, scores, memory, memory.chunks, trace)

    def _inside(
        self,
        normed: Tensor,
        scores: Tensor,
        memory: "_Memory",
        chunks: Chunks,
        trace: list[Reading] | None,
    ) -> Tensor:
        top = min(self.top or 1, scores.shape[-1])
        best, numbers = scores.topk(top, dim=-1)
        there = memory.there[:, None].expand_as(scores).gather(2, numbers)
        weights = best.softmax(dim=-1) * there
        batch, tokens, width = normed.shape
        row = torch.arange(batch, device=numbers.device)[:, None, None]
        entry, filled = chunks.entry[row, numbers], chunks.filled[row, numbers]
        kept = functional.embedding(
            entry + row[..., None] * memory.frames.shape[1], memory.frames.flatten(0, 1)
        )
        # (B, S, H, width): each head's query, as the frames themselves are compared with it.
        query = self.query(normed).view(batch, tokens, self.heads, -1)
        each = self.key.weight.view(self.heads, -1, width)
        asked = torch.einsum("bshd,hdw->bshw", query, each) * query.shape[-1] ** -0.5
        inside = torch.einsum("bshw,bskcw->bshkc", asked, kept)
        mask = filled[:, :, None]
        inside = inside.masked_fill(~mask, torch.finfo(inside.dtype).min).softmax(dim=-1) * mask
        inside = inside * weights[:, :, None, :, None]
        if trace is not None:
            trace.append(_reading_chunks(inside, entry, numbers, memory))
        read = torch.einsum("bshkc,bskcw->bshw", inside, kept)
        values = torch.einsum("bshw,hdw->bshd", read, self.value.weight.view(self.heads, -1, width))
        out: Tensor = self.out(values.flatten(2))
        return out * memory.there.any(dim=1)[:, None, None]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Memory:
    """B memories, as all layers read them."""

    frames: Tensor
    """(B, N, width), embedded."""
    summary: Tensor
    """(B, C, width), the mean of each chunk; the frames themselves for chunks of one."""
    there: Tensor
    """(B, C) bool."""
    chunks: Chunks | None
    """None for chunks of one."""


@final
class _PublishedLayer(nn.Module):
    """Self-attention, the read and two linear layers, each added to the tokens."""

    def __init__(self, config: SATConfig) -> None:
        super().__init__()
        width = config.width
        self.norm_tokens, self.norm_work = nn.LayerNorm(width), nn.LayerNorm(width)
        self.among = SelfAttention(width, config.heads, bias=True)
        self.read = _HierarchicalRead(config)
        self.work = nn.Sequential(
            nn.Linear(width, config.hidden), nn.ReLU(), nn.Linear(config.hidden, width)
        )

    def forward(self, tokens: Tensor, memory: _Memory, trace: list[Reading] | None) -> Tensor:
        """Returns (B, Q, T, width)."""
        shape = tokens.shape
        tokens = tokens + self.among(self.norm_tokens(tokens).flatten(0, 1)).view(shape)
        tokens = tokens + self.read(tokens.flatten(1, 2), memory, trace).view(shape)
        out: Tensor = tokens + self.work(self.norm_work(tokens))
        return out


@final
class PublishedCore(nn.Module):
    """Reads as the published model does.

    Args:
        config: Settings, such as `published_config` returns.

    Raises:
        ConfigError: If the settings name what the paper does not have.
    """

    def __init__(self, config: SATConfig) -> None:
        super().__init__()
        known = {"read": ("flat", "time", "place"), "time": ("sine", "none")}
        known["place"] = ("sine", "sine2d", "none")
        for name, values in known.items():
            if getattr(config, name) not in values:
                raise ConfigError(
                    f'the published model has no {name}="{getattr(config, name)}"; it has {values}'
                )
        self.config = config
        self.layers = nn.ModuleList(_PublishedLayer(config) for _ in range(config.layers))

    def forward(
        self,
        batch: EpisodicBatch,
        seen: Tensor,
        extra: Tensor | None,
        stages: Stages,
        trace: list[Reading] | None = None,
    ) -> Tensor:
        """Returns (B, Q, T, width); the arguments are those of `Core`."""
        frames = stages.run("embed", self._embedded, batch, picked(seen, batch.entry_frame))
        chunks = self.chunks(batch.entry_time, batch.entry_place, batch.entry_held)
        memory = _memory(frames, batch.entry_held, chunks)
        alike = extra is None and bool((batch.query_frame == batch.query_frame[..., :1]).all())
        number = batch.query_frame[..., :1] if alike and trace is None else batch.query_frame
        tokens = picked(seen, number)
        tokens = tokens if extra is None else tokens + extra
        for count, layer in enumerate(self.layers):
            tokens = stages.run(f"layer {count}", layer, tokens, memory, trace)
        return tokens.expand(*batch.query_frame.shape, -1)

    def chunks(self, time: Tensor, place: Tensor, held: Tensor) -> Chunks | None:
        """Returns the chunks that are chosen from; None where they are of one entry.

        The arguments are those of `Core.chunks`; consecutive entries are those of slots.
        """
        if self.config.read not in ("time", "place"):
            return None
        slot = torch.arange(held.shape[1], device=held.device).expand_as(held)
        return make_chunks(self.config.read, self.config.chunk, slot, place, held)

    def _embedded(self, batch: EpisodicBatch, frames: Tensor) -> Tensor:
        """Adds the time, which the slot stands for, the last being 0, and the place."""
        config, slots = self.config, frames.shape[1]
        if config.time == "sine":
            slot = torch.arange(slots - 1, -1, -1, device=frames.device)
            frames = frames + sinusoid(slot, config.width)
        if config.place == "sine":
            known = (batch.entry_place >= 0)[..., None]
            frames = frames + sinusoid(batch.entry_place, config.width) * known
        elif config.place == "sine2d":
            if batch.entry_pose is None:
                raise ConfigError('place="sine2d" needs poses of entries; there are none')
            frames = frames + sinusoid(batch.entry_pose, config.width).mean(dim=2)
        return frames


def _memory(frames: Tensor, held: Tensor, chunks: Chunks | None) -> _Memory:
    if chunks is None:
        return _Memory(frames=frames, summary=frames, there=held, chunks=None)
    row = torch.arange(len(frames), device=frames.device)[:, None, None]
    of_chunk = functional.embedding(
        chunks.entry + row * frames.shape[1], frames.flatten(0, 1)
    ) * chunks.filled[..., None].to(frames.dtype)
    summary = of_chunk.sum(dim=2) / chunks.filled.sum(dim=2, keepdim=True).clamp(min=1)
    return _Memory(frames=frames, summary=summary, there=chunks.held, chunks=chunks)


def _reading_all(weights: Tensor, heads: int) -> Reading:
    return Reading(
        weights=weights[:, None].expand(-1, heads, -1, -1), chunks=None, scores=weights.numel()
    )


def _reading_chunks(inside: Tensor, entry: Tensor, numbers: Tensor, memory: _Memory) -> Reading:
    batch, tokens, heads = inside.shape[:3]
    whole = inside.new_zeros(batch, tokens, heads, memory.frames.shape[1])
    index = entry.flatten(2)[:, :, None].expand(-1, -1, heads, -1)
    whole.scatter_add_(3, index, inside.flatten(3))
    scores = entry.numel() + batch * tokens * memory.summary.shape[1]
    return Reading(weights=whole.transpose(1, 2), chunks=numbers, scores=scores)
