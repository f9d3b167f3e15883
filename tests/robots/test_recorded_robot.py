"""A real-time robot with threads and a gate, recorded and replayed."""

import json
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.brain.brain import Brain
from embodied_mem.brain.build import build_hippocampus
from embodied_mem.brain.cerebellum import CerebellumConfig
from embodied_mem.robots.body import Body
from embodied_mem.robots.recorded import record
from embodied_mem.robots.replay import EndOfRecording, ReplayBody
from embodied_mem.robots.robot import Robot
from embodied_mem.robots.simulated import BodyDriver, SimulationConfig
from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house

parquet = pytest.importorskip("pyarrow.parquet")
TICKS = 70


def house_robot() -> Robot:
    house = generate_house(7, HouseConfig(rooms=3))
    inner = HouseBody(house, CameraConfig(width=96, height=72), seconds_per_tick=0.05)
    driver = BodyDriver(
        inner, SimulationConfig(name="house", seconds_per_tick=0.05, camera_hz=20.0)
    )
    return Robot(driver, signals=False)


def remembering(body: Body) -> Brain:
    movement = CerebellumConfig(speed=0.4, turn_rate=1.4, reaction=0.2)
    hippocampus = build_hippocampus(seed=5, seconds_per_tick=body.seconds_per_tick)
    return Brain(body, hippocampus, movement=movement)


def test_a_robot_and_its_replay_are_remembered_alike(tmp_path: Path) -> None:
    with house_robot() as robot, record(robot, tmp_path, task="explore") as body:
        live = remembering(body)
        live.explore(TICKS)
        robot.estop("the test ends")
        live.explore(3)
    with ReplayBody(tmp_path) as replay:
        again = remembering(replay)
        again.explore(TICKS)
        again.explore(3)
        assert replay.finished
        assert (replay.differences, replay.first_difference) == (0, "")
        with pytest.raises(EndOfRecording):
            again.explore(1)
    digest = live.hippocampus.store.digest()
    assert again.hippocampus.store.digest() == digest
    table = parquet.read_table(tmp_path / "data/chunk-000/file-000.parquet")
    yaw = np.unwrap(np.array(table["observation.state"].to_pylist())[:, 2])
    assert np.ptp(yaw) > 1.0  # it did turn to look around


def test_what_a_robot_measured_and_its_gate_did_is_recorded(tmp_path: Path) -> None:
    with house_robot() as robot, record(robot, tmp_path, task="drive about") as body:
        live = remembering(body)
        live.explore(12)
        robot.estop("somebody pressed it")
        live.explore(3)
    info = json.loads((tmp_path / "meta/info.json").read_text())
    assert (info["robot_type"], info["total_frames"]) == ("house", 15)
    names = info["features"]["observation.state"]["names"]
    assert {"x", "y", "yaw", "forward", "turn", "held"} <= set(names)
    table = parquet.read_table(tmp_path / "data/chunk-000/file-000.parquet")
    states = np.array(table["observation.state"].to_pylist())
    assert np.isfinite(states).all()
    assert np.abs(states[:, names.index("turn")]).max() > 0.05
    sent = np.array(table["action"].to_pylist())
    assert np.abs(sent[:12]).max() > 0.05
    assert not sent[-1].any()
    assert states[-1, names.index("held")] == 1.0
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    stops = [event for event in events if event["row"] == 5]
    assert stops
    assert "somebody pressed it" in stops[0]["what"]
    assert 11 <= stops[0]["frame"] <= 12
