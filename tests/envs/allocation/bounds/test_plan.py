"""Plans do what is to be held, with as many operations as there are."""

import dataclasses

import numpy as np
import pytest

from bounds_in_core import accuracy_in_core
from embodied_mem.allocation.head import DROP, LOWER, entry_and_operation
from embodied_mem.errors import ConfigError
from embodied_mem_envs.allocation.bounds.clairvoyant import clairvoyant
from embodied_mem_envs.allocation.bounds.oracle import Oracle, labels_of, plan_for
from embodied_mem_envs.allocation.bounds.plan import held_until, plan_of
from embodied_mem_envs.allocation.bounds.wanted import wanted_by_draws
from embodied_mem_envs.allocation.generate import EpisodeConfig, make_episode
from embodied_mem_envs.allocation.synthetic import synthetic_streams

NO_MERGE = np.full(12, -1)


def drawn(seed=0, **config):
    rng = np.random.default_rng(seed)
    streams = synthetic_streams(rng, streams=2, items=80)
    return make_episode(streams, EpisodeConfig(**{"arrivals": 12, "slots": 8, **config}), rng)


def kept_from_to(*spans):
    """What to hold: candidate, its last time, and its last time in full."""
    kept = np.zeros((12, 12), np.int8)
    for item, last, fine in spans:
        kept[item : last + 1, item] = 1
        kept[item : fine + 1, item] = 2
    return kept


def test_it_holds_at_least_what_it_is_to_hold():
    for seed in range(8):
        episode = drawn(seed, slots=3, fill=0.5)
        bound = clairvoyant(episode)
        plan = plan_for(episode, bound)
        assert (plan.held >= bound.kept).all()
        assert ((plan.held > 0).sum(axis=1) <= 3).all()


def test_what_is_worth_something_later_is_not_lowered_for_nothing():
    episode = dataclasses.replace(drawn(), budget=1e9)
    plan = plan_of(episode, kept_from_to((0, 11, 3), (5, 11, 11)), NO_MERGE)
    _, operation = entry_and_operation(plan.actions)
    assert (operation != LOWER).all()
    assert plan.held[11, 0] == 2


def crowded():
    """Six candidates in full, whose room the last one takes: five operations at once, and more."""
    episode = drawn(slots=8, fill=1.0)
    size = episode.bytes.copy()
    size[:] = 10.0, 40.0
    size[9] = 10.0, 230.0
    return dataclasses.replace(episode, bytes=size, budget=240.0)


def test_room_is_made_early_where_one_candidate_would_wait_too_long():
    spans = [(item, 8, 8) for item in range(5)] + [(5, 7, 7), (9, 11, 11)]
    episode = crowded()
    plan = plan_of(episode, kept_from_to(*spans), NO_MERGE)
    assert plan.held[9, 9] == 2
    _, invalid = accuracy_in_core([episode], Oracle([plan]))
    assert invalid == 0


def test_a_candidate_is_refused_if_there_are_too_few_operations():
    # All six are wanted until the very candidate before.
    spans = [(item, 8, 8) for item in range(3, 9)] + [(9, 11, 11)]
    episode = crowded()
    plan = plan_of(episode, kept_from_to(*spans), NO_MERGE)
    assert plan.held[9, 9] == 0
    entry, operation = entry_and_operation(plan.actions[-3:])
    assert (entry == episode.slots).all()
    assert (operation == DROP).all()
    _, invalid = accuracy_in_core([episode], Oracle([plan]))
    assert invalid == 0


def test_labels_say_what_the_bound_holds():
    episode = drawn(2, slots=3)
    bound = clairvoyant(episode)
    labels = labels_of(bound)
    assert np.array_equal(labels.taken, np.diag(bound.kept))
    for item in range(12):
        held = np.flatnonzero(bound.kept[:, item])
        assert labels.until[item] == (held[-1] if len(held) else -1)
        assert (labels.fine_until[item] <= labels.until[item]) or not len(held)
        leaves = np.flatnonzero(labels.leaves[:, item])
        gone = labels.until[item] + 1
        assert leaves.tolist() == ([gone] if 0 < gone < 12 else [])
    assert np.array_equal(held_until(bound.kept), labels.until)


def test_a_relaxed_bound_has_no_plan():
    episode = drawn()
    relaxed = clairvoyant(episode, relaxed=True)
    with pytest.raises(ConfigError, match="relaxed"):
        plan_for(episode, relaxed)
    with pytest.raises(ConfigError, match="relaxed"):
        labels_of(relaxed)


def test_an_oracle_can_begin_again():
    episode = drawn(3, slots=3)
    oracle = Oracle([plan_for(episode, clairvoyant(episode))])
    first, _ = accuracy_in_core([episode], oracle)
    oracle.reset()
    assert np.array_equal(accuracy_in_core([episode], oracle)[0], first)
    assert first[0] == pytest.approx(clairvoyant(episode).value, rel=2e-4)
    assert clairvoyant(episode).reached == pytest.approx(
        plan_for(episode, clairvoyant(episode)).worth(episode, wanted_by_draws(episode))
    )
