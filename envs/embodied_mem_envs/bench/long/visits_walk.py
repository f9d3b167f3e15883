"""Visits of one house, each with the whole brain, all into one memory under a byte budget."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embodied_mem.brain.brain import Brain
from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.brain.memory_folder import StoreConfig
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.consolidation import Consolidator
from embodied_mem.perception.error_model import EVEN_ERRORS
from embodied_mem.perception.instance import InstanceSegmenter
from embodied_mem_envs.evaluation.explore_run import SHOWN_FRAMES
from embodied_mem_envs.evaluation.truth import HouseView, view_house
from embodied_mem_envs.evaluation.watch import WatchedBody
from embodied_mem_envs.house import CameraConfig, House, SensorNoise, generate_house, live
from embodied_mem_envs.simulators import BodySetup, make_body

_LIFE = 3
"""Which random stream of a house's seed moves its things."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitsConfig:
    """How a house is visited."""

    visits: int = 10
    """How often."""
    moves: int = 6
    """Things that are moved before each visit but the first."""
    width: int = 160
    """Width of the camera's picture in pixels; the height is three quarters of it."""
    max_ticks: int = 2500
    """Ticks of one visit at most."""
    budget_bytes: int = 2 << 20
    """Bytes that the memory may take on the disk."""
    errors: bool = False
    """Add errors of the masks, noise of the depth and drift of the pose."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class VisitEnd:
    """The memory at the end of a visit, with the truth beside it."""

    number: int
    """From 0."""
    tick: int
    """When it ended, in the memory's ticks."""
    view: HouseView
    """The house during the visit."""
    store: MemoryStore
    """Open only until the next visit is asked for."""
    disk_bytes: int
    """What the memory takes on the disk, as `du` counts it; the most at any time of the visit."""


def visit_house(seed: int, config: VisitsConfig, folder: Path) -> Iterator[VisitEnd]:
    """Visits the house of a seed again and again, while things in it are moved.

    Instance ids are drawn anew for every visit, so that no name of the simulator's lasts. Each
    visit opens the folder that the one before it left.

    Args:
        seed: Of the house, of its life, and of the sensors.
        config: How often and how.
        folder: For the memory.
    """
    house = generate_house(seed)
    rng = np.random.default_rng([seed, _LIFE])
    memory = folder / f"house-{seed}"
    for number in range(config.visits):
        if number:
            live(house, rng, config.moves)
            house.new_visit()
        yield from _visit(house, number, config, memory)


def _visit(house: House, number: int, config: VisitsConfig, memory: Path) -> Iterator[VisitEnd]:
    camera = CameraConfig(width=config.width, height=config.width * 3 // 4)
    noise = SensorNoise() if config.errors else None
    seed = house.seed + house.visit
    masks = InstanceSegmenter(errors=EVEN_ERRORS, seed=seed) if config.errors else None
    watched = WatchedBody(
        make_body("house", house, BodySetup(camera=camera, noise=noise, seed=seed))
    )
    hippocampus = build_hippocampus(
        MemoryConfig(store=StoreConfig(budget_bytes=config.budget_bytes)),
        path=memory,
        seed=house.seed,
        session=f"house-{house.seed}-visit-{number}",
        segmenter=masks,
        resume=memory if number else None,
    )
    store = hippocampus.store
    hippocampus.consolidator = Consolidator(store)
    most = 0

    def measure() -> None:
        nonlocal most
        most = max(most, store.disk_bytes)

    brain = Brain(watched, hippocampus)
    try:
        brain.connect()
        try:
            brain.explore(config.max_ticks, on_tick=measure)
        finally:
            brain.close()
        hippocampus.consolidate()
        measure()
        yield VisitEnd(
            number=number,
            tick=_last_tick(store),
            view=view_house(house.truth(), watched.tracker.shown(SHOWN_FRAMES)),
            store=store,
            disk_bytes=most,
        )
    finally:
        store.close()


def _last_tick(store: MemoryStore) -> int:
    columns: Any = store.columns
    slots = columns.slots()
    return int(max(columns.recorded_at[slots].max(), columns.valid_from[slots].max()))
