"""Whether Habitat-Sim shows our houses as we do, to the eye and to the memory."""

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.types import Command, Float32Array, Float64Array
from embodied_mem_envs.bench.worker import process_cpu_s
from embodied_mem_envs.evaluation.asking import Asked, ask_saved
from embodied_mem_envs.evaluation.explore_run import ExploreConfig, explore_house
from embodied_mem_envs.evaluation.questions import generate_questions
from embodied_mem_envs.habitat.in_house import HabitatInHouse
from embodied_mem_envs.house import CameraConfig, House, HouseConfig, generate_house
from embodied_mem_envs.house.view import HouseRenderer
from embodied_mem_envs.simulators import BodySetup

_STREAM = 47
_COMMANDS = (
    Command(forward=0.25),
    Command(forward=0.25),
    Command(turn=float(np.pi / 6)),
    Command(turn=-float(np.pi / 6)),
    Command(forward=0.1, turn=0.4),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AgreementConfig:
    """How much is compared."""

    houses: int = 3
    """How many houses, with the seeds `first_seed`, `first_seed` + 1, ..."""
    first_seed: int = 100
    """Seed of the first house."""
    rooms: int | None = None
    """Rooms of every house; drawn from its seed when None."""
    floors: int = 1
    """Floors of every house, 1 or 2."""
    poses: int = 100
    """Camera poses a house that depth and ids are compared from."""
    questions: int = 30
    """Questions a house that both memories are asked; 0 leaves the walks out."""
    steps: int = 10_000
    """Steps of one worker that are watched for leaks; 0 leaves them out."""
    side: int = 128
    """Height and width of the compared pictures, pixels."""
    walk_width: int = 320
    """Width of the pictures of the walks, pixels."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of simulator `habitat`, such as `habitat_python`."""

    def __post_init__(self) -> None:
        """Checks the counts.

        Raises:
            ConfigError: If there is no house or no pose.
        """
        if self.houses < 1 or self.poses < 1:
            raise ConfigError(f"houses={self.houses}, poses={self.poses}; expected at least 1")


def measure_agreement(
    config: AgreementConfig, note: Callable[[str], None] = print
) -> dict[str, float]:
    """Compares Habitat-Sim with our own renderer and motion on the same houses.

    Returns:
        `habitat_depth_error_mm`: the largest median error of depth of any house, over pixels that
        both see; `habitat_ids_equal`: the smallest share of pixels of any house with the same
        instance id; `habitat_answers`, `house_answers`: shares of the same questions answered right
        from the memory of a walk in either; and what `watch_steps` returns.
    """
    errors, equal = [], []
    ours: list[Asked] = []
    theirs: list[Asked] = []
    result: dict[str, float] = {}
    for seed in range(config.first_seed, config.first_seed + config.houses):
        house = generate_house(seed, HouseConfig(rooms=config.rooms, floors=config.floors))
        note(f"house {seed}: depth and ids from {config.poses} poses")
        off, same = compare_pictures(house, config)
        errors.append(1e3 * off)
        equal.append(same)
        if config.questions:
            note(f"house {seed}: a walk in either, {config.questions} questions to both memories")
            here, there = compare_answers(seed, config)
            ours += here
            theirs += there
    result["habitat_depth_error_mm"] = max(errors)
    result["habitat_ids_equal"] = min(equal)
    if config.questions:
        result["habitat_answers"] = _share_right(theirs)
        result["house_answers"] = _share_right(ours)
    if config.steps:
        note(f"{config.steps} steps of one worker")
        house = generate_house(config.first_seed, HouseConfig(rooms=config.rooms))
        result |= watch_steps(house, config)
    return result


def compare_pictures(house: House, config: AgreementConfig) -> tuple[float, float]:
    """Returns the median error of depth, metres, and the share of pixels with the same id."""
    camera = CameraConfig(width=config.side, height=config.side)
    body = HabitatInHouse(house, BodySetup(camera=camera, options=config.options))
    renderer = HouseRenderer(house)
    off: list[Float32Array] = []
    same: list[float] = []
    body.connect()
    try:
        for x, y, yaw, floor in _poses(house, config.poses):
            try:
                body.place(x, y, yaw, floor)
            except BodyError:
                continue  # beside furniture, where the navmesh is coarser than our contact
            seen = body.observe()
            view = renderer.render(seen.T_world_camera, camera.intrinsics)
            both = (seen.depth > 0.0) & (view.depth > 0.0)
            off.append(np.abs(seen.depth - view.depth)[both])
            same.append(float(np.mean(seen.instance == view.instance)))
    finally:
        body.close()
    if len(same) < config.poses / 2:
        raise BodyError(
            f"Habitat found room at {len(same)} of {config.poses} places of house {house.seed}; "
            "its navmesh is not that of the exported house"
        )
    return float(np.median(np.concatenate(off))), float(np.mean(same))


def compare_answers(seed: int, config: AgreementConfig) -> tuple[list[Asked], list[Asked]]:
    """Walks the same house in our simulator and in Habitat, and asks both memories the same.

    Returns:
        What the memory of our walk answered, and what that of Habitat's did.
    """
    shape = HouseConfig(rooms=config.rooms, floors=config.floors)
    asked: list[list[Asked]] = []
    with tempfile.TemporaryDirectory() as folder:
        questions = None
        for simulator, options in (("house", {}), ("habitat", config.options)):
            visit = explore_house(
                generate_house(seed, shape),
                Path(folder) / f"{simulator}.mem",
                ExploreConfig(
                    width=config.walk_width, simulator=simulator, simulator_options=options
                ),
                seed=seed,
            )
            if questions is None:
                rng = np.random.default_rng([seed, _STREAM])
                questions = generate_questions(visit.truth, visit.shown, rng, config.questions)
            asked.append(ask_saved(visit.memory, questions, Path(folder) / f"asked_{simulator}"))
    return asked[0], asked[1]


def watch_steps(house: House, config: AgreementConfig) -> dict[str, float]:
    """Takes many steps with one worker.

    Returns:
        `habitat_steps`: how many; `habitat_lost_workers`: how many workers were replaced meanwhile;
        `habitat_growth_mb`: by how much the worker's memory grew after the first tenth;
        `habitat_steps_per_s`: wall-clock; `habitat_worker_cpu_ms`, `habitat_near_cpu_ms`: CPU time
        a step of the worker (rendering in it) and of this process.
    """
    camera = CameraConfig(width=config.side, height=config.side)
    body = HabitatInHouse(house, BodySetup(camera=camera, options=config.options))
    rng = np.random.default_rng([house.seed, _STREAM])
    body.connect()
    try:
        first = _pid(body)
        _random_steps(body, config.steps // 10, rng)
        size, far, near = _resident(first), process_cpu_s(first), time.process_time()
        started, rest = time.perf_counter(), config.steps - config.steps // 10
        lost = _random_steps(body, rest, rng)
        wall, near = time.perf_counter() - started, time.process_time() - near
        same = _pid(body) == first
        return {
            "habitat_steps": float(config.steps),
            "habitat_lost_workers": float(lost),
            "habitat_growth_mb": (_resident(first) - size) / 2**20 if same else float("nan"),
            "habitat_steps_per_s": rest / wall,
            "habitat_worker_cpu_ms": 1e3 * (process_cpu_s(first) - far) / rest if same else np.nan,
            "habitat_near_cpu_ms": 1e3 * near / rest,
        }
    finally:
        body.close()


def _random_steps(body: HabitatInHouse, steps: int, rng: np.random.Generator) -> int:
    """Takes steps and returns how often the worker was another one afterwards."""
    lost, pid = 0, _pid(body)
    for _ in range(steps):
        body.act(_COMMANDS[rng.integers(len(_COMMANDS))])
        body.observe()
        lost += _pid(body) != pid
        pid = _pid(body)
    return lost


def _poses(house: House, count: int) -> list[tuple[float, float, float, int]]:
    """Draws x, y, yaw and floor where a body reaches with a little room to spare."""
    rng = np.random.default_rng([house.seed, _STREAM])
    places: list[tuple[float, float, int]] = []
    for floor in range(len(house.levels)):
        mask, origin = house.reachable_floor(0.3, 0.1, floor)
        rows, columns = np.nonzero(mask)
        xs = origin[0] + (columns + 0.5) * 0.1
        ys = origin[1] + (rows + 0.5) * 0.1
        places += [(x, y, floor) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
    drawn = rng.integers(len(places), size=count).tolist()
    yaws: Float64Array = rng.uniform(-np.pi, np.pi, count)
    return [
        (places[k][0], places[k][1], yaw, places[k][2])
        for k, yaw in zip(drawn, yaws.tolist(), strict=True)
    ]


def _share_right(asked: list[Asked]) -> float:
    return float(np.mean([one.verdict.outcome == "right" for one in asked]))


def _pid(body: HabitatInHouse) -> int:
    """Returns the process that Habitat runs in, which a script may have started."""
    process = body.habitat.worker.process
    return 0 if process is None else int(process.hello["pid"])


def _resident(pid: int) -> int:
    """Returns the resident memory of a process, bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return 1024 * int(line.split()[1])
    return 0
