from pathlib import Path

import pytest

from embodied_mem.brain.brain import Brain
from embodied_mem.brain.build import build_hippocampus
from embodied_mem.errors import BodyError, RecordingError
from embodied_mem.recordings.lerobot import LeRobotWriter
from embodied_mem.robots import Body
from embodied_mem.robots.recorded import RecordedBody
from embodied_mem.robots.replay import EndOfRecording, ReplayBody
from embodied_mem.types import Command
from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house
from embodied_mem_envs.house.noise import SensorNoise
from recorded_walk import WalkBody, assert_same, commands, record_walk, views

pytest.importorskip("pyarrow")
COUNT = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    record_walk(folder, COUNT)
    return folder


@pytest.mark.parametrize("file_bytes", [1, 20_000, 1 << 20])
@pytest.mark.parametrize(("instances", "packing"), [(True, 1), (False, 1), (True, 0)])
def test_every_bit_of_every_observation_comes_back(
    tmp_path: Path, file_bytes: int, instances: bool, packing: int
) -> None:
    seen = record_walk(tmp_path, COUNT, file_bytes=file_bytes, instances=instances, packing=packing)
    with ReplayBody(tmp_path) as body:
        assert len(body) == COUNT
        for true, command in zip(seen, commands(COUNT), strict=True):
            assert not body.finished
            assert_same(body.observe(), true)
            sent = body.act(command)
            assert (sent.forward, sent.turn) == (0.5 * command.forward, command.turn)
            assert (sent.joints, sent.gripper) == (command.joints, command.gripper)
        assert body.finished
        assert (body.differences, body.first_difference) == (0, "")
        with pytest.raises(EndOfRecording, match="after 12 observations"):
            body.observe()


def test_the_body_is_described_as_it_was(folder: Path) -> None:
    body, true = ReplayBody(folder), WalkBody(views(1))
    assert isinstance(body, Body)
    assert body.action_features == true.action_features  # with a limit that is infinite
    assert body.observation_features == true.observation_features
    assert (body.radius, body.seconds_per_tick) == (true.radius, true.seconds_per_tick)
    assert (body.heading.task, body.heading.robot) == ("walk along", "walker-3")


def test_other_commands_are_counted_and_the_first_is_told(folder: Path) -> None:
    body = ReplayBody(folder)
    with body:
        for index, command in enumerate(commands(COUNT)):
            body.observe()
            asked = Command(forward=9.0) if index in (4, 7) else command
            assert body.act(asked).forward == 0.5 * command.forward
    assert body.differences == 2
    assert body.first_difference.startswith("at tick 9: asked Command(forward=9.0")
    with body:  # begins anew
        assert body.differences == 0
        assert body.observe().tick == 0


def test_commands_that_are_left_out_or_added_count_too(folder: Path) -> None:
    with ReplayBody(folder) as body:
        body.observe()
        body.observe()
        assert body.first_difference == "at tick 0: 1 fewer commands than then"
        body.act(commands(2)[1])
        assert body.act(Command(forward=0.1)) == Command()
        assert body.differences == 2


def test_a_recording_that_was_only_watched_asks_for_nothing(tmp_path: Path) -> None:
    with RecordedBody(WalkBody(views(3)), LeRobotWriter(tmp_path)) as body:
        for _ in range(3):
            body.observe()
    with ReplayBody(tmp_path) as replay:
        while not replay.finished:
            replay.observe()
        assert replay.act(Command(forward=1.0)) == Command()
        assert replay.differences == 0


def test_several_commands_after_one_observation_keep_their_order(tmp_path: Path) -> None:
    asked = [Command(forward=0.1 * k) for k in range(5)]
    with RecordedBody(WalkBody(views(2)), LeRobotWriter(tmp_path)) as body:
        body.observe()
        sent = [body.act(command) for command in asked]
        body.observe()
    with ReplayBody(tmp_path) as replay:
        replay.observe()
        assert [replay.act(command) for command in asked] == sent
        replay.observe()
        assert replay.differences == 0


def test_use_in_the_wrong_order_is_told(folder: Path, tmp_path: Path) -> None:
    body = ReplayBody(folder)
    with pytest.raises(BodyError, match="call connect"):
        body.observe()
    with body, pytest.raises(BodyError, match="observe first"):
        body.act(Command())
    with pytest.raises(BodyError, match="call connect"):
        body.act(Command())
    with pytest.raises(RecordingError, match="is missing"):
        ReplayBody(tmp_path)


def explore(body: Body, ticks: int, **settings: int) -> tuple[str, Brain]:
    """Returns the digest of what a brain remembers of an exploration."""
    hippocampus = build_hippocampus(seed=settings.get("seed", 11))
    brain = Brain(body, hippocampus)
    brain.connect()
    try:
        brain.explore(ticks)
    finally:
        brain.close()
    return hippocampus.store.digest(), brain


def test_a_brain_remembers_the_same_of_a_replay(tmp_path: Path) -> None:
    house = generate_house(7, HouseConfig(rooms=3))
    camera = CameraConfig(width=128, height=96)
    inner = HouseBody(house, camera, noise=SensorNoise(), seed=2)
    live, walked = explore(RecordedBody(inner, LeRobotWriter(tmp_path)), 40)
    replay = ReplayBody(tmp_path)
    again, walked_again = explore(replay, len(replay))
    assert replay.differences == 0, replay.first_difference
    assert again == live
    assert walked_again.exploration == walked.exploration
    assert walked.exploration.metres > 1.0
    other, _ = explore(ReplayBody(tmp_path), len(replay), seed=12)
    assert other != live  # the digest does tell memories apart


def test_an_exploration_to_its_end_ends_in_the_replay_too(tmp_path: Path) -> None:
    house = generate_house(3, HouseConfig(rooms=3))
    body = HouseBody(house, CameraConfig(width=64, height=48))
    live, walked = explore(RecordedBody(body, LeRobotWriter(tmp_path)), 400)
    assert walked.exploration.finished
    replay = ReplayBody(tmp_path)
    again, walked_again = explore(replay, 400)
    assert (again, walked_again.exploration) == (live, walked.exploration)
    assert replay.differences == 0


def test_whoever_goes_beyond_the_end_is_told(folder: Path) -> None:
    with pytest.raises(EndOfRecording):
        explore(ReplayBody(folder), COUNT + 1)
