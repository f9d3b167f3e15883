"""PPO with an LSTM: what it exports, and that it goes on exactly."""

import numpy as np
import pytest
import torch

from allocation_episodes import small_episodes
from embodied_mem.allocation.recurrent import RecurrentScorer
from embodied_mem.allocation.training.playing import evaluate
from embodied_mem.allocation.training.ppo import PpoConfig
from embodied_mem.allocation.training.recurrent_ppo import RecurrentPpo, RecurrentPpoConfig
from embodied_mem.errors import ConfigError
from resuming import assert_resumes_exactly

SMALL = RecurrentPpoConfig(
    ppo=PpoConfig(updates=6, rows=8, steps=16, batch=64, epochs=2, hidden=16), units=6
)


@pytest.fixture(scope="module")
def episodes():
    return small_episodes()


@pytest.fixture(scope="module")
def trainer(episodes):
    trainer = RecurrentPpo(SMALL, episodes, 1)
    for _ in range(3):
        logs = trainer.update()
    assert logs["validity"] == 0
    return trainer


def test_torch_and_numpy_remember_the_same(trainer, episodes):
    environment, policy = trainer.environment, trainer.model.policy
    observed = environment.reset()
    exported = policy.exported()
    states = tuple(torch.zeros(1, 8, 6) for _ in range(2))
    starts = torch.ones(8)
    begun = 0
    for _ in range(40):
        tensors = {name: torch.from_numpy(value) for name, value in observed.items()}
        with torch.no_grad():
            log_p, _, states = policy._decide(tensors, states, starts)
        mask = (observed["mask"] > 0.5).reshape(8, -1, 4)
        actions = exported(observed["slots"], observed["context"], mask)
        np.testing.assert_allclose(exported._hidden, states[0][0].numpy(), atol=1e-5)
        np.testing.assert_array_equal(actions, log_p.argmax(dim=1).numpy())
        observed, _, dones, _ = environment.step(actions)
        starts = torch.from_numpy(dones.astype(np.float32))
        begun += dones.sum()
    assert begun > 8


def test_saving_and_loading_keeps_what_it_does(trainer, episodes, tmp_path):
    policy = trainer.trained()
    policy.save(tmp_path / "x", {"seed": 1})
    back = RecurrentScorer.load(tmp_path / "x")
    assert back.about == {"seed": 1} and back.units == 6
    few = np.arange(20)
    np.testing.assert_array_equal(
        evaluate(policy, episodes, few, batch=7).accuracy,
        evaluate(back, episodes, few, batch=20).accuracy,
    )
    with pytest.raises(ConfigError, match="other features"):
        RecurrentScorer.load(tmp_path / "x", context_features=episodes.context_features[:-1])
    with pytest.raises(ConfigError, match="no weights of a recurrent scorer"):
        RecurrentScorer(policy.network, {**policy.lstm, "bias_hh": np.zeros(3)})


def test_going_on_from_a_checkpoint_changes_no_bit(episodes, tmp_path):
    assert_resumes_exactly(lambda seed: RecurrentPpo(SMALL, episodes, seed), tmp_path / "x")
