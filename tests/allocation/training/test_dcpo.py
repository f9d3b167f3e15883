"""DCPO: what a segment is, how much each counts, that it learns, and that it goes on exactly."""

import dataclasses

import numpy as np
import pytest
import torch

from allocation_episodes import at_random, small_episodes
from embodied_mem.allocation.training.dcpo import Dcpo, DcpoConfig, after_edits
from embodied_mem.allocation.training.playing import evaluate
from embodied_mem.allocation.training.rollout import Decisions
from embodied_mem.allocation.training.segments import segments_of
from resuming import assert_resumes_exactly, bytes_of

SMALL = DcpoConfig(updates=6, groups=8, rollouts=6, segments=12, rows=16, batch=32, hidden=16)


@pytest.fixture(scope="module")
def episodes():
    return small_episodes()


def decisions_of(actions, episode, entries=3):
    count = len(actions)
    return Decisions(
        slots=torch.ones(count, entries, 4),
        context=torch.zeros(count, 2),
        mask=torch.ones(count, 4 * entries, dtype=torch.bool),
        actions=torch.tensor(actions),
        log_probability=torch.zeros(count),
        episode=np.array(episode),
    )


def test_an_allocator_is_cut_behind_all_but_refusals():
    refuse, over = 11, 0
    decisions = decisions_of([refuse, over, over, refuse, refuse, refuse], [0, 1, 0, 0, 1, 0])
    begins = after_edits(decisions)
    np.testing.assert_array_equal(segments_of(decisions.episode, begins), [0, 2, 0, 1, 3, 1])


def test_every_segment_counts_alike_in_a_step(episodes, monkeypatch):
    trainer = Dcpo(dataclasses.replace(SMALL, batch=4, epochs=1), episodes, 0)
    seen = []

    def step(decisions, weight, part, share):
        seen.append((decisions, weight, part.numpy(), share.numpy()))
        return torch.zeros(3)

    monkeypatch.setattr(trainer, "_gradient_step", step)
    trainer.update()
    used: list[int] = []
    for decisions, weight, part, share in seen:
        segment = segments_of(decisions.episode, after_edits(decisions))
        sums = np.bincount(segment[part], share)
        drawn = np.flatnonzero(sums)
        assert len(drawn) <= 4
        np.testing.assert_allclose(sums[drawn], 1 / len(drawn), rtol=1e-5)
        for number in drawn:  # whole segments, each with one advantage
            assert (part[segment[part] == number] == np.flatnonzero(segment == number)).all()
            assert len(set(weight[segment == number].tolist())) == 1
        used += drawn.tolist()
    assert len(used) == len(set(used)) <= SMALL.groups * SMALL.segments
    rollouts, first = np.unique(segment, return_index=True)
    assert len(rollouts) > len(used)
    per_rollout = np.bincount(decisions.episode[first][used], minlength=48)
    assert (per_rollout > 0).all() and per_rollout.max() - per_rollout.min() <= 4


def test_it_learns_to_answer_more(episodes):
    config = DcpoConfig(updates=8, groups=16, rollouts=8, segments=48, rows=64, batch=64, hidden=16)
    trainer = Dcpo(config, episodes, 1)
    test = small_episodes(9, 128)
    while trainer.done < trainer.updates:
        logs = trainer.update()
    assert logs["validity"] == 0
    chance = evaluate(at_random, test).accuracy.mean()
    assert evaluate(trainer.trained(), test).accuracy.mean() > chance + 0.1


def test_going_on_from_a_checkpoint_changes_no_bit(episodes, tmp_path):
    config = dataclasses.replace(SMALL, kl=0.1)
    assert_resumes_exactly(lambda seed: Dcpo(config, episodes, seed), tmp_path / "checkpoint")


def test_the_seed_decides(episodes):
    runs = []
    for seed in (4, 4, 5):
        trainer = Dcpo(SMALL, episodes, seed)
        trainer.update()
        runs.append(bytes_of(trainer.snapshot()))
    assert runs[0] == runs[1] != runs[2]
