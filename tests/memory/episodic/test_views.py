"""Views hold every entry once, in true time, whatever the order in which records arrived."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError
from embodied_mem.memory import Add, Delete, Filter, MemoryRecord, MemoryStore, Update
from embodied_mem.memory.codec.pictures import encode_layers
from embodied_mem.memory.episodic import (
    Episodes,
    OnlinePlacesConfig,
    PictureVectors,
    StoredVectors,
    View,
)
from embodied_mem.memory.facts import PlaceFact
from embodied_mem.memory.stream import PictureCarrier
from memory_fixture import ROOMS

SPACE = StoredVectors("test", 2)
coordinates = st.integers(-4, 4).map(float)
tellings = st.builds(
    lambda tick, place, xy, vector, text: {
        "kind": "event",
        "valid_from": tick,
        "place": place,
        "pose": None if xy is None else (*xy, 0.0, 1.0, 0.0, 0.0, 0.0),
        "embedding": b"" if vector is None else np.array(vector, "<f4").tobytes(),
        "space": "" if vector is None else "test",
        "content": {"text": f"{text}, {vector}"},  # what differs in its vector alone is one fact
    },
    st.integers(0, 6),
    st.sampled_from([None, "hall", "kitchen", "cellar"]),
    st.none() | st.tuples(coordinates, coordinates),
    st.none() | st.tuples(st.integers(1, 3), st.integers(-3, 3)),
    st.sampled_from("abc"),
)


def memory_of(told: Sequence[dict[str, object]]) -> MemoryStore:
    """A memory in which records got their ids, and slots, in the order given."""
    store = MemoryStore()
    gone = MemoryRecord(id="f" * 32, kind="event", content={"text": "gone"})
    store.apply([Add(record=gone)])
    for number, fields in enumerate(told):
        record = MemoryRecord(id=f"{number:032x}", **fields)  # type: ignore[arg-type]
        store.apply([Add(record=record)])
        if number == 0:
            store.apply([Delete(id=gone.id)])  # the next one takes its slot
    return store


def views(store: MemoryStore, **kwargs: object) -> list[View]:
    episodes = Episodes(store=store, vectors=SPACE, **kwargs)  # type: ignore[arg-type]
    return [episodes.temporal(3), episodes.by_place(), episodes.by_stay(), episodes.by_place(2)]


def content(view: View) -> list[object]:
    arrays = view.arrays()
    return [
        arrays.vectors.tolist(),
        arrays.entry_time.tolist(),
        arrays.entry_place.tolist(),
        None if arrays.entry_pose is None else arrays.entry_pose.tolist(),
        arrays.places,
        [(len(c.rows), c.summary.first, c.summary.last, c.summary.place) for c in view],
        [c.summary.centroid.tolist() for c in view],
    ]


@settings(max_examples=25, deadline=None)
@given(told=st.lists(tellings, max_size=10), data=st.data())
def test_the_order_of_arrival_changes_nothing(
    told: list[dict[str, object]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(told))
    found = data.draw(st.sampled_from([None, OnlinePlacesConfig()]))
    for view, other in zip(
        views(memory_of(told), found=found),
        views(memory_of(shuffled), found=found),
        strict=True,
    ):
        assert content(view) == content(other)


@settings(max_examples=25, deadline=None)
@given(told=st.lists(tellings, max_size=12, unique_by=repr))  # the store holds equal ones once
def test_each_entry_is_in_one_chunk_and_chunks_are_what_they_say(
    told: list[dict[str, object]],
) -> None:
    store = memory_of(told)
    expected = sorted(
        fields["valid_from"]  # type: ignore[type-var]
        for fields in told
        if fields["place"] is not None or fields["pose"] is not None
    )
    for view in views(store):
        entries = view.entries
        assert entries.time.tolist() == expected
        rows = [row for chunk in view for row in chunk.rows.tolist()]
        assert sorted(rows) == list(range(len(entries)))
        for chunk in view:
            assert chunk.summary.count == len(chunk.rows) <= (view.most or len(entries))
            assert (np.diff(chunk.rows) > 0).all()
            here = {entries.places[row] for row in chunk.rows}
            assert view.by == "time" or here == {chunk.summary.place}
    temporal, by_place, by_stay, _ = views(store)
    assert rows_of(temporal) == rows_of(by_stay) == list(range(len(expected)))
    assert len(by_place) == len(set(by_place.entries.places))
    assert all(a.summary.place != b.summary.place for a, b in pairwise(by_stay))


def rows_of(view: View) -> list[int]:
    return [row for chunk in view for row in chunk.rows.tolist()]


@settings(max_examples=25, deadline=None)
@given(
    told=st.lists(tellings, max_size=12),
    first=st.integers(0, 6),
    length=st.integers(0, 3),
    place=st.sampled_from(["hall", "kitchen", "attic"]),
    point=st.tuples(coordinates, coordinates),
)
def test_a_narrowed_view_has_those_entries_that_meet_the_condition(
    told: list[dict[str, object]],
    first: int,
    length: int,
    place: str,
    point: tuple[float, float],
) -> None:
    for view in views(memory_of(told)):
        everything = view.entries
        spatial = everything.positions[:, :2]
        asked = {
            view.between(first, first + length): (everything.time >= first)
            & (everything.time <= first + length),
            view.place(place): np.array([each == place for each in everything.places], bool),
            view.near(point, 2.0): np.hypot(*(spatial - point).T) <= 2.0,
        }
        for narrowed, expected in asked.items():
            assert narrowed.by == view.by
            assert narrowed.entries.ids == everything.take(expected).ids


def test_what_was_believed_then_is_seen_as_of_then() -> None:
    store = memory_of([{"kind": "event", "valid_from": 1, "recorded_at": 1, "place": "hall"}])
    change = Update(id=f"{0:032x}", tick=5, changes={"place": "kitchen"}, supersede_as=f"{9:032x}")
    store.apply([change])
    view = Episodes(store=store).by_place()
    assert [chunk.summary.place for chunk in view] == ["kitchen"]
    assert [chunk.summary.place for chunk in view.as_of(4)] == ["hall"]
    assert [chunk.summary.place for chunk in view.as_of(5)] == ["kitchen"]


def test_places_are_summarised_with_what_the_scene_knows_of_them(
    sample_memory: MemoryStore,
) -> None:
    episodes = Episodes(store=sample_memory, vectors=PictureVectors())
    view = episodes.by_place()
    named = {chunk.summary.fact.name for chunk in view if chunk.summary.fact is not None}
    assert named and named <= set(ROOMS)
    for chunk in view:
        mean = episodes.entries.vectors[chunk.rows].mean(axis=0)
        assert np.allclose(chunk.summary.centroid, mean, atol=1e-6)
    assert isinstance(next(iter(episodes.places.values())), PlaceFact)
    assert view.arrays().vectors.shape[1] == PictureCarrier().dimension


def test_a_picture_stands_for_its_record_unless_that_holds_its_carrier() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    layers = encode_layers(picture, 95)
    vectors = PictureVectors()
    record = MemoryRecord(id="0" * 32, kind="snapshot", payload=layers)
    seen = vectors(record)
    assert seen is not None and seen @ PictureCarrier().still(picture) > 0.95
    assert vectors(MemoryRecord(id="0" * 32, kind="event")) is None
    assert vectors(MemoryRecord(id="0" * 32, kind="event", payload=(b"sound",))) is None
    own = np.arange(288, dtype="<f4")
    held = MemoryRecord(id="0" * 32, kind="event", embedding=own.tobytes(), space="carrier")
    assert np.array_equal(vectors(held), own)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="of 3 numbers"):
        vectors(
            MemoryRecord(id="0" * 32, kind="event", embedding=own[:3].tobytes(), space="carrier")
        )


def test_wrong_questions_are_refused() -> None:
    episodes = Episodes(store=MemoryStore(), filter=Filter(kind="event"))
    with pytest.raises(ConfigError):
        episodes.between(3, 2)
    with pytest.raises(ConfigError):
        episodes.temporal(0)
    with pytest.raises(ConfigError, match="stay"):
        View(episodes=episodes, by="stays")  # type: ignore[arg-type]
    assert episodes.by_stay().chunks == () and episodes.temporal().arrays().vectors.shape == (0, 0)
