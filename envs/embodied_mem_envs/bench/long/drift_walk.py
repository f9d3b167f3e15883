"""One house walked with true and with drifting poses, heard of by several memories at once."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from embodied_mem.brain.build import build_hippocampus
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.scene.drift.corrector import DriftCorrector
from embodied_mem.scene.drift.moves import KeyframeMoves
from embodied_mem.scene.drift.planar import planar
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.types import Float64Array, Observation
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.evaluation.asking import ask_saved
from embodied_mem_envs.evaluation.questions import HouseQuestion, generate_questions
from embodied_mem_envs.evaluation.shown import ShownTracker
from embodied_mem_envs.house import CameraConfig, House, HouseBody, HouseConfig, generate_house
from embodied_mem_envs.house.noise import SensorNoise
from embodied_mem_envs.house.odometry_drift import OdometryConfig, OdometryDrift

ARMS: Final = ("perfect", "drifting", "corrected", "idle")
"""True poses; poses that drift; those and a corrector; true poses and a corrector."""
_SHOWN_IN = 3
"""Frames that must show a thing for its place to be asked for."""
_LOST = 10.0
"""Error of an object that is not remembered at all, m."""


@dataclass(kw_only=True, slots=True)
class Arm:
    """What one memory came to."""

    errors: list[float] = field(default_factory=list)
    """Distance of each shown object from the remembered one of its category that is it, m."""
    found: float = 0.0
    """Share of the shown objects that one of the category is remembered for within 1 m."""
    believed: float = 0.0
    """Objects remembered over objects shown."""
    right: list[bool] = field(default_factory=list)
    """Which questions were answered right."""
    ate: float = 0.0
    """Root mean square of the error of the body's position, m."""
    cpu_ms: float = 0.0
    """CPU time of the corrector a frame: correcting, and moving what is remembered."""
    cpu_p99_ms: float = 0.0
    cpu_max_ms: float = 0.0
    keyframes: float = 0.0
    held_mb: float = 0.0
    """What the corrector holds in the end."""
    held_growth_mb: float = 0.0
    """How much of that came in the second half of the walk."""
    refused: float = 0.0
    """Share of the views that were not believed."""


@dataclass(kw_only=True, slots=True)
class DriftWalk:
    """One walk, and what every memory made of it."""

    seed: int
    frames: int
    way: float
    """Metres walked."""
    end_share: float
    """Error of the odometry at the end over the way."""
    arms: dict[str, Arm]
    maps: dict[str, tuple[Any, tuple[float, float], float]]
    """Cells, origin and cell of the occupancy map, by arm."""
    paths: dict[str, Float64Array]
    """(n, 3) poses as each arm believed them, and `true`."""

    def figures(self) -> dict[str, Any]:
        """Returns everything but maps and paths."""
        arms = {name: asdict(arm) for name, arm in self.arms.items()}
        return {"seed": self.seed, "frames": self.frames, "way": self.way, "arms": arms}

    def told(self) -> str:
        """Returns one line about it."""
        parts = [
            f"{name} {np.median(arm.errors):.3f} m (p95 {np.percentile(arm.errors, 95):.2f}),"
            f" answers {np.mean(arm.right):.3f}, ate {arm.ate:.3f}"
            for name, arm in self.arms.items()
            if arm.errors and arm.right
        ]
        cpu = self.arms["corrected"]
        return (
            f"house {self.seed}: {self.way:.0f} m, drift {100 * self.end_share:.2f} %; "
            + "; ".join(parts)
            + f"; {cpu.cpu_ms:.1f} ms a frame, {cpu.held_mb:.1f} MB"
        )


class TimedCorrector:
    """A corrector whose CPU time is taken, frame by frame."""

    def __init__(self) -> None:
        self.corrector = DriftCorrector()
        self.spent: list[float] = []
        """Seconds of each frame."""
        self.held: list[int] = []
        """Bytes after each frame."""
        self.last: Observation | None = None
        """What was told last."""

    def correct(self, observation: Observation) -> Observation:
        """Corrects."""
        start = time.process_time()
        self.last = self.corrector.correct(observation)
        self.spent.append(time.process_time() - start)
        return self.last

    def move(self, scene: SceneGraph) -> KeyframeMoves | None:
        """Moves."""
        start = time.process_time()
        moves = self.corrector.move(scene)
        self.spent[-1] += time.process_time() - start
        return moves

    def note(self, tick: int, rows: Iterable[int]) -> None:
        """Notes."""
        self.corrector.note(tick, rows)
        if tick % 50 == 0:
            self.held.append(self.corrector.nbytes)


def walk_house(
    seed: int, odometry: OdometryConfig, folder: Path, *, rooms: int, way: float, questions: int
) -> DriftWalk:
    """Walks a house and asks every memory.

    Args:
        seed: Of the house, the walk, the noise and the drift.
        odometry: How the odometry errs.
        folder: Where the memories and the answers go.
        rooms: Of the house.
        way: How far it is walked, m.
        questions: How many are asked.
    """
    house = generate_house(seed, HouseConfig(rooms=rooms))
    correctors = {name: TimedCorrector() for name in ("corrected", "idle")}
    memories = {name: _memory(seed, correctors.get(name)) for name in ARMS}
    shown = ShownTracker(thing["id"] for thing in house.truth()["objects"])
    drift = OdometryDrift(odometry, seed)
    paths: dict[str, list[Float64Array]] = {name: [] for name in (*ARMS, "true")}
    walked, frames = 0.0, 0
    for observation in _observations(house, seed):
        drifted = drift.observe(observation)
        true = planar(observation.T_world_body)
        if paths["true"]:
            walked += float(np.hypot(*(true - paths["true"][-1])[:2]))
        paths["true"].append(true)
        shown.update(observation, house.instance_to_object)
        for name, memory in memories.items():
            memory.observe(observation if name in ("perfect", "idle") else drifted)
            latest = memory.latest
            assert latest is not None
            paths[name].append(planar(latest.T_world_body))
        frames += 1
        if walked >= way:
            break
    asked = generate_questions(
        house.truth(), shown.shown(min_frames=2), np.random.default_rng([seed, 53]), questions
    )
    seen = shown.shown(min_frames=_SHOWN_IN)
    ways = {name: np.array(path) for name, path in paths.items()}
    maps, arms = {}, {}
    for name, memory in memories.items():
        memory.save(folder / f"{name}.mem")
        arms[name] = _arm(memory, house, seen, asked, folder / name, folder / f"{name}.mem")
        off = np.hypot(*(ways[name] - ways["true"])[:, :2].T)
        arms[name].ate = float(np.sqrt(np.mean(off**2)))
        grid = memory.scene.occupancy
        x, y = grid.origin.tolist()
        maps[name] = (grid.states.copy(), (x, y), grid.cell)
        memory.store.close()
    for name, timed in correctors.items():
        _note_costs(arms[name], timed)
    end = ways["drifting"][-1] - ways["true"][-1]
    return DriftWalk(
        seed=seed,
        frames=frames,
        way=walked,
        end_share=float(np.hypot(end[0], end[1])) / walked,
        arms=arms,
        maps=maps,
        paths=ways,
    )


def _memory(seed: int, corrector: TimedCorrector | None) -> Hippocampus:
    plain = build_hippocampus(seed=seed)
    return Hippocampus(plain.scene, plain.store, corrector=corrector)


def _observations(house: House, seed: int) -> Iterator[Observation]:
    """Renders a tour with noisy depth and true poses."""
    noise = SensorNoise(drift_translation=0.0, drift_yaw=0.0)
    body = HouseBody(house, camera=CameraConfig(width=320, height=240), noise=noise, seed=seed)
    body.connect()
    for tick, (x, y, yaw) in enumerate(tour(house, seed)):
        body.place(x, y, yaw)
        yield replace(body.observe(), tick=tick)


def _arm(
    memory: Hippocampus,
    house: House,
    seen: Sequence[str],
    asked: Sequence[HouseQuestion],
    folder: Path,
    saved: Path,
) -> Arm:
    """Measures one memory."""
    errors, believed = object_errors(memory, house, seen)
    verdicts = ask_saved(saved, asked, folder)
    return Arm(
        errors=errors,
        found=float(np.mean(np.array(errors) < 1.0)),
        believed=believed / max(len(seen), 1),
        right=[one.verdict.right for one in verdicts],
    )


def object_errors(
    memory: Hippocampus, house: House, seen: Sequence[str]
) -> tuple[list[float], int]:
    """Returns how far each object of a house is from where it is remembered, m.

    Objects are paired with remembered ones of their category so that the sum of the distances is
    least; one for which none is left counts as 10 m off.

    Returns:
        The distances, and how many objects are remembered in all.
    """
    table = memory.scene.objects
    rows = np.flatnonzero(table.confirmed())
    errors = []
    things = [thing for thing in house.truth()["objects"] if thing["id"] in set(seen)]
    for category in sorted({thing["category"] for thing in things}):
        true = [
            0.5 * (np.array(thing["box_min"]) + np.array(thing["box_max"]))
            for thing in things
            if thing["category"] == category
        ]
        held = [table.position(int(row)) for row in rows if table.category[row] == category]
        if not held:
            errors += [_LOST] * len(true)
            continue
        apart = np.linalg.norm(np.array(true)[:, None] - np.array(held)[None], axis=2)
        first, second = linear_sum_assignment(apart)
        errors += apart[first, second].tolist()
        errors += [_LOST] * (len(true) - len(first))
    return errors, len(rows)


def _note_costs(arm: Arm, timed: TimedCorrector) -> None:
    spent = 1e3 * np.array(timed.spent)
    localiser = timed.corrector.localiser
    arm.cpu_ms = float(spent.mean())
    arm.cpu_p99_ms = float(np.percentile(spent, 99))
    arm.cpu_max_ms = float(spent.max())
    arm.keyframes = float(len(localiser.keyframes))
    arm.held_mb = timed.corrector.nbytes / 1e6
    arm.held_growth_mb = arm.held_mb - timed.held[len(timed.held) // 2] / 1e6
    judged = localiser.matched + localiser.refused
    arm.refused = localiser.refused / max(judged, 1)
