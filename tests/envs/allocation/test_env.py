import pickle

import gymnasium as gym
import numpy as np
import pytest
import stable_baselines3.common.env_checker
from gymnasium.utils.env_checker import check_env

from embodied_mem.allocation.head import DROP, LOWER, MERGE, OVER, action_of
from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.errors import ConfigError
from embodied_mem_envs.allocation.env import AllocationEnv
from embodied_mem_envs.allocation.generate import EpisodeConfig, generator_hash, make_episode
from embodied_mem_envs.allocation.questions import KINDS
from embodied_mem_envs.allocation.stream_file import load_streams
from embodied_mem_envs.allocation.synthetic import synthetic_streams
from embodied_mem_envs.allocation.vector import AllocationVectorEnv

AT = {name: index for index, name in enumerate(SLOT_FEATURES)}


@pytest.fixture(scope="module")
def streams():
    return synthetic_streams(np.random.default_rng(0), items=80)


@pytest.fixture
def env(streams):
    return AllocationEnv(streams=streams, arrivals=16, slots=3, after=4)


def some_valid(mask, rng):
    return int(rng.choice(np.flatnonzero(mask)))


def play(env, seed, rng):
    trail = []
    observation, info = env.reset(seed=seed)
    done = False
    while not done:
        action = some_valid(info["action_mask"], rng)
        observation, reward, done, _, info = env.step(action)
        trail.append((observation["slots"], observation["context"], reward))
    return trail, info


# Slots by features are a table and no image; its shape tells a policy how many slots there are.
@pytest.mark.filterwarnings("ignore:Your observation slots has an unconventional shape")
def test_the_registered_environment_passes_both_checkers():
    made = gym.make("embodied_mem_envs:EmbodiedMem/Allocation-v0")
    check_env(made.unwrapped, skip_render_check=True)
    stable_baselines3.common.env_checker.check_env(made.unwrapped)


def test_the_same_seed_gives_the_same_episode(env):
    first, _ = play(env, 5, np.random.default_rng(1))
    second, _ = play(env, 5, np.random.default_rng(1))
    other, _ = play(env, 6, np.random.default_rng(1))
    assert len(first) == len(second)
    for (slots, context, reward), (slots_2, context_2, reward_2) in zip(first, second, strict=True):
        assert np.array_equal(slots, slots_2) and np.array_equal(context, context_2)
        assert reward == reward_2
    assert not np.array_equal(first[0][0], other[0][0])


def test_an_episode_pickles_and_goes_on(env):
    rng = np.random.default_rng(2)
    _, info = env.reset(seed=3)
    for _ in range(5):
        *_, info = env.step(some_valid(info["action_mask"], rng))
    copy = pickle.loads(pickle.dumps(env))
    action = some_valid(info["action_mask"], rng)
    one, two = env.step(action), copy.step(action)
    assert np.array_equal(one[0]["slots"], two[0]["slots"]) and one[1:3] == two[1:3]


def test_it_runs_in_processes_of_its_own():
    def make():
        return gym.make("embodied_mem_envs:EmbodiedMem/Allocation-v0", arrivals=8, slots=2)

    vector = gym.vector.AsyncVectorEnv([make, make])
    try:
        observation, _ = vector.reset(seed=1)
        assert observation["slots"].shape == (2, 3, len(SLOT_FEATURES))
        vector.step(np.array([11, 11]))
    finally:
        vector.close()


def test_the_reward_is_the_sum_of_its_terms(env):
    rng = np.random.default_rng(0)
    _, info = env.reset(seed=1)
    total = asked = 0.0
    done = False
    while not done:
        _, reward, done, _, info = env.step(some_valid(info["action_mask"], rng))
        terms = info["terms"]
        assert reward == pytest.approx(terms["outcomes"] + terms["compression"] + terms["validity"])
        total, asked = total + terms["outcomes"], asked + terms["asked"]
    assert info["accuracy"] == pytest.approx(total / asked)


def test_what_is_not_valid_refuses_the_candidate_and_is_punished(env):
    env.reset(seed=0)
    observation, _, _, _, info = env.step(int(action_of(0, MERGE)))
    assert info["terms"]["validity"] < 0
    assert not observation["slots"][:-1, AT["held"]].any()


def test_a_memory_that_refuses_all_answers_nothing(env):
    env.reset(seed=4)
    done = False
    while not done:
        *_, done, _, info = env.step(int(action_of(3, DROP)))
    assert info["accuracy"] == 0.0


def test_a_memory_with_room_for_all_answers_all(streams):
    env = AllocationEnv(streams=streams, arrivals=16, slots=16, fill=2.0, after=4)
    env.reset(seed=4)
    done = False
    while not done:
        *_, done, _, info = env.step(int(action_of(16, OVER)))
    assert info["accuracy"] == 1.0


def test_a_coarse_record_takes_less_and_cannot_tell_what_things_look_like(streams):
    env = AllocationEnv(streams=streams, arrivals=16, slots=16, fill=2.0, after=4, kinds=("looks",))
    env.reset(seed=4)
    done = False
    while not done:
        observation, *_ = env.step(int(action_of(16, LOWER)))
        assert observation["slots"][-1, AT["level"]] == 0.5
        *_, done, _, info = env.step(int(action_of(16, OVER)))
    assert info["accuracy"] == 0.0


def test_the_task_is_told_only_where_asked_for(streams):
    plain = AllocationEnv(streams=streams, arrivals=8, slots=2)
    told = AllocationEnv(streams=streams, arrivals=8, slots=2, task_label=True)
    assert plain.observation_space["context"].shape == (len(CONTEXT_FEATURES),)
    observation, _ = told.reset(seed=0)
    label = observation["context"][len(CONTEXT_FEATURES) :]
    assert label.sum() == 1.0 and label.argmax() == told.episode.task


@pytest.mark.parametrize(
    "wrong",
    [
        {"slots": 0},
        {"kinds": ("gossip",)},
        {"shift": 1.5},
        {"fill": 0.0},
        {"colour": "red"},
        {"arrivals": 2},
    ],
)
def test_wrong_arguments_are_refused_with_their_name(streams, wrong):
    with pytest.raises(ConfigError, match=f"{next(iter(wrong))}|'gossip'"):
        AllocationEnv(streams=streams, **wrong)


def test_no_stream_is_long_enough_is_said(streams):
    with pytest.raises(ConfigError, match="no stream has 500 candidates; the longest has 80"):
        AllocationEnv(streams=streams, arrivals=500).reset(seed=0)


def test_acting_before_a_reset_or_after_the_end_is_refused(env):
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
    play(env, 1, np.random.default_rng(0))
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)


# -- vector ---------------------------------------------------------------------------------------


def test_the_vector_environment_equals_single_ones_step_by_step(streams):
    count, settings = 5, {"streams": streams, "arrivals": 12, "slots": 3, "after": 3}
    vector = AllocationVectorEnv(count, **settings)
    singles = [AllocationEnv(**settings) for _ in range(count)]
    observation, info = vector.reset(seed=40)
    firsts = [env.reset(seed=40 + index) for index, env in enumerate(singles)]
    rng = np.random.default_rng(3)
    ends = 0
    for _ in range(60):
        for index, (seen, _) in enumerate(firsts):
            for key in ("slots", "context"):
                assert np.array_equal(observation[key][index], seen[key])
        actions = np.array([some_valid(mask, rng) for mask in info["action_mask"]])
        observation, reward, done, _, info = vector.step(actions)
        for index, env in enumerate(singles):
            seen, gained, ended, _, told = env.step(int(actions[index]))
            assert gained == reward[index] and ended == done[index]
            if ended:
                ends += 1
                assert np.array_equal(info["final_obs"][index]["slots"], seen["slots"])
                assert info["accuracy"][index] == pytest.approx(told["accuracy"])
                seen, told = env.reset()
            firsts[index] = (seen, told)
    assert ends > count


def test_a_pool_gives_the_same_again_and_can_be_gone_on_from(streams):
    settings = {"streams": streams, "arrivals": 8, "slots": 2, "pool": 6}
    rng = np.random.default_rng(0)
    one = AllocationVectorEnv(4, **settings)
    _, info = one.reset(seed=9)
    for _ in range(20):
        actions = np.array([some_valid(mask, rng) for mask in info["action_mask"]])
        *_, info = one.step(actions)
    state = one.state()
    two = AllocationVectorEnv(4, **settings)
    two.reset(seed=9)
    two.restore(state)
    for _ in range(30):
        actions = np.array([some_valid(mask, rng) for mask in info["action_mask"]])
        first, reward, *_, info = one.step(actions)
        second, reward_2, *_ = two.step(actions)
        assert np.array_equal(first["slots"], second["slots"])
        assert np.array_equal(reward, reward_2)


# -- the generator --------------------------------------------------------------------------------


def test_every_kind_of_question_is_about_something_that_was_seen(streams):
    rng = np.random.default_rng(1)
    for kind in KINDS:
        episode = make_episode(streams, EpisodeConfig(kinds=(kind,)), rng)
        about = episode.query_keys >= 0
        assert about[5:].any(axis=1).all()
        first = np.where(about, episode.first_seen[episode.query_keys], 0)
        assert (first <= episode.query_time[:, None]).all()
        assert (episode.query_kind == KINDS.index(kind)).all()


def test_the_digest_changes_with_settings_and_recordings(streams):
    config = EpisodeConfig()
    assert generator_hash(streams, config) == generator_hash(streams, EpisodeConfig())
    assert generator_hash(streams, config) != generator_hash(streams, EpisodeConfig(slots=7))
    assert generator_hash(streams, config) != generator_hash(load_streams(), config)
