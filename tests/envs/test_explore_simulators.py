"""Explore-v0 with its house in a worker, and in Habitat by its stand-in."""

import gymnasium as gym
import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from habitat_rig import options

SMALL = {"width": 32, "height": 24, "house_seed": 11, "rooms": 3}


def played(steps, **settings):
    env = gym.make("embodied_mem_envs:EmbodiedMem/Explore-v0", **SMALL, **settings)
    observation, info = env.reset(seed=3)
    observations, infos, rewards = [observation], [info], []
    for action in ([1, 1, 0, 4, 2, 0] * steps)[:steps]:
        observation, reward, _, _, info = env.step(action)
        observations.append(observation)
        infos.append(info)
        rewards.append(reward)
    env.reset(seed=4)
    env.close()
    return observations, infos, rewards


@pytest.mark.parametrize("noise", [False, True])
def test_a_house_in_a_worker_is_the_same_environment(noise):
    here, there = (
        played(12, noise=noise, simulator_options=options) for options in ({}, {"worker": True})
    )
    for mine, other in zip(here[0], there[0], strict=True):
        assert all(np.array_equal(mine[key], other[key]) for key in mine)
    assert here[1:] == there[1:]


def test_habitat_is_the_same_environment_but_for_its_colours():
    here = played(4)
    there = played(4, simulator="habitat", simulator_options=options())
    for mine, other in zip(here[0], there[0], strict=True):
        assert np.median(np.abs(mine["depth"] - other["depth"])) < 1e-3
        assert (mine["instance"] == other["instance"]).mean() > 0.99
        assert np.allclose(mine["pose"], other["pose"], atol=0.01)
    assert np.allclose(here[2], there[2], atol=0.2)


def test_unknown_simulators_and_options_are_named():
    with pytest.raises(ConfigError, match="did you mean 'habitat'"):
        played(1, simulator="habitot")
    with pytest.raises(ConfigError, match="wheels"):
        played(1, simulator_options={"wheels": 4})
