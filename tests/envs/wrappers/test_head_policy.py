"""Policies of the head decide about the slots of any environment as they do in a store."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.allocation.network import ScorerNetwork, parameter_shapes
from embodied_mem.allocation.rules import RULES
from embodied_mem_envs.wrappers import HeadPolicy, Memory
from embodied_mem_envs.wrappers.head import head_inputs


class Telling(gym.Env[Any, Any]):
    """Shows the vectors of a list, one a step."""

    def __init__(self, vectors: list[list[float]]) -> None:
        self.vectors = np.array(vectors, np.float32)
        self.observation_space = spaces.Box(-9.0, 9.0, self.vectors[0].shape, np.float32)
        self.action_space = spaces.Discrete(2)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.at = 0
        return self.vectors[0], {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.at += 1
        return self.vectors[self.at], 0.0, self.at == len(self.vectors) - 1, False, {}


def walk(vectors: list[list[float]], slots: int, allocator: Any, refuse: bool = True) -> Memory:
    env = Memory(Telling(vectors), slots, allocator, refuse=refuse)
    env.reset(seed=0)
    for _ in vectors[1:]:
        env.step(0)
    return env


def kept(env: Memory) -> list[float]:
    view = env.memory
    return view.content[:-1][view.held[:-1]][:, 0].tolist()


COUNT = [[float(number), 1.0] for number in range(9)]


@pytest.mark.parametrize("refuse", [True, False])
@pytest.mark.parametrize(("theirs", "ours"), [("fifo", "fifo"), ("lifo", "lifo")])
def test_the_same_rule_keeps_the_same(theirs: str, ours: str, refuse: bool) -> None:
    by_head = walk(COUNT, 4, HeadPolicy(RULES[theirs]()), refuse)
    by_name = walk(COUNT, 4, ours, refuse)
    assert kept(by_head) == kept(by_name) and len(kept(by_head)) == (4 if refuse else 3)


def test_the_hedge_keeps_the_first_half_and_the_newest() -> None:
    assert kept(walk(COUNT, 4, HeadPolicy(RULES["hedge"]()))) == [0.0, 1.0, 7.0, 8.0]


def test_k_center_keeps_what_differs() -> None:
    vectors = [[1, 0, 0], [0, 1, 0], [1, 0.1, 0], [0, 1, 0.1], [0, 0, 1], [0, 0.1, 1]]
    env = walk([[float(x) for x in v] for v in vectors], 3, HeadPolicy(RULES["k_center"]()))
    directions = env.memory.content[:-1].argmax(axis=1)
    assert sorted(directions.tolist()) == [0, 1, 2]


@pytest.mark.parametrize("slots", [1, 2, 5])
@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_of_the_head_works(rule: str, slots: int) -> None:
    for refuse in (True, False):
        env = walk(COUNT, slots, HeadPolicy(RULES[rule]()), refuse)
        assert len(kept(env)) == (slots if refuse else slots - 1)


def random_scorer(seed: int) -> ScorerNetwork:
    rng = np.random.default_rng(seed)
    shapes = parameter_shapes(len(SLOT_FEATURES), len(CONTEXT_FEATURES), 16)
    return ScorerNetwork({name: rng.normal(size=shape) for name, shape in shapes.items()})


@pytest.mark.parametrize("slots", [1, 3, 7])
def test_a_scorer_decides_with_any_number_of_slots(slots: int) -> None:
    # One scorer alone may refuse whatever comes: that is a decision too.
    sizes = [len(kept(walk(COUNT, slots, HeadPolicy(random_scorer(seed))))) for seed in range(12)]
    assert 0 < max(sizes) <= slots


def test_inputs_say_what_is_held() -> None:
    env = walk([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]], 4, "fifo", refuse=False)
    slots, context = head_inputs(env.memory)
    of = {name: slots[:, index] for index, name in enumerate(SLOT_FEATURES)}
    np.testing.assert_allclose(of["age"], [1, 2 / 3, 1 / 3, 0])
    np.testing.assert_allclose(of["log_age"], np.log1p([3, 2, 1, 0]) / 5, rtol=1e-6)
    assert of["candidate"].tolist() == [0, 0, 0, 1]
    assert of["held"].tolist() == [1, 1, 1, 1]
    assert of["unique"].tolist() == [0, 1, 0, 0]
    assert of["first"].tolist() == [1, 1, 0, 0]
    assert of["latest"].tolist() == [0, 1, 0, 1]
    assert of["overlap"].tolist() == [1, 0, 1, 1]
    assert of["similarity"].tolist() == [1, 0, 1, 1]
    assert of["candidate_similarity"].tolist() == [1, 0, 1, 0]
    shared = dict(zip(CONTEXT_FEATURES, context.tolist(), strict=True))
    assert shared["fill_slots"] == 1.0
    assert shared["arrivals"] == pytest.approx(np.log1p(4) / 6)
    assert shared["known"] == pytest.approx(3 / 4)
