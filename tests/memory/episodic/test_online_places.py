import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError
from embodied_mem.memory import Add, MemoryRecord, MemoryStore
from embodied_mem.memory.episodic import Episodes, OnlinePlaces, OnlinePlacesConfig
from embodied_mem.memory.episodic.communities import communities
from embodied_mem.memory.facts import WalkFact
from embodied_mem.types import Float64Array

CORNERS = ((0.0, 0.0), (5.0, 0.0), (5.0, 5.0))


def rooms_walk(frames: int, seed: int) -> tuple[Float64Array, list[int]]:
    """A walk about three square rooms of 4 m, with doors of a step's width between neighbours."""
    rng = np.random.default_rng(seed)
    position, room = np.array([2.0, 2.0]), 0
    points, rooms = [], []
    while len(points) < frames:
        other = room + int(rng.choice([-1, 1]))
        goals = [rng.uniform(0.3, 3.7, 2) + CORNERS[room] for _ in range(4)]
        if 0 <= other < 3:
            middle = (np.add(CORNERS[room], CORNERS[other]) + 4.0) / 2
            goals += [0.9 * middle + 0.1 * (np.add(CORNERS[room], 2.0)), middle]
        for goal in goals:
            while np.linalg.norm(goal - position) > 0.25:
                position = position + 0.25 * (goal - position) / np.linalg.norm(goal - position)
                points.append((*position, 0.0))
                rooms.append(room)
        if 0 <= other < 3:
            room = other
    return np.array(points[:frames]), rooms[:frames]


def test_rooms_are_found_from_the_walk_alone() -> None:
    points, rooms = rooms_walk(1500, seed=0)
    places = OnlinePlaces()
    spots = []
    for point in points:
        places.observe(point)
        spots.append(places.spot)
    found = [places.place_of(spot) for spot in spots]
    shared = np.array([[f == name for f in found] for name in places.names])
    pure = sum(np.bincount(np.array(rooms)[row]).max() for row in shared if row.any())
    assert 3 <= len(places.names) <= 7
    assert pure / len(rooms) > 0.9


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(-6, 6).map(lambda n: n / 2)] * 3), max_size=60),
    st.integers(1, 6),
)
def test_memory_is_bounded_and_the_same_walk_gives_the_same_places(
    walk: list[tuple[float, float, float]], most: int
) -> None:
    first, again = (OnlinePlaces(OnlinePlacesConfig(most=most, every=4)) for _ in range(2))
    for position in walk:
        assert first.observe(position) == again.observe(position)
        assert first.spots <= most
        assert first.place_of(first.spot) in first.names
    assert first.names == again.names and len(first.names) <= most


def test_one_who_is_carried_elsewhere_is_elsewhere_and_a_border_does_not_flicker() -> None:
    places = OnlinePlaces(OnlinePlacesConfig(settle=3))
    here = [places.observe((0.1 * (i % 3), 0.0, 0.0)) for i in range(9)]
    there = [places.observe((50.0, 0.0, 0.0)) for _ in range(5)]
    assert set(here) == {"found-0000"}
    assert there == ["found-0000"] * 2 + ["found-0001"] * 3
    assert places.names == ("found-0000", "found-0001")


def test_looks_part_what_the_walk_does_not() -> None:
    rng = np.random.default_rng(0)
    walk = np.array([(x, y, 0.0) for y in (0.0, 0.7, 1.4) for x in np.arange(0, 5.6, 0.7)])
    order = [walk[i] for i in rng.integers(0, len(walk), 3000)]
    path = [order[0]]
    for goal in order[1:]:
        if np.linalg.norm(goal - path[-1]) < 1.0:
            path.append(goal)
    left, right = np.eye(2, 8, dtype=np.float32)
    plain, seeing = OnlinePlaces(), OnlinePlaces(OnlinePlacesConfig(look=20.0))
    for point in path:
        plain.observe(point)
        seeing.observe(point, left if point[0] < 2.5 else right)
    seeing.divide()
    sides = {(seeing.place_of(seeing.nearest(p)), bool(p[0] < 2.5)) for p in walk}
    mixed = {(plain.place_of(plain.nearest(p)), bool(p[0] < 2.5)) for p in walk}
    assert len(sides) - len({place for place, _ in sides}) <= len(mixed) - len(
        {place for place, _ in mixed}
    )
    assert len(seeing.names) >= 2


def test_entries_without_a_place_get_one_from_the_way_that_was_taken() -> None:
    points, rooms = rooms_walk(600, seed=1)
    store = MemoryStore()
    chosen = range(0, 600, 37)
    for number, row in enumerate(chosen):
        x, y, _ = map(float, points[row])
        pose = (x, y, 1.2, 1.0, 0.0, 0.0, 0.0)
        record = MemoryRecord(id=f"{number:032x}", kind="event", pose=pose, valid_from=row)
        store.apply([Add(record=record)])
    bare = Episodes(store=store)
    assert set(bare.entries.places) == {None}
    path = tuple((round(float(x), 3), round(float(y), 3)) for x, y, _ in points)
    walk = WalkFact(path=path, length=1.0, frames=600, first_tick=0, last_tick=599)
    content = {"type": "walk", **{f: getattr(walk, f) for f in walk.__struct_fields__}}
    store.apply([Add(record=MemoryRecord(id="f" * 32, kind="event", content=content))])
    found = Episodes(store=store, found=OnlinePlacesConfig())
    places = found.entries.places
    assert None not in places and len(set(places)) > 1
    shared = {(place, rooms[row]) for place, row in zip(places, chosen, strict=True)}
    assert len(shared) <= len(set(places)) + 1  # one place at most reaches into two rooms
    some = str(places[0])
    assert set(found.place(some).entries.places) == {some}
    x, y = path[0]
    near = found.near((x, y), 1.0).entries
    assert 0 < len(near) < len(places) and set(near.ids) <= set(found.entries.ids)


def test_cliques_are_communities_and_what_has_no_link_is_alone() -> None:
    links = np.zeros((8, 8))
    links[:3, :3] = links[3:7, 3:7] = 1.0
    links[2, 3] = links[3, 2] = 1.0
    np.fill_diagonal(links, 0.0)
    assert communities(links, 0.2).tolist() == [0, 0, 0, 3, 3, 3, 3, 7]
    assert communities(np.zeros((2, 2)), 0.1).tolist() == [0, 1]


@pytest.mark.parametrize("kwargs", [{"radius": 0.0}, {"look": -1.0}, {"settle": 0}, {"most": 0}])
def test_a_wrong_setting_is_refused(kwargs: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        OnlinePlacesConfig(**kwargs)  # type: ignore[arg-type]


def test_a_position_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError):
        OnlinePlaces().observe((np.nan, 0.0, 0.0))
