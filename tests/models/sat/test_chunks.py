"""Every entry in one chunk, none empty, and what belongs together together."""

from itertools import pairwise
from typing import Literal

import torch
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.models.sat.chunks import Chunks, make_chunks

Memory = list[tuple[int, int, bool]]
"""Time, place and whether it is held, of each slot."""

_slot = st.tuples(st.integers(0, 40), st.integers(-1, 3), st.booleans())
_memory = st.lists(_slot, min_size=8, max_size=8)
_read: st.SearchStrategy[Literal["time", "place", "stay"]] = st.sampled_from(
    ["time", "place", "stay"]
)


def _plain(read: str, size: int, memory: Memory) -> list[list[int]]:
    """Returns the chunks, entry by entry."""
    held = [slot for slot, (_, _, there) in enumerate(memory) if there]
    order = sorted(held, key=lambda slot: memory[slot][0])
    if read == "place":
        order.sort(key=lambda slot: memory[slot][1])
    chunks: list[list[int]] = []
    for slot in order:
        new = not chunks or len(chunks[-1]) == size
        if new or (read != "time" and memory[chunks[-1][-1]][1] != memory[slot][1]):
            chunks.append([])
        chunks[-1].append(slot)
    return chunks


def _listed(chunks: Chunks, row: int) -> list[list[int]]:
    both = zip(chunks.entry[row].tolist(), chunks.filled[row].tolist(), strict=True)
    listed = [
        [entry for entry, there in zip(entries, filled, strict=True) if there]
        for entries, filled in both
    ]
    for each in chunks.filled[row].tolist():
        assert each == sorted(each, reverse=True)
    return listed


@given(_read, st.integers(1, 5), st.lists(_memory, min_size=1, max_size=3))
def test_chunks_are_those_of_a_plain_division(
    read: Literal["time", "place", "stay"], size: int, memories: list[Memory]
) -> None:
    time, place, held = (
        torch.tensor([[slot[part] for slot in memory] for memory in memories]) for part in range(3)
    )
    chunks = make_chunks(read, size, time, place, held)
    assert chunks.entry.shape[2] == size
    most = 0
    for row, memory in enumerate(memories):
        plain, listed = _plain(read, size, memory), _listed(chunks, row)
        most = max(most, len(plain))
        assert listed[: len(plain)] == plain
        assert not any(listed[len(plain) :])
        assert chunks.held[row].tolist() == [bool(each) for each in listed]
        kept = [entry for chunk in listed for entry in chunk]
        assert sorted(kept) == [slot for slot, each in enumerate(memory) if each[2]]
        for chunk in plain:
            assert all(memory[a][0] <= memory[b][0] for a, b in pairwise(chunk))
    assert chunks.entry.shape[1] == max(most, 1)


def test_exactly_full_places_have_no_chunk_of_padding() -> None:
    place = torch.arange(64)[None] % 2
    held = torch.ones(1, 64, dtype=torch.bool)
    assert make_chunks("place", 32, torch.arange(64)[None], place, held).entry.shape == (1, 2, 32)
