"""Walks become streams: who is who, what moved, what it costs; and the shipped streams hold it."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.allocation.inputs import GROUPS
from embodied_mem.errors import ConfigError, MemoryFileError
from embodied_mem_envs.allocation.recording import (
    HELD_OUT_SEED,
    TRAINING_SEED,
    Record,
    embed,
    record_stream,
    stream_of,
)
from embodied_mem_envs.allocation.recording_identity import Identity, WatchedSnapshots
from embodied_mem_envs.allocation.recording_walk import HouseWalk, WalkConfig
from embodied_mem_envs.allocation.stream_checks import check_streams
from embodied_mem_envs.allocation.stream_file import join_streams, load_streams, streams_hash
from embodied_mem_envs.allocation.streams import Streams

TINY = WalkConfig(visits=2, pictures=20, width=96, moved=0.2)
SEED = 27


@pytest.fixture(scope="module")
def walked() -> tuple[HouseWalk, Streams]:
    walk = HouseWalk(SEED, TINY)
    return walk, stream_of(walk, list(walk.pictures()))


@pytest.fixture(scope="module")
def tiny(walked: tuple[HouseWalk, Streams]) -> Streams:
    return walked[1]


@pytest.fixture(scope="module")
def still() -> Streams:
    """Of the same house, where nothing is moved."""
    return record_stream(SEED, dataclasses.replace(TINY, moved=0.0))


def test_a_walk_gives_a_valid_stream(tiny: Streams) -> None:
    check_streams(tiny)
    assert tiny.seed.tolist() == [SEED]
    assert not tiny.held_out[0]
    assert np.bincount(tiny.visit).tolist() == pytest.approx([20, 20], abs=2)
    assert tiny.place.max() > 0
    assert len(np.unique(tiny.group)) > GROUPS / 2
    assert len(tiny.group) > 20


def test_the_same_seed_gives_the_same_stream(tiny: Streams, still: Streams) -> None:
    assert streams_hash(record_stream(SEED, TINY)) == streams_hash(tiny)
    assert streams_hash(still) != streams_hash(tiny)


def test_bytes_are_those_of_pictures(tiny: Streams) -> None:
    coarse, full = tiny.bytes.T
    assert (coarse < 0.7 * full).all()
    shown = (tiny.objects >= 0).sum(axis=1)
    assert np.corrcoef(shown, coarse)[0, 1] > 0.5  # the names of what it shows are metadata


def test_pictures_of_the_same_things_are_alike(tiny: Streams) -> None:
    sets = [set(row[row >= 0].tolist()) for row in tiny.objects]
    cosine = tiny.embedding @ tiny.embedding.T
    first, second = np.triu_indices(len(sets), 1)
    common = np.array([len(sets[i] & sets[j]) for i, j in zip(first, second, strict=True)])
    among = cosine[first, second]
    assert among[common > 1].mean() > among[common == 0].mean() + 0.2


def test_a_thing_that_is_found_elsewhere_has_a_new_version(
    walked: tuple[HouseWalk, Streams],
) -> None:
    walk, tiny = walked
    history = walk.scene.objects.history
    tracked = [row for row in walk.believed if walk.scene.objects.live[row] and history[row]]
    assert tracked
    moved = np.unique(tiny.objects[tiny.versions > 0])
    assert 0 < len(moved) <= len(tracked)
    late = tiny.visit[(tiny.versions > 0).any(axis=1)]
    assert np.median(late) == 1


def test_without_moves_hardly_anything_has_a_new_version(still: Streams) -> None:
    moved = np.unique(still.objects[still.versions > 0])
    assert len(moved) <= 0.05 * len(still.group)


def test_rows_that_turn_out_to_be_others_are_followed_to_the_end() -> None:
    identity = Identity()
    identity.join(7, 3, offset=1)  # found again elsewhere
    identity.join(3, 1, offset=0)  # the same thing seen twice
    assert identity.resolve(7, 0) == (1, 1)
    assert identity.resolve(3, 1) == (1, 1)
    assert identity.resolve(2, 0) == (2, 0)
    identity.join(9, 1, offset=-2)
    assert identity.resolve(9, 0) == (1, 0)


def test_the_choice_of_pictures_tells_what_it_hears() -> None:
    watched = WatchedSnapshots()
    watched.clear()
    rows, quality = np.array([0, 2]), np.array([0.5, 0.25], np.float32)
    assert watched.wants(rows, quality)
    watched.merge_rows(2, 0)
    assert watched.rows.tolist() == [0, 2]
    assert watched.view.tolist() == [0.5, 0.25]
    assert watched.joined == [(2, 0)]
    watched.clear()
    assert not watched.rows.size
    assert not watched.joined


def test_a_projection_keeps_likeness() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 1, 44)).astype(np.float32)
    near = one + np.float32(0.1) * other
    vectors = embed(np.concatenate([one, near, -one]))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)
    assert vectors[0] @ vectors[1] > 0.95
    assert vectors[0] @ vectors[2] == pytest.approx(-1.0, abs=1e-5)


@pytest.mark.parametrize(
    "wrong",
    [{"visits": 0}, {"pictures": 0}, {"width": 8}, {"moved": 1.5}, {"novelty": -0.1}],
)
def test_a_walk_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        dataclasses.replace(TINY, **wrong)


# -- the command -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Streams]:
    folder = tmp_path_factory.mktemp("recorded")
    walk = dataclasses.replace(TINY, visits=1, pictures=5)
    record = Record(out=folder / "s.npz", train=1, held_out=1, parts=folder / "parts", walk=walk)
    return folder, record.run(note=lambda _: None)


def test_the_command_records_houses_of_both_kinds(recorded: tuple[Path, Streams]) -> None:
    folder, streams = recorded
    assert streams.seed[0] >= TRAINING_SEED
    assert streams.seed[1] >= HELD_OUT_SEED
    assert streams.held_out.tolist() == [False, True]
    assert streams_hash(load_streams(folder / "s.npz")) == streams_hash(streams)


def test_the_command_goes_on_where_it_stopped(recorded: tuple[Path, Streams]) -> None:
    folder, streams = recorded
    notes: list[str] = []
    walk = dataclasses.replace(TINY, visits=1, pictures=5)
    again = Record(out=folder / "t.npz", train=1, held_out=1, parts=folder / "parts", walk=walk)
    assert streams_hash(again.run(note=notes.append)) == streams_hash(streams)
    assert sum("0.0 s" in note for note in notes) == 2
    assert (folder / "t.npz").read_bytes() == (folder / "s.npz").read_bytes()


@pytest.mark.slow
def test_two_houses_at_once_are_the_same_as_one_by_one(recorded: tuple[Path, Streams]) -> None:
    folder, streams = recorded
    walk = dataclasses.replace(TINY, visits=1, pictures=5)
    record = Record(out=folder / "v.npz", train=1, held_out=1, jobs=2, walk=walk)
    assert streams_hash(record.run(note=lambda _: None)) == streams_hash(streams)


def test_another_walk_is_not_taken_for_this_one(recorded: tuple[Path, Streams]) -> None:
    folder, streams = recorded
    other = dataclasses.replace(TINY, visits=1, pictures=3)
    shutil.copytree(folder / "parts", folder / "other")
    record = Record(out=folder / "u.npz", train=1, held_out=0, parts=folder / "other", walk=other)
    assert len(record.run(note=lambda _: None).tick) < streams.item_start[1]


@pytest.mark.parametrize("wrong", [{"train": 0, "held_out": 0}, {"train": -1}, {"jobs": 0}])
def test_a_recording_of_nothing_is_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="a house and a job"):
        Record(out=tmp_path / "x", **wrong)  # type: ignore[arg-type]


# -- what ships ------------------------------------------------------------------------------


def test_the_shipped_streams_are_as_large_and_as_lively_as_training_needs() -> None:
    streams = load_streams()
    items, things = np.diff(streams.item_start), np.diff(streams.object_start)
    assert items.min() >= 560
    assert things.min() >= 45
    assert things.max() <= 200
    shown = (streams.objects >= 0).sum(axis=1)
    assert 3 <= shown.mean() <= 5
    assert 0.05 < (shown == 1).mean() < 0.3
    moved = [_moved(streams, index) for index in range(len(streams))]
    assert 0.08 <= np.sum(moved) / things.sum() <= 0.15
    assert min(moved) >= 3


def _moved(streams: Streams, index: int) -> int:
    item = slice(*streams.item_start[index : index + 2])
    return len(np.unique(streams.objects[item][streams.versions[item] > 0]))


def test_the_shipped_streams_hold_houses_for_training_and_others_for_evaluation() -> None:
    streams = load_streams()
    train, held_out = streams.seed[~streams.held_out], streams.seed[streams.held_out]
    assert not set(train) & set(held_out)
    assert (train >= TRAINING_SEED).all()
    assert (train < HELD_OUT_SEED).all()
    assert (held_out >= HELD_OUT_SEED).all()
    with pytest.raises(MemoryFileError, match="twice"):
        join_streams([streams, streams])
