"""U1 is what trying everything finds, and what its plan reaches in the environment."""

import dataclasses

import numpy as np
import pytest

from bounds_in_core import accuracy_in_core
from embodied_mem_envs.allocation.bounds.clairvoyant import clairvoyant
from embodied_mem_envs.allocation.bounds.oracle import Oracle, plan_for
from embodied_mem_envs.allocation.bounds.program import solve
from embodied_mem_envs.allocation.bounds.sorting import solve_by_sorting
from embodied_mem_envs.allocation.bounds.wanted import wanted_by_chance, wanted_by_draws
from embodied_mem_envs.allocation.generate import EpisodeConfig, make_episode
from embodied_mem_envs.allocation.questions import KINDS
from embodied_mem_envs.allocation.synthetic import synthetic_streams
from exhaustive_memory import best_worth


def drawn(count, seed=0, *, things=60, places=6, **config):
    rng = np.random.default_rng(seed)
    streams = synthetic_streams(rng, streams=2, items=80, things=things, places=places, moved=0.3)
    return [make_episode(streams, EpisodeConfig(**config), rng) for _ in range(count)]


@pytest.mark.parametrize("kind", [None, "looks", "pair", "since", "count"])
def test_it_is_the_best_of_everything_that_can_be_done(kind):
    kinds = KINDS if kind is None else (kind,)
    config = {"arrivals": 6, "slots": 2, "after": 3, "stretch": 2.0, "kinds": kinds}
    episodes = drawn(8, seed=len(kinds), things=14, places=2, **config)
    for episode in episodes:
        bound = clairvoyant(episode)
        best = best_worth(episode, wanted_by_draws(episode))
        assert bound.value == pytest.approx(best, abs=2e-4)
        assert bound.reached == pytest.approx(best, abs=2e-4)


def test_expectations_are_solved_like_draws():
    episodes = drawn(6, 7, things=14, places=2, arrivals=5, slots=2, after=2, stretch=2.0)
    for episode in episodes:
        wanted = wanted_by_chance(episode)
        bound = solve(episode, wanted)
        assert bound.value == pytest.approx(best_worth(episode, wanted), abs=2e-4)
        assert bound.exact


@pytest.mark.parametrize(("slots", "fill"), [(3, 0.7), (6, 0.4), (4, 1.0)])
def test_its_plan_reaches_it_in_the_core(slots, fill):
    episodes = drawn(12, seed=slots + 1, arrivals=24, slots=slots, fill=fill, after=12)
    bounds = [clairvoyant(episode) for episode in episodes]
    plans = [plan_for(episode, bound) for episode, bound in zip(episodes, bounds, strict=True)]
    accuracy, invalid = accuracy_in_core(episodes, Oracle(plans))
    assert invalid == 0
    assert accuracy == pytest.approx(np.array([bound.reached for bound in bounds]), abs=1e-12)
    assert accuracy == pytest.approx(np.array([bound.value for bound in bounds]), rel=2e-4)
    assert all(bound.exact for bound in bounds)


def test_the_relaxation_is_no_lower():
    for episode in drawn(10, seed=2, arrivals=20, slots=2):
        relaxed = clairvoyant(episode, relaxed=True)
        assert relaxed.value >= clairvoyant(episode).value - 1e-6
        assert relaxed.kept is None
        assert not relaxed.exact


def test_few_nodes_leave_an_upper_bound():
    for episode in drawn(6, seed=4, arrivals=24, slots=3):
        stopped = clairvoyant(episode, nodes=1)
        assert stopped.reached <= clairvoyant(episode).value + 1e-6 <= stopped.value + 2e-4


def test_more_room_is_never_worse():
    for episode in drawn(6, seed=6, arrivals=20, slots=2):
        value = clairvoyant(episode).value
        more_slots = dataclasses.replace(episode, slots=3)
        more_bytes = dataclasses.replace(episode, budget=episode.budget * 2)
        assert clairvoyant(more_slots).value >= value - 1e-4
        assert clairvoyant(more_bytes).value >= value - 1e-4
        everything = dataclasses.replace(episode, slots=20, budget=1e9)
        assert clairvoyant(everything).value >= clairvoyant(more_slots).value - 1e-4


def test_nothing_is_reached_where_nothing_is_asked():
    (episode,) = drawn(1, arrivals=8, slots=2)
    silent = dataclasses.replace(episode, query_keys=np.full_like(episode.query_keys, -1))
    bound = solve(silent, wanted_by_draws(silent))
    assert bound.value == bound.reached == 0.0
    assert bound.exact


def asked_at_the_end(seed):
    """An episode of candidates that show each their own things, asked about at the end."""
    rng = np.random.default_rng(seed)
    (episode,) = drawn(1, seed, arrivals=16, slots=4, after=20, kinds=("looks",), things=90)
    keys = episode.query_keys.copy()
    keys[:15] = -1
    unique = np.flatnonzero(np.bincount(episode.keys[episode.keys >= 0]) == 1)
    keys[15:, 0] = rng.choice(unique, len(keys) - 15)
    level = rng.integers(1, 3, len(keys)).astype(np.int8)
    return dataclasses.replace(episode, query_keys=keys, query_level=level, budget=1e9)


def test_sorting_finds_what_the_program_finds():
    for seed in range(12):
        episode = asked_at_the_end(seed)
        wanted = wanted_by_draws(episode)
        by_sorting = solve_by_sorting(episode, wanted)
        assert by_sorting is not None
        assert by_sorting.value == pytest.approx(solve(episode, wanted).value, rel=2e-4)
        accuracy, _ = accuracy_in_core([episode], Oracle([plan_for(episode, by_sorting)]))
        assert accuracy[0] == pytest.approx(by_sorting.value)


def test_sorting_leaves_to_the_program_what_it_cannot_do():
    episode = asked_at_the_end(0)
    tight = dataclasses.replace(episode, budget=float(episode.bytes[:, 1].max()))
    assert solve_by_sorting(tight, wanted_by_draws(tight)) is None
    keys = episode.query_keys.copy()
    keys[0, 0] = episode.keys[0, 0]
    during = dataclasses.replace(episode, query_keys=keys)
    assert solve_by_sorting(during, wanted_by_draws(during)) is None
