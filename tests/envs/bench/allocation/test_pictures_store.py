"""A bound on live bytes around a real store, and answers from what it holds alone."""

from typing import Any, cast

import cv2
import msgspec
import numpy as np
import pytest

from embodied_mem.allocation import AllocationContext, StoreView, admit, make_allocator
from embodied_mem.allocation.groups import group_of
from embodied_mem.errors import BudgetError
from embodied_mem.memory import Add, MemoryRecord, MemoryStore, Update
from embodied_mem.memory.codec.pictures import progressive_picture
from embodied_mem.memory.record import RecordIds
from embodied_mem_envs.bench.allocation.pictures_looks import Recogniser
from embodied_mem_envs.bench.allocation.pictures_reader import Reader
from embodied_mem_envs.bench.allocation.pictures_records import (
    records_of,
    thing_id,
    unlimited_bytes,
)
from embodied_mem_envs.bench.allocation.pictures_store import LiveStore
from picture_walks import tiny_walk

IDS = RecordIds(5)
Thing = tuple[tuple[float, float, float], str, tuple[int, int, int, int]]


def shot(tick: int, things: dict[str, Thing], *, pixels: int = 32) -> MemoryRecord:
    """A record as those of a walk, of a small picture."""
    rng = np.random.default_rng(tick)
    picture = cv2.resize(rng.integers(0, 256, (8, 8, 3)).astype(np.uint8), (pixels, pixels))
    coded = progressive_picture(np.asarray(picture, np.uint8), 85)
    content: dict[str, Any] = {
        "tick": tick,
        "boxes": {name: box for name, (_, _, box) in things.items()},
        "positions": {name: position for name, (position, _, _) in things.items()},
        "categories": {name: category for name, (_, category, _) in things.items()},
    }
    return MemoryRecord(
        id=IDS.new(tick),
        kind="snapshot",
        content=content,
        about=tuple(things),
        valid_from=tick,
        recorded_at=tick,
        payload=coded.layers,
        losses=coded.losses,
    )


def at(x: float, category: str = "mug", side: int = 10) -> Thing:
    return (x, 1.0, 0.5), category, (0, 0, side, side)


def held(*records: MemoryRecord) -> MemoryStore:
    store = MemoryStore()
    store.apply([Add(record=record) for record in records])
    return store


# -- the bound ----------------------------------------------------------------------------------


def test_what_a_view_leaves_of_the_bound_is_nearly_all_of_it() -> None:
    for limit in (1000, 300_000, 200 << 20):
        capacity = StoreView(LiveStore(limit)).capacity_bytes
        assert capacity is not None
        assert 0.994 * limit <= capacity <= limit


def test_without_a_bound_everything_fits() -> None:
    store = LiveStore(None)
    assert store.budget_bytes is None and StoreView(store).capacity_bytes is None
    store.apply([Add(record=shot(tick, {"a": at(0)})) for tick in range(30)])
    assert len(store.store) == 30


def test_a_batch_over_the_bound_changes_nothing() -> None:
    first, second = shot(1, {"a": at(0)}), shot(2, {"b": at(1)})
    store = LiveStore(int(1.5 * StoreView.bytes_needed(first)))
    store.apply([Add(record=first)])
    before = store.store.digest()
    with pytest.raises(BudgetError, match="may be held"):
        store.apply([Add(record=second)])
    assert store.store.digest() == before
    assert second.id not in store


def test_lowering_makes_room_within_the_bound() -> None:
    first, second = shot(1, {"a": at(0)}, pixels=64), shot(2, {"b": at(1)}, pixels=64)
    store = LiveStore(int(1.8 * StoreView.bytes_needed(first)))
    store.apply([Add(record=first)])
    store.apply([Update(id=first.id, tick=2, changes={"level": 1}), Add(record=second)])
    assert store.live_bytes <= 1.8 * StoreView.bytes_needed(first)
    assert len(store.store.get(first.id).payload) == 1


@pytest.mark.parametrize("name", ["fifo", "value", "coverage_coarse", "surprise"])
def test_allocators_keep_the_bound_and_use_it(name: str) -> None:
    walk = tiny_walk()
    records = records_of(walk)
    limit = unlimited_bytes(records) // 4
    store, allocator = LiveStore(limit), make_allocator(name)
    for record in records:
        context = AllocationContext(tick=record.recorded_at)
        admit(cast(MemoryStore, store), allocator, record, context)
        assert store.live_bytes <= limit
    assert store.live_bytes > 0.7 * limit


# -- records ------------------------------------------------------------------------------------


def test_records_hold_what_the_walk_showed() -> None:
    walk = tiny_walk()
    records = records_of(walk)
    assert len({record.id for record in records}) == len(walk)
    for index in (0, 11, len(walk) - 1):
        record = records[index]
        shown = walk.streams.objects[index][walk.streams.objects[index] >= 0].tolist()
        assert record.about == tuple(map(thing_id, shown))
        assert record.payload == walk.layers[index]
        assert set(record.content["positions"]) == set(record.about) == set(record.content["boxes"])
        assert record.content["categories"][record.about[0]] == walk.categories[shown[0]]
        assert len(record.vector) == 44


def test_unlimited_counts_each_vector_at_two_bytes_an_entry() -> None:
    records = records_of(tiny_walk())[:3]
    without = [msgspec.structs.replace(record, embedding=b"") for record in records]
    assert unlimited_bytes(records) == unlimited_bytes(without) + 3 * 44 * 2
    assert unlimited_bytes(records) > sum(len(b"".join(record.payload)) for record in records)


# -- answers ------------------------------------------------------------------------------------


def test_a_thing_is_where_the_newest_record_shows_it() -> None:
    reader = Reader(held(shot(5, {"a": at(1)}), shot(9, {"a": at(3)}), shot(7, {"a": at(2)})))
    newest = reader.where("a")
    assert newest is not None and newest.position == (3.0, 1.0, 0.5) and newest.tick == 9
    assert reader.where("b") is None


def test_a_thing_was_where_the_last_record_until_then_shows_it() -> None:
    reader = Reader(held(shot(5, {"a": at(1)}), shot(9, {"a": at(3)})))
    ticks = {asked: sight.tick for asked in (5, 8, 9, 50) if (sight := reader.where("a", asked))}
    assert ticks == {5: 5, 8: 5, 9: 9, 50: 9}
    before = reader.where("a", 2)
    assert before is not None and before.tick == 5  # nothing older is known


def test_a_thing_is_there_since_it_was_first_shown_there() -> None:
    reader = Reader(
        held(
            shot(2, {"a": at(1.0)}),
            shot(4, {"a": at(3.0)}),
            shot(6, {"a": at(1.1)}),
            shot(8, {"a": at(1.0)}),
        )
    )
    first = reader.since("a")
    assert first is not None and first.tick == 6
    assert reader.since("b") is None


def test_the_best_picture_has_most_layers_then_the_largest_box() -> None:
    small, large, lowered = (
        shot(1, {"a": at(1, side=8)}),
        shot(2, {"a": at(1, side=16)}),
        shot(3, {"a": at(1, side=30)}),
    )
    store = held(small, large, lowered)
    store.apply([Update(id=lowered.id, tick=4, changes={"level": 2})])
    best = Reader(store).best_picture("a")
    assert best is not None and best.id == large.id


def test_things_are_counted_by_group_and_by_where_they_are_now() -> None:
    rooms = np.array([[0.0, 0.0, 2.0, 2.0], [4.0, 0.0, 6.0, 2.0]])
    store = held(
        shot(1, {"a": at(1, "chair"), "b": at(1.5, "mug"), "c": at(3, "chair")}),
        shot(2, {"d": at(5, "chair"), "a": at(9, "chair")}),
        shot(3, {"d": at(5.1, "chair")}),
    )
    found = Reader(store).inside(group_of("chair"), rooms)
    assert [sight.tick for sight in found] == [3]  # a left, c stands between the rooms


def test_a_reader_sees_what_became_of_a_record() -> None:
    record = shot(1, {"a": at(1)})
    store = held(record)
    reader = Reader(store)
    assert reader.where("a") is not None
    content = {**record.content, "positions": {"a": [7.0, 1.0, 0.5]}}
    store.apply([Update(id=record.id, tick=2, changes={"content": content})])
    now = reader.where("a")
    assert now is not None and now.position == (7.0, 1.0, 0.5)


# -- looks --------------------------------------------------------------------------------------


def test_things_are_recognised_the_worse_the_coarser_their_pictures_are() -> None:
    walk = tiny_walk()
    recogniser, records = Recogniser(walk), records_of(walk)
    right = {level: 0 for level in (1, 2, len(records[0].payload))}
    for index, record in enumerate(records):
        for column in np.flatnonzero(walk.true[index] >= 0).tolist():
            thing = thing_id(int(walk.streams.objects[index, column]))
            for level in right:
                lowered = msgspec.structs.replace(record, payload=record.payload[:level])
                right[level] += recogniser.recognise(lowered, thing) == walk.true[index, column]
    coarsest, coarse, full = right.values()
    assert coarsest < coarse < full
    assert full > 1.2 * coarse


def test_a_thing_that_is_in_no_piece_of_the_picture_is_not_recognised() -> None:
    walk = tiny_walk()
    record = records_of(walk)[0]
    thing = record.about[0]
    content = {**record.content, "boxes": {thing: (4, 4, 4, 9)}}
    empty = msgspec.structs.replace(record, content=content)
    assert Recogniser(walk).recognise(empty, thing) is None
