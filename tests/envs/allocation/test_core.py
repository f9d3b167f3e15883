import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.allocation.head import MOST_WAITING
from embodied_mem.allocation.inputs import SLOT_FEATURES
from embodied_mem.errors import ConfigError
from embodied_mem_envs.allocation.core import AllocationCore
from embodied_mem_envs.allocation.generate import EpisodeConfig, make_episode
from embodied_mem_envs.allocation.questions import KINDS
from embodied_mem_envs.allocation.synthetic import synthetic_streams
from embodied_mem_envs.allocation.table import EpisodeTable
from embodied_mem_envs.allocation.teacher import action_values

AT = {name: index for index, name in enumerate(SLOT_FEATURES)}
STREAMS = synthetic_streams(np.random.default_rng(7), items=80, moved=0.4)


def episodes(count, seed, **config):
    rng = np.random.default_rng(seed)
    made = EpisodeConfig(arrivals=14, slots=3, after=4, **config)
    return [make_episode(STREAMS, made, rng) for _ in range(count)]


def at_random(mask, rng):
    score = rng.random(mask.shape) * mask
    return score.reshape(len(mask), -1).argmax(axis=1)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_whatever_is_done_room_and_features_hold(seed):
    drawn = episodes(6, seed)
    core = AllocationCore(EpisodeTable(drawn), 6)
    core.begin(np.arange(6), np.arange(6))
    rng = np.random.default_rng(seed)
    for _ in range(14 * (MOST_WAITING + 1)):
        slots, context, mask = core.observe()
        assert np.isfinite(slots).all() and np.isfinite(context).all()
        assert mask.reshape(6, -1).any(axis=1).all()
        _check_memory(core, drawn, slots)
        core.step(at_random(mask, rng))
    assert (core.arrival == 14).all()


def _check_memory(core, drawn, slots):
    """Recounts from scratch what the core keeps count of."""
    for row, episode in enumerate(drawn):
        now = min(int(core.arrival[row]), len(episode.keys) - 1)
        held = [slot for slot in range(3) if core.levels[row, slot]]
        shown = {
            slot: set(episode.keys[core.held_candidates[row, slot]].tolist()) - {-1}
            for slot in held
        }
        used = sum(
            float(episode.bytes[core.held_candidates[row, s], core.levels[row, s] - 1])
            for s in held
        )
        assert used <= episode.budget * (1 + 1e-6)
        for slot in held:
            others = set().union(*(shown[each] for each in held if each != slot))
            count = max(len(shown[slot]), 1)
            stale = sum(episode.superseded[key] <= core.arrival[row] for key in shown[slot])
            features = slots[row, slot]
            assert features[AT["unique"]] == pytest.approx(len(shown[slot] - others) / count)
            assert features[AT["stale"]] == pytest.approx(stale / count)
            candidate = set(episode.keys[now].tolist()) - {-1}
            assert features[AT["overlap"]] == pytest.approx(len(shown[slot] & candidate) / count)
            same = sum(
                episode.place[core.held_candidates[row, each]]
                == episode.place[core.held_candidates[row, slot]]
                for each in held
            )
            assert features[AT["place_count"]] == pytest.approx(same / len(held))


@pytest.mark.parametrize("kind", KINDS)
def test_expected_rewards_are_the_mean_of_drawn_ones(kind):
    """Over many draws of the questions of one stream, for a policy that does not hear them."""
    rng = np.random.default_rng(3)
    drawn = episodes(1500, 11, kinds=(kind,))
    core = AllocationCore(EpisodeTable(drawn, expected=True), len(drawn), beta=0.0)
    core.begin(np.arange(len(drawn)), np.arange(len(drawn)))
    difference = np.zeros(len(drawn))
    for _ in range(14 * (MOST_WAITING + 1)):
        _, _, mask = core.observe()
        result = core.step(at_random(mask, rng))
        difference += result.reward - result.validity - result.outcomes
    error = difference.std() / len(drawn) ** 0.5
    assert abs(difference.mean()) < 4 * error + 1e-6


def test_one_who_knows_what_is_likely_to_be_asked_does_better_than_chance():
    drawn = episodes(60, 5)
    reached = {}
    for teach in (True, False):
        core = AllocationCore(EpisodeTable(drawn, expected=True), 60, beta=0.0)
        core.begin(np.arange(60), np.arange(60))
        rng, total = np.random.default_rng(0), 0.0
        for _ in range(14 * (MOST_WAITING + 1)):
            _, _, mask = core.observe()
            actions = (
                action_values(core).reshape(60, -1).argmax(axis=1)
                if teach
                else at_random(mask, rng)
            )
            total += core.step(actions).outcomes.sum()
        reached[teach] = total
    assert reached[True] > 1.5 * reached[False]


def test_a_teacher_needs_to_know_what_is_wanted():
    core = AllocationCore(EpisodeTable(episodes(1, 0)), 1)
    core.begin(np.array([0]), np.array([0]))
    core.observe()
    with pytest.raises(ConfigError, match="expected=True"):
        action_values(core)


def test_episodes_of_other_shapes_do_not_go_into_one_table():
    drawn = episodes(1, 0)
    longer = make_episode(STREAMS, EpisodeConfig(arrivals=20, slots=3), np.random.default_rng(0))
    with pytest.raises(ConfigError, match="same numbers"):
        EpisodeTable([*drawn, longer])
    table = EpisodeTable(drawn)
    with pytest.raises(ConfigError, match="keys"):
        table.put(0, dataclasses.replace(drawn[0], first_seen=np.zeros(500, np.int16)))
