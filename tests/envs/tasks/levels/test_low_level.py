"""What the low level of action shows and does."""

import numpy as np
import pytest

from embodied_mem_envs.tasks.levels.low import SUBMIT
from embodied_mem_envs.tasks.levels.texts import decode
from task_environments import GOALS, QUESTIONS, make


def test_what_is_asked_is_shown_and_an_option_answers() -> None:
    env = make(QUESTIONS, {})
    observation, info = env.reset(options={"episode_seed": 11})
    assert decode(observation["ask"]) == info["text"] != ""
    ask = env.episode.open_ask  # type: ignore[attr-defined]
    shown = [decode(row) for row in observation["options"].reshape(4, -1)]
    assert tuple(text for text in shown if text) == ask.options
    right = env.episode._rights[0]  # type: ignore[attr-defined]
    observation, reward, ended, truncated, info = env.step(SUBMIT + 1 + right)
    assert (reward, ended, truncated) == (1.0, True, False)
    assert info["right"] and info["progress"] == 1.0 and info["values"]["answer_accuracy"] == 1.0
    assert not observation["ask"].any()
    env.close()


def test_time_that_is_used_up_ends_the_search() -> None:
    env = make(GOALS, {"subtasks": 1})
    _, info = env.reset(seed=4)
    steps = 0
    while True:
        observation, _, ended, _, info = env.step(1)
        steps += 1
        if ended:
            break
        assert observation["remaining"][0] == pytest.approx(1.0 - steps / 300)
        assert info["action_mask"][1] == (steps < 300)
    assert steps == 301 and info["values"]["ticks"] == 300.0
    env.close()


def test_moving_moves_the_pose() -> None:
    env = make(QUESTIONS, {})
    first, _ = env.reset(seed=2)
    np.testing.assert_allclose(first["pose"], [0, 0, 0, 1, 0, -0.26], atol=1e-6)
    turned, *_ = env.step(1)
    np.testing.assert_allclose(turned["pose"][3:5], [np.cos(np.pi / 6), 0.5], atol=1e-6)
    tilted, *_ = env.step(3)
    assert tilted["pose"][5] == pytest.approx(-0.26 + np.pi / 12)
    env.close()


def test_thinking_costs_ticks_of_the_ask() -> None:
    env = make(QUESTIONS, {"clock": "simulated", "latency": 2.5})
    env.reset(seed=2)
    play = env._playing()
    assert play.ask is not None
    env.step(1)
    assert play.left == play.ask.max_ticks - 1 - 3
    env.close()


def test_a_walk_is_shown_picture_by_picture_whatever_is_done() -> None:
    env = make(QUESTIONS, {"mode": "episodic", "questions": 1})
    env.reset(seed=3)
    pictures, info = 0, {"text": ""}
    while not info["text"]:
        assert env.action_masks().tolist() == [i == SUBMIT for i in range(SUBMIT + 5)]
        observation, *_, info = env.step(0)
        pictures += 1
    assert pictures > 30
    assert observation["form"].tolist() == [1.0, 0.0, 0.0]
    assert not env.action_masks()[:SUBMIT].any()  # there is nothing to move
    assert env.step(0)[2]  # moving is giving up
    env.close()
