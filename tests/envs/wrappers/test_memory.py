"""`Memory` keeps what it is told to keep, over any space, and says exactly what it keeps."""

import pickle
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import FrameStackObservation

from embodied_mem.errors import ConfigError
from embodied_mem_envs.wrappers import RULES, Memory, MemoryView

DISCRETE = spaces.Discrete(5)
BOX = spaces.Box(-1.0, 1.0, (3,), np.float32)
IMAGE = spaces.Box(0, 255, (4, 4, 3), np.uint8)
DICT = spaces.Dict({"where": BOX, "what": DISCRETE})
NESTED = spaces.Dict({"a": spaces.Dict({"b": DISCRETE}), "c": spaces.Tuple((BOX, DISCRETE))})


class Drawing(gym.Env[Any, Any]):
    """Shows what it draws from its space; the reward is 1 / 2 ** steps; ends after `length`."""

    def __init__(
        self, seen: spaces.Space[Any] = DISCRETE, action: spaces.Space[Any] = DISCRETE
    ) -> None:
        self.observation_space, self.action_space, self.length = seen, action, 20
        self.taken: list[Any] = []

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        if seed is not None:
            self.observation_space.seed(seed)
        self.steps = 0
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action)
        self.steps += 1
        self.taken.append(action)
        ended = self.steps >= self.length
        return self.observation_space.sample(), 0.5**self.steps, ended, False, {}


class Counting(gym.Env[Any, Any]):
    """Shows the number of the step, up to 99."""

    observation_space = spaces.Box(0.0, 99.0, (1,), np.float32)
    action_space = spaces.Discrete(2)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.steps = 0
        return np.zeros(1, np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.steps += 1
        shown = np.array([self.steps], np.float32)
        return shown, float(self.steps), self.steps == 99, False, {}


def held(observation: dict[str, Any]) -> list[int]:
    """Returns the numbers that a memory of a `Counting` holds."""
    there = observation["memory_held"] == 1.0
    assert not observation["memory"][~there].any()
    return [int(number) for number in observation["memory"][there, 0]]


def equal(first: Any, second: Any) -> bool:
    return all(np.array_equal(first[key], second[key]) for key in first)


SEEN = {"discrete": DISCRETE, "box": BOX, "image": IMAGE, "dict": DICT, "nested": NESTED}
ACTIONS = {"discrete": DISCRETE, "multi": spaces.MultiDiscrete([3, 2]), "box": BOX, "dict": DICT}


@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
@pytest.mark.parametrize("refuse", [True, False])
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("seen", SEEN)
def test_gymnasium_accepts_it_over_any_space(seen: str, action: str, refuse: bool) -> None:
    check_env(
        Memory(Drawing(SEEN[seen], ACTIONS[action]), 3, refuse=refuse), skip_render_check=True
    )
    env = Memory(Drawing(SEEN[seen], ACTIONS[action]), 3, "fifo", refuse=refuse)
    check_env(env, skip_render_check=True)


@pytest.mark.parametrize("action", ["discrete", "multi", "box"])
@pytest.mark.parametrize("seen", SEEN)
def test_stable_baselines_accepts_it(seen: str, action: str) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(Memory(Drawing(SEEN[seen], ACTIONS[action]), 3), warn=False)


def test_a_first_in_first_out_memory_is_a_frame_stack() -> None:
    env, frames = Memory(Counting(), 4, "fifo"), FrameStackObservation(Counting(), 4)
    stacked = frames.reset(seed=0)[0]
    observation = env.reset(seed=0)[0]
    for _ in range(9):
        np.testing.assert_array_equal(observation["memory"], stacked)
        observation, stacked = env.step(0)[0], frames.step(0)[0]


@pytest.mark.parametrize(
    ("rule", "refuse", "kept"),
    [
        ("fifo", True, [6, 7, 8]),
        ("keep_first", True, [0, 1, 2]),
        ("lifo", True, [0, 1, 2]),
        ("keep_first_and_newest", True, [0, 7, 8]),
        ("fifo", False, [6, 7, 8]),
        ("keep_first", False, [0, 1, 8]),
        ("keep_first_and_newest", False, [0, 7, 8]),
        ("largest_reward", True, [6, 7, 8]),
    ],
)
def test_a_rule_keeps_what_it_says(rule: str, refuse: bool, kept: list[int]) -> None:
    env = Memory(Counting(), 3, rule, refuse=refuse)
    observation = env.reset(seed=0)[0]
    for _ in range(8):
        observation = env.step(1)[0]
    assert held(observation) == kept
    np.testing.assert_allclose(observation["memory_age"], np.log1p(8 - np.array(kept)))
    np.testing.assert_array_equal(observation["memory_reward"], kept)
    np.testing.assert_allclose(observation["arrivals"], np.log([9]))
    assert observation["now"] == [8] and observation["last_reward"] == [8]
    assert observation["last_action"].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("refuse", [True, False])
@pytest.mark.parametrize("slots", [1, 3])
def test_every_rule_fills_the_memory_first(rule: str, refuse: bool, slots: int) -> None:
    env = Memory(Counting(), slots, rule, refuse=refuse)
    observation = env.reset(seed=0)[0]
    for step in range(12):
        assert sum(observation["memory_held"]) == min(step + 1, slots)
        assert held(observation) == sorted(set(held(observation)))
        observation = env.step(1)[0]
    assert refuse or held(observation)[-1] == 12


def test_the_agent_writes_over_slots_or_refuses() -> None:
    env = Memory(Counting(), 3)
    assert env.action_space == spaces.Discrete(2 * 4)
    observation = env.reset(seed=0)[0]
    assert held(observation) == [] and observation["now"] == [0]
    for choice, kept in [(0, [0]), (3, [0]), (2, [0, 2]), (1, [0, 2, 3]), (1, [0, 3, 4])]:
        observation = env.step(env.join(0, choice))[0]
        assert held(observation) == kept
    assert held(env.step(env.join(0, 3))[0]) == [0, 3, 4]
    assert held(env.reset(seed=0)[0]) == []


def test_a_stack_always_holds_the_newest_and_gives_up_what_the_agent_names() -> None:
    env = Memory(Counting(), 3, refuse=False)
    assert env.action_space == spaces.Discrete(2 * 3)
    observation = env.reset(seed=0)[0]
    assert held(observation) == [0]
    for choice, kept in [(0, [0, 1]), (0, [0, 1, 2]), (1, [0, 2, 3]), (2, [0, 2, 4])]:
        observation = env.step(env.join(1, choice))[0]
        assert held(observation) == kept
    np.testing.assert_array_equal(observation["memory"][-1], observation["now"])


def test_an_agent_that_pushes_or_skips_has_two_choices() -> None:
    env = Memory(Counting(), 3, refuse=False, choose="push")
    assert env.action_space == spaces.Discrete(2 * 2)
    env.reset(seed=0)
    push, skip = env.join(0, 0), env.join(0, 1)
    assert [held(env.step(action)[0]) for action in (push, push, skip, push, push)] == [
        [0, 1], [0, 1, 2], [0, 1, 3], [1, 3, 4], [3, 4, 5],
    ]  # fmt: skip
    beside = Memory(Counting(), 2, choose="push")
    beside.reset(seed=0)
    assert [held(beside.step(action)[0]) for action in (push, skip, push, push)] == [
        [0], [0], [0, 2], [2, 3],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "format_", "expected"),
    [
        (DISCRETE, "auto", spaces.Discrete(20)),
        (DISCRETE, "multi", spaces.MultiDiscrete([5, 4])),
        (spaces.Discrete(3, start=2), "product", spaces.Discrete(12)),
        (spaces.Discrete(3, start=2), "multi", spaces.MultiDiscrete([3, 4])),
        (spaces.MultiDiscrete([3, 2]), "auto", spaces.MultiDiscrete([3, 2, 4])),
        (spaces.MultiDiscrete([[3, 2]], start=[[1, 2]]), "auto", spaces.MultiDiscrete([3, 2, 4])),
        (BOX, "auto", spaces.Box(-1.0, 1.0, (7,), np.float32)),
        (DICT, "auto", spaces.Dict({"action": DICT, "memory": spaces.Discrete(4)})),
        (BOX, "dict", spaces.Dict({"action": BOX, "memory": spaces.Discrete(4)})),
        (IMAGE, "auto", spaces.Dict({"action": IMAGE, "memory": spaces.Discrete(4)})),
    ],
)
def test_actions_join_and_split_again(
    action: spaces.Space[Any], format_: str, expected: spaces.Space[Any]
) -> None:
    inner = Drawing(DISCRETE, action)
    env = Memory(inner, 3, actions=format_)
    assert env.action_space == expected
    action.seed(1)
    env.reset(seed=0)
    for choice in range(4):
        taken = action.sample()
        joined = env.join(taken, choice)
        assert env.action_space.contains(joined)
        env.step(joined)
        assert spaces.flatten(action, inner.taken[-1]).tolist() == (
            spaces.flatten(action, taken).tolist()
        )
        assert env.split(joined)[1] == choice


def test_what_is_stored_can_be_chosen() -> None:
    env = Memory(Drawing(DICT), 2, "fifo", stored=("where",))
    observation = env.reset(seed=4)[0]
    assert sorted(env.observation_space.spaces)[-2:] == ["what", "where"]
    np.testing.assert_array_equal(observation["memory"][-1], observation["where"])


def test_pictures_stay_bytes_and_rewards_can_be_left_out() -> None:
    env = Memory(Drawing(IMAGE), 2, "fifo", past_reward=False)
    observation = env.reset(seed=4)[0]
    assert observation["memory"].dtype == np.uint8
    np.testing.assert_array_equal(observation["memory"][-1], observation["now"].reshape(-1))
    assert {"memory_reward", "last_reward"}.isdisjoint(observation)


def test_a_policy_sees_slots_and_candidate_and_its_word_holds() -> None:
    seen: list[list[int]] = []

    def odd(view: MemoryView, rng: np.random.Generator) -> int:
        seen.append(view.content[view.held, 0].astype(int).tolist())
        return 0 if view.content[-1, 0] % 2 else view.slots

    env = Memory(Counting(), 2, odd)
    env.reset(seed=0)
    kept = [held(env.step(0)[0]) for _ in range(6)]
    assert kept == [[1], [1], [1, 3], [1, 3], [3, 5], [3, 5]]
    assert seen == [[0], [1], [1, 2], [1, 3], [1, 3, 4], [1, 3, 5], [3, 5, 6]]
    assert env.memory.arrivals == 7


def test_the_same_seed_gives_the_same_memory() -> None:
    def rollout(seed: int) -> list[Any]:
        env = Memory(Drawing(BOX), 3, "reservoir")
        result = [env.reset(seed=seed)[0]]
        result += [env.step(1)[0] for _ in range(15)]
        env.reset()
        return [*result, env.step(1)[0]]

    first, second, other = rollout(3), rollout(3), rollout(4)
    assert all(equal(a, b) for a, b in zip(first, second, strict=True))
    assert not equal(first[-2], other[-2])


def test_a_reservoir_is_a_uniform_sample() -> None:
    env = Memory(Counting(), 4, "reservoir")
    counts = np.zeros(20)
    for seed in range(400):
        env.reset(seed=seed)
        for _ in range(18):
            env.step(0)
        counts[held(env.step(0)[0])] += 1
    assert np.abs(counts / 400 - 4 / 20).max() < 0.08  # 4 standard errors


def test_it_can_be_pickled_in_the_middle_of_an_episode() -> None:
    for allocator in ("agent", "reservoir"):
        env = Memory(Drawing(DICT), 3, allocator)
        env.reset(seed=1)
        env.step(1)
        again = pickle.loads(pickle.dumps(env))
        for _ in range(8):
            assert equal(env.step(2)[0], again.step(2)[0])


def test_it_is_made_again_from_its_specification() -> None:
    env = Memory(gym.make("CartPole-v1"), 5, refuse=False, actions="multi")
    assert env.spec is not None
    again = gym.make(env.spec)
    assert isinstance(again, Memory)
    assert again.action_space == env.action_space
    assert again.observation_space == env.observation_space


def test_it_runs_in_other_processes() -> None:
    wrap = partial(Memory, slots=3)
    envs = gym.make_vec("CartPole-v1", num_envs=2, vectorization_mode="async", wrappers=[wrap])
    try:
        envs.reset(seed=[1, 2])
        observation = envs.step(np.array([0, 5]))[0]
        alone = wrap(gym.make("CartPole-v1"))
        alone.reset(seed=2)
        expected = alone.step(5)[0]
        assert all(np.array_equal(observation[key][1], expected[key]) for key in expected)
    finally:
        envs.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"slots": 0}, "slots is 0"),
        ({"slots": 2.5}, "slots is 2.5"),
        ({"slots": 1, "refuse": False}, "nothing to choose"),
        ({"allocator": "fif"}, "did you mean 'fifo'"),
        ({"allocator": 3}, "expected a name or a SlotPolicy"),
        ({"choose": "pull"}, "choice of the agent"),
        ({"allocator": "fifo", "choose": "push"}, "a rule decides here"),
        ({"actions": "mult"}, "did you mean 'multi'"),
        ({"actions": "scores"}, "needs a Box action space"),
        ({"stored": ("where",)}, "needs a Dict"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Memory(Counting(), **{"slots": 3, **arguments})


def test_what_does_not_fit_the_environment_is_named() -> None:
    with pytest.raises(ConfigError, match="did you mean 'where'"):
        Memory(Drawing(DICT), stored=("wher",))
    with pytest.raises(ConfigError, match="at least one"):
        Memory(Drawing(DICT), stored=())
    with pytest.raises(ConfigError, match="fixed size"):
        Memory(Drawing(spaces.Sequence(DISCRETE)))
    with pytest.raises(ConfigError, match="'memory' itself"):
        Memory(Drawing(spaces.Dict({"memory": BOX})))
    env = Memory(Counting(), 2, "fifo")
    with pytest.raises(ConfigError, match="a rule decides"):
        env.split(0)
    wrong = Memory(Counting(), 2, lambda view, rng: 3)
    with pytest.raises(ConfigError, match="chose slot 3; expected 0 to 2"):
        wrong.reset(seed=0)
    agent = Memory(Counting(), 2)
    agent.reset(seed=0)
    with pytest.raises(gym.error.InvalidAction):
        agent.step(6)
