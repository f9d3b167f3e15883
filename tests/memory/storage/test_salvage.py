"""A flipped bit in a database costs at most the row that it hit, and never brings back another."""

import sqlite3
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import MemoryFileError
from embodied_mem.memory.storage.journal import Journal, Settings, Undo
from embodied_mem.memory.storage.salvage import Salvaged, salvage_rows
from embodied_mem.memory.storage.sqlite_pages import INTERIOR, LEAF, PAGE_BYTES, Pages
from embodied_mem.memory.storage.wal_frames import FRAME_BYTES, HEADER_BYTES, frame_offset


class Database:
    """The bytes of a database and of its log, and the rows that they hold."""

    def __init__(self, folder: Path, *, closed: bool) -> None:
        path = folder / "memory.sqlite"
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=OFF")
        self._fill(Journal(connection), connection)
        journal = Journal(connection)
        self.rows = Salvaged(
            meta=dict(connection.execute("SELECT id, body FROM meta")),
            records={r.slot: (r.body, r.heap) for rows in journal.read_all() for r in rows},
            staged={s: [data] for s, data in journal.all_staged() if journal.read(s)},
            journal=dict(connection.execute("SELECT sequence, body FROM journal")),
        )
        if closed:
            connection.close()
        self.data = path.read_bytes()
        log = path.with_name("memory.sqlite-wal")
        self.log = log.read_bytes() if log.exists() else b""
        connection.close()

    def __repr__(self) -> str:
        return f"<{len(self.data)} bytes, log {len(self.log)}>"

    @staticmethod
    def _fill(journal: Journal, connection: sqlite3.Connection) -> None:
        rng = np.random.default_rng(5)
        with journal.transaction():
            journal.create(Settings(session="attic", seed=3))
            connection.execute("CREATE VIRTUAL TABLE words USING fts5(text, content='')")
            for number in range(3):
                journal.write_space(number, f"space {number}", 64)
        # Rows of all sizes, changed and deleted, so that pages are split, freed and reused.
        for step in range(80):
            slots = rng.integers(0, 260, 6).tolist()
            sizes = rng.choice([30, 300, 900, 6000], 6, p=[0.4, 0.4, 0.15, 0.05]).tolist()
            rows = [
                (slot, rng.bytes(size), msgspec.msgpack.encode([step, slot]))
                for slot, size in zip(slots, sizes, strict=True)
            ]
            with journal.transaction():
                journal.write(rows)
                journal.remove(rng.integers(0, 260, 2).tolist())
                if step > 60:
                    journal.remove(range(100, 140))
                journal.stage(
                    (slot, rng.bytes(size * 2)) for slot, size in zip(slots, sizes, strict=True)
                )
                if step % 20 == 10:
                    journal.clear_staged(range(260))
                words = "red mug " * int(rng.integers(1, 5)) + f"shelf{step}"
                connection.execute("INSERT INTO words(rowid, text) VALUES(?, ?)", (step, words))
                undo = [Undo(slot, body, heap) for slot, body, heap in rows[:2]]
                journal.write_undo(step + 1, undo if step % 7 else None)
            if step == 50:
                # The log begins anew in front of frames of its older generation.
                connection.execute("PRAGMA wal_checkpoint(RESTART)")

    def read(self, folder: Path, data: bytes, log: bytes = b"") -> Salvaged:
        """Salvages other bytes."""
        path = folder / "memory.sqlite"
        path.write_bytes(data)
        path.with_name("memory.sqlite-wal").write_bytes(log)
        return salvage_rows(path)

    def differences(self, found: Salvaged) -> list[tuple[str, int]]:
        """Lists the rows that are missing; fails where one is wrong or should not be there."""
        missing: list[tuple[str, int]] = []
        for table in ("meta", "records", "journal"):
            true, read = getattr(self.rows, table), getattr(found, table)
            wrong = [key for key, row in read.items() if true.get(key) != row]
            assert not wrong, f"{table} rows {wrong} were never so"
            missing += [(table, key) for key in true if key not in read]
        # Staged bytes are only candidates: the record's extents tell which are its own.
        for slot, (data,) in self.rows.staged.items():
            if slot in found.records and data not in found.staged.get(slot, ()):
                missing.append(("staged", slot))
        return missing


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return Database(tmp_path_factory.mktemp("closed"), closed=True)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return Database(tmp_path_factory.mktemp("killed"), closed=False)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_a_whole_database_is_read_as_sqlite_reads_it(
    closed: Database, killed: Database, tmp_path: Path
) -> None:
    for database in (closed, killed):
        found = database.read(tmp_path, database.data, database.log)
        assert database.differences(found) == []
        assert set(found.staged) >= set(database.rows.staged)
        assert not found.lost_rows and not found.lost_pages
    assert killed.log and any(
        body is None for body in map(msgspec.msgpack.decode, closed.rows.journal.values())
    )


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_flip_in_the_database_costs_at_most_the_row_it_hit(
    closed: Database, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    page = data.draw(st.integers(0, len(closed.data) // PAGE_BYTES - 1))
    # The first bytes of a page, where its pointers lie, are the ones that can cost the most.
    at = data.draw(st.integers(0, 120) | st.integers(0, PAGE_BYTES - 1))
    bit = 8 * (page * PAGE_BYTES + at) + data.draw(st.integers(0, 7))
    found = closed.read(tmp_path_factory.getbasetemp(), flipped(closed.data, bit))
    assert len(closed.differences(found)) <= 1


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_flip_in_the_log_costs_at_most_the_row_it_hit(
    killed: Database, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    frame = data.draw(st.integers(0, (len(killed.log) - HEADER_BYTES) // FRAME_BYTES - 1))
    at = data.draw(st.integers(0, 60) | st.integers(0, FRAME_BYTES - 1))
    bit = 8 * (frame_offset(frame) + at) + data.draw(st.integers(0, 7))
    folder = tmp_path_factory.getbasetemp()
    found = killed.read(folder, killed.data, flipped(killed.log, bit))
    assert len(killed.differences(found)) <= 1


@pytest.mark.parametrize("kind", [INTERIOR, LEAF])
def test_a_whole_page_that_is_gone_costs_its_own_rows(
    closed: Database, tmp_path: Path, kind: int
) -> None:
    pages = Pages(closed.data, {})
    free = pages.free()
    assert free, "the case needs pages that were given up, with deleted rows on them"
    for number in range(2, pages.count + 1):
        if pages.kind(number) != kind or number in free:
            continue
        rows = 0 if kind == INTERIOR else len(pages.leaf(number)[0])
        gone = bytearray(closed.data)
        gone[(number - 1) * PAGE_BYTES : number * PAGE_BYTES] = bytes(PAGE_BYTES)
        found = closed.read(tmp_path, bytes(gone))
        assert len(closed.differences(found)) <= rows


def test_without_the_first_page_the_rows_tell_their_tables(
    closed: Database, tmp_path: Path
) -> None:
    headless = closed.data[:32] + bytes(PAGE_BYTES - 32) + closed.data[PAGE_BYTES:]
    with_free_list = bytearray(headless)
    with_free_list[32:40] = closed.data[32:40]
    assert closed.differences(closed.read(tmp_path, bytes(with_free_list))) == []


def test_rows_of_pages_that_were_given_up_do_not_come_back(
    closed: Database, tmp_path: Path
) -> None:
    # Neither trees nor free list: which pages are in use cannot be told any more.
    headless = bytes(PAGE_BYTES) + closed.data[PAGE_BYTES:]
    broken = bytearray(headless)
    broken[32:40] = (2**32 - 1).to_bytes(4, "big") + bytes(4)
    found = closed.read(tmp_path, bytes(broken))
    assert found.records == {} and found.lost_pages


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_bytes_are_read_or_refused(
    killed: Database, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    data, log = bytearray(killed.data), bytearray(killed.log[: int(rng.integers(len(killed.log)))])
    for target in (data, log):
        for _ in range(int(rng.integers(0, 30))):
            at, length = int(rng.integers(max(1, len(target)))), int(rng.integers(1, 200))
            target[at : at + length] = rng.bytes(len(target[at : at + length]))
    size = int(rng.integers(0, len(data))) if rng.random() < 0.3 else len(data)
    try:
        found = killed.read(tmp_path_factory.getbasetemp(), bytes(data[:size]), bytes(log))
    except MemoryFileError:
        return
    assert set(found.meta) <= set(killed.rows.meta)


@pytest.mark.parametrize("data", [b"", b"SQLite format 3", bytes(PAGE_BYTES), b"\xff" * 9000])
def test_what_is_no_database_gives_no_rows(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite"
    path.write_bytes(data)
    try:
        found = salvage_rows(path)
    except MemoryFileError as error:
        assert "at least a page" in str(error)
        return
    assert not found.records and not found.meta and not found.journal


def test_a_missing_database_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MemoryFileError, match="cannot read"):
        salvage_rows(tmp_path / "memory.sqlite")
