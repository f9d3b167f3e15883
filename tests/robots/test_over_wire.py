"""The brain on real rclpy against a robot of another vendor, in the same house as the simulator."""

import subprocess
import sys
from pathlib import Path

import pytest

from embodied_mem.robots.safety.config import GateConfig
from embodied_mem_envs.evaluation.over_wire import OverWire, explore_over_wire
from embodied_mem_envs.robot_peer.wire_log import read_log
from ros_env import ros_python

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> OverWire:
    folder = tmp_path_factory.mktemp("wire")
    ros_python()  # skips where there is none
    return explore_over_wire(
        folder, seed=2, questions=40, driver="ros2", flags=("--record", str(folder / "recording"))
    )


def test_a_house_is_explored_and_remembered_as_in_the_simulator(visit):
    assert visit.metrics["explored_all"] == 1.0
    assert visit.share_right(visit.simulated) >= 0.95
    # One question weighs 2.5 points; `bench robots` asks enough for the two points of the figure.
    assert visit.share_right(visit.wired) >= visit.share_right(visit.simulated) - 0.051


def test_no_command_that_the_robot_received_was_out_of_limits(visit):
    log = read_log(visit.log)
    assert len(log.commands) > 500
    assert log.worst_excess(GateConfig()).count == 0
    assert log.commands[-1].zero
    assert log.states[-1].at_rest


def test_a_replay_gives_the_same_memory(visit, tmp_path: Path):
    recording = visit.log.parent / "recording"
    command = [sys.executable, "-m", "embodied_mem", "connect", "ros2"]
    done = subprocess.run(
        [*command, "--replay", str(recording), "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the memory is the same" in done.stdout
    assert "differ" not in done.stdout
