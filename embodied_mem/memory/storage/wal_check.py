"""Tells a write-ahead log that a power cut has torn from one whose acknowledged part is damaged.

SQLite ignores everything in a log from the first frame on whose checksum or salts are wrong, and
says nothing. That is right for a torn tail: with full synchronisation every commit is synced
before the next frame is written, so what a cut can tear is at most the last transaction, which
nobody was told of. It is wrong where the disk has changed a bit further up: acknowledged
transactions would vanish. Two things tell the cases apart:

* a frame behind a commit is written only after that commit was synced, so a bad frame with a
  commit at or behind it, and a frame that goes on from that commit, is damage;
* the checksums are linear, so it can be seen from the checksum of a frame alone that one flipped
  bit is all that is wrong with it. A frame that a single bit makes whole again was whole. Which
  bit it is can be told for the lower bits of a word; flips of the upper ones look alike (the sum
  is a Fibonacci sequence, whose high bits repeat after a few words).

What stays undecided is a last transaction with more than one wrong bit: that is what a cut leaves.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from embodied_mem.errors import MemoryFileError
from embodied_mem.memory.storage.wal_flips import Mend, find_flips, mended
from embodied_mem.memory.storage.wal_frames import (
    HEADER_BYTES,
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

_MOST_FLIPS: Final = 64
"""A log with more flipped bits than this is not gone through bit by bit."""


class WalReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a write-ahead log holds."""

    frames: int
    """Whole frames of any generation."""
    valid_frames: int
    """Frames before the first bad one: the ones that SQLite reads."""
    valid_commits: int
    """Transactions that end among the valid frames."""
    lost_commits: int = 0
    """Acknowledged transactions from the first bad frame on, which SQLite would drop in silence;
    at least so many."""
    torn_tail: bool = False
    """Whether bytes of an unfinished transaction follow, as after a power cut."""
    damaged: bool = False
    """Whether acknowledged transactions are hit."""
    mends: tuple[Mend, ...] = ()
    """The flipped bits that could be told for sure."""
    mendable: bool = False
    """Whether the mends make a damaged log whole."""
    flipped: tuple[int, ...] = ()
    """Frames in which one bit is wrong, but which one is not known."""


def check_wal(path: Path) -> WalReport:
    """Looks through a write-ahead log without changing it.

    Args:
        path: Of the log (`memory.sqlite-wal`); a missing one is an empty one.

    Raises:
        MemoryFileError: If it cannot be read.
    """
    return check_wal_bytes(read_wal(path))


def read_wal(path: Path) -> bytes:
    """Reads a log; a missing one is an empty one.

    Raises:
        MemoryFileError: If it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise MemoryFileError(f"cannot read {path}: {error.strerror}") from None


def mend_wal(path: Path) -> WalReport:
    """Sets flipped bits of a log right, where their frames prove them, and syncs the file.

    Returns:
        What the log holds afterwards; still `damaged` where more than single bits are wrong.

    Raises:
        MemoryFileError: If it cannot be read or written.
    """
    report = check_wal(path)
    if not report.mends:
        return report
    try:
        with path.open("r+b", buffering=0) as file:
            for mend in report.mends:
                file.seek(mend.offset)
                file.write(bytes([mend.value]))
            os.fsync(file.fileno())
    except OSError as error:
        raise MemoryFileError(f"cannot mend {path}: {error.strerror}") from None
    return check_wal(path)


def check_wal_bytes(data: bytes) -> WalReport:
    """Looks through the bytes of a log; see `check_wal`."""
    before = after = _judge(data, [])
    mends: list[Mend] = []
    flipped: list[int] = []
    maybe_commit = False
    while len(mends) + len(flipped) < _MOST_FLIPS:
        found = find_flips(data, after.valid_frames)
        if not found:
            break
        if len(found) == 1:
            mends += found
            data = mended(data, found)
        else:
            flipped.append(after.valid_frames)
            size_at = frame_offset(after.valid_frames) + 4
            maybe_commit |= any(size_at <= flip.offset < size_at + 4 for flip in found)
        after = _judge(data, flipped)
    gained = after.valid_commits - before.valid_commits
    if not gained and not maybe_commit:
        return before
    return msgspec.structs.replace(
        before,
        lost_commits=gained + after.lost_commits,
        torn_tail=after.torn_tail,
        damaged=True,
        mends=tuple(mends),
        mendable=not after.damaged and not flipped,
        flipped=tuple(flipped),
    )


def valid_prefix(frames: Frames, header: WalHeader, flipped: Sequence[int] = ()) -> int:
    """Returns how many frames come before the first bad one.

    Without `flipped`, frames to take for good, these are the frames that SQLite reads.
    """
    good = follows_stored(frames) & has_salts(frames, header) & (frames.pages > 0)
    good[list(flipped)] = True
    return len(good) if good.all() else int(np.argmin(good))


def _judge(data: bytes, flipped: Sequence[int]) -> WalReport:
    """Classifies a log by the order of its frames and commits alone."""
    header = parse_header(data)
    if header is None:
        # The header is synced before the first frame is written, and lies in one sector.
        damaged = any(data[HEADER_BYTES:])
        return WalReport(
            frames=len(raw_frames(data)),
            valid_frames=0,
            valid_commits=0,
            torn_tail=bool(data) and not damaged,
            damaged=damaged,
        )
    frames = parse_frames(data, header)
    good = valid_prefix(frames, header, flipped)
    valid = np.flatnonzero(frames.sizes[:good])
    begun = good > valid[-1] + 1 if len(valid) else good > 0
    lost = _synced_commits(frames, header, good)
    return WalReport(
        frames=len(frames.pages),
        valid_frames=good,
        valid_commits=len(valid),
        lost_commits=lost,
        torn_tail=not lost and bool(begun or has_salts(frames, header)[good:].any()),
        damaged=lost > 0,
    )


def _synced_commits(frames: Frames, header: WalHeader, good: int) -> int:
    """Counts the commits from the first bad frame on that a later frame proves to be synced."""
    ours = has_salts(frames, header)  # frames of an older generation can lie behind
    commits = ours & (frames.sizes > 0)
    goes_on = ours & (follows_stored(frames) | follows_true(frames))
    followed = np.flatnonzero(commits[:-1] & goes_on[1:])
    if not len(followed) or followed[-1] < good:
        return 0
    return int(np.count_nonzero(commits[good : followed[-1] + 1]))
