"""Objects: bounded, mergeable, movable, and matched one to one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import MemoryFileError
from embodied_mem.scene.association import AssociationConfig, associate
from embodied_mem.scene.changes import ChangeConfig, pair_moved, pair_unseen
from embodied_mem.scene.geometry import unpack_geometry
from embodied_mem.scene.objects import ObjectConfig, ObjectTable
from sights import COLOURS, DIMENSION, sight

MUG = ("mug", (1.0, 0.0, 0.8), (0.1, 0.1, 0.12))
TABLE = ("dining table", (1.0, 0.0, 0.4), (1.2, 0.8, 0.72))


def table(**config: object) -> ObjectTable:
    return ObjectTable(ObjectConfig(**config), DIMENSION, COLOURS)  # type: ignore[arg-type]


def seen(objects: ObjectTable, *things: tuple, tick: int) -> list[int]:
    """Takes one frame in as the scene graph does."""
    frame = sight(*things)
    rows = associate(frame, objects, AssociationConfig()).rows.copy()
    for index, row in enumerate(rows):
        if row < 0:
            rows[index] = objects.add(frame, index, tick)
        else:
            objects.update(int(row), frame, index, tick)
    return rows.tolist()


def shifted(thing: tuple, dx: float = 0.0, dy: float = 0.0) -> tuple:
    name, (x, y, z), size = thing
    return (name, (x + dx, y + dy, z), size)


def test_the_same_things_stay_the_same_rows_under_noise() -> None:
    objects = table()
    rng = np.random.default_rng(0)
    for tick in range(20):
        dx, dy = rng.normal(0, 0.02, 2)
        assert seen(objects, shifted(MUG, dx, dy), shifted(TABLE, dx, dy), tick=tick) == [0, 1]
    assert objects.confirmed().sum() == 2
    assert np.allclose(objects.position(0), MUG[1], atol=0.05)


def test_twins_side_by_side_are_two() -> None:
    objects = table()
    twin = shifted(MUG, dy=0.15)
    for tick in range(5):
        assert seen(objects, MUG, twin, tick=tick) == [0, 1]
    assert seen(objects, twin, tick=6) == [1]


def test_a_wrong_label_does_not_make_a_new_object_nor_rename_it() -> None:
    objects = table()
    for tick in range(5):
        seen(objects, MUG, tick=tick)
    frame = sight(MUG)
    object.__setattr__(frame, "categories", ("bowl",))
    assert associate(frame, objects, AssociationConfig()).rows.tolist() == [0]
    objects.update(0, frame, 0, 6)
    assert objects.category[0] == "mug"


def test_a_mask_over_two_known_objects_is_used_for_neither() -> None:
    objects = table()
    plate = ("plate", (1.0, 0.5, 0.8), (0.3, 0.3, 0.12))
    for tick in range(4):
        seen(objects, shifted(MUG, dy=0.25), plate, tick=tick)
    merged = ("plate", (1.0, 0.4, 0.8), (0.3, 0.5, 0.12))
    result = associate(sight(merged), objects, AssociationConfig())
    assert result.ambiguous.tolist() == [True] or result.rows.tolist() == [1]


def test_a_large_object_keeps_few_voxels_and_its_size() -> None:
    objects = table(max_voxels=200)
    sofa = ("sofa", (2.0, 1.0, 0.4), (2.2, 0.9, 0.8))
    for tick in range(10):
        seen(objects, sofa, tick=tick)
    assert len(objects.keys[0]) <= 200
    assert np.allclose(objects.high[0] - objects.low[0], sofa[2], atol=0.1)


def test_a_thing_found_elsewhere_after_it_went_missing_is_the_same_thing() -> None:
    objects = table()
    for tick in range(4):
        seen(objects, MUG, tick=tick)
    objects.missing[0] = True
    for tick in range(10, 14):
        seen(objects, shifted(MUG, dx=3.0), tick=tick)
    assert pair_moved(objects, ChangeConfig()) == [(0, 1)]
    objects.relocate(0, 1)
    assert objects.state(0) == "moved"
    assert objects.ids[0] == "object-0001"
    assert not objects.live[1]
    assert np.allclose(objects.position(0), (4.0, 0.0, 0.8), atol=0.05)
    assert np.allclose(objects.history[0][0].position, MUG[1], atol=0.05)


@pytest.mark.parametrize("other", ["bowl", "dining table"])
def test_another_kind_of_thing_is_no_moved_one(other: str) -> None:
    objects = table()
    for tick in range(4):
        seen(objects, MUG, tick=tick)
    objects.missing[0] = True
    for tick in range(10, 14):
        seen(objects, (other, (4.0, 0.0, 0.8), MUG[2]), tick=tick)
    assert pair_moved(objects, ChangeConfig()) == []


def test_geometry_survives_the_file() -> None:
    first = table(max_voxels=300)
    for tick in range(4):
        seen(first, TABLE, tick=tick)
    second = table(max_voxels=300)
    from embodied_mem.memory.facts import ObjectFact

    fact = ObjectFact(
        object_id="object-0042",
        category="dining table",
        colour="brown",
        position=first.position(0),
        box_min=tuple(first.low[0].tolist()),
        box_max=tuple(first.high[0].tolist()),
        state="present",
        confidence=0.9,
        views=4,
        first_tick=0,
        last_tick=3,
        votes={"dining table": 3.6},
    )
    row = second.restore(fact, first.embedding[0], first.geometry(0))
    assert np.array_equal(second.keys[row], first.keys[0])
    assert np.allclose(second.low[row], first.low[0])
    frame = sight(TABLE)
    assert associate(frame, second, AssociationConfig()).rows.tolist() == [row]
    assert seen(second, MUG, tick=9) == [1]
    assert second.ids[1] == "object-0043"


@settings(deadline=None)
@given(data=st.binary(max_size=64))
def test_damaged_geometry_is_a_clear_error(data: bytes) -> None:
    try:
        level, _, keys, counts = unpack_geometry(data)
    except MemoryFileError:
        return
    assert 0 <= level <= 12
    assert len(keys) == len(counts) > 0


def test_what_a_whole_visit_did_not_show_is_what_came_up_elsewhere() -> None:
    objects = table()
    for tick in range(4):
        seen(objects, MUG, TABLE, tick=tick)
    objects.visit_start = 100
    for tick in range(101, 105):
        seen(objects, TABLE, shifted(MUG, dx=3.0), tick=tick)
    assert pair_unseen(objects, ChangeConfig()) == [(0, 2)]
    objects.colour[2] = 0.0
    objects.colour[2, 5] = 1.0
    assert pair_unseen(objects, ChangeConfig()) == []
