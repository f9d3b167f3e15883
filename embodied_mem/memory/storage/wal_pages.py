"""The newest committed version of every page that lies in a write-ahead log, damaged or not."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.memory.storage.wal_check import check_wal_bytes, valid_prefix
from embodied_mem.memory.storage.wal_flips import find_flips, mended
from embodied_mem.memory.storage.wal_frames import (
    FRAME_HEADER_BYTES,
    PAGE_BYTES,
    Frames,
    WalHeader,
    follows_stored,
    follows_true,
    frame_offset,
    has_salts,
    parse_frames,
    parse_header,
    raw_frames,
)

_LARGEST_PAGE: Final = 1 << 31
_SPARSE: Final = 16
"""How many times more pages a database is taken to have had than its two files hold, at most."""
_NOISE: Final = PAGE_BYTES // 16
"""Bytes that pages have in common which have nothing to do with each other, at most."""


def committed_pages(data: bytes, base: bytes) -> tuple[dict[int, bytes], int | None]:
    """Reads the pages that a log lays over its database.

    Of a damaged log, what can be set right is; and frames behind a bad one count as well, up to
    the last transaction that was finished. The bad ones too: most of a page with a flipped bit
    reads, and its rows have checksums of their own.

    Args:
        data: The log.
        base: The database that it goes on from.

    Returns:
        Pages by number, and how many pages the database has with them (None: as before).
    """
    report = check_wal_bytes(data)
    data = mended(data, report.mends)
    header = parse_header(data)
    if header is None:
        return {}, None
    frames = parse_frames(data, header)
    used = np.flatnonzero(_usable(frames, header, report.flipped))
    if not report.damaged:
        used = used[used < valid_prefix(frames, header)]
    ends = used[frames.sizes[used] > 0]
    if not len(ends):
        return {}, None
    pages: dict[int, bytes] = {}
    raw = raw_frames(data)

    def previous(page: int) -> bytes:
        return pages.get(page) or base[(page - 1) * PAGE_BYTES : page * PAGE_BYTES]

    for index in used[used <= ends[-1]].tolist():
        page, body = int(frames.pages[index]), raw[index, FRAME_HEADER_BYTES:].tobytes()
        if index in report.flipped:
            page = _likely_page(data, frames, index, previous)
        pages[page] = body
    count = int(frames.sizes[ends[-1]])
    if ends[-1] in report.flipped:
        count = max(count, *pages)
    # A damaged frame can name any number of pages; allow what a file that was cut off had at most.
    count = min(count, _SPARSE * (len(base) + len(data)) // PAGE_BYTES + _SPARSE)
    return {page: body for page, body in pages.items() if page <= count}, count


def _usable(frames: Frames, header: WalHeader, flipped: tuple[int, ...]) -> NDArray[np.bool_]:
    """Tells which frames are of this generation; bool (F,).

    A frame with the right salts that neither goes on from the one before nor is gone on from can
    be left over from a transaction that was rolled back, so it needs a neighbour.
    """
    tied = follows_stored(frames) | follows_true(frames)
    ahead = np.append(tied[1:], False)
    usable: NDArray[np.bool_] = has_salts(frames, header) & (tied | ahead)
    usable[list(flipped)] = True
    return usable & (frames.pages > 0) & (frames.pages < _LARGEST_PAGE)


def _likely_page(data: bytes, frames: Frames, index: int, previous: Callable[[int], bytes]) -> int:
    """Tells which page a frame is of, where the flipped bit can lie in its number.

    The frames of a transaction ascend, and most of a page is as in its version before.
    """
    claimed, start = int(frames.pages[index]), frame_offset(index)
    body = data[start + FRAME_HEADER_BYTES : frame_offset(index + 1)]
    candidates = [claimed]
    for flip in find_flips(data, index):
        if flip.offset < start + 4:
            page = int.from_bytes(mended(data[: start + 4], [flip])[-4:], "big")
            candidates.append(page)
    first = index == 0 or frames.sizes[index - 1] > 0
    low = 0 if first else int(frames.pages[index - 1])
    last = frames.sizes[index] > 0 or index + 1 == len(frames.pages)
    high = _LARGEST_PAGE if last else int(frames.pages[index + 1])
    return max(candidates, key=lambda page: (low < page < high, _likeness(body, previous(page))))


def _likeness(body: bytes, before: bytes) -> tuple[int, bool]:
    """Counts the bytes that are not 0 and as before, and tells whether the type of page is."""
    if len(before) < PAGE_BYTES:
        return _NOISE, False
    now, then = np.frombuffer(body, np.uint8), np.frombuffer(before, np.uint8)
    alike = int(np.count_nonzero((now == then) & (now != 0)))
    return alike if alike > _NOISE else 0, body[0] == before[0]
