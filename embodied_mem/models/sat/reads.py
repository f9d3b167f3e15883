"""Reading entries by attention: all of them, or only those of the chunks that seem to matter.

Queries come scaled, so that a score is the product of a query and a key.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from embodied_mem.models.sat.chunks import Chunks


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reading:
    """What one layer read."""

    weights: Tensor
    """(B, H, S, N), of each entry for each head and query token; they add up to 1, or to 0 where
    nothing is held."""
    chunks: Tensor | None
    """(B, S, K) int64, numbers of the chunks that were read; None where all entries were."""
    scores: int
    """Products of a query and a key that were computed, those of padding counted."""


def read_all(query: Tensor, key: Tensor, value: Tensor, held: Tensor) -> Tensor:
    """Returns (B, H, S, E) the mean value by attention over all entries; 0 where none is held.

    Args:
        query: (B, H, S, D).
        key: (B, H, N, D).
        value: (B, H, N, E).
        held: (B, N) bool.
    """
    some = held.any(dim=1)[:, None]
    # A softmax over nothing is undefined; it is taken over everything instead, and then dropped.
    mask = (held | ~some)[:, None, None]
    read = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=1.0)
    return read * some[:, None, None].to(read.dtype)


def choose_chunks(query: Tensor, key: Tensor, chunks: Chunks, top: int) -> tuple[Tensor, Tensor]:
    """Chooses the chunks whose summaries, the means of their keys, match best.

    All heads of a query token read the same chunks, those with the largest mean of the heads'
    softmaxes, but each weighs them by itself.

    Args:
        query: (B, H, S, D).
        key: (B, H, N, D).
        chunks: C of them.
        top: K, chunks that a query token reads; all where there are fewer.

    Returns:
        (B, S, K) int64 numbers of chunks, and (B, H, S, K) their weights, 0 for chunks that are
        not there.
    """
    summary = _gather(key, chunks.entry, chunks.filled).sum(dim=3)
    summary = summary / chunks.filled.sum(dim=2).clamp(min=1)[:, None, :, None]
    scores = query @ summary.transpose(2, 3)
    there = chunks.held[:, None, None]
    scores = scores.masked_fill(~there, torch.finfo(scores.dtype).min)
    chosen = scores.detach().softmax(dim=-1).mean(dim=1).masked_fill(~there[:, 0], -1.0)
    numbers = chosen.topk(min(top, chosen.shape[-1]), dim=-1).indices
    of_heads = numbers[:, None].expand(-1, scores.shape[1], -1, -1)
    weights = scores.gather(3, of_heads).softmax(dim=-1)
    is_there = there.expand_as(scores).gather(3, of_heads)
    return numbers, weights * is_there.to(weights.dtype)


def read_chunks(
    query: Tensor, key: Tensor, value: Tensor, chunks: Chunks, chosen: tuple[Tensor, Tensor]
) -> Tensor:
    """Returns (B, H, S, E) the weighted mean of what attention reads in each of the chosen chunks.

    The hierarchical attention of Lampinen et al. (2021, arXiv 2105.14039, section 3), with several
    heads for the choice too. Only the keys of chosen chunks are compared with the query.

    Args:
        query: (B, H, S, D).
        key: (B, H, N, D).
        value: (B, H, N, E).
        chunks: C of them.
        chosen: As `choose_chunks` returns it.
    """
    numbers, weights = chosen
    (batch, heads, tokens, depth), kept = query.shape, numbers.shape[-1]
    entry, filled = _of_chosen(chunks, numbers)
    rows = entry.shape[-1] * kept
    flat, mask = entry.reshape(batch, -1), filled.reshape(batch * tokens * kept, 1, 1, -1)

    def picked(entries: Tensor) -> Tensor:
        by_entry = entries.transpose(1, 2).flatten(2)
        picked = by_entry.gather(1, flat[..., None].expand(-1, -1, by_entry.shape[-1]))
        return picked.view(batch * tokens * kept, rows // kept, heads, -1).transpose(1, 2)

    each = query.permute(0, 2, 1, 3)[:, :, None].expand(-1, -1, kept, -1, -1)
    read = functional.scaled_dot_product_attention(
        each.reshape(batch * tokens * kept, heads, 1, depth),
        picked(key),
        picked(value),
        attn_mask=mask | ~mask.any(dim=-1, keepdim=True),
        scale=1.0,
    )
    by_chunk = read.view(batch, tokens, kept, heads, -1)
    return torch.einsum("bhsk,bskhe->bhse", weights.to(read.dtype), by_chunk)


def trace_all(query: Tensor, key: Tensor, held: Tensor) -> Reading:
    """Tells what `read_all` reads."""
    scores = query @ key.transpose(2, 3)
    mask = held[:, None, None]
    weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(dim=-1) * mask
    batch, _, tokens, _ = query.shape
    return Reading(weights=weights, chunks=None, scores=batch * tokens * held.shape[1])


def trace_chunks(
    query: Tensor, key: Tensor, chunks: Chunks, chosen: tuple[Tensor, Tensor]
) -> Reading:
    """Tells what `read_chunks` reads."""
    numbers, weights = chosen
    entry, filled = _of_chosen(chunks, numbers)
    keys = _gather(key, entry.flatten(1, 2), filled.flatten(1, 2))
    keys = keys.view(*keys.shape[:2], *entry.shape[1:], -1)
    scores = torch.einsum("bhsd,bhskcd->bhskc", query, keys)
    mask = filled[:, None]
    inside = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(dim=-1) * mask
    each = (inside * weights[..., None]).flatten(3)
    whole = torch.zeros((*each.shape[:3], key.shape[2]), dtype=each.dtype, device=each.device)
    whole.scatter_add_(3, entry.flatten(2)[:, None].expand_as(each), each)
    count = entry.numel() + entry.shape[0] * entry.shape[1] * chunks.entry.shape[1]
    return Reading(weights=whole, chunks=numbers, scores=count)


def _of_chosen(chunks: Chunks, numbers: Tensor) -> tuple[Tensor, Tensor]:
    """Returns (B, S, K, size) the entries of chosen chunks, and which of them there are."""
    batch, tokens, kept = numbers.shape
    index = numbers.reshape(batch, -1, 1).expand(-1, -1, chunks.entry.shape[-1])
    shape = (batch, tokens, kept, -1)
    return chunks.entry.gather(1, index).view(shape), chunks.filled.gather(1, index).view(shape)


def _gather(entries: Tensor, index: Tensor, filled: Tensor) -> Tensor:
    """Returns (B, H, C, size, D) for (B, H, N, D), with 0 where a chunk is not filled."""
    batch, heads, _, depth = entries.shape
    flat = index.reshape(batch, 1, -1, 1).expand(-1, heads, -1, depth)
    picked = entries.gather(2, flat).view(batch, heads, *index.shape[1:], depth)
    return picked * filled[:, None, ..., None].to(entries.dtype)
