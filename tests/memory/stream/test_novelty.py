from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError
from embodied_mem.memory.stream import Novelty, NoveltyConfig, PictureCarrier

AXES = np.eye(8)


def new_ticks(gate: Novelty, stream: list[np.ndarray]) -> list[int]:
    return [tick for tick, vector in enumerate(stream) if gate.observe(vector, tick)]


def test_each_new_view_counts_once_and_a_known_one_not_again() -> None:
    views = [0] * 5 + [1] * 3 + [0] * 5 + [2] * 4 + [1] * 2
    assert new_ticks(Novelty(8), [AXES[view] for view in views]) == [0, 5, 13]


def test_a_view_that_never_settles_counts_once() -> None:
    rng = np.random.default_rng(0)
    noise = [rng.normal(size=8) for _ in range(100)]
    assert new_ticks(Novelty(8), [*([AXES[0]] * 3), *noise])[:2] == [0, 3]
    many = Novelty(64)
    assert len(new_ticks(many, [rng.normal(size=64) for _ in range(100)])) == 1


def test_a_turn_counts_where_it_begins_and_where_it_ends() -> None:
    turn = [AXES[0]] * 4 + [AXES[view] for view in (1, 2, 3, 4)] + [AXES[5]] * 4
    assert new_ticks(Novelty(8), turn) == [0, 4, 9]


def test_noise_about_the_threshold_does_not_flicker() -> None:
    rng = np.random.default_rng(2)
    near = np.cos(0.8) * AXES[0] + np.sin(0.8) * AXES[1]  # a distance of 0.3, the threshold
    stream = [AXES[0], *(near + 0.03 * rng.normal(size=8) for _ in range(60))]
    assert len(new_ticks(Novelty(8), stream)) == 2


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 7), min_size=1, max_size=60))
def test_what_is_new_is_far_from_all_that_was(views: list[int]) -> None:
    gate = Novelty(8)
    taken: list[int] = []
    for tick, view in enumerate(views):
        if gate.observe(AXES[view], tick):
            assert view not in taken
            taken.append(view)
    assert gate.taken == len(taken)
    held = {view for view, again in pairwise(views) if view == again}
    assert held <= set(taken)  # whatever holds still for two frames is not missed


@pytest.mark.parametrize("kwargs", [{"threshold": 0.1}, {"threshold": 3.0}, {"size": 2}])
def test_a_wrong_setting_is_refused(kwargs: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        NoveltyConfig(**kwargs)  # type: ignore[arg-type]


def test_a_carrier_tells_pictures_apart_and_takes_in_what_came_before() -> None:
    rng = np.random.default_rng(3)
    room = rng.integers(0, 255, (6, 8, 3), np.uint8).repeat(20, 0).repeat(20, 1)
    noisy = np.clip(room + rng.normal(0, 4, room.shape), 0, 255).astype(np.uint8)
    other = room[::-1].copy()
    carrier = PictureCarrier(mix=0.5)
    still, again, apart = (carrier.still(picture) for picture in (room, noisy, other))
    assert still.shape == (carrier.dimension,) and np.linalg.norm(still) == pytest.approx(1.0)
    assert still @ again > 0.99 > 0.6 > still @ apart
    assert np.array_equal(carrier(room), still)
    mixed = carrier(other)
    assert still @ mixed > still @ apart and apart @ mixed > 0.8
    carrier.reset()
    assert np.array_equal(carrier(other), apart)
    with pytest.raises(ConfigError):
        PictureCarrier(mix=1.0)


def test_a_stream_goes_on() -> None:
    gate = Novelty(8)
    assert gate.observe(AXES[0], 3) and not gate.observe(AXES[0], 4)
    for tick in (4, 3):
        with pytest.raises(ConfigError, match="does not come after 4"):
            gate.observe(AXES[1], tick)
    assert gate.observe(AXES[1], 5)
