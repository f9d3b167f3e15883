"""Our environments in RLlib, trained there."""

import pytest

from embodied_mem_envs import ENVIRONMENTS
from embodied_mem_envs.scale import register_with_rllib


@pytest.mark.slow  # RLlib takes ten seconds to be imported, and as long to build
def test_rllib_trains_on_our_environments_by_their_ids(cluster):
    assert set(register_with_rllib()) == set(ENVIRONMENTS)
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.connectors.env_to_module import FlattenObservations

    config = (
        PPOConfig()
        .environment("EmbodiedMem/TMaze-v0", env_config={"length": 3})
        .env_runners(
            num_env_runners=1,
            num_envs_per_env_runner=4,
            env_to_module_connector=lambda env, spaces, device: FlattenObservations(),
        )
        .training(train_batch_size_per_learner=256, minibatch_size=64, num_epochs=1)
        .debugging(seed=0)
    )
    algorithm = config.build_algo()
    try:
        result = algorithm.train()
    finally:
        algorithm.stop()
    assert result["env_runners"]["num_env_steps_sampled"] >= 256
    assert -1.0 <= result["env_runners"]["episode_return_mean"] <= 1.0
    assert result["env_runners"]["episode_len_mean"] == 3
