"""What layouts of prompts share, over an episode of calls in a small memory."""

import pytest

from embodied_mem.brain.asking.answerer import CAP_TOKENS
from embodied_mem.memory import MemoryStore
from embodied_mem.models.tokens import estimate_tokens
from embodied_mem_envs.bench.models.prefix import Shared, joined, measure, word_pieces
from embodied_mem_envs.bench.models.prefix_episode import LAYOUTS, STEPS, Layout, prompts


def test_a_working_memory_shares_most_and_the_newest_first_nearly_nothing(
    sample_memory: MemoryStore,
) -> None:
    tokens = word_pieces()
    figures: dict[str, float] = {}
    for layout in LAYOUTS:
        figures |= measure(sample_memory, layout, seed=1, tokens=tokens)
    for counted in ("", "_estimated", "_of_run"):
        own, flat, window, newest = (
            figures[f"prefix_shared{name}{counted}"]
            for name in ("", "_flat", "_window", "_newest_first")
        )
        assert min(own, flat) >= 0.6 > window > newest
    assert figures["prefix_shared_newest_first_of_run"] < 0.05
    assert figures["prefix_shared_one_slot"] > figures["prefix_shared"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_told_the_newest_turn_and_keeps_to_the_cap(
    sample_memory: MemoryStore, layout: Layout
) -> None:
    read = list(prompts(sample_memory, layout, seed=2, steps=STEPS))
    assert [prompt.role for prompt in read] == ["planner", "caller"] * STEPS
    system = {prompt.messages[0].text for prompt in read}
    assert len(system) == 1
    for prompt in read:
        text = joined(prompt.messages[1:])
        assert text.splitlines()[-1].removeprefix("user: ").startswith(f"{prompt.role.title()}: ")
        said = sum(estimate_tokens(message.text) for message in prompt.messages[1:])
        assert said <= CAP_TOKENS


def test_shared_tokens_are_counted_from_the_beginning_only() -> None:
    shared = Shared()
    for prompt in ([1, 2, 3], [1, 2, 3, 4], [9, 2, 3, 4], [9, 2]):
        shared.add(prompt)
    assert (shared.read, shared.shared) == (13, 3 + 0 + 2)
