"""Streams come back from their file as they went in, and nothing else is taken for them."""

import dataclasses
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.allocation.inputs import GROUPS, ROOMS
from embodied_mem.errors import MemoryFileError
from embodied_mem_envs.allocation.stream_checks import check_streams
from embodied_mem_envs.allocation.stream_file import (
    VERSION,
    join_streams,
    load_streams,
    save_streams,
    streams_hash,
)
from embodied_mem_envs.allocation.streams import MOST_OBJECTS, Streams


def drawn_stream(seed: int, items: int = 12, things: int = 9) -> Streams:
    """A stream as a walk could leave it, made up."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, MOST_OBJECTS + 1, items)
    shown = np.arange(MOST_OBJECTS) < counts[:, None]
    objects = rng.permuted(np.tile(np.arange(things), (items, 1)), axis=1)[:, :MOST_OBJECTS]
    moved = rng.integers(1, items, things)  # the candidate from which on each was moved
    versions = np.arange(items)[:, None] >= moved[objects]
    full = rng.integers(3000, 9000, items)
    embedding = rng.normal(size=(items, 16))
    quality = -np.sort(-rng.random((items, MOST_OBJECTS)), axis=1)
    return Streams(
        item_start=np.array([0, items]),
        object_start=np.array([0, things]),
        seed=np.array([seed]),
        held_out=np.array([seed % 2 == 1]),
        tick=np.cumsum(rng.integers(1, 9, items)),
        visit=np.sort(rng.integers(0, 4, items)).astype(np.int16),
        place=rng.integers(0, 5, items).astype(np.int16),
        room=rng.integers(0, ROOMS, items).astype(np.int16),
        bytes=np.stack([full // 4, full], axis=1).astype(np.float32),
        embedding=(embedding / np.linalg.norm(embedding, axis=1, keepdims=True)).astype(np.float32),
        objects=np.where(shown, objects, -1).astype(np.int16),
        versions=np.where(shown, versions, 0).astype(np.int16),
        quality=np.where(shown, quality, 0).astype(np.float32),
        group=rng.integers(0, GROUPS, things).astype(np.int16),
    )


def arrays_of(streams: Streams) -> dict[str, Any]:
    return {field.name: getattr(streams, field.name) for field in dataclasses.fields(streams)}


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_file_holds_what_was_written(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    path = tmp_path_factory.mktemp("streams") / "streams.npz"
    streams = join_streams([drawn_stream(seed), drawn_stream(seed + 1, items=5)])
    save_streams(streams, path)
    read = load_streams(path)
    for name, array in arrays_of(streams).items():
        other = getattr(read, name)
        assert other.dtype == array.dtype, name
        if name in ("embedding", "quality"):
            assert np.abs(other - array).max() < 0.006, name
        else:
            assert np.array_equal(other, array), name
    assert np.allclose(np.linalg.norm(read.embedding, axis=1), 1.0, atol=1e-6)


def test_the_same_streams_make_the_same_bytes_also_when_read_back(tmp_path: Path) -> None:
    streams = drawn_stream(3)
    first, second, third = (tmp_path / name for name in ("a", "b", "c"))
    save_streams(streams, first)
    save_streams(streams, second)
    save_streams(load_streams(first), third)
    assert first.read_bytes() == second.read_bytes() == third.read_bytes()
    assert streams_hash(streams) == streams_hash(load_streams(first))


def test_the_hash_tells_every_array_apart() -> None:
    streams = drawn_stream(4)
    changes = {
        "seed": streams.seed + 2,
        "held_out": ~streams.held_out,
        "tick": streams.tick + 1,
        "visit": streams.visit + 1,
        "place": streams.place[::-1].copy(),
        "room": (streams.room + 1) % ROOMS,
        "bytes": streams.bytes + 1,
        "embedding": -streams.embedding,
        "versions": np.where(streams.objects >= 0, streams.versions + 1, 0).astype(np.int16),
        "quality": streams.quality / 2,
        "group": (streams.group + 1) % GROUPS,
    }
    hashes = {
        streams_hash(dataclasses.replace(streams, **{name: changes[name]})) for name in changes
    }
    assert len(hashes | {streams_hash(streams)}) == len(changes) + 1


def test_numpy_opens_the_file(tmp_path: Path) -> None:
    save_streams(drawn_stream(5), tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz", allow_pickle=False) as data:
        assert data["item_start"].tolist() == [0, 12]


def test_what_was_read_cannot_be_written_to(tmp_path: Path) -> None:
    save_streams(drawn_stream(6), tmp_path / "s.npz")
    with pytest.raises(ValueError, match="read-only"):
        load_streams(tmp_path / "s.npz").tick[0] = 1


def test_joined_streams_keep_their_own_numbers() -> None:
    first, second = drawn_stream(1), drawn_stream(2, items=7)
    joined = join_streams([first, second])
    assert joined.item_start.tolist() == [0, 12, 19]
    assert joined.object_start.tolist() == [0, 9, 18]
    assert np.array_equal(joined.objects[12:], second.objects)
    with pytest.raises(MemoryFileError, match="twice"):
        join_streams([first, first])
    with pytest.raises(MemoryFileError, match="no streams"):
        join_streams([])


# -- what is no file of streams --------------------------------------------------------------


def rewritten(path: Path, **members: bytes | None) -> None:
    """Writes the file anew with members replaced, or left out where None."""
    with zipfile.ZipFile(path) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    found |= {name.replace("__", "."): data for name, data in members.items()}  # type: ignore[dict-item]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in found.items():
            if data is not None:
                archive.writestr(name, data)


def npy(array: Any, *, pickled: bool = False) -> bytes:
    data = io.BytesIO()
    np.save(data, array, allow_pickle=pickled)
    return data.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_streams(drawn_stream(7), tmp_path / "streams.npz")
    return tmp_path / "streams.npz"


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(MemoryFileError, match="record the streams first"):
        load_streams(tmp_path / "none.npz")


def test_a_file_of_another_version_is_refused(path: Path) -> None:
    header = {"format": "allocation streams", "version": VERSION + 1, "sha256": ""}
    rewritten(path, streams__json=json.dumps(header).encode())
    with pytest.raises(MemoryFileError, match=f"version {VERSION + 1}; expected {VERSION}"):
        load_streams(path)


@pytest.mark.parametrize("header", [b"[]", b"{}", b"nonsense", b"\xff", None])
def test_a_foreign_archive_is_refused(path: Path, header: bytes | None) -> None:
    rewritten(path, streams__json=header)
    with pytest.raises(MemoryFileError, match="streams"):
        load_streams(path)


def test_another_array_does_not_match_the_checksum(path: Path) -> None:
    with np.load(path) as data:
        ticks = data["tick"] + 1
    rewritten(path, tick__npy=npy(ticks.astype("<u4")))
    with pytest.raises(MemoryFileError, match="checksum"):
        load_streams(path)


def test_nothing_is_unpickled(path: Path) -> None:
    rewritten(path, tick__npy=npy(np.array([{"a": 1}], object), pickled=True))
    with pytest.raises(MemoryFileError, match="damaged"):
        load_streams(path)


def test_an_array_of_another_type_is_refused(path: Path) -> None:
    rewritten(path, tick__npy=npy(np.zeros(12)))
    with pytest.raises(MemoryFileError, match="tick holds <f8"):
        load_streams(path)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_damage_is_always_noticed(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    folder = tmp_path_factory.mktemp("damage")
    intact, broken = folder / "intact.npz", folder / "broken.npz"
    save_streams(drawn_stream(8, items=4), intact)
    content = bytearray(intact.read_bytes())
    if data.draw(st.booleans(), "cut"):
        del content[data.draw(st.integers(0, len(content) - 1), "length") :]
    else:
        at = data.draw(st.integers(0, len(content) - 1), "at")
        content[at] ^= data.draw(st.integers(1, 255), "flip")
    broken.write_bytes(content)
    try:
        streams = load_streams(broken)
    except MemoryFileError:
        return
    # Some bytes of a zip say nothing, such as times and permissions.
    assert streams_hash(streams) == streams_hash(load_streams(intact))


# -- what are no streams ---------------------------------------------------------------------

WRONG: dict[str, Any] = {
    "tick": lambda s: s.tick[::-1].copy(),
    "visit": lambda s: s.visit[::-1] * 2 + np.arange(12, 0, -1, dtype=np.int16),
    "room": lambda s: s.room + np.int16(ROOMS),
    "group": lambda s: s.group - np.int16(1 + s.group.max()),
    "bytes": lambda s: s.bytes[:, ::-1].copy(),
    "embedding": lambda s: s.embedding * np.float32(1.1),
    "quality": lambda s: s.quality + np.float32(np.nan),
    "objects": lambda s: np.where(s.objects == 0, 9, s.objects).astype(np.int16),
    "versions": lambda s: s.versions[::-1].copy(),
    "item_start": lambda s: np.array([0, 11]),
    "object_start": lambda s: np.array([1, 9]),
    "seed": lambda s: s.seed - 100,
    "place": lambda s: s.place.astype(np.int64),
    "held_out": lambda s: np.zeros(3, bool),
}


@pytest.mark.parametrize("name", WRONG)
def test_every_array_is_checked(name: str, tmp_path: Path) -> None:
    streams = drawn_stream(9)
    check_streams(streams)
    wrong = dataclasses.replace(streams, **{name: WRONG[name](streams)})
    with pytest.raises(MemoryFileError):
        save_streams(wrong, tmp_path / "wrong.npz")
    assert not (tmp_path / "wrong.npz").exists()


@pytest.mark.parametrize(
    ("shown", "what"),
    [
        ([-1] * 8, "shows nothing"),
        ([0, -1, 1, -1, -1, -1, -1, -1], "gap"),
        ([3, 3, -1, -1, -1, -1, -1, -1], "twice"),
        ([-2, -1, -1, -1, -1, -1, -1, -1], "below -1"),
    ],
)
def test_what_a_candidate_shows_is_checked(shown: list[int], what: str) -> None:
    streams = drawn_stream(10)
    objects = streams.objects.copy()
    objects[4] = shown
    with pytest.raises(MemoryFileError, match=what):
        check_streams(dataclasses.replace(streams, objects=objects))


def test_a_number_that_is_too_large_for_the_file_is_refused(tmp_path: Path) -> None:
    streams = drawn_stream(11)
    with pytest.raises(MemoryFileError, match="place goes from"):
        save_streams(
            dataclasses.replace(streams, place=streams.place + np.int16(300)), tmp_path / "x"
        )
