"""Training of editors: its segments, its labels, the bound, and that an editor learns."""

from dataclasses import replace

import numpy as np
import pytest

from embodied_mem.allocation.head import DROP
from embodied_mem.allocation.training.playing import evaluate, play
from embodied_mem.allocation.training.rollout import roll_out
from embodied_mem.allocation.training.segments import segments_of
from embodied_mem_envs.context_edit.bounds import clairvoyant, next_asked, teach
from embodied_mem_envs.context_edit.practice import (
    SHORT,
    draw_tales,
    first_of_edits,
    practise,
    tale_set,
)
from embodied_mem_envs.context_edit.rules import RULES

SMALL = replace(SHORT, subgoals=3, cap=420, most=4, things=3, objects=12, rules=9)


@pytest.fixture(scope="module")
def episodes():
    return tale_set(draw_tales(SMALL, 64, 77))


def test_a_segment_is_all_of_one_edit(episodes):
    trainer = practise("dcpo", 0, pool=8, tales=SMALL, groups=2, rollouts=2).trainer
    decisions, _ = roll_out(trainer.network, trainer.core, 4, np.arange(4), trainer.chance)
    segment = segments_of(decisions.episode, first_of_edits(decisions))
    dropped = decisions.context[:, 1].numpy() * 16
    for number in range(segment.max() + 1):
        count = dropped[segment == number]
        np.testing.assert_array_equal(count, np.arange(len(count)))
    assert segment.max() + 1 > 8 and np.bincount(segment).max() > 3


def test_one_who_knows_the_questions_keeps_what_is_asked(episodes):
    core = episodes.make_core(64)
    scores = play(core, 64, np.arange(64), clairvoyant(core))
    assert scores.accuracy.mean() == 1
    for name, rule in RULES.items():
        assert evaluate(rule, episodes).accuracy.mean() < 1, name


def test_labels_are_about_the_questions_to_come(episodes):
    core = episodes.make_core(6)
    core.begin(np.arange(6), np.arange(6))
    slots, _, mask = core.observe()
    asked = next_asked(core)
    values = teach(core, np.arange(6), slots, mask)
    may, found = mask[:, :, DROP], 0
    assert np.isinf(values[~mask]).all() and (values[:, :, DROP][may] <= 0).all()
    for row, number in enumerate(core.inside["episode"]):
        tale, at = core.table.tales[number], int(core.inside["at"][row])
        to_come = {event.note for event in tale.events[at:] if event.what == "ask"}
        notes = core.table.columns["number"][number][core.inside["index"][row]]
        wanted = np.isin(notes, list(to_come)) & may[row]
        known = asked[row] < core.table.columns["event"].shape[1]
        np.testing.assert_array_equal(values[row, :, DROP][may[row]] < 0, wanted[may[row]])
        np.testing.assert_array_equal(known & may[row], wanted)
        found += int(wanted.sum())
    assert found > 0


@pytest.mark.parametrize("warm", [0, 2])
def test_an_editor_learns(episodes, warm):
    made = practise(
        "dcpo", 1, warm=warm, pool=64, tales=SMALL, updates=5 - 2 * warm,
        groups=24, hidden=16, learning_rate=1e-2,
    )  # fmt: skip
    trainer = made.trainer
    while trainer.done < trainer.updates:
        trainer.update()
    assert trainer.ready and made.about["warm"] == warm
    found = evaluate(trainer.trained(), episodes).accuracy.mean()
    assert found > evaluate(RULES["random"], episodes).accuracy.mean() + 0.15
