"""Houses with two floors over many seeds: every room in reach, the stairs free, a body climbs."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest

from embodied_mem.errors import BodyError, ConfigError, HouseError
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
from embodied_mem_envs.house.body import RADIUS
from embodied_mem_envs.house.discovery import Discovery
from embodied_mem_envs.house.footprint import overlap
from embodied_mem_envs.house.plan import draw_plan, draw_walk
from embodied_mem_envs.house.stairs import LANDING, MAX_RISE, TREAD, Stairs

TINY = CameraConfig(width=16, height=12)


def two_floors(seed: int, **more: object) -> House:
    return generate_house(seed, HouseConfig(floors=2, **more))  # type: ignore[arg-type]


def stairs_of(house: House) -> Stairs:
    assert house.stairs is not None
    return house.stairs


def heading(stairs: Stairs) -> float:
    return float(np.arctan2(stairs.up[1], stairs.up[0]))


@pytest.fixture(scope="module")
def houses() -> list[House]:
    return [two_floors(seed) for seed in range(30)]


@pytest.fixture
def body(houses: list[House]) -> HouseBody:
    body = HouseBody(houses[3], TINY)
    body.connect()
    return body


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


@pytest.mark.parametrize("thickness", [0.05, 0.3])
@pytest.mark.parametrize("floors", [1, 2])
def test_walls_may_be_thin_or_thick(thickness: float, floors: int) -> None:
    for seed in range(8):
        house = generate_house(seed, HouseConfig(floors=floors, wall_thickness=thickness))
        assert not house.rooms_out_of_reach()


def climb(body: HouseBody, forward: float, floor: int) -> list[float]:
    """Drives straight on until the body stands on a floor, and returns its heights."""
    level, stairs = body.house.levels[floor], stairs_of(body.house)
    heights = [body.true_height]
    for _ in range(40):
        before = np.array(body.true_pose[:2])
        body.act(Command(forward=forward))
        assert np.linalg.norm(body.true_pose[:2] - before) == pytest.approx(abs(forward))
        heights.append(body.true_height)
        along, _ = stairs.local(*body.true_pose[:2])
        if body.true_height == pytest.approx(level) and not 0.0 <= along <= stairs.run:
            return heights
    raise AssertionError(f"the body did not get to floor {floor}")


def test_a_body_climbs_and_descends_at_walking_speed(houses: list[House]) -> None:
    for house in houses:
        stairs, body = stairs_of(house), HouseBody(house, TINY)
        body.connect()
        body.place(*stairs.end(0), heading(stairs))
        up = climb(body, 0.25, 1)
        assert body.true_floor == 1
        assert all(later >= earlier for earlier, later in pairwise(up))
        down = climb(body, -0.25, 0)
        assert body.true_floor == 0 and body.true_height == 0.0
        assert all(later <= earlier for earlier, later in pairwise(down))


def test_the_body_is_as_high_as_the_steps_under_it(houses: list[House]) -> None:
    for house in houses[:8]:
        stairs = stairs_of(house)
        for along in np.linspace(0.01, stairs.run - 0.01, 50):
            x, y = stairs.world(float(along), stairs.width / 2)
            height = house.height_at(x, y, int(along > stairs.run / 2))
            step = stairs.rise * (np.floor(along / TREAD) + 1)
            assert abs(height - step) <= stairs.rise / 2 + 1e-9


def test_the_pose_tells_the_height_that_the_camera_sees_from(body: HouseBody) -> None:
    stairs = stairs_of(body.house)
    body.place(*stairs.world(1.0, stairs.width / 2), heading(stairs))
    seen = body.observe()
    assert seen.T_world_body[2, 3] == body.true_height > 0.5
    assert seen.T_world_camera[2, 3] == pytest.approx(body.true_height + 1.25)
    np.testing.assert_array_equal(seen.T_world_body, body.true_transform)


@pytest.mark.parametrize("seed", range(6))
def test_random_driving_on_stairs_enters_nothing_and_never_falls(seed: int) -> None:
    house = two_floors(seed)
    stairs, body = stairs_of(house), HouseBody(house, TINY)
    body.connect()
    rng = np.random.default_rng(seed)
    floors = set()
    for start in range(6):
        along = float(rng.uniform(0.1, 0.9)) * stairs.run
        x, y = stairs.world(along, stairs.width / 2)
        body.place(x, y, float(rng.uniform(-3, 3)), int(along > stairs.run / 2))
        for _ in range(60):
            before, height = body.true_pose, body.true_height
            body.act(Command(forward=float(rng.choice([0.25, 0.4, -0.2])), turn=rng.normal(0, 0.6)))
            x, y, _ = body.true_pose
            moved = np.hypot(x - before[0], y - before[1])
            steepest = stairs.rise / TREAD
            assert abs(body.true_height - height) <= steepest * moved + 1e-9, (start, before)
            assert body._motion.clearance(x, y, body.true_floor) >= RADIUS - 2e-3
            floors.add(body.true_floor)
    assert floors == {0, 1}


def test_parapets_and_the_back_of_the_flight_stop_a_body(body: HouseBody) -> None:
    house = body.house
    stairs = stairs_of(house)
    across = float(np.arctan2(stairs.across[1], stairs.across[0]))
    side = stairs.width + 0.08 + RADIUS + 0.05
    for floor, along, outward in ((0, 2.0, False), (1, 2.0, False), (0, 1.0, True), (1, 3.5, True)):
        x, y = stairs.world(along, stairs.width / 2 if outward else side)
        body.place(x, y, across if outward else across + np.pi, floor)
        for _ in range(4):
            body.act(Command(forward=0.4))
        assert body.true_floor == floor
        kept = stairs.local(*body.true_pose[:2])[1]
        edge = stairs.width - RADIUS if outward else stairs.width + 0.08 + RADIUS
        assert kept == pytest.approx(edge, abs=2e-3)
        assert body.observe().proprioception["collided"] == 1.0


def test_a_body_cannot_be_placed_where_the_floor_is_open(body: HouseBody) -> None:
    stairs = stairs_of(body.house)
    low = stairs.world(0.5, stairs.width / 2)
    body.place(*low, 0.0)
    assert 0.0 < body.true_height < 1.0
    with pytest.raises(BodyError, match="free place"):
        body.place(*low, 0.0, floor=1)
    with pytest.raises(BodyError, match="floor is 2"):
        body.place(*low, 0.0, floor=2)


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
