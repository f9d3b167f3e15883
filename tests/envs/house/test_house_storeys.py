"""Houses with two floors over many seeds: every room in reach, the stairs kept free."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError, HouseError
from embodied_mem.types import Command
from embodied_mem_envs.house import (
    CameraConfig,
    House,
    HouseBody,
    HouseConfig,
    Spot,
    generate_house,
    live,
)
from embodied_mem_envs.house.discovery import Discovery
from embodied_mem_envs.house.footprint import overlap
from embodied_mem_envs.house.plan import draw_plan, draw_walk
from embodied_mem_envs.house.stairs import LANDING, MAX_RISE, TREAD, Stairs


def two_floors(seed: int, **more: object) -> House:
    return generate_house(seed, HouseConfig(floors=2, **more))  # type: ignore[arg-type]


def stairs_of(house: House) -> Stairs:
    assert house.stairs is not None
    return house.stairs


@pytest.fixture
def houses(storeyed_houses: list[House]) -> list[House]:
    return storeyed_houses


def test_every_room_of_both_floors_can_be_reached(houses: list[House]) -> None:
    for house in houses:
        for floor in (0, 1):
            mask, origin = house.reachable_floor(floor=floor)
            rows, columns = np.nonzero(mask)
            x, y = origin[0] + (columns + 0.5) * 0.1, origin[1] + (rows + 0.5) * 0.1
            own = [room for room in house.rooms if room.floor == floor]
            assert own
            for room in own:
                (x0, y0), (x1, y1) = room.min, room.max
                inside = (x > x0) & (x < x1) & (y > y0) & (y < y1)
                assert inside.sum() * 0.01 > 0.1 * room.area, (house.seed, room.id)


def test_nothing_stands_on_stairs_or_landings(houses: list[House]) -> None:
    for house in houses:
        stairs = stairs_of(house)
        for thing in house.objects:
            room = house.room(thing.room)
            kept = [*stairs.blocked(room.floor), stairs.landing(room.floor)]
            assert not any(overlap(thing.footprint, zone) for zone in kept), thing.id
            level = house.levels[room.floor]
            assert level - 1e-3 <= thing.base and thing.top < level + house.config.wall_height
            assert np.all(np.array(thing.box_min[:2]) >= np.array(room.min) - 1e-3), thing.id
            assert np.all(np.array(thing.box_max[:2]) <= np.array(room.max) + 1e-3), thing.id


def test_flights_have_the_measures_of_stairs(houses: list[House]) -> None:
    for house in houses:
        stairs = stairs_of(house)
        assert stairs.rise <= MAX_RISE + 1e-9 and stairs.width >= 0.9
        assert stairs.steps * stairs.rise == pytest.approx(house.levels[1])
        assert stairs.run == pytest.approx((stairs.steps - 1) * TREAD)
        for floor, room_id in enumerate(stairs.rooms):
            room = house.room(room_id)
            assert room.floor == floor
            for zone in (*stairs.blocked(floor), stairs.landing(floor)):
                bounds = zone.bounds()
                assert room.contains(*bounds[:2], -1e-6) and room.contains(*bounds[2:], -1e-6)
            landing = stairs.landing(floor)
            assert min(landing.half_x, landing.half_y) * 2 >= LANDING - 1e-9


def test_both_floors_have_rooms_of_the_house_and_nothing_overlaps(houses: list[House]) -> None:
    for house in houses:
        assert 5 <= len(house.rooms) <= 12
        assert {"kitchen", "bedroom", "bathroom"} <= {room.category for room in house.rooms}
        for i, a in enumerate(house.rooms):
            for b in house.rooms[i + 1 :]:
                apart = [a.max[k] <= b.min[k] or b.max[k] <= a.min[k] for k in (0, 1)]
                assert any(apart) or a.floor != b.floor, (house.seed, a.id, b.id)
        for door in house.doors:
            assert {house.room(room_id).floor for room_id in door.rooms} == {door.floor}
    assert len({stairs_of(house).up for house in houses}) == 4


@pytest.mark.parametrize("rooms", range(3, 13))
def test_any_room_count_can_be_asked_for(rooms: int) -> None:
    house = two_floors(rooms, rooms=rooms)
    assert len(house.rooms) == rooms
    assert {"kitchen", "bedroom", "bathroom"} <= {room.category for room in house.rooms}


@pytest.mark.parametrize("wall_height", [2.4, 3.1, 4.0])
def test_stairs_fit_any_height(wall_height: float) -> None:
    house = two_floors(6, wall_height=wall_height)
    assert house.levels == (0.0, pytest.approx(wall_height + 0.3))
    assert not house.rooms_out_of_reach()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31), rooms=st.integers(3, 12))
def test_any_seed_gives_two_walkable_floors(seed: int, rooms: int) -> None:
    house = two_floors(seed, rooms=rooms)
    assert not house.rooms_out_of_reach()
    assert {room.floor for room in house.rooms} == {0, 1}


@pytest.mark.parametrize("thickness", [0.05, 0.3])
@pytest.mark.parametrize("floors", [1, 2])
def test_walls_may_be_thin_or_thick(thickness: float, floors: int) -> None:
    for seed in range(4):
        house = generate_house(seed, HouseConfig(floors=floors, wall_thickness=thickness))
        assert not house.rooms_out_of_reach()


def test_things_move_between_floors_and_keep_off_the_stairs(houses: list[House]) -> None:
    changed = 0
    for seed in range(6):
        house = two_floors(seed)
        stairs = stairs_of(house)
        before = {thing.id: house.floor_of(thing.id) for thing in house.objects}
        live(house, np.random.default_rng(seed), 12)
        for thing in house.objects:
            floor = house.floor_of(thing.id)
            changed += before[thing.id] != floor
            level = house.levels[floor]
            assert level - 1e-3 <= thing.base < level + house.config.wall_height
            kept = [*stairs.blocked(floor), stairs.landing(floor)]
            assert not any(overlap(thing.footprint, zone) for zone in kept), thing.id
        assert not house.rooms_out_of_reach()
    assert changed >= 5


def test_a_thing_goes_to_a_room_upstairs_but_not_onto_the_stairs() -> None:
    house = two_floors(3)
    stairs = stairs_of(house)
    box = house.add("cardboard box", stairs.rooms[1])
    assert not any(overlap(box.footprint, zone) for zone in stairs.blocked(1))
    assert house.floor_of(box.id) == 1 and box.base == pytest.approx(house.levels[1])
    landing = stairs.end(1)
    for x, y, z in ((*landing, house.levels[1]), (*stairs.world(1.0, 0.5), 0.0)):
        with pytest.raises(HouseError, match="stairs or a landing"):
            house.move(box.id, Spot(x=x, y=y, z=z))
    x, y = house.room(stairs.rooms[0]).centre
    assert house.room_at(x, y, 0) != house.room_at(x, y, 1)


def test_the_truth_tells_floors_and_stairs() -> None:
    house = two_floors(4)
    truth = house.truth()
    assert msgspec.json.decode(msgspec.json.encode(truth)) == truth
    assert truth["levels"] == [0.0, 2.8]
    assert {thing["floor"] for thing in truth["objects"]} == {0, 1}
    assert {room["floor"] for room in truth["rooms"]} == {0, 1}
    assert truth["stairs"]["rooms"] == list(stairs_of(house).rooms)
    flat = generate_house(4).truth()
    assert "stairs" not in flat and "floor" not in flat["objects"][0]
    assert two_floors(4).truth() == truth != two_floors(5).truth()


def test_discovery_counts_both_floors(houses: list[House]) -> None:
    house = houses[2]
    discovery = Discovery(house)
    body = HouseBody(house, CameraConfig(width=64, height=48, tilt=-0.6))
    body.connect()
    stairs = stairs_of(house)
    for floor in (0, 1):
        body.place(*stairs.end(floor), 0.0, floor)
        before = discovery.floor_share
        for _ in range(12):
            seen = body.observe()
            discovery.update(seen, seen.T_world_camera)
            body.act(Command(turn=np.pi / 6))
        assert discovery.floor_share > before
        assert discovery.floors[floor].seen.any()
    assert not discovery.floors[0].seen.all()
    flight = stairs.flight()
    for floor in discovery.floors:
        rows, columns = np.nonzero(floor.seen)
        points = np.stack([columns + 0.5, rows + 0.5], axis=1) * 0.1 + floor.origin
        assert (flight.grown(-0.1).distance(points) > 0).all()


def test_plans_of_both_floors_lie_side_by_side(houses: list[House]) -> None:
    house = houses[1]
    plan = draw_plan(house, 20)
    assert plan.shape[1] % 2 == 0
    lower, upper = np.hsplit(plan, 2)
    assert not np.array_equal(lower, upper)
    above = draw_walk(house, Discovery(house), (*house.start[:2], 0.0), 20, floor=1)
    below = draw_walk(house, Discovery(house), (*house.start[:2], 0.0), 20, floor=0)
    half = plan.shape[1] // 2
    assert not np.array_equal(above[:, half:], below[:, half:])


def test_one_or_two_floors_may_be_asked_for() -> None:
    for floors in (0, 3):
        with pytest.raises(ConfigError, match="expected 1 or 2"):
            HouseConfig(floors=floors)


def test_a_floor_that_is_not_there_is_refused() -> None:
    flat = generate_house(0, HouseConfig(rooms=3))
    for floor in (-1, 1):
        with pytest.raises(ConfigError, match="this house has 1"):
            flat.reachable_floor(floor=floor)
