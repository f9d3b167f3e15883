"""A damaged log is named and mended; a torn one is not mistaken for it."""

import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import MemoryFileError
from embodied_mem.memory.storage.wal_check import check_wal, check_wal_bytes, mend_wal
from embodied_mem.memory.storage.wal_flips import mended
from embodied_mem.memory.storage.wal_frames import (
    FRAME_BYTES,
    HEADER_BYTES,
    frame_offset,
    parse_frames,
    parse_header,
)

COMMITS = 12


class Log(bytes):
    """Bytes that do not fill a screen when a test fails."""

    base = b""
    """The database that the log goes on from."""

    def __repr__(self) -> str:
        return f"<a log of {len(self)} bytes>"


def written_log(folder: Path, commits: int = COMMITS, *, restarted: bool = False) -> Log:
    """Returns the log of a database after some transactions of one to three pages."""
    path = folder / "memory.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t(k INTEGER PRIMARY KEY, body BLOB)")
    if restarted:
        connection.executemany("INSERT INTO t(body) VALUES(?)", [(os.urandom(900),)] * 40)
        connection.execute("PRAGMA wal_checkpoint(RESTART)")
    for number in range(commits):
        connection.execute("INSERT INTO t(body) VALUES(?)", (bytes([number % 256]) * 700,))
    log = Log(Path(f"{path}-wal").read_bytes())
    log.base = path.read_bytes()
    connection.close()
    return log


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return written_log(tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="module")
def restarted_log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return written_log(tmp_path_factory.mktemp("restarted"), 5, restarted=True)


def commits_sqlite_reads(folder: Path, base: bytes, log: bytes) -> int:
    """Returns how many of the commits SQLite finds with this log."""
    path = folder / "memory.sqlite"
    path.write_bytes(base)
    Path(f"{path}-wal").write_bytes(log)
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM t").fetchone()[0]) + 1
    finally:
        connection.close()


def test_a_whole_log_is_read_as_sqlite_reads_it(log: Log, tmp_path: Path) -> None:
    report = check_wal_bytes(log)
    assert report.valid_frames == report.frames == (len(log) - HEADER_BYTES) // FRAME_BYTES
    assert report.valid_commits == commits_sqlite_reads(tmp_path, log.base, log) == COMMITS + 1
    assert not report.damaged and not report.torn_tail


def test_frames_of_an_older_generation_are_neither_torn_nor_damage(restarted_log: Log) -> None:
    report = check_wal_bytes(restarted_log)
    assert report.valid_commits == 5
    assert report.valid_frames < report.frames
    assert not report.damaged and not report.torn_tail


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_is_found_and_never_mended_wrongly(log: Log, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, len(log) * 8 - 1))
    flipped = bytearray(log)
    flipped[bit // 8] ^= 1 << bit % 8
    report = check_wal_bytes(bytes(flipped))
    assert report.damaged and report.lost_commits >= 1
    # The flip can make a frame look like a commit, or a commit like another frame.
    assert abs(report.valid_commits + report.lost_commits - COMMITS - 1) <= 1
    assert report.mendable != bool(report.flipped)
    assert report.mendable or bit % 8 == 7 or bit // 8 % 4 >= 2, "the low bits can be told"
    if report.mendable:
        assert mended(bytes(flipped), report.mends) == log


def test_a_flip_that_hides_the_last_commit_is_damage(tmp_path: Path) -> None:
    log = written_log(tmp_path, 70)
    last = frame_offset(check_wal_bytes(log).valid_frames - 1)
    assert log[last + 4 : last + 8] == bytes([0, 0, 0, 16]), "the case needs just so many pages"
    flipped = bytearray(log)
    flipped[last + 7] = 0
    assert check_wal_bytes(bytes(flipped)).damaged


def test_flips_in_several_transactions_are_all_mended(log: Log) -> None:
    rng = np.random.default_rng(3)
    flipped = bytearray(log)
    frames = (len(log) - HEADER_BYTES) // FRAME_BYTES
    for frame in rng.choice(frames, 5, replace=False):
        flipped[frame_offset(int(frame)) + 24 + 4 * int(rng.integers(1024))] ^= 0x10
    report = check_wal_bytes(bytes(flipped))
    assert report.mendable and len(report.mends) == 5
    assert mended(bytes(flipped), report.mends) == log


def test_a_lost_sector_in_front_of_later_commits_is_damage(log: Log) -> None:
    hit = bytearray(log)
    hit[frame_offset(4) + 512 : frame_offset(4) + 1024] = b"\xa5" * 512
    report = check_wal_bytes(bytes(hit))
    assert report.damaged and not report.mendable and report.valid_frames == 4
    assert report.lost_commits >= COMMITS - 5


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_torn_last_transaction_is_not_damage(log: Log, restarted_log: Log, seed: int) -> None:
    rng = np.random.default_rng(seed)
    fresh = bool(rng.integers(2))
    whole = log if fresh else restarted_log
    header = parse_header(whole)
    assert header
    frames = check_wal_bytes(whole).valid_frames
    commits = np.flatnonzero(parse_frames(whole, header).sizes[:frames])
    begin, end = frame_offset(int(commits[-2]) + 1), frame_offset(frames)
    before = bytearray(whole)
    before[begin:end] = bytes(end - begin) if fresh else os.urandom(end - begin)
    for sector in range(begin // 512 * 512, end, 512):
        part = slice(max(sector, begin), min(sector + 512, end))
        if rng.integers(2):
            before[part] = whole[part]
    size = len(whole) if rng.integers(2) else int(rng.integers(begin, len(whole) + 1))
    report = check_wal_bytes(bytes(before[:size]))
    assert not report.damaged
    assert report.valid_commits >= len(commits) - 1


def test_what_a_rolled_back_transaction_leaves_is_not_damage(tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA cache_size=5")
    connection.execute("CREATE TABLE t(k INTEGER PRIMARY KEY, body BLOB)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO t(body) VALUES(?)", [(os.urandom(3000),)] * 60)
    connection.execute("ROLLBACK")
    spilled = Path(f"{path}-wal").stat().st_size
    connection.execute("INSERT INTO t(body) VALUES(?)", (b"kept",))
    data = bytearray(Path(f"{path}-wal").read_bytes())
    connection.close()
    assert len(data) == spilled, "the log was not spilled to, so this proves nothing"
    for torn in (bytes(data), bytes(data[: frame_offset(1)]) + bytes(FRAME_BYTES)):
        assert not check_wal_bytes(torn).damaged
    last = frame_offset(check_wal_bytes(bytes(data)).valid_frames - 1)
    data[last + 600 : last + 700] = os.urandom(100)
    assert not check_wal_bytes(bytes(data)).damaged


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 500, 4151, 4152])
def test_a_log_that_was_only_begun_is_not_damage(log: Log, size: int) -> None:
    assert not check_wal_bytes(log[:size]).damaged
    assert not check_wal_bytes(bytes(size)).damaged


def test_a_lost_header_before_written_frames_is_damage(log: Log) -> None:
    report = check_wal_bytes(bytes(HEADER_BYTES) + log[HEADER_BYTES:])
    assert report.damaged and not report.mendable


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=3 * FRAME_BYTES))
def test_any_bytes_get_a_report(data: bytes) -> None:
    report = check_wal_bytes(data)
    assert report.valid_frames <= report.frames


def test_mending_a_file_brings_its_transactions_back(log: Log, tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite-wal"
    flipped = bytearray(log)
    flipped[frame_offset(2) + 99] ^= 4
    path.write_bytes(flipped)
    assert check_wal(path).damaged
    report = mend_wal(path)
    assert not report.damaged and report.valid_commits == COMMITS + 1
    assert path.read_bytes() == log
    assert mend_wal(path) == report, "a whole log is left alone"


def test_a_missing_log_is_empty_and_an_unreadable_one_an_error(tmp_path: Path) -> None:
    assert check_wal(tmp_path / "none").frames == 0
    with pytest.raises(MemoryFileError, match="cannot read"):
        check_wal(tmp_path)
