"""The figures that `bench brain` reports of working memory, on a smaller run."""

from embodied_mem.memory.working.figures import CAP, working_memory_figures


def test_details_are_found_again_in_a_small_part_of_the_tokens() -> None:
    figures = working_memory_figures(1, subgoals=12, steps=9, questions=40)
    assert figures["working_memory_tokens_ratio"] <= 0.2
    assert figures["working_memory_answered"] == 1.0
    assert figures["full_history_answered"] == 1.0
    assert figures["summaries_answered"] < figures["sliding_window_answered"] < 0.5
    assert figures["working_memory_prefix_reuse"] > 0.7 > figures["sliding_window_prefix_reuse"]
    assert figures["working_memory_most_tokens"] <= CAP


def test_figures_repeat_exactly() -> None:
    small = [working_memory_figures(4, subgoals=3, steps=4, questions=10) for _ in range(2)]
    assert small[0] == small[1]
