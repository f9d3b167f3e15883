"""Whatever a file holds, taking it in is an error of ours or gives exactly what is written."""

import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from embodied_mem.errors import EmbodiedMemError, MemoryFileError
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.storage.exchange import Parcel
from mutations import frame_bodies, mutated, sealed
from small_store import fill

LONGEST = 10.0
"""Seconds that no import may take; each takes milliseconds."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    path = tmp_path_factory.mktemp("fuzz") / "good.emem"
    with MemoryStore(session="fuzz", seed=3) as store:
        fill(store, rounds=2)
        store.export(path)
        return path.read_bytes(), store.digest()


def test_an_export_imports_and_exports_to_the_same_bytes(
    tmp_path: Path, good: tuple[bytes, str]
) -> None:
    data, digest = good
    (tmp_path / "in").write_bytes(data)
    with MemoryStore.read(tmp_path / "in") as store:
        assert store.digest() == digest
        store.export(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == data


def damaged(rng: np.random.Generator, data: bytes, bodies: list[bytes]) -> bytes:
    """Returns a damaged file: as a disk damages it, or with right checksums at some depth."""
    depth = int(rng.integers(3))
    if depth == 0:
        return mutated(rng, data)
    chosen = int(rng.integers(len(bodies)))
    body = bodies[chosen]
    if depth == 1 or chosen == 0:
        body = mutated(rng, body)
    else:
        parcel = msgspec.msgpack.decode(body, type=Parcel)
        body = msgspec.msgpack.encode(
            msgspec.structs.replace(parcel, body=mutated(rng, parcel.body))
        )
    return sealed([*bodies[:chosen], body, *bodies[chosen + 1 :]])


def check_import(path: Path, data: bytes, good: tuple[bytes, str]) -> bool:
    """Imports a file; returns whether it was taken in."""
    path.write_bytes(data)
    with MemoryStore() as store:
        try:
            count = store.import_(path)
        except EmbodiedMemError as error:
            assert str(path) in str(error)
            assert len(store) == 0
            return False
        records = list(store.records())
        assert len(records) == count
        store.export(path)
        if frame_bodies(data)[1:] == frame_bodies(good[0])[1:]:
            assert store.digest() == good[1]
        # What was taken in is what the file says, to the byte.
        assert sorted(frame_bodies(path.read_bytes())[1:]) == sorted(parcels_of(data))
        return True


def parcels_of(data: bytes) -> list[bytes]:
    """Returns the parcels of an export in canonical coding."""
    return [
        msgspec.msgpack.encode(msgspec.msgpack.decode(body, type=Parcel))
        for body in frame_bodies(data)[1:]
    ]


def fuzz(folder: Path, good: tuple[bytes, str], seed: int, count: int) -> int:
    rng = np.random.default_rng(seed)
    bodies = frame_bodies(good[0])
    taken = 0
    for _ in range(count):
        started = time.monotonic()
        taken += check_import(folder / "bad", damaged(rng, good[0], bodies), good)
        assert time.monotonic() - started < LONGEST
    return taken


def test_fuzzed_exports_are_refused_or_taken_in_as_they_are(
    tmp_path: Path, good: tuple[bytes, str]
) -> None:
    assert fuzz(tmp_path, good, seed=1, count=300) > 0


@pytest.mark.slow
def test_ten_thousand_fuzzed_exports(tmp_path: Path, good: tuple[bytes, str]) -> None:
    assert fuzz(tmp_path, good, seed=2, count=10_000) > 0


def test_a_refused_file_leaves_a_store_as_it_was(tmp_path: Path, good: tuple[bytes, str]) -> None:
    data = bytearray(good[0])
    data[len(data) // 2] ^= 8
    (tmp_path / "bad").write_bytes(data)
    with MemoryStore(tmp_path / "store") as store:
        fill(store, seed=9, rounds=1)
        before = store.digest()
        with pytest.raises(MemoryFileError, match="does not match its checksum"):
            store.import_(tmp_path / "bad")
        assert store.digest() == before
