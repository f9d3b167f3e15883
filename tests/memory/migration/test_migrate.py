"""A memory moved to another frame and back, and what stays true on the way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.brain.language.answers import answer_question
from embodied_mem.errors import ConfigError, StoreError
from embodied_mem.memory import Filter, MemoryStore
from embodied_mem.memory.codec.geometry import cells_of, unpack_geometry
from embodied_mem.memory.facts import MapFact, ObjectFact, active
from embodied_mem.memory.migration import Frame
from embodied_mem.memory.migration.payloads import read_grid
from embodied_mem.types import Float64Array
from memory_fixture import build_memory
from merge_stores import Robot, Step, scripts

QUESTIONS = (
    "Where is the sofa?",
    "Which room is the bed in?",
    "How many chairs are there?",
    "What is near the sofa?",
    "How many rooms are there?",
)
yaws = st.floats(-3.1, 3.1)
shifts = st.tuples(*[st.floats(-20.0, 20.0)] * 3)


def _matrix(yaw: float, shift: tuple[float, ...]) -> Float64Array:
    T = np.eye(4)
    T[:2, :2] = [[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]]
    T[:3, 3] = shift
    return T


def _copy(store: MemoryStore, name: str, tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    file = tmp_path_factory.mktemp(name) / "memory"
    store.export(file)
    return MemoryStore.read(file)


@settings(max_examples=10, deadline=None)
@given(scripts, st.integers(1, 3), st.tuples(*[st.integers(-60, 60)] * 3))
def test_right_angles_and_whole_voxels_come_back_to_the_byte(
    script: list[Step], quarters: int, steps: tuple[int, int, int]
) -> None:
    store = Robot(3).run(script).store
    before = store.digest()
    T = _matrix(0.5 * np.pi * quarters, tuple(0.05 * step for step in steps))
    store.migrate(T, ticks=40)
    store.migrate(np.linalg.inv(T), ticks=-40)
    assert store.digest() == before
    assert store.verify().ok


@settings(max_examples=10, deadline=None)
@given(scripts, yaws, shifts)
def test_any_turn_keeps_distances_and_comes_back_but_for_rounding(
    script: list[Step], yaw: float, shift: tuple[float, ...]
) -> None:
    store = Robot(3).run(script).store
    before = {record.id: record for record in store.records()}
    frame = Frame(yaw, shift)
    store.migrate(_matrix(yaw, shift))
    for record in store.records():
        old = before[record.id]
        if old.pose is not None and "box_min" not in old.content:
            assert record.pose is not None
            assert record.pose[:3] == pytest.approx(frame.point(old.pose[:3]), abs=2e-6)
        if "box_min" in old.content:
            low, high = frame.box(old.content["box_min"], old.content["box_max"])
            assert (np.array(record.content["box_min"]) >= np.array(low) - 1e-9).all()
            assert (np.array(record.content["box_max"]) <= np.array(high) + 1e-9).all()
    store.migrate(_matrix(*_inverse(yaw, shift)))
    for record in store.records():
        old = before[record.id]
        if "box_min" in old.content:
            for key in ("box_min", "box_max", "position"):
                assert record.content[key] == pytest.approx(old.content[key], abs=1e-9)
            assert "upright" not in record.content


def _inverse(yaw: float, shift: tuple[float, ...]) -> tuple[float, tuple[float, ...]]:
    back = Frame(yaw, shift).inverse  # type: ignore[arg-type]
    return back.yaw, back.shift


@pytest.mark.parametrize("yaw", [0.5 * np.pi, 2.1])
def test_answers_are_the_same_there_and_back(
    sample_memory: MemoryStore, yaw: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = _copy(sample_memory, "moved", tmp_path_factory)
    frame = Frame(yaw, (3.0, -2.0, 0.0))
    store.migrate(_matrix(yaw, frame.shift))
    for question in QUESTIONS:
        old, new = answer_question(question, sample_memory), answer_question(question, store)
        assert new.status == old.status
        if isinstance(old.value, dict):
            assert new.value["position"] == pytest.approx(
                frame.point(old.value["position"]), abs=0.1
            )
            assert new.value["room"] == old.value["room"]
        elif old.kind != "near":
            assert new.value == old.value
    store.migrate(_matrix(*_inverse(yaw, frame.shift)))
    for question in QUESTIONS:
        old, new = answer_question(question, sample_memory), answer_question(question, store)
        assert (new.text, new.value) == (old.text, old.value)


def test_the_past_moves_too_and_a_rollback_undoes_all() -> None:
    robot = Robot(3).run([Step("object", 0, (1, 1), 3, False), Step("move", 0, (3, 1), 3, False)])
    store = robot.store
    before, sequence = store.digest(), store.sequence
    then = store.query(Filter(about="object-0000", valid_at=15))[0]
    store.migrate(_matrix(0.5 * np.pi, (1.0, 0.0, 0.0)), ticks=100)
    moved = store.query(Filter(about="object-0000", valid_at=115))[0]
    assert moved.id == then.id
    assert moved.content["position"] == pytest.approx([1.0 - 0.5, 0.5, 0.2])
    assert (moved.valid_from, moved.valid_to) == (then.valid_from + 100, then.valid_to + 100)  # type: ignore[operator]
    assert moved.content["last_tick"] == then.content["last_tick"] + 100
    assert store.as_of(115)[0].content["position"] == moved.content["position"]
    store.rollback(sequence + 1)
    assert store.digest() == before


def test_a_map_turns_with_the_house() -> None:
    store = Robot(3).run([Step("map", 1, (2, 3), 1, False)]).store
    ((old, fact),) = active(store, MapFact)
    states = read_grid(old.payload[0])
    row, col = np.argwhere(states == 2)[0]
    x, y = fact.origin[0] + (col + 0.5) * fact.cell, fact.origin[1] + (row + 0.5) * fact.cell
    store.migrate(_matrix(0.5 * np.pi, (5.0, 0.0, 0.0)))
    ((new, fact),) = active(store, MapFact)
    turned = read_grid(new.payload[0])
    assert turned.shape == states.shape[::-1]
    cell = (np.array([5.0 - y, x]) - fact.origin) / fact.cell
    assert turned[int(cell[1]), int(cell[0])] == 2
    assert np.bincount(turned.ravel()).tolist() == np.bincount(states.ravel()).tolist()


def test_shapes_go_with_their_boxes() -> None:
    store = build_memory()
    store.migrate(_matrix(2.0, (1.0, 4.0, 0.0)))
    for record, fact in active(store, ObjectFact):
        if record.payload:
            level, voxel, keys, _ = unpack_geometry(record.payload[0])
            size = voxel * 2**level
            middles = (cells_of(keys) + 0.5) * size
            assert (middles >= np.array(fact.box_min) - 2 * size).all()


@pytest.mark.parametrize(
    "T",
    [
        np.diag([1.0, -1.0, -1.0, 1.0]),
        np.diag([2.0, 2.0, 2.0, 1.0]),
        np.diag([1.0, -1.0, 1.0, 1.0]),
        np.full((4, 4), np.nan),
        np.eye(3),
    ],
    ids=["tilted", "scaled", "flipped", "not finite", "no transform"],
)
def test_what_is_no_turn_about_the_vertical_is_refused_and_nothing_changes(
    T: Float64Array,
) -> None:
    store = Robot(3).run([Step("object", 0, (1, 1), 3, False)]).store
    before = store.digest()
    with pytest.raises(ConfigError, match=r"frame|z up"):
        store.migrate(T)
    assert store.digest() == before


def test_a_memory_opened_for_reading_is_not_moved(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("read") / "memory"
    with MemoryStore(folder) as store:
        robot = Robot(3).run([Step("object", 0, (1, 1), 3, False)])
        robot.store.export(folder.parent / "file")
        store.import_(folder.parent / "file")
    with MemoryStore.read(folder) as store, pytest.raises(StoreError, match="for reading"):
        store.migrate(_matrix(0.0, (1.0, 0.0, 0.0)))
