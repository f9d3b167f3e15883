"""Tasks of a mobile body in each simulator; Habitat by its stand-in."""

import gymnasium as gym
import numpy as np
import pytest

from habitat_rig import options


def walked(env_id, **settings):
    env = gym.make(f"embodied_mem_envs:{env_id}", width=32, height=24, **settings)
    observation, _ = env.reset(seed=5)
    seen = [observation]
    for action in (0, 1, 0, 2, 0):
        seen.append(env.step(action)[0])
    env.close()
    return seen


@pytest.mark.parametrize(
    "env_id", ["EmbodiedMem/LifelongNav-v0", "EmbodiedMem/QuestionAnswering-v0"]
)
def test_a_task_is_the_same_with_its_house_in_a_worker(env_id):
    here = walked(env_id)
    there = walked(env_id, simulator_options={"worker": True})
    for mine, other in zip(here, there, strict=True):
        assert mine.keys() == other.keys()
        assert all(np.array_equal(mine[key], other[key]) for key in mine)


def test_a_task_runs_in_habitat():
    here = walked("EmbodiedMem/LifelongNav-v0")
    there = walked("EmbodiedMem/LifelongNav-v0", simulator="habitat", simulator_options=options())
    for mine, other in zip(here, there, strict=True):
        assert np.median(np.abs(mine["depth"] - other["depth"])) < 1e-3
