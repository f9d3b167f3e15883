"""DQN through Stable-Baselines3: what it learns, and that it goes on exactly."""

import numpy as np
import pytest

from allocation_episodes import at_random, small_episodes
from embodied_mem.allocation.training.dqn import Dqn, DqnConfig
from embodied_mem.allocation.training.playing import evaluate
from resuming import assert_resumes_exactly

SMALL = DqnConfig(
    updates=6, rows=16, steps=8, gradient_steps=4, batch=32, buffer=512, hidden=8, target_every=4
)


@pytest.fixture(scope="module")
def episodes():
    return small_episodes()


def test_it_explores_row_by_row_and_never_what_is_not_valid(episodes):
    trainer = Dqn(SMALL, episodes, 0)
    observed = trainer.environment.reset()
    model = trainer.model
    best, _ = model.predict(observed, deterministic=True)
    model.exploration_rate = 0.5
    drawn = np.array([model.predict(observed)[0] for _ in range(400)])
    assert (np.take_along_axis(observed["mask"], drawn.T, axis=1) == 1).all()
    others = (drawn != best).mean(axis=0)
    valid = observed["mask"].sum(axis=1)
    np.testing.assert_allclose(others, 0.5 * (valid - 1) / valid, atol=0.12)


def test_it_learns_to_answer_more(episodes):
    config = DqnConfig(
        updates=10, rows=32, steps=24, gradient_steps=24, batch=128, hidden=16, target_every=12
    )
    trainer = Dqn(config, episodes, 1)
    test = small_episodes(9, 128)
    while trainer.done < trainer.updates:
        logs = trainer.update()
    assert logs["validity"] == 0
    assert logs["exploration"] == pytest.approx(config.last_exploration)
    chance = evaluate(at_random, test).accuracy.mean()
    assert evaluate(trainer.trained(), test).accuracy.mean() > chance + 0.1


def test_going_on_from_a_checkpoint_changes_no_bit(episodes, tmp_path):
    # So long that what is remembered has gone round once.
    assert_resumes_exactly(lambda seed: Dqn(SMALL, episodes, seed), tmp_path / "checkpoint", 3)
