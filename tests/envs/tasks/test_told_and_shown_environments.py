"""Recall and mixed sessions as environments keep what Gymnasium and Stable-Baselines3 check."""

import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from embodied_mem.errors import ConfigError
from embodied_mem_envs.tasks.levels import EpisodeEnv
from embodied_mem_envs.tasks.levels.low import SUBMIT
from embodied_mem_envs.tasks.mixed_session import MixedSessionEpisode
from embodied_mem_envs.tasks.recall import RecallEpisode

RECALL = "embodied_mem_envs:EmbodiedMem/Recall-v0"
SESSIONS = "embodied_mem_envs:EmbodiedMem/MixedSession-v0"
TINY: dict[str, dict[str, Any]] = {
    RECALL: {"rooms": 3, "visits": 1, "carries": 2, "asks": 3, "width": 48, "height": 40},
    SESSIONS: {"rooms": 3, "adversarial": 2, "width": 48, "height": 40},
}


def make(name: str, **extra: Any) -> EpisodeEnv:
    env = gym.make(name, **{**TINY[name], **extra}).unwrapped
    assert isinstance(env, EpisodeEnv)
    return env


@pytest.mark.parametrize("name", TINY)
def test_gymnasium_and_stable_baselines_accept_them(name: str) -> None:
    env = make(name)
    check_env(env, skip_render_check=True)
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(env)
    env.close()


@pytest.mark.parametrize("name", TINY)
def test_same_seed_same_steps_also_after_pickling(name: str) -> None:
    env, other = make(name), make(name)
    first, _ = env.reset(seed=3)
    second, _ = other.reset(seed=3)
    assert all(np.array_equal(first[key], second[key]) for key in first)
    for _ in range(3):
        env.step(0)
        other.step(0)
    again = pickle.loads(pickle.dumps(env))
    one, two, three = env.step(1)[0], again.step(1)[0], other.step(1)[0]
    for key in one:
        assert np.array_equal(one[key], two[key]) and np.array_equal(one[key], three[key])
    for each in (env, other, again):
        each.close()


@pytest.mark.parametrize("name", TINY)
def test_they_run_in_other_processes(name: str) -> None:
    envs = gym.make_vec(name, num_envs=2, vectorization_mode="async", **TINY[name])
    try:
        first, _ = envs.reset(seed=1)  # the second one is seeded by 2
        alone = make(name)
        expected, _ = alone.reset(seed=2)
        assert all(np.array_equal(value[1], expected[key]) for key, value in first.items())
        envs.step(np.array([1, 1]))
        alone.close()
    finally:
        envs.close()


def right_option(env: EpisodeEnv) -> int:
    """Returns the action that gives the right option, by the truth."""
    episode = env.episode
    assert isinstance(episode, MixedSessionEpisode | RecallEpisode)
    assert episode.open_ask is not None
    return SUBMIT + 1 + episode.truth_of(episode.open_ask.number).right


def test_who_knows_the_truth_of_all_sessions_gets_all_reward() -> None:
    env = make(SESSIONS)
    _, info = env.reset(seed=5)
    total, ended, heard = 0.0, False, set[bytes]()
    while not ended:
        action = right_option(env) if info["kind"] else 0
        observation, reward, ended, truncated, info = env.step(action)
        heard.add(observation["heard"].tobytes())
        total += float(reward)
        assert not truncated
    assert total == pytest.approx(1.0) and info["progress"] == 1.0
    assert len(heard) > 50, "what is said must be heard"
    env.close()


def test_words_are_chosen_and_places_are_stopped_at() -> None:
    env = make(RECALL, asks=6)
    _, info = env.reset(seed=2)
    total, ended, forms = 0.0, False, []
    while not ended:
        action, words = SUBMIT, False
        if info["kind"]:
            episode = env.episode
            assert isinstance(episode, RecallEpisode) and episode.open_ask is not None
            forms.append(episode.open_ask.form)
            words = episode.open_ask.form == "words"
            action = right_option(env) if words else SUBMIT
        _, reward, ended, _, info = env.step(action)
        assert not words or reward > 0.0
        total += float(reward)
    assert set(forms) == {"words", "stop"}
    assert total == pytest.approx(info["progress"])
    env.close()


def test_memory_level_goes_through_an_episode() -> None:
    env, rng = make(RECALL, level="memory", carries=2, asks=2), np.random.default_rng(0)
    env.reset(seed=1)
    ended, steps = False, 0
    while not ended and steps < 40:
        allowed = np.flatnonzero(env.action_masks())
        _, _, ended, _, info = env.step(int(rng.choice(allowed)))
        steps += 1
    assert info["replies"] >= 1
    env.close()


def test_wrong_options_are_named() -> None:
    for name in TINY:
        env = make(name)
        with pytest.raises(ConfigError, match="episode_seed"):
            env.reset(options={"episode_sed": 1})
        env.close()
