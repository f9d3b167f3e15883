"""Handles in a real store: what is deleted is never resolved, nor shown as if it were there."""

from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import ConfigError, HandleGoneError
from embodied_mem.memory import Add, Delete, MemoryRecord, MemoryStore, RecordIds
from embodied_mem.memory.working import HandleTable, WorkingMemory
from embodied_mem.models.tokens import estimate_tokens


def test_no_handle_dangles_after_a_delete(tmp_path: Path) -> None:
    ids = RecordIds(3)
    records = [MemoryRecord(id=ids.new(n), kind="event", content={"frame": n}) for n in range(12)]
    with MemoryStore(tmp_path / "run.mem") as store:
        store.apply([Add(record=record) for record in records])
        table = HandleTable(store)
        memory = WorkingMemory(300, handles=table)
        frames = table.add(
            "visual",
            "12 frames, kitchen, t 410-422",
            value=np.zeros((12, 4, 4, 3), np.uint8),
            records=[record.id for record in records],
        )
        pose = table.add("pose", "of the mug", value=(0.4, 0.1, 0.05))
        memory.open("look around")
        memory.note(frames)
        memory.note(pose)
        assert "n1 visual-1: 12 frames, kitchen, t 410-422" in memory.text
        result = table.resolve("visual-1")
        assert result.value.shape == (12, 4, 4, 3)
        assert [each.content["frame"] for each in result.records] == list(range(12))

        store.apply([Delete(id=records[5].id)])
        before = memory.tokens
        assert "12 frames, kitchen, t 410-422 (deleted)" in memory.text
        assert estimate_tokens(memory.text) <= before
        with pytest.raises(HandleGoneError, match=r"visual-1 \(12 frames.*deleted"):
            table.resolve("visual-1")
        with pytest.raises(HandleGoneError, match="let go"):
            table.resolve("visual-1")
        assert table.resolve("pose-1").value == (0.4, 0.1, 0.05)
        memory.close("seen all")
        assert memory.details("subgoal-1")[0].endswith("(deleted)")
        with pytest.raises(HandleGoneError, match="no record has the id"):
            table.add("visual", "again", records=[records[5].id])


def test_results_are_bounded_and_names_are_checked() -> None:
    table = HandleTable(most=2)
    for number in range(3):
        table.add("plan", f"attempt {number}", value=number)
    assert len(table) == 2
    with pytest.raises(HandleGoneError, match="plan-1 was let go"):
        table.resolve("plan-1")
    assert table.resolve("plan-3").value == 2
    for wrong in ("plan-4", "plan-0", "plan", "pla-1", "", "plan-x"):
        with pytest.raises(ConfigError, match="no handle is called"):
            table.resolve(wrong)
    with pytest.raises(ConfigError, match="one word"):
        table.add("two words", "x")
    with pytest.raises(ConfigError, match="needs a HandleTable with their store"):
        table.add("visual", "x", records=["0" * 32])


def test_a_handle_costs_a_small_part_of_what_it_stands_for() -> None:
    table = HandleTable()
    trajectory = np.random.default_rng(0).normal(size=(40, 7))
    inlined = " ".join(f"{value:.3f}" for value in trajectory.ravel())
    handle = table.add("trajectory", "40 joint positions to red_bin", value=trajectory)
    assert estimate_tokens(handle.text) <= 0.05 * estimate_tokens(inlined)
