"""Rules keep what the notes on the published code say, and are policies of the one head."""

import numpy as np
import pytest

from embodied_mem.allocation.head import OVER, entry_and_operation
from embodied_mem.allocation.rules import RULES as HEAD_RULES
from embodied_mem.allocation.training.ama import Ama, AmaConfig
from embodied_mem.allocation.training.playing import evaluate
from embodied_mem_envs.room_ballet.bounds import covered
from embodied_mem_envs.room_ballet.core import RoomBalletCore, as_set
from embodied_mem_envs.room_ballet.memories import Memories
from embodied_mem_envs.room_ballet.multi_task import FULL, TASKS, draw_episodes
from embodied_mem_envs.room_ballet.reading import answer_outcome
from embodied_mem_envs.room_ballet.rules import RULES, keep_by

EPISODES = draw_episodes(FULL, 4000, np.random.default_rng(3))
NO_TASKS = np.zeros(len(EPISODES), np.int64)


def decided(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Plays the head's policy of a rule; returns the kept dances, and whether each decision was one
    that the rule itself could have taken, up to which of equal rooms it prefers."""
    rng = np.random.default_rng(0)
    core = RoomBalletCore(EPISODES, NO_TASKS, len(EPISODES), "none")
    core.begin(np.arange(len(EPISODES)), np.arange(len(EPISODES)))
    policy, same = HEAD_RULES[name](), []
    for _ in range(FULL.dances - FULL.capacity):
        entry, operation = entry_and_operation(policy(*core.observe(), rng))
        slot = np.where(operation == OVER, entry, FULL.capacity)
        same.append(alike(core.memories, slot, RULES[name](core.memories, rng)))
        core.memories.put(slot)
    return np.sort(core.memories.kept, axis=1), np.array(same)


def alike(memories: Memories, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Returns whether two slots are equal, or the oldest of rooms that hold as many dances."""
    if (other == FULL.capacity).all():
        return one == other
    rows = np.arange(len(one))
    rooms = memories.kept_room[rows, one], memories.kept_room[rows, other]
    held = [memories.held[rows, room] for room in rooms]
    of_room = np.where(memories.kept_room == rooms[0][:, None], memories.kept, 99)
    oldest = memories.kept[rows, one] == of_room.min(axis=1)
    return (one == other) | ((held[0] == held[1]) & oldest)


@pytest.mark.parametrize("name", TASKS)
def test_published_rules_are_policies_of_the_head(name: str) -> None:
    kept, same = decided(name)
    assert same.all()
    own = keep_by(RULES[name], EPISODES.room, FULL.capacity, np.random.default_rng(0))
    if name in ("fifo", "lifo"):
        assert (kept == own).all()
    difference = covered(kept, EPISODES.targets).mean(axis=0) - covered(own, EPISODES.targets).mean(
        axis=0
    )
    assert abs(difference).max() < 0.03


def test_rules_decide_by_what_is_in_memory() -> None:
    rooms = np.array([[0, 0, 1, 2, 1, 1, 0]])
    rng = np.random.default_rng(0)
    kept = {name: keep_by(rule, rooms, 4, rng)[0].tolist() for name, rule in RULES.items()}
    assert kept["fifo"] == [3, 4, 5, 6]
    assert kept["lifo"] == [0, 1, 2, 3]
    # Dance 4 takes the place of 2 (rooms 1 and 2 have one, 1 is lower), 5 of 4, 6 of 5.
    assert kept["lvfo"] == [0, 1, 3, 6]
    # 4 takes the place of 0, 5 of 2, 6 of 4.
    assert kept["mvfo"] == [1, 3, 5, 6]
    # With the new one counted, 4 takes the place of 0, 5 of 2, 6 of 1.
    assert kept["balanced_place"] == [3, 4, 5, 6]


def test_a_reservoir_keeps_each_dance_as_often() -> None:
    kept = keep_by(RULES["reservoir"], EPISODES.room, 9, np.random.default_rng(1))
    share = np.bincount(kept.ravel(), minlength=18) / len(kept)
    assert share == pytest.approx(0.5, abs=0.035)


def test_the_coverage_of_the_published_table_is_reached() -> None:
    from embodied_mem_envs.bench.sat.coverage import NOTED, coverage_table

    table = coverage_table(EPISODES, np.random.default_rng(2))
    assert table.keys() == NOTED.keys()
    difference = {name: abs(np.array(row) - NOTED[name]).max() for name, row in table.items()}
    assert max(difference.values()) < 0.035, difference


def test_the_bandit_told_the_task_finds_the_rule_of_each_and_untold_none() -> None:
    rules = {name: HEAD_RULES[name]() for name in TASKS}
    config = AmaConfig(updates=8, episodes=256, learning_rate=5e-3)
    fresh = draw_episodes(FULL, 1024, np.random.default_rng(9))
    found = {}
    for label in ("task", "same"):
        trainer = Ama(config, as_set(EPISODES, label=label), 1, rules)
        while trainer.done < trainer.updates:
            trainer.update()
        found[label] = evaluate(trainer.trained(), as_set(fresh, label=label)).accuracy.mean()
    assert found["task"] == 1.0
    assert found["same"] < 0.5625 + 0.04


def test_a_reader_can_decide_what_a_memory_is_worth() -> None:
    def last_of_all(episodes, kept, asked):
        assert (np.diff(kept, axis=1) > 0).all()
        return np.full_like(asked, 3)

    episodes = EPISODES.some(np.arange(400))
    outcome = answer_outcome(last_of_all, episodes)
    accuracy = evaluate(HEAD_RULES["fifo"](), as_set(episodes, outcome=outcome)).accuracy
    asked = episodes.targets[np.arange(400), np.arange(400) % 4]
    assert (accuracy == (episodes.motion[np.arange(400), asked] == 3)).all()


def test_a_core_goes_on_from_its_state() -> None:
    episodes = as_set(EPISODES)
    one, other = episodes.make_core(4), episodes.make_core(4)
    for core in (one, other):
        core.begin(np.arange(4), np.arange(4))
    one.step(np.array([0, 4, 8, 39]))
    other.restore(one.state())
    one.step(np.array([8, 4, 8, 0]))
    other.step(np.array([8, 4, 8, 0]))
    for mine, yours in zip(one.observe(), other.observe(), strict=True):
        assert (mine == yours).all()
