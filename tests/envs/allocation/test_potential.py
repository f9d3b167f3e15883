"""What a memory is worth if nothing is changed: rewards shaped by it sum up to the same."""

import numpy as np
import pytest

from embodied_mem.allocation.head import DROP, action_of
from embodied_mem.errors import ConfigError
from embodied_mem_envs.allocation.core import AllocationCore
from embodied_mem_envs.allocation.episode_sets import draw_episodes
from embodied_mem_envs.allocation.generate import EpisodeConfig
from embodied_mem_envs.allocation.potential import FrozenValue
from embodied_mem_envs.allocation.synthetic import synthetic_streams
from embodied_mem_envs.allocation.table import EpisodeTable

ROWS = 24


@pytest.fixture(scope="module")
def table():
    streams = synthetic_streams(np.random.default_rng(0))
    config = EpisodeConfig(arrivals=15, slots=3, after=7)
    return EpisodeTable(draw_episodes(streams, config, ROWS, 1), expected=True)


def begun(table):
    core = AllocationCore(table, ROWS, beta=0.0)
    core.begin(np.arange(ROWS), np.arange(ROWS))
    return core


def at_random(core, rng):
    _, _, mask = core.observe()
    flat = mask.reshape(ROWS, -1)
    return np.where(flat, rng.random(flat.shape), -1.0).argmax(axis=1)


def test_it_is_what_comes_if_every_further_candidate_is_refused(table):
    rng = np.random.default_rng(2)
    value = FrozenValue(table)
    core = begun(table)
    assert (value(core) == 0).all()
    for _ in range(12):
        core.step(at_random(core, rng))
    expected = value(core)
    got = np.zeros(ROWS)
    running = core.arrival < table.arrivals
    while running.any():
        core.observe()
        step = core.step(np.full(ROWS, int(action_of(3, DROP))))
        got += step.reward * running
        running &= ~step.done
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
    assert expected.max() > 1


def test_shaped_rewards_sum_up_to_the_rewards(table):
    rng = np.random.default_rng(3)
    value = FrozenValue(table)
    core = begun(table)
    running = np.ones(ROWS, bool)
    plain, shaped, before = np.zeros(ROWS), np.zeros(ROWS), value(core)
    while running.any():
        step = core.step(at_random(core, rng))
        after = value(core)
        plain += step.reward * running
        shaped += (step.reward + after - before) * running
        assert (after[step.done] == 0).all()
        before = after
        running &= ~step.done
        core.begin(np.flatnonzero(step.done), np.flatnonzero(step.done))
        before[step.done] = 0
    np.testing.assert_allclose(shaped, plain, rtol=1e-4, atol=1e-4)


def test_refusing_neither_gains_nor_loses(table):
    value = FrozenValue(table)
    core = begun(table)
    rng = np.random.default_rng(4)
    for _ in range(10):
        core.step(at_random(core, rng))
    before = value(core)
    core.observe()
    step = core.step(np.full(ROWS, int(action_of(3, DROP))))
    np.testing.assert_allclose(step.reward + value(core), before, rtol=1e-4, atol=1e-4)


def test_a_table_that_does_not_know_what_is_wanted_is_refused(table):
    streams = synthetic_streams(np.random.default_rng(0))
    plain = EpisodeTable(draw_episodes(streams, EpisodeConfig(arrivals=15, slots=3), 2, 1))
    with pytest.raises(ConfigError, match="expected=True"):
        FrozenValue(plain)
