"""The arena holds what was written, in place, without copies, for writer and reader alike."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from embodied_mem.errors import StoreError, StoreFullError
from embodied_mem.memory.storage import mapping
from embodied_mem.memory.storage.arena import Arena
from embodied_mem.memory.storage.folder import DataFile, DiskFile, RamFile

MakeFile = Callable[[], DataFile]


@pytest.fixture(params=["disk", "ram"])
def make_file(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeFile]:
    """Returns the same file again and again, as if it were opened again."""
    ram = RamFile()

    def make() -> DataFile:
        if request.param == "ram":
            return ram
        return DiskFile(tmp_path / "rows.bin", create=True, write=True)

    yield make


def resident_bytes() -> int:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * 4096


def test_rows_come_back(make_file: MakeFile) -> None:
    arena = Arena(make_file(), stride=3)
    assert len(arena) == 0
    assert arena.view().shape == (0, 3)
    assert arena.append(b"abcdef") == 0
    assert arena.append(b"ghi") == 2
    assert arena.append(b"") == 3
    assert [arena.row(i) for i in range(3)] == [b"abc", b"def", b"ghi"]
    np.testing.assert_array_equal(arena.rows(np.array([2, 0])), [list(b"ghi"), list(b"abc")])
    again = Arena(make_file(), stride=3)
    assert again.view().tobytes() == b"abcdefghi"
    again.close()
    arena.close()


def test_wrong_rows_are_refused(make_file: MakeFile) -> None:
    arena = Arena(make_file(), stride=4)
    arena.append(b"12345678")
    with pytest.raises(StoreError, match="whole rows of 4"):
        arena.append(b"12345")
    for index in (-1, 2):
        with pytest.raises(IndexError):
            arena.row(index)
        with pytest.raises(IndexError):
            arena.rows(np.array([0, index]))
        with pytest.raises(StoreError):
            arena.overwrite(index if index < 0 else 0, b"123")
    with pytest.raises(StoreError, match="at least one byte"):
        Arena(make_file(), stride=0)
    assert not arena.view().flags.writeable
    arena.close()


def test_a_torn_row_is_written_over(make_file: MakeFile) -> None:
    file = make_file()
    file.append(b"aaaabbbbcc")
    arena = Arena(file, stride=4)
    assert len(arena) == 2
    assert arena.view().tobytes() == b"aaaabbbb"
    assert arena.append(b"dddd") == 2
    assert arena.view().tobytes() == b"aaaabbbbdddd"
    assert file.size == 12
    arena.close()


def test_recovery_overwrites_rows_and_fills_gaps(make_file: MakeFile) -> None:
    arena = Arena(make_file(), stride=2)
    arena.append(b"aabbcc")
    arena.overwrite(1, b"XX")
    arena.overwrite(5, b"YY")
    assert arena.view().tobytes() == b"aaXXcc\0\0\0\0YY"
    arena.truncate(2)
    assert arena.view().tobytes() == b"aaXX"
    arena.append(b"zz")
    assert arena.view().tobytes() == b"aaXXzz"
    arena.close()


def test_views_stay_where_they_are_and_follow_writes(tmp_path: Path) -> None:
    arena = Arena(DiskFile(tmp_path / "rows.bin", create=True, write=True), stride=64)
    arena.append(bytes(range(64)))
    early, address = arena.view(), arena.address
    for number in range(2000):
        arena.append(bytes([number % 251]) * 64)
    assert arena.address == address == arena.view().ctypes.data
    arena.overwrite(0, b"\7" * 64)
    assert (early == 7).all()
    late = arena.view()
    arena.close()
    (tmp_path / "rows.bin").unlink()
    assert late[2000, 0] == 1999 % 251


def test_a_full_reservation_moves_on_and_old_views_stay_valid(make_file: MakeFile) -> None:
    arena = Arena(make_file(), stride=4096, reserve_rows=2)
    arena.append(b"a" * 8192)
    old = arena.view()
    arena.append(b"b" * 4096 * 5)
    assert arena.view()[:, 0].tobytes() == b"aabbbbb"
    assert old[:, 0].tobytes() == b"aa"
    arena.close()


def test_little_address_space_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the process may not reserve 64 GiB, the arena takes what there is."""
    real = mapping._map

    def limited(fileno: int, length: int) -> int:
        if length > 1 << 20:
            raise MemoryError
        return real(fileno, length)

    monkeypatch.setattr(mapping, "_map", limited)
    arena = Arena(DiskFile(tmp_path / "rows.bin", create=True, write=True), stride=1000)
    for number in range(900):
        arena.append(bytes([number % 256]) * 1000)
        assert arena.view()[number, 999] == number % 256
    arena.append(bytes(200_000))
    with pytest.raises(StoreError, match="not enough memory"):
        arena.view()
    arena.close()


def test_reserving_takes_no_memory() -> None:
    before = resident_bytes()
    arenas = [Arena(RamFile(), stride=2048) for _ in range(8)]
    for arena in arenas:
        arena.append(bytes(2048))
    assert resident_bytes() - before < 8e6


def mapped_bytes(path: Path) -> int:
    """Returns how much of a file is resident in this process, whatever else the process holds."""
    resident, inside = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        name, *values = line.split()
        if not name.endswith(":"):
            inside = values[-1:] == [str(path)]
        elif inside and name == "Rss:":
            resident += int(values[0]) * 1024
    return resident


def test_resident_memory_is_the_payload(tmp_path: Path) -> None:
    path = tmp_path / "rows.bin"
    arena = Arena(DiskFile(path, create=True, write=True), stride=2048)
    chunk = np.arange(2048 * 1000, dtype=np.uint8).tobytes()
    for _ in range(20):
        arena.append(chunk)
    payload = 20 * len(chunk)
    assert int(arena.view()[:, ::64].sum(dtype=np.int64)) > 0
    assert 0.9 * payload < mapped_bytes(path) < 1.1 * payload
    arena.close()


def test_a_full_disk_leaves_the_rows_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arena = Arena(DiskFile(tmp_path / "rows.bin", create=True, write=True), stride=4)
    arena.append(b"good")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.pwrite", full)
        with pytest.raises(StoreFullError):
            arena.append(b"lost")
    assert arena.view().tobytes() == b"good"
    assert arena.append(b"next") == 1
    arena.close()


READER = """
import sys
from pathlib import Path
from embodied_mem.memory.storage.arena import Arena
from embodied_mem.memory.storage.folder import DiskFile
arena = Arena(DiskFile(Path(sys.argv[1]), create=False, write=False), stride=512)
view = arena.view()
assert view.shape == (100, 512)
print("ready", flush=True)
sys.stdin.readline()
assert len(arena) == 300
assert (arena.view()[:, 0] == [i % 256 for i in range(300)]).all()
print("followed", flush=True)
sys.stdin.readline()
assert (view[:, 5] == [i % 256 for i in range(100)]).all()
assert len(arena.rows(__import__("numpy").arange(300))) == 300
print("safe", flush=True)
"""


def test_a_reader_follows_the_writer_and_outlives_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.bin"
    arena = Arena(DiskFile(path, create=True, write=True), stride=512)
    for number in range(100):
        arena.append(bytes([number % 256]) * 512)
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        for number in range(100, 300):
            arena.append(bytes([number % 256]) * 512)
        reader.stdin.write("\n")
        assert reader.stdout.readline() == "followed\n"
        path.unlink()
        arena.close()
        reader.stdin.write("\n")
        assert reader.stdout.readline() == "safe\n"
    assert reader.returncode == 0


class AnArena(RuleBasedStateMachine):
    """Against a list of rows; on disk and in memory side by side, with torn tails and reopens."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "rows.bin"
        self.ram = RamFile()
        self.arenas: list[Arena] = []
        self.model: list[bytes] = []
        self.open(7)

    def open(self, reserve: int) -> None:
        self.files: list[DataFile] = [DiskFile(self.path, create=True, write=True), self.ram]
        self.arenas = [Arena(file, stride=5, reserve_rows=reserve) for file in self.files]

    @rule(count=st.integers(0, 900), fill=st.integers(0, 255))
    def append(self, count: int, fill: int) -> None:
        rows = [bytes([fill, n % 256, n // 256, 0, 1]) for n in range(count)]
        for arena in self.arenas:
            assert arena.append(b"".join(rows)) == len(self.model)
        self.model += rows

    @precondition(lambda self: self.model)
    @rule(data=st.data(), fill=st.binary(min_size=5, max_size=5))
    def overwrite(self, data: st.DataObject, fill: bytes) -> None:
        row = data.draw(st.integers(0, len(self.model) + 2))
        for arena in self.arenas:
            arena.overwrite(row, fill)
        self.model += [bytes(5)] * (row + 1 - len(self.model))
        self.model[row] = fill

    @rule(data=st.data())
    def truncate(self, data: st.DataObject) -> None:
        rows = data.draw(st.integers(0, len(self.model)))
        for arena in self.arenas:
            arena.truncate(rows)
        del self.model[rows:]

    @rule(torn=st.integers(0, 4), reserve=st.integers(1, 3000))
    def crash(self, torn: int, reserve: int) -> None:
        for file in self.files:
            file.truncate(5 * len(self.model))
            file.append(b"?" * torn)
        self.arenas[0].close()
        self.open(reserve)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def gather(self, data: st.DataObject) -> None:
        wanted = data.draw(st.lists(st.integers(0, len(self.model) - 1), max_size=9))
        for arena in self.arenas:
            rows = arena.rows(np.array(wanted, np.int64))
            assert [row.tobytes() for row in rows] == [self.model[row] for row in wanted]

    @invariant()
    def same(self) -> None:
        for arena in self.arenas:
            assert len(arena) == len(self.model)
            assert arena.view().tobytes() == b"".join(self.model)

    def teardown(self) -> None:
        self.arenas[0].close()
        self.folder.cleanup()


TestAnArena = AnArena.TestCase
TestAnArena.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


@settings(max_examples=25, deadline=None)
@given(stride=st.integers(1, 5000), counts=st.lists(st.integers(0, 40), max_size=6))
def test_any_stride(stride: int, counts: list[int]) -> None:
    rng = np.random.default_rng(stride)
    arena, written = Arena(RamFile(), stride), b""
    for count in counts:
        rows = rng.bytes(count * stride)
        assert arena.append(rows) == len(written) // stride
        written += rows
    assert arena.view().tobytes() == written
