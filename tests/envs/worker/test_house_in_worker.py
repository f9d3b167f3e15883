"""The house in a worker is the house in this process, bit for bit."""

import os
import pickle
import signal

import numpy as np
import psutil
import pytest

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots.body import Body
from embodied_mem.types import Command
from embodied_mem_envs.house import CameraConfig, HouseConfig, SensorNoise, generate_house
from embodied_mem_envs.simulators import BodySetup, make_body
from embodied_mem_envs.worker_body import WorkerRestarted
from worker_bodies import left_behind

CAMERA = CameraConfig(width=32, height=24)
COMMANDS = (
    Command(forward=0.25),
    Command(forward=0.25),
    Command(turn=np.pi / 6),
    Command(turn=-np.pi / 6),
    Command(tilt=0.2),
    Command(forward=-0.1, turn=0.3),
)


def pair(noise=None, **house):
    """The same body twice: in this process and in a worker."""
    bodies = []
    for options in ({}, {"worker": True}):
        setup = BodySetup(camera=CAMERA, noise=noise, seed=5, options=options)
        body = make_body("house", generate_house(11, HouseConfig(rooms=3, **house)), setup)
        body.connect()
        bodies.append(body)
    return bodies


def assert_same(here, there):
    for name in ("rgb", "depth", "instance", "T_world_camera", "T_world_body"):
        assert np.array_equal(getattr(here, name), getattr(there, name)), name
    for name in ("labels", "proprioception", "tick", "intrinsics", "agent", "camera"):
        assert getattr(here, name) == getattr(there, name), name


def walk(here, there, steps, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        assert_same(here.observe(), there.observe())
        command = COMMANDS[rng.integers(len(COMMANDS))]
        assert here.act(command) == there.act(command)
    assert here.true_pose == there.true_pose and here.tick == there.tick
    assert here.house.tick == there.house.tick


@pytest.mark.parametrize("noise", [None, SensorNoise()])
def test_a_walk_gives_the_same_observations(noise):
    here, there = pair(noise)
    assert isinstance(there, Body)
    assert here.observation_features == there.observation_features
    assert here.action_features == there.action_features
    walk(here, there, 120)
    there.close()


def test_changes_of_the_house_are_followed():
    here, there = pair()
    walk(here, there, 10)
    for body in (here, there):
        house = body.house
        lamp = next(thing for thing in house.objects if thing.on is not None)
        house.move(lamp.id, house.rooms[1].id)
        house.new_visit()
        body.place(*house.start)
    walk(here, there, 30, seed=1)
    for body in (here, there):
        body.house.add("chair", body.house.rooms[0].id)
    walk(here, there, 30, seed=2)
    there.close()


def test_a_killed_worker_is_replaced_where_the_body_was():
    before = left_behind()
    here, there = pair(floors=1)
    walk(here, there, 20)
    assert_same(here.observe(), there.observe())  # that one came with the last command's answer
    os.kill(there.worker.process.pid, signal.SIGKILL)
    with pytest.warns(WorkerRestarted, match="ended"):
        assert_same(here.observe(), there.observe())
    walk(here, there, 20, seed=3)
    there.close()
    assert left_behind() == before


def test_a_copy_goes_on_by_itself():
    here, there = pair()
    walk(here, there, 15)
    twin = pickle.loads(pickle.dumps(there))
    there.close()
    walk(here, twin, 15, seed=4)
    twin.close()


def test_errors_are_those_of_the_house():
    _, there = pair()
    with pytest.raises(BodyError, match="no room for the body"):
        there.place(-50.0, 0.0, 0.0)
    there.close()
    with pytest.raises(BodyError, match="connect"):
        there.observe()
    with pytest.raises(ConfigError, match="wheels"):
        make_body("house", there.house, BodySetup(options={"worker": True, "wheels": 4}))
    with pytest.raises(ConfigError, match="did you mean 'house'"):
        make_body("hose", there.house)


@pytest.mark.slow
def test_ten_thousand_steps_leak_nothing_and_lose_no_worker():
    house = generate_house(11, HouseConfig(rooms=3))
    body = make_body("house", house, BodySetup(camera=CAMERA, options={"worker": True}))
    body.connect()
    pid = body.worker.process.pid
    worker, rng = psutil.Process(pid), np.random.default_rng(0)
    sizes = []
    for step in range(10_000):
        body.act(COMMANDS[rng.integers(len(COMMANDS))])
        body.observe()
        if step % 2000 == 1999:
            files = left_behind()[1]
            sizes.append((psutil.Process().memory_info().rss, worker.memory_info().rss, files))
    assert body.worker.process.pid == pid
    for first, last in zip(sizes[0], sizes[-1], strict=True):
        assert last < first * 1.02 + (1 << 20)
    body.close()
