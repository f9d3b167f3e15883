"""Our houses in Habitat. `habitat_sim` comes through conda only, so its stand-in serves here."""

import os
import signal
from math import hypot, inf

import numpy as np
import pytest

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots.body import Body, highest_step
from embodied_mem.types import Command
from embodied_mem_envs.house import (
    CameraConfig,
    HouseBody,
    HouseConfig,
    SensorNoise,
    generate_house,
)
from embodied_mem_envs.house.body import body_pose, mount_pose
from embodied_mem_envs.house.view import HouseRenderer
from embodied_mem_envs.simulators import BodySetup, make_body
from embodied_mem_envs.worker_body import WorkerRestarted
from habitat_rig import options
from worker_bodies import left_behind

CAMERA = CameraConfig(width=48, height=36, forward=0.1, yaw=0.3, hfov=1.3)
COMMANDS = (
    Command(forward=0.25),
    Command(turn=np.pi / 6),
    Command(turn=-np.pi / 6),
    Command(tilt=0.2),
    Command(forward=0.5, turn=0.4),
)


@pytest.fixture(scope="module")
def placed():
    house = generate_house(11, HouseConfig(rooms=3))
    body = make_body("habitat", house, BodySetup(camera=CAMERA, options=options()))
    body.connect()
    yield house, body
    body.close()


def assert_shows(house, body):
    """The observation is what our renderer shows from its camera."""
    seen = body.observe()
    view = HouseRenderer(house).render(seen.T_world_camera, CAMERA.intrinsics)
    assert np.median(np.abs(seen.depth - view.depth)) < 1e-3
    assert (seen.instance == view.instance).mean() > 0.995
    known = house.labels()
    assert seen.labels == {int(n): known[n] for n in np.unique(seen.instance) if n}
    tilt = seen.proprioception["tilt"] - CAMERA.tilt
    mounted = seen.T_world_body @ mount_pose(CAMERA, tilt)
    assert np.allclose(mounted, seen.T_world_camera, atol=1e-9)
    return seen


def test_it_is_a_body_that_starts_where_the_house_says(placed):
    house, body = placed
    assert isinstance(body, Body) and body.habitat.simulator == "habitat_sim 0.2.2"
    assert np.allclose(body.true_pose, house.start, atol=1e-3)
    assert body.radius == 0.18 and highest_step(body) == 0.05
    assert body.observation_features["depth"].shape == (36, 48)
    assert body.action_features["forward"].high == 0.5


def test_depth_ids_and_poses_are_those_of_the_house_on_a_walk(placed):
    house, body = placed
    rng, before = np.random.default_rng(1), body.tick
    for step in range(25):
        seen = assert_shows(house, body)
        assert seen.tick == before + step
        assert seen.T_world_body[2, 3] == 0.0
        assert np.array_equal(seen.T_world_body, body.true_transform)
        sent = body.act(COMMANDS[rng.integers(len(COMMANDS))])
        assert isinstance(sent, Command)


def test_commands_are_limited_as_in_the_house(placed):
    _, body = placed
    assert body.act(Command(forward=9.0, turn=-9.0, tilt=9.0)) == Command(
        forward=0.5, turn=-np.pi, tilt=np.pi / 4
    )
    for _ in range(3):
        body.act(Command(tilt=1.0))
    assert body.observe().proprioception["tilt"] == pytest.approx(np.pi / 3)
    with pytest.raises(BodyError, match="expected a finite number"):
        body.act(Command(forward=float("inf")))
    for _ in range(2):
        body.act(Command(tilt=-0.66))


def test_motion_in_the_open_is_that_of_the_house(placed):
    house, body = placed
    x, y, yaw = house.start
    ours = HouseBody(house, CAMERA)
    ours.connect()
    ours.place(x, y, yaw)
    body.place(x, y, yaw)
    for command in (Command(turn=0.3), Command(forward=0.2, turn=0.2), Command(forward=-0.2)):
        ours.act(command)
        body.act(command)
    assert np.allclose(ours.true_pose, body.true_pose, atol=0.01)
    assert body.observe().proprioception["collided"] == 0.0


def test_walls_and_furniture_stop_the_body(placed):
    house, body = placed
    body.place(*house.start)
    floor, touched = house.floor(), 0.0
    for _ in range(40):
        body.act(Command(forward=0.25))
        touched = max(touched, body.observe().proprioception["collided"])
        x, y, _ = body.true_pose
        assert floor.clearance(np.array([[x, y]]))[0] > body.radius - 0.08
    assert touched == 1.0


def test_places_without_room_are_refused(placed):
    house, body = placed
    before = body.true_pose
    for x, y in ((-40.0, 3.0), next(t.position[:2] for t in house.objects if t.size[2] > 0.5)):
        with pytest.raises(BodyError, match="no room for the body"):
            body.place(x, y, 0.0)
    with pytest.raises(BodyError, match="floor is 1"):
        body.place(*house.start, floor=1)
    assert body.true_pose == before


def test_the_walkable_space_is_that_of_the_house(placed):
    house, body = placed
    mask, origin = house.reachable_floor(cell=0.1)
    clear = house.floor()
    rows, columns = np.nonzero(mask)
    rng, agree = np.random.default_rng(3), []
    for k in rng.choice(len(rows), 60):
        x, y = origin[0] + (columns[k] + 0.5) * 0.1, origin[1] + (rows[k] + 0.5) * 0.1
        if clear.clearance(np.array([[x, y]]))[0] < body.radius + 0.1:
            continue
        body.place(x, y, 0.0)
        agree.append(hypot(body.true_pose[0] - x, body.true_pose[1] - y) < 1e-3)
    assert len(agree) > 20 and np.mean(agree) > 0.95


def test_shortest_paths_serve_scores(placed):
    house, body = placed
    start = (*house.start[:2], 0.0)
    mask, origin = house.reachable_floor(cell=0.1)
    rows, columns = np.nonzero(mask)
    x, y = origin[0] + (columns[0] + 0.5) * 0.1, origin[1] + (rows[0] + 0.5) * 0.1
    path = body.shortest_path(start, (x, y, 0.0))
    straight = hypot(x - start[0], y - start[1])
    assert straight - 0.2 < path.metres < 4 * straight + 1
    assert all(abs(z) < 1e-6 for _, _, z in path.points)
    wide = max(
        (t for t in house.objects if t.on is None and 0.4 < t.top < 1.1),
        key=lambda thing: min(thing.size[:2]),
    )
    # Its top is an island of the navmesh that nothing leads to.
    assert body.shortest_path(start, (*wide.position[:2], wide.top)).metres == inf


def test_changes_of_the_house_show_and_a_killed_worker_is_replaced():
    before = left_behind()
    house = generate_house(11, HouseConfig(rooms=3))
    body = make_body("habitat", house, BodySetup(camera=CAMERA, options=options()))
    body.connect()
    assert_shows(house, body)
    for _ in range(3):
        body.act(Command(turn=0.5, tilt=0.1))
    house.new_visit()
    assert_shows(house, body)
    pose = body.true_pose
    small = next(thing for thing in house.objects if thing.on is not None)
    house.move(small.id, house.rooms[1].id)
    seen = assert_shows(house, body)
    assert body.true_pose == pose and seen.tick == 3
    os.kill(body.habitat.worker.process.pid, signal.SIGKILL)
    with pytest.warns(WorkerRestarted):
        assert_shows(house, body)
    assert body.true_pose == pose
    body.close()
    del seen  # it keeps its frame, and that keeps the memory
    assert left_behind() == before


def test_two_floors_are_climbed_by_the_stairs(placed):
    house = generate_house(12, HouseConfig(rooms=6, floors=2))
    body = make_body("habitat", house, BodySetup(camera=CAMERA, options=options()))
    body.connect()
    lower, upper = (house.stairs.end(floor) for floor in (0, 1))
    path = body.shortest_path((*lower, 0.0), (*upper, house.levels[1]))
    assert path.metres < 12.0
    yaw = float(np.arctan2(upper[1] - lower[1], upper[0] - lower[0]))
    body.place(*lower, yaw)
    heights = []
    for _ in range(40):
        body.act(Command(forward=0.25))
        heights.append(body.true_transform[2, 3])
        if body.true_floor == 1 and heights[-1] == house.levels[1]:
            break
    assert heights[-1] == house.levels[1]
    assert (np.diff(heights) > -0.06).all()
    assert_shows(house, body)
    body.place(*upper, 0.5, floor=1)
    assert body.true_floor == 1
    assert np.allclose(body.true_transform, body_pose(*body.true_pose, house.levels[1]))
    body.close()


def test_what_cannot_be_is_said(monkeypatch):
    house = generate_house(11, HouseConfig(rooms=3))
    with pytest.raises(ConfigError, match="noise is for simulator 'house'"):
        make_body("habitat", house, BodySetup(noise=SensorNoise(), options=options()))
    with pytest.raises(ConfigError, match="wheels"):
        make_body("habitat", house, BodySetup(options=options(wheels=4)))
    monkeypatch.delenv("EMBODIED_MEM_HABITAT_PYTHON", raising=False)
    with pytest.raises(ConfigError, match="EMBODIED_MEM_HABITAT_PYTHON"):
        make_body("habitat", house)
    body = make_body("habitat", house, BodySetup(options=options()))
    with pytest.raises(BodyError, match="connect"):
        body.observe()
