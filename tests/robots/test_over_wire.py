"""The brain on real rclpy against a robot of another vendor, in the same house as the simulator."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from embodied_mem.robots.safety.config import GateConfig
from embodied_mem_envs.evaluation.over_wire import OverWire, connect_command, explore_over_wire
from embodied_mem_envs.robot_peer.process import RobotProcess, own_domain
from embodied_mem_envs.robot_peer.wire_log import read_log
from fault_scene import TREMBLE
from ros_env import ros_python

SECONDS = 12
CONNECT = [sys.executable, "-m", "embodied_mem", "connect", "ros2"]


def check_log(path: Path) -> int:
    """Asserts that all a robot received was within limits; returns how many commands it was."""
    log = read_log(path)
    excess = log.worst_excess(GateConfig(), slack=TREMBLE)
    assert excess.count == 0, excess
    assert log.commands[-1].zero
    assert log.states[-1].at_rest
    return len(log.commands)


def check_replay(recording: Path, out: Path) -> None:
    """Asserts that a recording gives the memory that the visit left."""
    command = [*CONNECT, "--replay", str(recording), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the memory is the same" in done.stdout
    assert "differ" not in done.stdout


def test_a_short_visit_keeps_to_the_limits_and_its_recording_gives_its_memory(tmp_path: Path):
    ros_python()  # skips where there is none
    log, out, recording = (tmp_path / name for name in ("robot.jsonl", "visit", "recording"))
    with own_domain() as domain, RobotProcess(domain, log, "--odom-at", "house", "--detector"):
        command = connect_command(domain, "ros2")
        command += ["--task", "explore", "--seconds", str(SECONDS), "--out", str(out)]
        command += ["--record", str(recording), "--json", str(out / "result.json")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    metrics = json.loads((out / "result.json").read_bytes())["metrics"]
    assert metrics["ticks"] > 10
    assert check_log(log) > 40
    check_replay(recording, tmp_path / "again")


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> OverWire:
    folder = tmp_path_factory.mktemp("wire")
    ros_python()
    return explore_over_wire(
        folder, seed=2, questions=40, driver="ros2", flags=("--record", str(folder / "recording"))
    )


@pytest.mark.slow  # a whole house takes two minutes; the short visit goes the same way
@pytest.mark.timeout(900)
def test_a_house_is_explored_and_remembered_as_in_the_simulator(visit, tmp_path: Path):
    assert visit.metrics["explored_all"] == 1.0
    assert visit.share_right(visit.simulated) >= 0.95
    # One question weighs 2.5 points; `bench robots` asks enough for the two points of the figure.
    assert visit.share_right(visit.wired) >= visit.share_right(visit.simulated) - 0.051
    assert check_log(visit.log) > 500
    check_replay(visit.log.parent / "recording", tmp_path)
