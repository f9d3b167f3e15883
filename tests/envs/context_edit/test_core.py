"""The batched core does what a working memory with an editor does, feature by feature."""

from dataclasses import replace

import numpy as np
import pytest

from embodied_mem.allocation.head import DROP
from embodied_mem.allocation.training.playing import play
from embodied_mem.memory.working import KeepAll, WorkingMemory
from embodied_mem.memory.working.policy_editor import PolicyEditor
from embodied_mem_envs.context_edit.core import BROKEN, ContextEditCore
from embodied_mem_envs.context_edit.rules import RULES
from embodied_mem_envs.context_edit.table import TaleTable
from embodied_mem_envs.context_edit.tale import HEAD, TaleConfig, make_tale
from embodied_mem_envs.context_edit.telling import hear, tell

SMALL = TaleConfig(subgoals=4, cap=500, fewest=3, most=6, things=4, objects=16, rules=10)


@pytest.fixture(scope="module")
def tales():
    return [make_tale(SMALL, np.random.default_rng([each, 9])) for each in range(8)]


def by_rule(policy, rng):
    return lambda slots, context, mask, _: policy(slots, context, mask, rng)


def some_note(mask, number):
    """Chooses the same note whatever stands before all lines."""
    may = np.flatnonzero(mask[0].ravel())
    return may[[number * 7 % len(may)]]


@pytest.mark.parametrize("name", [name for name in RULES if name != "random"])
def test_outcomes_are_those_of_a_working_memory(tales, name):
    core = ContextEditCore(TaleTable(tales), len(tales))
    queue = np.arange(len(tales))
    scores = play(core, len(tales), queue, by_rule(RULES[name], np.random.default_rng(0)))
    for number, tale in enumerate(tales):
        heard = hear(tale, PolicyEditor(RULES[name]))
        assert scores.accuracy[number] == heard.answered / heard.asked
        assert scores.reward[number] == heard.success
        assert heard.most_tokens <= tale.cap


def test_features_are_those_of_the_lines(tales):
    for tale in tales[:3]:
        seen = []

        def watch(slots, context, mask, rng, seen=seen):
            seen.append((slots[0].copy(), context[0].copy(), mask[0].copy()))
            return some_note(mask, len(seen))

        memory = WorkingMemory(tale.cap, head=HEAD, editor=PolicyEditor(watch))
        texts = {event.note: event.text for event in tale.events if event.what == "note"}
        for event in tell(tale, memory):
            if event.what == "ask" and f"n{event.note} {texts[event.note]}" in memory.text:
                memory.cite(f"n{event.note}")
        core = ContextEditCore(TaleTable([tale]), 1)
        core.begin(np.array([0]), np.array([0]))
        cited = 0.0
        for number, (slots, context, mask) in enumerate(seen):
            found, shared, may = core.observe()
            np.testing.assert_allclose(found[0, -len(slots) :], slots, atol=1e-6)
            assert not found[0, : -len(slots)].any() and not may[0, : -len(slots)].any()
            np.testing.assert_allclose(shared[0], context, atol=1e-6)
            np.testing.assert_array_equal(may[0, -len(slots) :], mask)
            cited = max(cited, slots[:, 7].max())
            last = core.step(some_note(may, number + 1))
        assert last.done[0] and cited > 0


def test_all_is_answered_where_nothing_goes(tales):
    for tale in tales:
        heard = hear(tale, KeepAll(), 10**6)
        assert heard.success and heard.asked >= SMALL.fewest
        assert heard.most_tokens > tale.cap


def test_it_goes_on_exactly_from_its_state(tales):
    table = TaleTable(tales)
    one, other = ContextEditCore(table, 4), ContextEditCore(table, 4)
    one.begin(np.arange(4), np.array([3, 1, 2, 5]))
    for number in range(12):
        slots, context, mask = one.observe()
        if number == 5:
            other.restore(one.state())
        if number >= 5:
            for mine, its in zip((slots, context, mask), other.observe(), strict=True):
                np.testing.assert_array_equal(mine, its)
        actions = RULES["random"](slots, context, mask, np.random.default_rng(number))
        mine = one.step(actions)
        if number >= 5:
            its = other.step(actions)
            np.testing.assert_array_equal(mine.reward, its.reward)
            np.testing.assert_array_equal(mine.asked, its.asked)


def test_what_is_no_note_that_may_go_breaks_the_cap(tales):
    core = ContextEditCore(TaleTable(tales), 2)
    core.begin(np.arange(2), np.arange(2))
    _, _, mask = core.observe()
    entry = mask[0, :, DROP].argmax()
    result = core.step(np.array([4 * entry, 4 * mask[1, :, DROP].argmax() + DROP]))
    assert result.reward.tolist() == result.validity.tolist() == [BROKEN, 0.0]
    assert result.done.tolist() == [True, False]


def test_a_tale_that_fits_is_over_at_once(tales):
    core = ContextEditCore(TaleTable([replace(tales[0], cap=10**5)]), 1)
    core.begin(np.array([0]), np.array([0]))
    _, _, mask = core.observe()
    result = core.step(np.array([mask[0].ravel().argmax()]))
    assert result.done[0] and result.reward[0] == 1 and result.asked[0] >= SMALL.fewest
