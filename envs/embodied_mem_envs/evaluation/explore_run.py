"""Walks a house with the whole brain and saves what it remembers: the part that is evaluated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from embodied_mem.brain.brain import Brain
from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.brain.exploration import ExplorationStrategy, NearestFrontier
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.navigation import Navigator
from embodied_mem.errors import ConfigError
from embodied_mem.perception.error_model import EVEN_ERRORS
from embodied_mem.perception.instance import InstanceSegmenter
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.types import Float64Array, UInt8Array
from embodied_mem_envs.evaluation.watch import Progress, WatchedBody
from embodied_mem_envs.house import CameraConfig, House, SensorNoise
from embodied_mem_envs.simulators import BodySetup, make_body

SHOWN_FRAMES = 2
"""In so many frames an object must show enough before it may be asked about."""
_SAMPLE_TICKS = 5
_SAME_FLOOR = 0.5
"""A map whose floor is within this of a point's height is the map of that point's floor, metres."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExploreConfig:
    """How a house is walked."""

    width: int = 320
    """Width of the camera's picture in pixels; the height is three quarters of it."""
    max_ticks: int = 2500
    """Ticks at most; the walk ends before where nothing is left to explore."""
    strategy: Literal["information_gain", "nearest_frontier"] = "information_gain"
    """How the next frontier is chosen."""
    segmenter: str = "instance"
    """`instance` (the simulator's masks), `geometric` (depth and colour alone), or a plugin's."""
    errors: bool = False
    """Add the default error model of the masks, depth noise, drop-outs and drift of the pose."""
    simulator: str = "house"
    """Who renders the house and moves the body in it: a name of `simulators.SIMULATORS`."""
    simulator_options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the simulator's own."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If the picture is too small or there is no time.
        """
        if self.width < 32 or self.max_ticks < 1:
            raise ConfigError(
                f"exploring needs pictures at least 32 pixels wide and at least 1 tick, got "
                f"width={self.width}, max_ticks={self.max_ticks}"
            )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Visit:
    """One walk through a house: the memory that it left, and the truth beside it."""

    seed: int
    memory: Path
    """The saved memory file."""
    truth: dict[str, Any]
    """Ground truth of the house during this visit."""
    shown: tuple[str, ...]
    """Ids of the objects that showed >= 400 px (at 640x480) within 3.5 m in >= 2 frames."""
    floor_covered: float
    """Share of the reachable floor that the agent's map knows to be free at the end."""
    path_metres: float
    """Length of the way by the true poses."""
    progress: tuple[Progress, ...]
    ticks: int
    finished: bool
    """Whether nothing was left to explore before the time was up."""


def explore_house(
    house: House,
    memory: Path,
    config: ExploreConfig | None = None,
    *,
    seed: int = 0,
    resume: Path | None = None,
) -> Visit:
    """Explores a house from its start pose with the whole brain, and saves the memory.

    Args:
        house: The house as it is on this visit.
        memory: File to save the memory in.
        config: How to walk; the defaults where None.
        seed: Of the sensors' noise, the masks' errors and the record ids.
        resume: The memory file of an earlier visit to go on from.

    Returns:
        The visit; of it, only the memory file is the agent's own.
    """
    config = config or ExploreConfig()
    camera = CameraConfig(width=config.width, height=config.width * 3 // 4)
    noise = SensorNoise() if config.errors else None
    setup = BodySetup(
        camera=camera, noise=noise, seed=seed + house.visit, options=config.simulator_options
    )
    watched = WatchedBody(make_body(config.simulator, house, setup))
    hippocampus = _hippocampus(house, config, seed, resume)
    brain = Brain(watched, hippocampus, strategy=_strategy(config))
    known = partial(states_on_floors, hippocampus.scene)
    ticks = 0

    def sample() -> None:
        nonlocal ticks
        if ticks % _SAMPLE_TICKS == 0:
            watched.sample(known)
        ticks += 1

    brain.connect()
    try:
        exploration = brain.explore(config.max_ticks, on_tick=sample)
    finally:
        brain.close()
    hippocampus.save(memory)
    return Visit(
        seed=seed,
        memory=memory,
        truth=house.truth(),
        shown=tuple(watched.tracker.shown(SHOWN_FRAMES)),
        floor_covered=watched.sample(known).covered,
        path_metres=round(watched.metres, 3),
        progress=tuple(watched.progress),
        ticks=exploration.ticks,
        finished=exploration.finished,
    )


def states_on_floors(scene: SceneGraph, points: Float64Array) -> UInt8Array:
    """Returns the (M,) states that a scene's maps have at (M, 3) points on floors.

    A floor that the scene has no map of is unknown.
    """
    states = np.zeros(len(points), np.uint8)
    for floor in scene.floors:
        own = np.abs(points[:, 2] - floor.height) <= _SAME_FLOOR
        states[own] = floor.occupancy.states_at(points[own, :2])
    return states


def _strategy(config: ExploreConfig) -> ExplorationStrategy | None:
    """Returns the strategy to compare with, or None for the brain's own."""
    return NearestFrontier(Navigator()) if config.strategy == "nearest_frontier" else None


def _hippocampus(
    house: House, config: ExploreConfig, seed: int, resume: Path | None
) -> Hippocampus:
    masks = None
    if config.errors and config.segmenter == "instance":
        masks = InstanceSegmenter(errors=EVEN_ERRORS, seed=seed + house.visit)
    return build_hippocampus(
        MemoryConfig(segmenter=config.segmenter),
        seed=seed,
        session=f"house-{house.seed}-visit-{house.visit}",
        segmenter=masks,
        resume=resume,
    )
