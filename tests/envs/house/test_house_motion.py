"""The body slides along what it touches and never enters it."""

import numpy as np
import pytest

from embodied_mem.errors import BodyError
from embodied_mem.robots.body import Body
from embodied_mem.types import Command
from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, Spot, generate_house
from embodied_mem_envs.house.body import RADIUS
from embodied_mem_envs.house.motion import Motion

TINY = CameraConfig(width=16, height=12)


@pytest.fixture
def body() -> HouseBody:
    body = HouseBody(generate_house(5, HouseConfig(rooms=3)), TINY)
    body.connect()
    return body


def free_clearance(body: HouseBody, x: float, y: float) -> float:
    return float(body.house.floor().clearance(np.array([[x, y]]))[0])


def test_one_discrete_step_is_a_quarter_of_a_metre(body: HouseBody) -> None:
    x, y, yaw = body.true_pose
    sent = body.act(Command(forward=0.25))
    assert sent == Command(forward=0.25)
    moved = np.subtract(body.true_pose[:2], (x, y))
    np.testing.assert_allclose(moved, [0.25 * np.cos(yaw), 0.25 * np.sin(yaw)], atol=1e-9)
    assert body.observe().proprioception["collided"] == 0.0


def test_twelve_turns_come_back(body: HouseBody) -> None:
    before = body.true_pose
    for _ in range(12):
        body.act(Command(turn=np.pi / 6))
    np.testing.assert_allclose(body.true_pose, before, atol=1e-9)


def test_a_wall_stops_the_body_at_its_radius(body: HouseBody) -> None:
    house = body.house
    for _ in range(60):
        body.act(Command(forward=0.25))
    assert body.observe().proprioception["collided"] == 1.0
    assert free_clearance(body, *body.true_pose[:2]) == pytest.approx(RADIUS, abs=2e-3)
    assert house.tick == 60


def test_a_body_slides_along_a_box(body: HouseBody) -> None:
    x, y, yaw = body.true_pose
    ahead = np.array([np.cos(yaw), np.sin(yaw)])
    spot = np.array([x, y]) + 0.5 * ahead
    box = body.house.add("cardboard box", Spot(x=float(spot[0]), y=float(spot[1]), yaw=yaw))
    # 30 degrees off the normal of its face, so half of each step runs along it.
    body.place(x, y, yaw + np.pi / 6)
    collided = False
    for _ in range(4):
        body.act(Command(forward=0.25))
        collided |= body.observe().proprioception["collided"] > 0
    left = np.array([-np.sin(yaw), np.cos(yaw)])
    moved = np.subtract(body.true_pose[:2], (x, y))
    assert collided
    assert moved @ left > 0.35
    assert moved @ ahead < 4 * 0.25 * np.cos(np.pi / 6) - 0.05
    gap = box.footprint.distance(np.array(body.true_pose[:2]))
    assert gap >= RADIUS - 2e-3


@pytest.mark.parametrize("seed", range(6))
def test_random_driving_never_enters_anything(seed: int) -> None:
    house = generate_house(seed, HouseConfig(rooms=4))
    motion = Motion(house, RADIUS)
    floor = house.floor()
    rng = np.random.default_rng(seed)
    pose = house.start
    visited = []
    for _ in range(400):
        forward = float(rng.choice([0.25, 0.25, 0.25, -0.2]))
        pose, _, _ = motion.move(pose, forward, float(rng.normal(0, 0.4)))
        visited.append(pose[:2])
    clearance = floor.clearance(np.array(visited))
    assert clearance.min() >= RADIUS - 2e-3
    assert np.ptp(np.array(visited), axis=0).max() > 1.0


def test_an_arc_of_full_turn_closes() -> None:
    house = generate_house(1, HouseConfig(rooms=3))
    motion = Motion(house, RADIUS)
    pose = house.start
    for _ in range(40):
        pose, _, collided = motion.move(pose, 0.02, 2 * np.pi / 40)
        assert not collided
    np.testing.assert_allclose(pose[:2], house.start[:2], atol=1e-9)


def test_commands_are_clipped_and_the_sent_one_returned(body: HouseBody) -> None:
    sent = body.act(Command(forward=9.0, turn=-9.0, tilt=9.0))
    limits = body.action_features
    assert sent.forward == limits["forward"].high
    assert sent.turn == limits["turn"].low
    assert sent.tilt == limits["tilt"].high
    for _ in range(9):
        body.act(Command(tilt=9.0))
    assert body.observe().proprioception["tilt"] == pytest.approx(np.pi / 3)


def test_a_body_must_be_connected_and_commands_finite() -> None:
    body = HouseBody(generate_house(5, HouseConfig(rooms=3)), TINY)
    assert isinstance(body, Body)
    with pytest.raises(BodyError, match="connect"):
        body.observe()
    body.connect()
    with pytest.raises(BodyError, match="finite"):
        body.act(Command(forward=float("nan")))
    body.close()
    body.close()
    with pytest.raises(BodyError, match="connect"):
        body.act(Command())


def test_a_body_cannot_be_placed_in_furniture(body: HouseBody) -> None:
    thing = max(body.house.objects, key=lambda o: o.size[0] * o.size[1] * (o.base < 0.1))
    with pytest.raises(BodyError, match="free place"):
        body.place(thing.position[0], thing.position[1], 0.0)


def test_doors_let_the_body_through_straight() -> None:
    house = generate_house(7)
    motion = Motion(house, RADIUS)
    for door in house.doors:
        yaw = 0.0 if door.axis == 0 else np.pi / 2
        x, y = np.subtract(door.centre, (0.4 * np.cos(yaw), 0.4 * np.sin(yaw)))
        pose = (float(x), float(y), yaw)
        touched = False
        for _ in range(8):
            pose, _, hit = motion.move(pose, 0.1, 0.0)
            touched |= hit
        assert not touched
        assert np.hypot(pose[0] - x, pose[1] - y) == pytest.approx(0.8, abs=1e-9)
