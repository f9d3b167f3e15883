"""Finds the one flipped bit of a frame or header in a write-ahead log from its checksum alone."""

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np

from embodied_mem.memory.storage.wal_frames import (
    FRAME_HEADER_BYTES,
    HEADER_BYTES,
    WalHeader,
    Words,
    follows_stored,
    follows_true,
    frame_offset,
    frame_words,
    has_salts,
    parse_frames,
    parse_header,
    raw_frames,
    weights,
)

_BITS: Final = np.uint32(1) << np.arange(32, dtype=np.uint32)


class Mend(msgspec.Struct, frozen=True):
    """One byte to write so that a flipped bit is as it was."""

    offset: int
    """Byte in the log."""
    value: int


def mended(data: bytes, mends: Iterable[Mend]) -> bytes:
    """Returns a log with mends carried out."""
    whole = bytearray(data)
    for mend in mends:
        whole[mend.offset] = mend.value
    return bytes(whole)


def find_flips(data: bytes, bad: int) -> list[Mend]:
    """Finds every bit whose change alone would make the first bad frame whole.

    Args:
        data: The log.
        bad: Index of its first bad frame; where its header is bad, that is looked at instead.

    Returns:
        One mend for certain, several where it can be any of them, none where more is wrong.
    """
    header = parse_header(data)
    if header is None:
        return _header_flips(data)
    raw = raw_frames(data)[: bad + 2]
    if bad >= len(raw):
        return []
    frames = parse_frames(data[: frame_offset(len(raw))], header)
    computed, stored = frames.computed[bad], frames.stored[bad]
    at = frame_offset(bad)
    if not has_salts(frames, header)[bad]:
        # No sector ends between the salts (frames begin at multiples of 8), so these cannot be
        # halves of an old and of a new frame.
        whole = (computed == stored).all()
        return _sum_flips(frames.salts[bad], header.salts, at + 8) if whole else []
    in_sum = _sum_flips(stored, computed, at + 16)
    in_data = _data_flips(
        data, at, frame_words(raw[bad : bad + 1], header.order)[0], stored - computed, header
    )
    # The next frame goes on from the stored checksum or from what it should be: that tells.
    if bad + 1 < len(raw) and in_sum and in_data:
        if follows_true(frames)[bad + 1]:
            return in_sum
        if follows_stored(frames)[bad + 1]:
            return in_data
    return in_sum + in_data


def _sum_flips(have: Words, want: Words | tuple[int, int], offset: int) -> list[Mend]:
    """Finds the bit in which a pair of big-endian words differs from what it should be."""
    should = np.asarray(want, ">u4").tobytes()
    pairs = enumerate(zip(have.astype(">u4").tobytes(), should, strict=True))
    wrong = [(at, x ^ y) for at, (x, y) in pairs if x != y]
    if len(wrong) != 1 or wrong[0][1].bit_count() != 1:
        return []
    return [Mend(offset + wrong[0][0], should[wrong[0][0]])]


def _data_flips(
    data: bytes, at: int, words: Words, missing: Words, header: WalHeader
) -> list[Mend]:
    """Finds the bits in what a checksum covers whose change adds what it lacks."""
    step = weights(len(words))[:, None, :] * _BITS[None, :, None]
    is_set = (words[:, None] & _BITS) != 0
    adds = np.where(is_set[..., None], np.uint32(0) - step, step)
    mends = []
    for word, bit in np.argwhere((adds == missing).all(axis=2)).tolist():
        byte = bit // 8 if header.order == "<u4" else 3 - bit // 8
        offset = at + 4 * word + byte + (FRAME_HEADER_BYTES - 8 if word >= 2 else 0)
        mends.append(Mend(offset, data[offset] ^ (1 << bit % 8)))
    return mends


def _header_flips(data: bytes) -> list[Mend]:
    """Finds the bits whose change makes the header whole and the first frame go on from it."""
    first = data[HEADER_BYTES : frame_offset(1)]
    mends = []
    for bit in range(8 * HEADER_BYTES if len(data) >= frame_offset(1) else 0):
        mend = Mend(bit // 8, data[bit // 8] ^ (1 << bit % 8))
        whole = mended(data[:HEADER_BYTES], [mend])
        header = parse_header(whole)
        if header is None:
            continue
        frames = parse_frames(whole + first, header)
        if has_salts(frames, header)[0] and follows_stored(frames)[0]:
            mends.append(mend)
    return mends
