"""An export comes back as it was or is refused, and costs no more memory than one record."""

import errno
import hashlib
import json
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import MemoryFileError, StoreFullError
from embodied_mem.memory.codec.vector_code import PLANES, VectorCode, plane_bytes
from embodied_mem.memory.storage.exchange import (
    SCHEMA,
    Header,
    Parcel,
    read_export,
    schema_of,
    write_export,
)
from embodied_mem.memory.storage.schema_1 import read_schema_1
from mutations import frame_bodies, mutated, sealed

DATA = Path(__file__).parents[2] / "data"
HEADER = Header(session="visit ä", seed=7, seconds_per_tick=0.25)
MIDDLE = VectorCode(
    70, 0.5, bytes(plane_bytes(70)), bytes((PLANES - 1) * (plane_bytes(70) + 4)), b""
)
PARCELS = [
    Parcel(b"first", (b"coarse", b"", b"fine" * 50), MIDDLE),
    Parcel(b"", ()),
    Parcel(b"third", (bytes(300),), VectorCode(3, 1.5, bytes(8), b"", bytes(12))),
]


def read(path: Path) -> tuple[Header, list[Parcel]]:
    header, parcels = read_export(path)
    return header, list(parcels)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "kitchen.emem"
    write_export(path, HEADER, iter(PARCELS))
    return path


vectors = st.integers(1, 200).flatmap(
    lambda d: st.builds(
        VectorCode,
        st.just(d),
        st.floats(0, 10),
        st.binary(min_size=plane_bytes(d), max_size=plane_bytes(d)),
        st.sampled_from([b"", bytes((PLANES - 1) * (plane_bytes(d) + 4))]),
        st.sampled_from([b"", bytes(4 * d)]),
    )
)
parcels = st.builds(
    Parcel,
    st.binary(max_size=60),
    st.lists(st.binary(max_size=60), max_size=4).map(tuple),
    st.none() | vectors,
)


@settings(deadline=None, max_examples=60)
@given(held=st.lists(parcels, max_size=8), session=st.text(max_size=9), seed=st.integers(0, 2**63))
def test_what_goes_in_comes_out_and_equal_content_is_equal_bytes(
    tmp_path_factory: pytest.TempPathFactory, held: list[Parcel], session: str, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("export")
    header = Header(session=session, seed=seed)
    write_export(folder / "a", header, iter(held))
    assert read(folder / "a") == (header, held)
    write_export(folder / "b", *read(folder / "a"))
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()
    assert schema_of(folder / "a") == SCHEMA


def test_nothing_is_left_beside_the_file(export: Path) -> None:
    assert [path.name for path in export.parent.iterdir()] == ["kitchen.emem"]
    assert export.stat().st_mode & 0o777 == 0o644


def test_the_layout_is_what_the_module_says(export: Path) -> None:
    data = export.read_bytes()
    assert sealed(frame_bodies(data)) == data


@pytest.mark.parametrize("failing", ["fsync", "fchmod"])
def test_a_full_disk_leaves_the_old_file(
    export: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    before = export.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(StoreFullError, match="No space left on device"):
        write_export(export, HEADER, [])
    assert export.read_bytes() == before
    assert list(export.parent.iterdir()) == [export]


def test_a_failing_source_leaves_the_old_file(export: Path) -> None:
    def source() -> Iterator[Parcel]:
        yield PARCELS[0]
        raise MemoryFileError("record 2 is damaged")

    before = export.read_bytes()
    with pytest.raises(MemoryFileError, match="record 2 is damaged"):
        write_export(export, HEADER, source())
    assert export.read_bytes() == before
    assert list(export.parent.iterdir()) == [export]


def test_a_folder_that_cannot_be_written_is_named(export: Path) -> None:
    with pytest.raises(StoreFullError, match=r"kitchen\.emem/x: Not a directory|File exists"):
        write_export(export / "x", HEADER, [])


def test_memory_stays_at_one_record_however_long_the_file_is(tmp_path: Path) -> None:
    megabyte = bytes(1 << 20)
    tracemalloc.start()
    try:
        write_export(tmp_path / "m", HEADER, (Parcel(b"", (megabyte,)) for _ in range(24)))
        _, parcels = read_export(tmp_path / "m")
        assert sum(len(parcel.layers[0]) for parcel in parcels) == 24 << 20
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


def refused(path: Path) -> str:
    with pytest.raises(MemoryFileError) as caught:
        read_export(path)
    return str(caught.value)


def test_what_is_missing_or_something_else_is_said(tmp_path: Path) -> None:
    assert "nothing.emem: No such file" in refused(tmp_path / "nothing.emem")
    assert "Is a directory" in refused(tmp_path)
    for data in (b"", b"EMEM", b"\xff\xd8\xff\xe0 a picture", b"EMEM\x00\x00\r\n" + bytes(60)):
        (tmp_path / "x").write_bytes(data)
        assert "is not a memory file" in refused(tmp_path / "x")


def test_a_newer_schema_is_refused_politely(export: Path) -> None:
    data = export.read_bytes()
    export.write_bytes(data[:5] + b"\x03" + data[6:])
    assert "was made by a newer version (schema 3; this one reads up to 2)" in refused(export)


def test_schema_1_is_no_export(tmp_path: Path) -> None:
    assert "old schema 1" in refused(DATA / "memory_schema_1.bin")
    assert schema_of(DATA / "memory_schema_1.bin") == 1


def test_the_damaged_record_is_named(export: Path) -> None:
    data = bytearray(export.read_bytes())
    at = data.index(b"third")
    data[at] ^= 1
    export.write_bytes(data)
    assert "record 3, at byte" in refused(export)
    assert "does not match its checksum" in refused(export)
    export.write_bytes(data[: at - 40])
    assert "is broken or cut off" in refused(export)
    data[at] ^= 1
    data[-1] ^= 1
    export.write_bytes(data)
    assert "damaged: its checksum does not match its content" in refused(export)
    export.write_bytes(data + b"\0")
    assert "it ends in the wrong place" in refused(export)


def test_swapped_records_are_found(export: Path) -> None:
    data = export.read_bytes()
    header, first, second, _ = frame_bodies(data)
    at = 8 + 8 + len(header)
    middle, end = at + 8 + len(first), at + 16 + len(first) + len(second)
    swapped = data[:at] + data[middle:end] + data[at:middle] + data[end:-32]
    export.write_bytes(swapped + hashlib.sha256(swapped).digest())
    assert "part 1 at byte" in refused(export)


def encode(value: Any) -> bytes:
    return msgspec.msgpack.encode(value)


PLAIN = encode(Parcel(b"x"))
HEAD = encode(HEADER)


@pytest.mark.parametrize(
    ("bodies", "count", "said"),
    [
        ([b"\xdd\xff\xff\xff\xff"], None, "its header"),
        ([encode({**msgspec.to_builtins(HEADER), "schema": 9})], None, "its header says"),
        ([encode({**msgspec.to_builtins(HEADER), "seconds_per_tick": 0.0})], None, "header says"),
        ([HEAD, b"\x91" * 9000], None, "record 1"),
        ([HEAD, b"\x92\xc4\x01a\xdd\xff\xff\xff\xff"], None, "record 1"),
        ([HEAD, b"\x91\xc6\xff\xff\xff\xffa"], None, "record 1"),
        ([HEAD, PLAIN + b"\x00"], None, "record 1"),
        ([HEAD, encode([b"x", [], None, 1])], None, "record 1"),
        ([HEAD, encode([b"x", [], [8, 1.0, b"short"]])], None, "the vector of record 1"),
        ([HEAD, encode([b"x", [], [0, 1.0, b""]])], None, "the vector of record 1"),
        ([HEAD, encode([b"x", [], [8, float("nan"), bytes(8)]])], None, "the vector of record 1"),
        ([HEAD, encode([b"x", [], [8, 1e300, bytes(8)]])], None, "the vector of record 1"),
        ([HEAD, encode([b"x", [], [1, 1.0, bytes(8), b"\xff" * 36]])], None, "finite dimensions"),
        ([HEAD, encode([b"x", [], [1, 1.0, bytes(8), b"", b"\xff" * 4]])], None, "finite"),
        ([HEAD, PLAIN], 2, "is not a valid export"),
        ([HEAD, PLAIN], 0, "more than 0 records"),
        ([HEAD, PLAIN], 2**64 - 1, "part 2"),
    ],
)
def test_right_checksums_do_not_make_wrong_content_right(
    tmp_path: Path, bodies: list[bytes], count: int | None, said: str
) -> None:
    (tmp_path / "x").write_bytes(sealed(bodies, count))
    assert said in refused(tmp_path / "x")


def test_a_length_that_promises_too_much_takes_no_memory(tmp_path: Path) -> None:
    data = bytearray(sealed([HEAD, PLAIN]))
    at = 8 + 8 + len(HEAD)
    data[at : at + 4] = b"\xff\xff\xff\xff"
    tracemalloc.start()
    try:
        for _ in range(2):
            (tmp_path / "x").write_bytes(data)
            assert "record 1" in refused(tmp_path / "x") or "part 1" in refused(tmp_path / "x")
            data[-32:] = hashlib.sha256(data[:-32]).digest()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def test_a_change_between_check_and_use_is_noticed(export: Path) -> None:
    _, parcels = read_export(export)
    next(parcels)
    data = bytearray(export.read_bytes())
    data[data.index(b"third")] ^= 1
    with export.open("r+b") as file:
        file.write(data)
    with pytest.raises(MemoryFileError, match=r"broken|changed while it was read"):
        list(parcels)
    _, unread = read_export(sealed_copy(export))
    write_export(export.with_name("copy"), HEADER, [])
    with pytest.raises(MemoryFileError, match="changed while it was read"):
        next(unread)


def sealed_copy(export: Path) -> Path:
    copy = export.with_name("copy")
    write_export(copy, HEADER, PARCELS)
    return copy


def fuzz_export(folder: Path, count: int, seed: int) -> tuple[int, int]:
    """Reads mutated exports; returns how many were refused and how many were read."""
    rng = np.random.default_rng(seed)
    path, other = folder / "good", folder / "bad"
    write_export(path, HEADER, PARCELS)
    good = path.read_bytes()
    bodies = frame_bodies(good)
    outcomes = [0, 0]
    for index in range(count):
        honest = index % 2 == 0  # damaged as a disk does it; else with right checksums
        if honest:
            data = mutated(rng, good)
        else:
            chosen = int(rng.integers(len(bodies)))
            data = sealed([*bodies[:chosen], mutated(rng, bodies[chosen]), *bodies[chosen + 1 :]])
        other.write_bytes(data)
        try:
            header, held = read(other)
        except MemoryFileError as error:
            outcomes[0] += 1
            assert str(other) in str(error)
            continue
        outcomes[1] += 1
        if honest:
            assert (header, held) == (HEADER, PARCELS)
            assert data == good
        else:
            assert len(held) == len(PARCELS)
    return outcomes[0], outcomes[1]


def fuzz_schema_1(folder: Path, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    good = (DATA / "memory_schema_1.bin").read_bytes()
    expected = read_schema_1(DATA / "memory_schema_1.bin")
    # A short body with right checksums reaches the decoder more often than a long one.
    short = msgspec.msgpack.decode(good[40:])
    short["records"] = short["records"][:3] + short["records"][-4:]
    body = encode(short)
    for index in range(count):
        if index % 2:
            inner = mutated(rng, body)
            data = good[:8] + hashlib.sha256(inner).digest() + inner
        else:
            data = mutated(rng, good)
        (folder / "bad").write_bytes(data)
        try:
            header, records = read_schema_1(folder / "bad")
        except MemoryFileError:
            continue
        assert index % 2 or (header, records) == expected
        encode(records)


def test_fuzzed_files_are_refused_or_right(tmp_path: Path) -> None:
    was_refused, was_read = fuzz_export(tmp_path, 600, seed=1)
    assert was_refused > 300
    assert was_read > 30  # the mutations with right checksums do reach the content
    fuzz_schema_1(tmp_path, 300, seed=2)


@pytest.mark.slow
def test_ten_thousand_fuzzed_files_are_refused_or_right(tmp_path: Path) -> None:
    fuzz_export(tmp_path, 10_000, seed=3)
    fuzz_schema_1(tmp_path, 10_000, seed=4)


def test_schema_1_is_upgraded(tmp_path: Path) -> None:
    expected = json.loads((DATA / "memory_schema_1.json").read_text())
    header, records = read_schema_1(DATA / "memory_schema_1.bin")
    assert header == Header(
        session=expected["session"],
        seed=expected["seed"],
        seconds_per_tick=expected["seconds_per_tick"],
    )
    held = []
    for record in records:
        bare = msgspec.structs.replace(record, payload=(), embedding=b"")
        held.append(
            msgspec.json.decode(msgspec.json.encode(bare))
            | {
                "payload": [hashlib.sha256(layer).hexdigest() for layer in record.payload],
                "embedding": hashlib.sha256(record.embedding).hexdigest(),
            }
        )
    assert held == expected["records"]


def test_a_damaged_schema_1_file_is_refused(tmp_path: Path) -> None:
    data = bytearray((DATA / "memory_schema_1.bin").read_bytes())
    data[5000] ^= 4
    (tmp_path / "old").write_bytes(data)
    with pytest.raises(MemoryFileError, match="is damaged"):
        read_schema_1(tmp_path / "old")
    with pytest.raises(MemoryFileError, match="No such file"):
        read_schema_1(tmp_path / "missing")
    with pytest.raises(MemoryFileError, match="not a memory file of schema 1"):
        read_schema_1(DATA / "memory_schema_1.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 2}, "valid memory of schema 1"),
        ({"seconds_per_tick": -1.0}, "valid memory of schema 1"),
        ({"records": [{"id": "a", "kind": "fact"}]}, "'a' is not 32 hex digits"),
        ({"records": [{"id": "0" * 32, "kind": "fact"}] * 2}, "two have the same id"),
        ({"records": [{"id": "0" * 32, "kind": "dream"}]}, "Invalid enum value 'dream'"),
        ({"records": [{"id": "0" * 32, "kind": "fact", "embedding": b"12345"}]}, "5 bytes"),
    ],
)
def test_schema_1_content_is_checked(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    good = {"schema": 1, "session": "", "seed": 0, "seconds_per_tick": 1.0, "records": []}
    body = encode({**good, **change})
    data = b"EMEM\x00\x01\r\n" + hashlib.sha256(body).digest() + body
    (tmp_path / "old").write_bytes(data)
    with pytest.raises(MemoryFileError) as caught:
        read_schema_1(tmp_path / "old")
    assert said in str(caught.value)
