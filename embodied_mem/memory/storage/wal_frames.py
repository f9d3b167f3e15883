"""The frames of a SQLite write-ahead log: where they lie, and whether their checksums hold.

Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log, sections 4.1 to 4.3. A log is
a header of 32 bytes and frames of 24 + 4096. A frame's checksum goes on from that of the frame
before, so every frame is tied to its whole past within one generation of the log (one pair of
salts).
"""

import functools
import struct
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

PAGE_BYTES: Final = 4096
HEADER_BYTES: Final = 32
FRAME_HEADER_BYTES: Final = 24
FRAME_BYTES: Final = FRAME_HEADER_BYTES + PAGE_BYTES
_MAGIC: Final = 0x377F0682
"""The last bit tells the byte order that checksums read words in: 0 little, 1 big."""
_VERSION: Final = 3007000
_FRAMES_AT_ONCE: Final = 2048

Words = NDArray[np.uint32]


class WalHeader(NamedTuple):
    """What the first 32 bytes say."""

    order: str
    """Byte order of the words that checksums are made from, as numpy writes it."""
    salts: tuple[int, int]
    checksum: tuple[int, int]


class Frames(NamedTuple):
    """All frames of a log that are there in full, F of them.

    Attributes:
        pages: Page number of each, uint32 (F,).
        sizes: Pages of the database after the transaction that the frame ends; 0 in other frames.
        salts: uint32 (F, 2).
        stored: Checksums as written, uint32 (F, 2).
        computed: Checksums as they should be, given the checksum *stored* before; uint32 (F, 2).
    """

    pages: Words
    sizes: Words
    salts: Words
    stored: Words
    computed: Words


def frame_offset(index: int) -> int:
    """Returns where a frame begins in the file."""
    return HEADER_BYTES + index * FRAME_BYTES


def parse_header(data: bytes) -> WalHeader | None:
    """Reads the header, or returns None where it is not whole."""
    if len(data) < HEADER_BYTES:
        return None
    magic, version, page, _, salt1, salt2, sum1, sum2 = struct.unpack_from(">8I", data)
    if magic & ~1 != _MAGIC or version != _VERSION or page != PAGE_BYTES:
        return None
    order = ">u4" if magic & 1 else "<u4"
    words = np.frombuffer(data, order, HEADER_BYTES // 4 - 2).astype(np.uint32)
    if (_weighted(words[None])[0] != (sum1, sum2)).any():
        return None
    return WalHeader(order, (salt1, salt2), (sum1, sum2))


def raw_frames(data: bytes) -> NDArray[np.uint8]:
    """Returns the bytes of all frames that are there in full, uint8 (F, 4120)."""
    count = max(0, len(data) - HEADER_BYTES) // FRAME_BYTES
    raw = np.frombuffer(data, np.uint8)[HEADER_BYTES : HEADER_BYTES + count * FRAME_BYTES]
    return raw.reshape(count, FRAME_BYTES)


def parse_frames(data: bytes, header: WalHeader) -> Frames:
    """Reads all frames and computes their checksums."""
    frames = raw_frames(data)
    count = len(frames)
    fields = frames[:, :FRAME_HEADER_BYTES].copy().view(">u4").astype(np.uint32)
    stored = fields[:, 4:6]
    before = np.concatenate([np.array([header.checksum], np.uint32), stored[:-1]])[:count]
    local = np.empty((count, 2), np.uint32)
    for start in range(0, count, _FRAMES_AT_ONCE):
        part = slice(start, start + _FRAMES_AT_ONCE)
        local[part] = _weighted(frame_words(frames[part], header.order))
    computed = before @ carry() + local
    return Frames(fields[:, 0], fields[:, 1], fields[:, 2:4], stored, computed)


def has_salts(frames: Frames, header: WalHeader) -> NDArray[np.bool_]:
    """Tells which frames are of the header's generation, by their salts; bool (F,)."""
    same: NDArray[np.bool_] = (frames.salts == header.salts).all(axis=1)
    return same


def follows_stored(frames: Frames) -> NDArray[np.bool_]:
    """Tells which frames go on, by their checksum, from what is stored before them; bool (F,)."""
    whole: NDArray[np.bool_] = (frames.computed == frames.stored).all(axis=1)
    return whole


def follows_true(frames: Frames) -> NDArray[np.bool_]:
    """Tells which frames go on from the checksum that should be stored before them; bool (F,).

    It differs from `follows_stored` behind a frame whose stored checksum was hit.
    """
    moved = (frames.computed[:-1] - frames.stored[:-1]) @ carry()
    follows = np.zeros(len(frames.pages), np.bool_)
    follows[1:] = (frames.computed[1:] + moved == frames.stored[1:]).all(axis=1)
    return follows


def frame_words(frames: NDArray[np.uint8], order: str) -> Words:
    """Returns the words of each frame that its checksum covers: page, size and data.

    Args:
        frames: Whole frames, uint8 (F, 4120).
        order: Byte order, see `WalHeader`.

    Returns:
        uint32 (F, 1026).
    """
    covered = np.concatenate([frames[:, :8], frames[:, FRAME_HEADER_BYTES:]], axis=1)
    words: Words = covered.view(order).astype(np.uint32)
    return words


@functools.cache
def weights(words: int) -> Words:
    """Returns what each of so many words adds to a checksum, for every 1 in it; uint32 (words, 2).

    SQLite's sum (s0 += x + s1; s1 += y + s0, for words x, y in turn) is linear modulo 2**32: a
    step multiplies the state by [[1, 1], [1, 2]] and adds (x, x + y).
    """
    table = np.zeros((words, 2), np.uint32)
    power = [[1, 0], [0, 1]]
    for pair in range(words // 2 - 1, -1, -1):
        (a, b), (c, d) = power
        table[2 * pair] = ((a + b) & 0xFFFFFFFF, (c + d) & 0xFFFFFFFF)
        table[2 * pair + 1] = (b, d)
        power = [
            [(a + b) & 0xFFFFFFFF, (a + 2 * b) & 0xFFFFFFFF],
            [(c + d) & 0xFFFFFFFF, (c + 2 * d) & 0xFFFFFFFF],
        ]
    return table


@functools.cache
def carry() -> Words:
    """Returns the matrix, uint32 (2, 2), that takes a checksum to its part in the next frame's."""
    power = np.eye(2, dtype=np.uint32)
    for _ in range((FRAME_BYTES - 16) // 8):
        power = np.array([[1, 1], [1, 2]], np.uint32) @ power
    return power.T.copy()


def _weighted(words: Words) -> Words:
    """Returns the checksums, from a state of zero, of rows of words; uint32 (rows, 2)."""
    sums: Words = words @ weights(words.shape[1])
    return sums
