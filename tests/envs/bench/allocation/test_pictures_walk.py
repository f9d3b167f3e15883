"""A walk with pictures is the recorded stream, with real pixels and the truth beside it."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem.memory.codec.pictures import decode_picture
from embodied_mem_envs.allocation.recording import record_stream
from embodied_mem_envs.allocation.stream_checks import check_streams
from embodied_mem_envs.allocation.streams import Streams
from embodied_mem_envs.bench.allocation.pictures_cache import cached_walk
from embodied_mem_envs.bench.allocation.pictures_walk import ARRAYS, PictureWalk, thinned
from picture_walks import SEED, TINY, tiny_walk


@pytest.fixture(scope="module")
def walk() -> PictureWalk:
    return tiny_walk()


def test_its_candidates_are_those_that_the_recorder_takes(walk: PictureWalk) -> None:
    recorded = record_stream(SEED, TINY, held_out=True)
    for field in dataclasses.fields(Streams):
        np.testing.assert_array_equal(
            getattr(walk.streams, field.name), getattr(recorded, field.name), err_msg=field.name
        )


def test_things_are_where_the_truth_has_them(walk: PictureWalk) -> None:
    shown = (walk.streams.objects >= 0) & (walk.true >= 0)
    assert shown.sum() >= 0.95 * (walk.streams.objects >= 0).sum()
    visit = np.broadcast_to(walk.streams.visit[:, None], shown.shape)[shown].astype(int)
    true = walk.true[shown].astype(int)
    low, high = walk.truth.low[visit, true], walk.truth.high[visit, true]
    position = walk.position[shown]
    apart = np.maximum(np.maximum(low - position, position - high), 0.0)
    assert (np.linalg.norm(apart, axis=1) <= 0.5).mean() > 0.9
    named = np.array(walk.categories)[walk.streams.objects[shown]]
    assert (named == np.array(walk.truth.categories)[true]).mean() > 0.9


def test_boxes_lie_in_the_picture_around_something(walk: PictureWalk) -> None:
    width, height = walk.size
    shown = (walk.streams.objects >= 0) & (walk.true >= 0)
    x0, y0, x1, y1 = walk.boxes[shown].T
    assert (x0 >= 0).all() and (y0 >= 0).all()
    assert (x1 > x0).all() and (x1 <= width).all()
    assert (y1 > y0).all() and (y1 <= height).all()


def test_some_things_are_elsewhere_on_the_second_visit(walk: PictureWalk) -> None:
    moved = np.abs(walk.truth.low[1] - walk.truth.low[0]).max(axis=1) > 0.1
    assert 3 <= moved.sum() <= 0.4 * len(moved)


def test_every_prefix_of_the_layers_is_a_picture(walk: PictureWalk) -> None:
    layers, losses = walk.layers[7], walk.losses[7]
    for count in range(1, len(layers) + 1):
        assert decode_picture(layers[:count]).shape == (*walk.size[::-1], 3)
    assert (np.diff(losses) <= 0).all()
    assert losses[-1] == 0.0 < losses[0]


def test_thinning_keeps_whole_candidates_in_order(walk: PictureWalk) -> None:
    drawn = thinned(walk, 20, np.random.default_rng(3))
    check_streams(drawn.streams)
    at = np.searchsorted(walk.streams.tick, drawn.streams.tick)
    assert len(drawn) == 20 == len(np.unique(at))
    np.testing.assert_array_equal(walk.streams.tick[at], drawn.streams.tick)
    np.testing.assert_array_equal(walk.streams.objects[at], drawn.streams.objects)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(walk, name)[at], getattr(drawn, name))
    assert drawn.layers == tuple(walk.layers[index] for index in at)


def test_more_candidates_than_there_are_cannot_be_drawn(walk: PictureWalk) -> None:
    with pytest.raises(ConfigError, match="candidates; cannot draw 1000"):
        thinned(walk, 1000, np.random.default_rng(0))


def test_a_walk_is_rendered_once(tmp_path: Path) -> None:
    config = dataclasses.replace(TINY, visits=1, pictures=5)
    heard: list[str] = []
    first = cached_walk(SEED, config, tmp_path, heard.append)
    assert len(heard) == 1
    again = cached_walk(SEED, config, tmp_path, heard.append)
    assert len(heard) == 1
    assert first.layers == again.layers and first.categories == again.categories
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    for field in dataclasses.fields(Streams):
        mine, other = (getattr(each.streams, field.name) for each in (first, again))
        np.testing.assert_array_equal(mine, other)
        assert mine.dtype == other.dtype
    assert first.truth.ids == again.truth.ids
    np.testing.assert_array_equal(first.truth.high, again.truth.high)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".npz"}
    assert json.loads(next(tmp_path.glob("*.json")).read_bytes())["size"] == [112, 84]


def test_a_walk_with_other_settings_is_another_file(tmp_path: Path) -> None:
    for width in (64, 96):
        config = dataclasses.replace(TINY, visits=1, pictures=3, width=width)
        assert cached_walk(SEED, config, tmp_path, lambda _: None).size[0] == width
    assert len(list(tmp_path.iterdir())) == 4
