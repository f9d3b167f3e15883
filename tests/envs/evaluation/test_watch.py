import numpy as np
import pytest

from embodied_mem.robots import Body
from embodied_mem.types import Command
from embodied_mem_envs.evaluation.watch import WatchedBody, reachable_points
from embodied_mem_envs.house import CameraConfig, House, HouseBody, HouseConfig, generate_house


@pytest.fixture
def house() -> House:
    return generate_house(3, HouseConfig(rooms=3))


@pytest.fixture
def watched(house: House) -> WatchedBody:
    body = HouseBody(house, CameraConfig(width=96, height=72))
    watched = WatchedBody(body)
    watched.connect()
    return watched


def test_it_is_the_body_that_it_wraps(watched: WatchedBody) -> None:
    assert isinstance(watched, Body)
    assert watched.radius == 0.18
    observation = watched.observe()
    assert observation.rgb.shape == (72, 96, 3)
    assert watched.act(Command(forward=9.0)).forward < 9.0


def test_it_counts_what_shows_and_the_way(watched: WatchedBody, house: House) -> None:
    for _ in range(12):
        watched.observe()
        watched.act(Command(turn=np.pi / 6))
    assert watched.metres == 0.0
    shown = watched.tracker.shown()
    start = house.room_at(*house.start[:2])
    assert start is not None
    own = [item.id for item in house.objects if item.room == start.id]
    assert len(set(shown) & set(own)) >= 3
    before = watched.metres
    for _ in range(12):
        watched.act(Command(forward=0.25))
        watched.act(Command(turn=np.pi / 6))
    assert 0.0 < watched.metres - before <= 12 * 0.25 + 1e-9


def test_the_floor_known_is_sampled(watched: WatchedBody, house: House) -> None:
    assert watched.sample(lambda xy: np.zeros(len(xy), np.uint8)).covered == 0.0
    assert watched.sample(lambda xy: np.ones(len(xy), np.uint8)).covered == 1.0
    middle = float(np.median(reachable_points(house)[:, 0]))
    half = watched.sample(lambda xy: (xy[:, 0] > middle).astype(np.uint8))
    assert 0.4 < half.covered < 0.6
    assert len(watched.progress) == 3


def test_reachable_points_are_inside_rooms_or_doors(house: House) -> None:
    points = reachable_points(house)
    assert len(points) > 500
    inside = [house.room_at(float(x), float(y)) is not None for x, y, _ in points]
    assert np.mean(inside) > 0.95
    gap = np.linalg.norm(points[:, :2] - np.array(house.start[:2]), axis=1).min()
    assert gap <= 0.1


def test_both_floors_count() -> None:
    house = generate_house(2, HouseConfig(floors=2))
    watched = WatchedBody(HouseBody(house, CameraConfig(width=32, height=24)))
    points = reachable_points(house)
    assert set(points[:, 2].tolist()) == set(house.levels)
    below = watched.sample(lambda xyz: (xyz[:, 2] < 1.0).astype(np.uint8))
    above = watched.sample(lambda xyz: (xyz[:, 2] > 1.0).astype(np.uint8))
    assert 0.2 < below.covered < 0.8
    assert below.covered + above.covered == pytest.approx(1.0, abs=1e-4)
