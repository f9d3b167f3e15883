"""A body climbs and descends stairs, and no edge or parapet lets it through."""

from itertools import pairwise

import numpy as np
import pytest

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.types import Command
from embodied_mem_envs.house import CameraConfig, House, HouseBody, HouseConfig, generate_house
from embodied_mem_envs.house.body import RADIUS
from embodied_mem_envs.house.stairs import TREAD, Stairs

TINY = CameraConfig(width=16, height=12)


def stairs_of(house: House) -> Stairs:
    assert house.stairs is not None
    return house.stairs


def heading(stairs: Stairs) -> float:
    return float(np.arctan2(stairs.up[1], stairs.up[0]))


@pytest.fixture
def houses(storeyed_houses: list[House]) -> list[House]:
    return storeyed_houses


@pytest.fixture
def body(houses: list[House]) -> HouseBody:
    body = HouseBody(houses[3], TINY)
    body.connect()
    return body


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
    house = generate_house(seed, HouseConfig(floors=2))
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


def test_a_body_may_start_upstairs(houses: list[House]) -> None:
    x, y = stairs_of(houses[0]).end(1)
    body = HouseBody(houses[0], TINY, start=(x, y, 0.0), floor=1)
    body.connect()
    assert body.true_floor == 1
    assert body.observe().T_world_body[2, 3] == houses[0].levels[1]
    for start, floor in ((None, 1), ((x, y, 0.0), 2)):
        with pytest.raises(ConfigError, match="floor is"):
            HouseBody(houses[0], TINY, start=start, floor=floor)


def test_a_body_cannot_be_placed_where_the_floor_is_open(body: HouseBody) -> None:
    stairs = stairs_of(body.house)
    low = stairs.world(0.5, stairs.width / 2)
    body.place(*low, 0.0)
    assert 0.0 < body.true_height < 1.0
    with pytest.raises(BodyError, match="free place"):
        body.place(*low, 0.0, floor=1)
    with pytest.raises(BodyError, match="floor is 2"):
        body.place(*low, 0.0, floor=2)
