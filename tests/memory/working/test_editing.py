"""Editors of a working memory: the default changes nothing, and a policy chooses what goes."""

from pathlib import Path

import numpy as np
import pytest

from embodied_mem.allocation.head import DROP, OPERATIONS, action_of
from embodied_mem.allocation.network import ScorerNetwork, parameter_shapes
from embodied_mem.errors import ConfigError, WorkingMemoryError
from embodied_mem.memory.working import CloseAndSummarise, KeepAll, WorkingMemory
from embodied_mem.memory.working.line_features import LINE_CONTEXT, LINE_FEATURES
from embodied_mem.memory.working.policy_editor import PolicyEditor
from embodied_mem.types import AnyArray, BoolArray, Float32Array


def oldest(
    slots: Float32Array, context: Float32Array, mask: BoolArray, rng: np.random.Generator
) -> AnyArray:
    return action_of(mask[:, :, DROP].argmax(axis=1), DROP)


def run(memory: WorkingMemory, notes: int = 12) -> None:
    for part in range(3):
        memory.open(f"part {part}")
        for number in range(notes // 3):
            memory.note(
                f"saw thing {number} at ({part}.{number:03d})", kind="seen", about=f"t{number}"
            )
        memory.close("done")


def by_hand(feature: str, weight: float) -> ScorerNetwork:
    """Returns a network that drops what has the most of one feature."""
    shapes = parameter_shapes(len(LINE_FEATURES), len(LINE_CONTEXT), 4)
    weights = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    weights["base.weight"][DROP, LINE_FEATURES.index(feature)] = weight
    return ScorerNetwork(weights, slot_features=LINE_FEATURES, context_features=LINE_CONTEXT)


def test_the_default_is_to_close_and_summarise() -> None:
    plain, named = WorkingMemory(90), WorkingMemory(90, editor=CloseAndSummarise())
    for memory in (plain, named):
        run(memory)
        memory.open("more")
        for number in range(9):
            memory.note(f"looked at thing {number}")
    assert plain.text == named.text and plain.compactions == named.compactions
    assert "saw thing" not in plain.text


def test_details_of_closed_chunks_stay_until_there_is_no_room() -> None:
    memory = WorkingMemory(10_000, editor=KeepAll())
    run(memory)
    assert memory.text.count("saw thing") == 12 and "subgoal-1 part 0: done" in memory.text
    assert [section.name for section in memory.render()] == ["subgoal-1", "subgoal-2", "subgoal-3"]
    memory.open("outer")
    memory.open("inner")
    memory.note("deep")
    memory.close("inner done")
    memory.close("outer done")
    assert memory.text.endswith(
        "subgoal-4 outer: outer done\n  subgoal-5 inner: inner done\n    n13 deep"
    )


def test_a_policy_says_what_goes_and_nothing_is_lost() -> None:
    memory = WorkingMemory(110, editor=PolicyEditor(oldest))
    run(memory)
    assert memory.tokens <= 110 and memory.compactions > 0
    left = [line.split()[0] for line in memory.text.splitlines() if "saw" in line]
    assert left == [f"n{number}" for number in range(13 - len(left), 13)] and 3 < len(left) < 12
    assert len(memory.details("subgoal-1")) == 4
    shown = memory.expand("subgoal-1")
    assert shown[0] == "n1 saw thing 0 at (0.000)" and shown[0] in memory.text
    assert memory.tokens <= 110


def test_what_is_pinned_or_has_just_come_stays() -> None:
    seen: list[int] = []

    def newest(
        slots: Float32Array, context: Float32Array, mask: BoolArray, rng: np.random.Generator
    ) -> AnyArray:
        assert mask.shape[2] == len(OPERATIONS) and not mask[:, :, :DROP].any()
        may = mask[:, :, DROP]
        seen.append(int(may.sum()))
        return action_of(may.shape[1] - 1 - may[:, ::-1].argmax(axis=1), DROP)

    memory = WorkingMemory(120, editor=PolicyEditor(newest))
    memory.note("keep this")
    memory.pin("n1")
    run(memory, 24)
    assert "n1 keep this" in memory.text and "n2 " in memory.text and seen
    memory.note("the last")
    assert "the last" in memory.text


def test_a_trained_editor_is_read_from_files_without_torch(tmp_path: Path) -> None:
    by_hand("superseded", 1.0).save(tmp_path / "editor")
    memory = WorkingMemory(110, editor=PolicyEditor.load(tmp_path / "editor.json"))
    run(memory)
    left = [line.split()[0] for line in memory.text.splitlines() if "saw" in line]
    assert left[-4:] == ["n9", "n10", "n11", "n12"]  # nothing newer is about the same
    other = ScorerNetwork(
        {name: np.zeros(shape, np.float32) for name, shape in parameter_shapes(1, 1, 2).items()},
        slot_features=["held"],
        context_features=["fill"],
    )
    other.save(tmp_path / "other")
    with pytest.raises(ConfigError, match="features"):
        PolicyEditor.load(tmp_path / "other")


def test_what_was_cited_stays_where_a_policy_goes_by_it() -> None:
    memory = WorkingMemory(110, editor=PolicyEditor(by_hand("cited", -1.0)))
    memory.note("told once", kind="told", about="bin")
    memory.cite("n1")
    run(memory)
    assert "n1 told once" in memory.text
    for wrong in ("n2", "subgoal-1", "nothing"):
        if f"{wrong} saw" not in memory.text:
            with pytest.raises(WorkingMemoryError, match="cannot be cited"):
                memory.cite(wrong)


def test_a_note_that_finds_no_room_leaves_no_trace() -> None:
    memory = WorkingMemory(12, editor=PolicyEditor(oldest))
    memory.note("a b c", kind="seen", about="x")
    before = (memory.usage.clock, memory.text)
    with pytest.raises(WorkingMemoryError):
        memory.note("far too long " * 9, kind="seen", about="x")
    assert (memory.usage.clock, memory.text) == before
    assert memory.note("d e f") == "n2"
