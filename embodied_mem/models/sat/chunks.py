"""Which entries of a memory form a chunk: consecutive ones, or those of a place or a stay."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Chunks:
    """C chunks of at most `size` entries of each of B memories.

    Every entry that is held is in exactly one chunk. A memory's chunks come first and none of them
    is empty; behind them are empty ones where another memory of the batch has more.
    """

    entry: Tensor
    """(B, C, size) int64, numbers of entries; 0 where `filled` is not set."""
    filled: Tensor
    """(B, C, size) bool."""

    @property
    def held(self) -> Tensor:
        """(B, C) bool, whether there is such a chunk."""
        return self.filled[..., 0]


def make_chunks(
    read: Literal["time", "place", "stay"], size: int, time: Tensor, place: Tensor, held: Tensor
) -> Chunks:
    """Divides memories into chunks, each in the order of time.

    Entries whose place is not known (-1) count as being in one place of their own.

    Args:
        read: `time`: consecutive entries; `place`: entries of one place; `stay`: consecutive
            entries of one place.
        size: Entries of a chunk at most.
        time: (B, N) int64 ticks.
        place: (B, N) int64.
        held: (B, N) bool.
    """
    order = _order(read, time, place, held)
    sorted_place, sorted_held = place.gather(1, order), held.gather(1, order)
    index = torch.arange(time.shape[1], device=time.device).expand_as(time)
    opens = torch.zeros_like(held)
    opens[:, :1] = True
    if read != "time":
        opens[:, 1:] = sorted_place[:, 1:] != sorted_place[:, :-1]
    first = torch.where(opens, index, 0).cummax(dim=1).values
    within = (index - first) % size
    number = ((within == 0) & sorted_held).cumsum(dim=1) - 1
    count = int(number.max()) + 1 if number.numel() else 0
    shape = (len(time), max(count, 1) * size)
    # What is not held is written behind the last chunk, and cut off.
    target = torch.where(sorted_held, number * size + within, shape[1])
    entry = torch.zeros(shape[0], shape[1] + 1, dtype=torch.int64, device=time.device)
    filled = torch.zeros(shape[0], shape[1] + 1, dtype=torch.bool, device=time.device)
    entry.scatter_(1, target, order)
    filled.scatter_(1, target, sorted_held)
    per_chunk = (shape[0], max(count, 1), size)
    return Chunks(entry=entry[:, :-1].reshape(per_chunk), filled=filled[:, :-1].reshape(per_chunk))


def _order(read: str, time: Tensor, place: Tensor, held: Tensor) -> Tensor:
    """Returns (B, N) entries by place (where asked for) and time, those not held last."""
    order = time.argsort(dim=1, stable=True)
    if read == "place":
        order = order.gather(1, place.gather(1, order).argsort(dim=1, stable=True))
    return order.gather(1, (~held.gather(1, order)).to(torch.uint8).argsort(dim=1, stable=True))
