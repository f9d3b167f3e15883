"""The same house explored twice: inside the simulator, and by a robot over DDS."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embodied_mem.errors import EvaluationError
from embodied_mem_envs.evaluation.asking import Asked, ask_saved
from embodied_mem_envs.evaluation.explore_run import ExploreConfig, explore_house
from embodied_mem_envs.evaluation.questions import generate_questions
from embodied_mem_envs.house import HouseConfig, generate_house
from embodied_mem_envs.robot_peer.process import RobotProcess, own_domain

WIDTH = 160
_SECONDS = 300.0
_QUESTIONS = 41


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class OverWire:
    """What came of one house."""

    simulated: tuple[Asked, ...]
    """Answers from the memory that a walk inside the simulator left."""
    wired: tuple[Asked, ...]
    """Answers to the same questions from the memory that a robot built over the wire."""
    metrics: dict[str, float]
    """What `connect` reported."""
    log: Path
    """What the robot received."""

    @staticmethod
    def share_right(asked: Sequence[Asked]) -> float:
        """Returns the share of questions that were answered right."""
        return float(np.mean([one.verdict.outcome == "right" for one in asked]))


def explore_over_wire(
    folder: Path,
    *,
    seed: int = 7,
    rooms: int = 3,
    questions: int = 20,
    driver: str = "dds",
    robot: Sequence[str] = (),
    settings: Sequence[str] = (),
    flags: Sequence[str] = (),
) -> OverWire:
    """Explores a house in the simulator, then by `embodied-mem connect` on a robot process.

    The robot is another process on raw Cyclone DDS; the brain is the command that users type.
    Questions come from what the simulated walk was shown, and are asked of both memories.

    Args:
        folder: Where both memories, the robot's log and the answers go.
        seed: Of the house.
        rooms: How many it has.
        questions: How many are asked.
        driver: `dds`, or `ros2` for a brain on rclpy.
        robot: More options of the robot process.
        settings: More settings of the brain's side, as `--set` takes them.
        flags: More flags of `connect`.

    Raises:
        EvaluationError: If a process fails or hangs.
    """
    simulated = explore_house(
        generate_house(seed, HouseConfig(rooms=rooms)),
        folder / "simulated.mem",
        ExploreConfig(width=WIDTH),
        seed=seed,
    )
    log, out = folder / "robot.jsonl", folder / "visit"
    house = ("--seed", str(seed), "--rooms", str(rooms), "--odom-at", "house", "--detector")
    with own_domain() as domain, RobotProcess(domain, log, *house, *robot):
        _connect(domain, driver, out, settings, flags)
    asked = generate_questions(
        simulated.truth, simulated.shown, np.random.default_rng([seed, _QUESTIONS]), questions
    )
    return OverWire(
        simulated=tuple(ask_saved(simulated.memory, asked, folder / "asked_simulated")),
        wired=tuple(ask_saved(out / "robot.mem", asked, folder / "asked_wired")),
        metrics=json.loads((out / "result.json").read_bytes())["metrics"],
        log=log,
    )


def connect_command(domain: int, driver: str, settings: Sequence[str] = ()) -> list[str]:
    """Returns the command line that connects a brain to a robot process on a domain."""
    given = {
        "options.domain": str(domain),
        "options.width": str(WIDTH),
        "options.height": str(WIDTH * 3 // 4),
        "options.instance": "true",
        "options.radius": "0.18",
        "options.camera": '{"x": 0.0, "z": 1.25, "tilt": -0.26}',
        "speed": "0.4",
        "turn_rate": "1.0",
        "reaction": "0.3",
    }
    given |= dict(pair.split("=", 1) for pair in settings)
    command = [sys.executable, "-m", "embodied_mem", "connect", driver]
    for name, value in given.items():
        command += ["--set", f"{name}={value}"]
    return command


def _connect(
    domain: int, driver: str, out: Path, settings: Sequence[str], flags: Sequence[str]
) -> None:
    command = connect_command(domain, driver, settings)
    command += ["--task", "explore", "--out", str(out), "--json", str(out / "result.json")]
    done = subprocess.run(
        [*command, "--seconds", f"{_SECONDS:g}", *flags],
        capture_output=True,
        text=True,
        timeout=_SECONDS + 60.0,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    if done.returncode != 0:
        raise EvaluationError(
            f"connect ended with status {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
        )
