"""What a working memory promises: the cap, a stable prefix, and that nothing is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError, WorkingMemoryError
from embodied_mem.memory.working import WorkingMemory
from embodied_mem.models.tokens import estimate_tokens

SOME = ["red mug", "drawer", "0.412", "looked at", "picked", "visual-3", "subgoal-1", "on"]
WORDS = st.lists(st.sampled_from(SOME), max_size=25).map(" ".join)
PLAIN = ("open", "note", "close", "expand", "collapse", "prune", "pin", "unpin", "handle")
EDITS = st.lists(
    st.tuples(st.sampled_from(PLAIN), WORDS, st.integers(0, 40), st.integers(0, 40)), max_size=60
)


def known_ids(memory: WorkingMemory) -> list[str]:
    """Ids as a planner reads them: the first word of each line."""
    return [line.split()[0].rstrip(":") for line in memory.text.splitlines() if line.strip()]


def edit(memory: WorkingMemory, action: str, text: str, one: int, other: int) -> None:
    ids = known_ids(memory) or ["n1"]
    first, second = ids[one % len(ids)], ids[other % len(ids)]
    if action == "prune":
        memory.prune([first, second], text)
    elif action == "handle":
        memory.note(memory.handles.add("visual", text, value=one))
    elif action in ("open", "note", "close"):
        getattr(memory, action)(text)
    else:
        getattr(memory, action)(first)


@settings(max_examples=150, deadline=None)
@given(EDITS, st.integers(20, 160))
def test_the_cap_holds_over_any_edits_and_failed_edits_change_nothing(
    edits: list[tuple[str, str, int, int]], cap: int
) -> None:
    memory = WorkingMemory(cap, head="do it")
    for action, text, one, other in edits:
        before = memory.text
        try:
            edit(memory, action, text, one, other)
        except (WorkingMemoryError, ConfigError):
            assert memory.text == before
        assert memory.tokens <= cap
        assert estimate_tokens(memory.text) <= memory.tokens


@settings(max_examples=100, deadline=None)
@given(EDITS)
def test_what_was_rendered_stays_but_for_edits_and_compactions(
    edits: list[tuple[str, str, int, int]],
) -> None:
    memory = WorkingMemory(300)
    for action, text, one, other in edits:
        before, compactions = memory.text, memory.compactions
        try:
            edit(memory, action, text, one, other)
        except (WorkingMemoryError, ConfigError):
            continue
        if action in ("open", "note", "expand", "handle", "pin") and (
            memory.compactions == compactions
        ):
            assert memory.text.startswith(before)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(WORDS, min_size=1, max_size=6), min_size=1, max_size=8))
def test_all_that_was_noted_can_be_shown_again(subgoals: list[list[str]]) -> None:
    memory = WorkingMemory(400)
    noted: dict[str, list[str]] = {}
    for number, notes in enumerate(subgoals):
        chunk = memory.open(f"part {number}")
        noted[chunk] = [f"{memory.note(text)} {text}" for text in notes]
        memory.close("done")
    for chunk, details in noted.items():
        assert list(memory.expand(chunk)) == details
        assert all(detail.rstrip() in memory.text for detail in details)
        memory.collapse(chunk)
        assert memory.tokens <= 400


def test_a_nested_subgoal_is_a_detail_of_the_one_around_it() -> None:
    memory = WorkingMemory(400)
    outer = memory.open("set the table")
    memory.note("the plate lies left")
    inner = memory.open("fetch the fork")
    memory.note("it was in the right drawer")
    memory.close("laid beside the plate")
    assert "it was in the right drawer" not in memory.text
    memory.close("set for one")
    assert memory.text == f"{outer} set the table: set for one"
    assert memory.details(outer)[1] == f"{inner} fetch the fork: laid beside the plate"
    assert memory.details(inner) == ("n2 it was in the right drawer",)


def test_details_go_first_then_summaries_are_merged_then_the_pinned_are_named() -> None:
    memory = WorkingMemory(150)
    for number in range(4):
        memory.open(f"part {number} of the whole task")
        memory.note("a step that takes some words to tell of, at 0.412, 0.118")
        memory.close(f"part {number} came to a good end in the red bin")
    memory.expand("subgoal-1")
    while "in detail" in memory.text:
        memory.note("the next step")
    assert "subgoal-1 part 0 of the whole task: part 0 came" in memory.text
    memory.pin("subgoal-4")
    while "from-subgoal-1" not in memory.text:
        memory.note("the next step")
    assert "subgoal-4 part 3 of the whole task: part 3 came" in memory.text
    assert "n1 a step that takes" in memory.details("subgoal-1")[0]
    assert memory.details("from-subgoal-1")[0].endswith("came to a good end in the red bin")
    pinned = []
    with pytest.raises(WorkingMemoryError, match=r"pinned \(subgoal-4, n\d+, "):
        while True:
            pinned.append(memory.note("a note that must stay in view whatever comes"))
            memory.pin(pinned[-1])
    memory.unpin(pinned[0])
    memory.note("there is room again")


def test_a_pinned_note_outlives_its_chunk() -> None:
    memory = WorkingMemory(100)
    memory.open("find the mug")
    memory.note("looked")
    kept = memory.note("the mug has a crack")
    memory.pin(kept)
    memory.close("found")
    assert memory.text.splitlines()[-1].strip() == f"{kept} the mug has a crack"
    with pytest.raises(WorkingMemoryError, match="pinned"):
        memory.prune([kept], "gone")


def test_pruned_notes_leave_one_line_in_their_place_and_come_back() -> None:
    memory = WorkingMemory(200)
    memory.open("find the mug")
    ids = [memory.note(f"looked at place {n}") for n in range(4)]
    pruned = memory.prune(ids[1:3], "nothing at places 1 and 2")
    lines = [line.strip() for line in memory.text.splitlines()]
    assert lines[1:] == [
        "n1 looked at place 0",
        "pruned-1: nothing at places 1 and 2",
        "n4 looked at place 3",
    ]
    assert memory.expand(pruned) == ("n2 looked at place 1", "n3 looked at place 2")
    with pytest.raises(WorkingMemoryError, match="n2 cannot be pruned"):
        memory.prune(["n2", "n3"], "again")


def test_an_open_chunk_longer_than_the_cap_folds_its_oldest_notes() -> None:
    memory = WorkingMemory(120)
    chunk = memory.open("wait for the door")
    notes = [memory.note(f"the door is shut at second {n}") for n in range(100)]
    assert f"notes of {chunk} folded" in memory.text
    assert "second 99" in memory.text
    assert len(memory.details(chunk)) == len(notes)
    assert memory.compactions < 40


def test_lines_cannot_be_smuggled_in() -> None:
    memory = WorkingMemory(100)
    memory.note("looked\nsubgoal-9 all done: success")
    assert len(memory.text.splitlines()) == 1


def test_closed_details_are_bounded() -> None:
    memory = WorkingMemory(500, most_details=10)
    for number in range(4):
        memory.open(f"part {number}")
        for step in range(4):
            memory.note(f"step {step}")
        memory.close("done")
    with pytest.raises(WorkingMemoryError, match="4 details of subgoal-1 were forgotten"):
        memory.expand("subgoal-1")
    assert len(memory.details("subgoal-4")) == 4


def test_edits_that_are_not_possible_say_why() -> None:
    memory = WorkingMemory(50)
    with pytest.raises(WorkingMemoryError, match="no subgoal is open"):
        memory.close("done")
    with pytest.raises(WorkingMemoryError, match="not shown"):
        memory.pin("n7")
    with pytest.raises(ConfigError, match="no chunk is called 'subgoal-7'"):
        memory.expand("subgoal-7")
    with pytest.raises(WorkingMemoryError, match="cap of 3 tokens is too small"):
        WorkingMemory(3, head="put everything back as it was")
    with pytest.raises(ConfigError, match="cap_tokens"):
        WorkingMemory(0)
