"""Imitation: what is good by the lifetimes, what is learned of it, warm starts."""

import numpy as np
import pytest

from allocation_episodes import small_episodes
from embodied_mem.allocation.head import DROP, LOWER, MERGE, OVER
from embodied_mem.allocation.training.grpo import Grpo, GrpoConfig
from embodied_mem.allocation.training.imitation import Imitation, ImitationConfig
from embodied_mem.allocation.training.labels import Lifetimes, LifetimeTeacher, good_actions
from embodied_mem.allocation.training.playing import play
from embodied_mem.allocation.training.ppo import Ppo, PpoConfig
from embodied_mem.allocation.training.staged import WarmStarted
from resuming import assert_resumes_exactly

NEVER = -1


def judged(*, until, fine_until, now, held, invalid=(), fine=True):
    """The good actions of one decision about two slots, as a set."""
    mask = np.ones((1, 3, 4), bool)
    mask[0, -1, MERGE] = False
    for entry, operation in invalid:
        mask[0, entry, operation] = False
    good = good_actions(
        Lifetimes(until=np.array([until]), fine_until=np.array([fine_until])),
        np.array([now]),
        np.array([held]),
        mask,
        np.array([fine]),
    )
    assert not (good & ~mask).any()
    return {(int(entry), int(operation)) for _, entry, operation in np.argwhere(good)}


FULL = ((2, OVER),)
TIGHT = (*FULL, (0, OVER), (1, OVER), (0, MERGE), (1, MERGE))


def test_what_is_never_held_is_refused():
    assert judged(until=[5, 5, -1], fine_until=[5, 5, -1], now=2, held=[0, 1]) == {(2, DROP)}


def test_what_has_had_its_time_makes_room():
    found = judged(until=[1, 5, 5], fine_until=[1, 5, 5], now=2, held=[0, 1], invalid=FULL)
    assert found == {(0, OVER), (0, MERGE)}


def test_free_room_is_as_good():
    found = judged(until=[1, 5, 5], fine_until=[1, 5, 5], now=2, held=[0, -1])
    assert found == {(0, OVER), (0, MERGE), (2, OVER)}


def test_what_is_not_worth_its_full_size_is_lowered_first():
    times = {"until": [1, 5, 5], "fine_until": [1, 5, -1], "now": 2, "held": [0, 1]}
    assert judged(**times) == {(2, LOWER)}
    assert judged(**times, fine=False, invalid=FULL) == {(0, OVER), (0, MERGE)}


def test_where_bytes_are_short_room_is_made_first():
    found = judged(until=[1, 5, 5], fine_until=[1, 1, 5], now=2, held=[0, 1], invalid=TIGHT)
    assert found == {(0, DROP), (1, LOWER)}


def test_where_nothing_has_had_its_time_the_least_time_left_goes():
    times = {"fine_until": [9, 9, 9], "now": 2, "held": [0, 1], "invalid": FULL}
    assert judged(until=[4, 9, 6], **times) == {(0, OVER)}
    assert judged(until=[7, 9, 6], **times) == {(2, DROP)}
    times["invalid"] = TIGHT
    assert judged(until=[4, 9, 6], **times) == {(0, DROP)}


@pytest.fixture(scope="module")
def episodes():
    return small_episodes()


def known_lifetimes(episodes):
    """Lifetimes that can be told from what is seen: by how much a candidate shows."""
    core = episodes.make_core(episodes.count)
    rows = np.arange(episodes.count)
    core.begin(rows, rows)
    at = episodes.slot_features.index("objects")
    shown = np.zeros((episodes.count, 12))
    for arrival in range(12):
        slots, _, _ = core.observe()
        shown[:, arrival] = slots[:, -1, at]
        core.step(np.full(episodes.count, 15))
    times = np.where(shown > 0.5, 11, NEVER)
    return Lifetimes(until=times, fine_until=times)


SMALL = ImitationConfig(updates=6, episodes=32, rows=32, batch=128, hidden=16)


def test_it_does_as_the_teacher_says(episodes):
    teacher = LifetimeTeacher(known_lifetimes(episodes))
    config = ImitationConfig(updates=8, episodes=64, rows=64, batch=64, epochs=4, hidden=32)
    trainer = Imitation(config, episodes, 0, teacher)
    losses = [trainer.update()["loss"] for _ in range(8)]
    core = episodes.make_core(64)
    policy = trainer.trained()
    agreed = []

    def act(slots, context, mask, playing):
        actions = policy(slots, context, mask)
        values = teacher(core, np.arange(64)[playing], slots, mask).reshape(64, -1)
        agreed.append(values[np.arange(64), actions] == 0)
        return actions

    play(core, 64, np.arange(64), act)
    assert np.mean(agreed) > 0.9
    assert losses[-1] < 0.5 * losses[0]


def test_of_nearly_equal_actions_any_is_accepted(episodes):
    def teacher(core, numbers, slots, mask):
        values = np.where(mask, np.float32(0.0), np.float32(-np.inf))
        values[:, :-1, (LOWER, DROP)] -= 1.0
        values[:, -1, LOWER] -= 1.0
        return values

    trainer = Imitation(SMALL, episodes, 0, teacher)
    for _ in range(6):
        logs = trainer.update()
    assert logs["loss"] < 0.2
    assert logs["steps"] < 13  # hardly any operation that leaves the candidate waiting


def test_going_on_from_a_checkpoint_changes_no_bit(episodes, tmp_path):
    teacher = LifetimeTeacher(known_lifetimes(episodes))
    assert_resumes_exactly(
        lambda seed: Imitation(SMALL, episodes, seed, teacher), tmp_path / "checkpoint"
    )


def warm(algorithm, episodes, seed):
    teacher = LifetimeTeacher(known_lifetimes(episodes))
    first = Imitation(
        ImitationConfig(updates=2, episodes=32, rows=32, hidden=16), episodes, seed, teacher
    )
    grpo = GrpoConfig(updates=4, groups=4, rollouts=4, rows=16, batch=256, hidden=16, kl=0.1)
    ppo = PpoConfig(updates=4, rows=16, steps=16, batch=128, hidden=16)
    if algorithm == "grpo":
        return WarmStarted(first, lambda start: Grpo(grpo, episodes, seed, start), grpo.updates)
    return WarmStarted(first, lambda start: Ppo(ppo, episodes, seed, start=start), ppo.updates)


# Stopped while it imitates, where it goes over, and after that; the first is the same for both.
@pytest.mark.parametrize(
    ("algorithm", "each"), [("grpo", 1), ("grpo", 2), ("grpo", 3), ("ppo", 2), ("ppo", 3)]
)
def test_a_warm_start_goes_on_exactly(episodes, tmp_path, algorithm, each):
    assert_resumes_exactly(lambda _: warm(algorithm, episodes, 2), tmp_path / "checkpoint", each)


@pytest.mark.parametrize("algorithm", ["grpo", "ppo"])
def test_a_warm_start_is_ready_once_it_learned_from_the_reward(episodes, algorithm):
    trainer = warm(algorithm, episodes, 0)
    ready = []
    for _ in range(4):
        trainer.update()
        ready.append(trainer.ready)
    assert ready == [False, False, True, True]


def test_a_second_trainer_begins_with_what_was_imitated(episodes):
    start = Imitation(SMALL, episodes, 0, LifetimeTeacher(known_lifetimes(episodes))).trained()
    grpo = Grpo(GrpoConfig(rows=16, hidden=16), episodes, 1, start)
    ppo = Ppo(PpoConfig(rows=16, hidden=16), episodes, 1, start=start)
    for trainer in (grpo, ppo):
        for name, weight in trainer.trained().parameters.items():
            np.testing.assert_array_equal(weight, start.parameters[name])
