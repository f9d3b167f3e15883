"""In the T-maze an agent that decides about its memory learns what a frame stack cannot."""

import pytest

from embodied_mem_envs.bench.allocation.t_maze import (
    METHODS,
    TMazeBenchConfig,
    adaptive_stack,
    allocated,
    frame_stack,
    in_sight,
    train_and_evaluate,
)

SHORT = TMazeBenchConfig(steps=15_000, seeds=1, episodes=200)


@pytest.mark.parametrize("make", [allocated, adaptive_stack])
def test_deciding_about_the_memory_is_learned(make) -> None:
    outcome = train_and_evaluate(make, 1, SHORT)
    assert outcome.greedy == 1.0
    assert 0.75 < outcome.exploring < 0.95
    assert outcome.regret < 50.0


def test_a_frame_stack_is_no_better_than_chance() -> None:
    outcome = train_and_evaluate(frame_stack, 1, SHORT)
    assert 0.35 < outcome.greedy < 0.65
    assert outcome.regret == 60.0  # 3 of the 5 steps


def test_each_method_sees_two_cells() -> None:
    for name, make in METHODS.items():
        env = make(5)
        sign = int(env.reset(options={"sign": 3}, seed=0)[0]["now"])
        assert in_sight(env.reset(options={"sign": 3}, seed=0)[0]) == (-1, sign), name
        joined = env.step(0)[0]  # the first choice of an agent is the free slot
        assert in_sight(joined) == (sign, 0), name


def test_training_is_the_same_with_the_same_seed() -> None:
    short = TMazeBenchConfig(steps=2_000, seeds=1, episodes=50)
    first, second = (train_and_evaluate(allocated, 3, short) for _ in range(2))
    assert first == second
