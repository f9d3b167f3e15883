"""A generator draws from the patches that are in memory, and learns to."""

import pickle
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.config import SATConfig
from embodied_mem_envs.patch_walk.batches import patch_batch
from embodied_mem_envs.patch_walk.env import PatchWalkEnv
from embodied_mem_envs.patch_walk.generator import GeneratorConfig, PatchGenerator
from embodied_mem_envs.patch_walk.grid import make_places, patches_of
from embodied_mem_envs.patch_walk.rules import RULES, keep_by
from embodied_mem_envs.patch_walk.scoring import load_drawer
from embodied_mem_envs.patch_walk.training import DrawingConfig, GeneratorTrainer
from embodied_mem_envs.patch_walk.walks import draw_patch_walks

SMALL = GeneratorConfig(
    sat=SATConfig(width=32, layers=1, heads=2, hidden=32, read="flat", time="none", place="pose")
)


def test_batches_name_every_patch_that_is_kept() -> None:
    rng = np.random.default_rng(1)
    walks = draw_patch_walks(3, rng, steps=30, asked=5)
    kept = keep_by(RULES["place_16"], walks, 12, rng)
    kept[1, 4:] = -1
    places = make_places(16)
    batch, targets = patch_batch(walks, kept, places)
    assert batch.sizes == (3, 12, 1, 5) and batch.entry_held.sum() == 12 + 4 + 12
    patches = patches_of(walks.pictures)
    for row in range(3):
        for slot in np.flatnonzero(kept[row] >= 0):
            cell = walks.walk[row, kept[row, slot]]
            frame = batch.frames[batch.entry_frame[row, slot]].numpy()
            np.testing.assert_array_equal(frame, patches[row, cell])
            assert batch.entry_pose is not None
            assert batch.entry_pose[row, slot].tolist() == list(divmod(int(cell), 10))
            assert batch.entry_place[row, slot] == places[cell]
            assert batch.entry_time[row, slot] == kept[row, slot]
        start = batch.frames[batch.query_frame[row, 0]].numpy()
        np.testing.assert_array_equal(start[3], patches[row, walks.start[row]])
        true = patches[row, walks.asked[row]] / 255
        np.testing.assert_allclose(targets[row, 0].numpy(), true, atol=1e-6)


def test_training_learns_and_repeats_itself() -> None:
    config = DrawingConfig(updates=16, episodes=3, capacities=(16,), learning_rate=4e-3)
    weights, losses = [], []
    for _ in range(2):
        generator = PatchGenerator(SMALL, seed=1)
        trainer = GeneratorTrainer(config, generator, seed=2)
        losses = [trainer.update()["mse"] for _ in range(16)]
        weights.append(torch.cat([each.flatten() for each in generator.parameters()]))
    assert torch.equal(weights[0], weights[1])
    assert np.mean(losses[-5:]) < 0.95 * np.mean(losses[:3])


def test_saved_generators_draw_the_same_and_score_episodes(tmp_path: Path) -> None:
    generator = PatchGenerator(SMALL, seed=3)
    generator.save(tmp_path / "generator", {"seed": 3})
    walks = draw_patch_walks(40, np.random.default_rng(4), steps=20, asked=3)
    kept = np.tile(np.arange(6), (40, 1))
    drawer = load_drawer(tmp_path / "generator")
    drawn = generator.draw(walks, kept)
    assert drawn.shape == (40, 3, 16, 16, 3) and 0 <= drawn.min() <= drawn.max() <= 1
    for each in (drawer, pickle.loads(pickle.dumps(drawer))):
        np.testing.assert_array_equal(each(walks, kept), drawn)
    env = gym.make(
        "embodied_mem_envs:EmbodiedMem/PatchWalk-v0",
        capacity=4,
        steps=8,
        asked=3,
        reader=tmp_path / "generator",
    )
    env.reset(seed=1)
    for tick in range(8):
        *_, info = env.step(tick % 4)
    assert info["psnr"] == pytest.approx(-10 * np.log10(info["mse"]))
    with pytest.raises(ConfigError):
        PatchWalkEnv(reader=tmp_path / "nothing")
