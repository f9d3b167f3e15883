"""A filter finds exactly the records that a plain reading of it, record by record, finds."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError
from embodied_mem.memory.columns import KINDS, OPEN_END, STATUSES, Columns
from embodied_mem.memory.filter import Filter, matching
from embodied_mem.memory.record import MemoryRecord

ids = st.integers(0, 40).map(lambda n: f"{n:032x}")
ticks = st.integers(0, 12)
ends = st.one_of(st.none(), ticks)
names = st.sampled_from(["", "kitchen", "hall", "nowhere"])
entities = st.sampled_from(["cup", "chair", "lamp", "ghost"])
coordinates = st.integers(-4, 4).map(lambda n: n / 2)
points = st.tuples(coordinates, coordinates, coordinates)


@st.composite
def a_record(draw: st.DrawFn) -> MemoryRecord:
    xyz = draw(st.none() | points)
    return MemoryRecord(
        id=draw(ids),
        kind=draw(st.sampled_from(KINDS)),  # type: ignore[arg-type]
        place=draw(names.map(lambda name: name or None)),
        pose=None if xyz is None else (*xyz, 1.0, 0.0, 0.0, 0.0),
        about=tuple(draw(st.lists(entities, max_size=2, unique=True))),
        observer=draw(st.sampled_from(["agent", "guest"])),
        session=draw(names),
        visibility=draw(st.sampled_from(["private", "shared"])),  # type: ignore[arg-type]
        valid_from=draw(ticks),
        valid_to=draw(ends),
        recorded_at=draw(ticks),
        superseded_at=draw(ends),
        status=draw(st.sampled_from(STATUSES)),  # type: ignore[arg-type]
    )


def several(values: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    return values | st.lists(values, max_size=3)


CONDITIONS: dict[str, st.SearchStrategy[object]] = {
    "kind": several(st.sampled_from(KINDS)),
    "place": several(names),
    "about": several(entities),
    "near": st.tuples(points | points.map(lambda p: p[:2]), st.integers(0, 6).map(float)),
    "between": st.tuples(ticks, ticks).map(lambda t: (min(t), max(t))),
    "as_of": ticks,
    "valid_at": ticks,
    "status": st.sampled_from([*STATUSES, "any"]),
    "observer": several(st.sampled_from(["agent", "guest", "nobody"])),
    "session": several(names),
    "ids": st.lists(ids, max_size=30),
    "viewer": st.sampled_from(["agent", "guest", "nobody"]),
}


@st.composite
def a_filter(draw: st.DrawFn) -> Filter:
    """Draws up to three conditions: with more of them hardly a record would be left."""
    asked = draw(st.lists(st.sampled_from(sorted(CONDITIONS)), max_size=3, unique=True))
    return Filter(**{name: draw(CONDITIONS[name]) for name in asked})  # type: ignore[arg-type]


def columns_of(records: dict[int, MemoryRecord]) -> tuple[Columns, dict[str, set[int]]]:
    """Lays records out by slot; slots between them are free and hold stale entries."""
    columns = Columns()
    about: dict[str, set[int]] = {}
    columns.size = max(records, default=-1) + 1
    columns.reserve(columns.size)
    columns.ids = [""] * columns.size
    for slot, record in records.items():
        columns.alive[slot], columns.ids[slot] = True, record.id
        columns.kind[slot] = KINDS.index(record.kind)
        columns.status[slot] = STATUSES.index(record.status)
        for name in ("place", "observer", "session"):
            getattr(columns, name)[slot] = columns.code(getattr(record, name))
        columns.shared[slot] = record.visibility == "shared"
        columns.position[slot] = np.nan if record.pose is None else record.pose[:3]
        columns.valid_from[slot], columns.recorded_at[slot] = record.valid_from, record.recorded_at
        for name in ("valid_to", "superseded_at"):
            end = getattr(record, name)
            getattr(columns, name)[slot] = OPEN_END if end is None else end
        for entity in record.about:
            about.setdefault(entity, set()).add(slot)
    return columns, about


def among(value: str, wanted: object) -> bool:
    return wanted is None or value in wanted  # type: ignore[operator]


def counts(record: MemoryRecord, filter: Filter) -> bool:
    """Tells whether a record's status counts."""
    if filter.status is not None:
        return filter.status in ("any", record.status)
    if record.status == "archived":
        if filter.as_of is not None:
            return record.superseded_at is not None
        past = filter.valid_at is not None or filter.between is not None
        return past and record.valid_to is not None
    return record.status == "active"


def holds(record: MemoryRecord, filter: Filter) -> bool:
    """Tells whether a record's validity meets the filter, tick by tick."""
    if filter.valid_at is None and filter.between is None:
        return True
    end = record.valid_to
    if filter.as_of is not None and end == record.superseded_at:
        end = None
    held = set(range(record.valid_from, 20 if end is None else end))
    if end == record.valid_from and record.status == "active":
        held = {end}
    if filter.valid_at is not None and filter.valid_at not in held:
        return False
    if filter.between is None:
        return True
    first, last = filter.between
    return bool(held & set(range(first, last + 1)))


def meets(record: MemoryRecord, filter: Filter) -> bool:
    if filter.near is not None:
        point, radius = filter.near
        if record.pose is None or math.dist(record.pose[: len(point)], point) > radius:
            return False
    if filter.as_of is not None:
        superseded = math.inf if record.superseded_at is None else record.superseded_at
        if not record.recorded_at <= filter.as_of < superseded:
            return False
    return (
        counts(record, filter)
        and holds(record, filter)
        and among(record.kind, filter.kind)
        and among(record.place or "", filter.place)
        and among(record.observer, filter.observer)
        and among(record.session, filter.session)
        and among(record.id, filter.ids)
        and (filter.viewer in (None, record.observer) or record.visibility == "shared")
        and (filter.about is None or bool(set(filter.about) & set(record.about)))
    )


@settings(max_examples=150, deadline=None)
@given(
    st.lists(a_record(), max_size=25, unique_by=lambda record: record.id),
    st.lists(a_filter(), min_size=1, max_size=4),
    st.data(),
)
def test_filters_find_what_a_plain_reading_finds(
    records: list[MemoryRecord], asked: list[Filter], data: st.DataObject
) -> None:
    slots = data.draw(
        st.lists(st.integers(0, 40), min_size=len(records), max_size=len(records), unique=True)
    )
    laid = dict(zip(slots, records, strict=True))
    columns, about = columns_of(laid)
    slots_by_id = {record.id: slot for slot, record in laid.items()}
    for filter in asked:
        expected = sorted(slot for slot, record in laid.items() if meets(record, filter))
        assert matching(filter, columns, about).tolist() == expected
        assert matching(filter, columns, about, slots_by_id).tolist() == expected


def moved_cup() -> dict[int, MemoryRecord]:
    """A cup: on the table from 10, on the shelf from 20; slot 2 was withdrawn, 3 is an instant."""
    fields = {"kind": "fact", "about": ("cup",)}
    return {
        0: MemoryRecord(
            id="0" * 32,
            valid_from=10,
            recorded_at=10,
            valid_to=20,
            superseded_at=20,
            status="archived",
            **fields,  # type: ignore[arg-type]
        ),
        3: MemoryRecord(id="3" * 32, valid_from=30, valid_to=30, recorded_at=30, **fields),  # type: ignore[arg-type]
        1: MemoryRecord(id="1" * 32, valid_from=20, recorded_at=20, **fields),  # type: ignore[arg-type]
        2: MemoryRecord(
            id="2" * 32,
            valid_from=5,
            recorded_at=12,
            superseded_at=15,
            status="archived",
            **fields,  # type: ignore[arg-type]
        ),
    }


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [1, 3]),
        ({"valid_at": 25}, [1]),
        ({"valid_at": 30}, [1, 3]),
        ({"valid_at": 31}, [1]),
        ({"between": (22, 30)}, [1, 3]),
        ({"between": (31, 32)}, [1]),
        ({"valid_at": 20}, [1]),
        ({"valid_at": 19}, [0]),
        ({"valid_at": 9}, []),
        ({"between": (15, 21)}, [0, 1]),
        ({"as_of": 9}, []),
        ({"as_of": 11}, [0]),
        ({"as_of": 13}, [0, 2]),
        ({"as_of": 25}, [1]),
        ({"as_of": 13, "valid_at": 30}, [0, 2]),
        ({"as_of": 13, "valid_at": 6}, [2]),
        ({"status": "any"}, [0, 1, 2, 3]),
        ({"status": "archived", "valid_at": 19}, [0, 2]),
        ({"near": ((1e300, 0.0), 1e200)}, []),
        ({"near": ((0.0, 0.0), 1e300)}, []),
    ],
)
def test_where_it_is_where_it_was_and_what_was_believed(
    asked: dict[str, object], expected: list[int]
) -> None:
    columns, about = columns_of(moved_cup())
    assert matching(Filter(about="cup", **asked), columns, about).tolist() == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "fcat"}, "did you mean 'fact'"),
        ({"status": "activ"}, "did you mean 'active'"),
        ({"place": 3}, "place must be text"),
        ({"about": ("cup", 3)}, "about must be text"),
        ({"as_of": 1.5}, "whole number of ticks"),
        ({"valid_at": 1 << 70}, "64 bits"),
        ({"between": (4, 3)}, "later last tick"),
        ({"between": (4, None)}, "later last tick"),
        ({"between": 4}, "first and a last"),
        ({"near": (0.0, 0.0, 1.0)}, "point and a radius"),
        ({"near": ((0.0,), 1.0)}, "point"),
        ({"near": ((0.0, math.nan), 1.0)}, "finite point"),
        ({"near": ((0.0, 1.0), -1.0)}, "not negative"),
        ({"near": ((0.0, 1.0), math.inf)}, "finite"),
    ],
)
def test_a_wrong_filter_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Filter(**wrong)  # type: ignore[arg-type]


def test_equal_filters_are_equal_whatever_they_were_given_as() -> None:
    near = (np.array([1, 2], np.float32), np.float64(3))
    filter = Filter(kind=["fact"], place="hall", near=near, between=(np.int64(1), 2))  # type: ignore[arg-type]
    same = Filter(kind="fact", place=("hall",), near=((1.0, 2.0), 3.0), between=(1, 2))
    assert filter == same
    assert hash(filter) == hash(same)
