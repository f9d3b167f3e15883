"""Two robots' walks of one house: each looks round in some of the rooms, and remembers."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embodied_mem.brain.build import build_hippocampus
from embodied_mem.types import Float64Array
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.evaluation.shown import ShownTracker
from embodied_mem_envs.house import (
    CameraConfig,
    House,
    HouseBody,
    HouseConfig,
    generate_house,
    live,
)

_LOOKS = 12
"""Turns on the spot with which a tour ends each of its ways."""
_MOVES = 3
"""Things that move between the two walks."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Walks:
    """What two robots remember of one house, and the truth when the second came home."""

    a: Path
    b: Path
    truth: dict[str, Any]
    shown: tuple[str, ...]
    """Ids of what showed enough to either of them."""
    gap: int
    """Ticks from the first walk's start to the second's."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WalkConfig:
    """How two robots walk a house."""

    seed: int
    """Of the house, the ways and the moves; the robots' own seeds differ."""
    share: float
    """Of the rooms that each goes to, 0 to 1; they go to them in orders of their own."""
    rooms: int | None = None
    """Of the house; as it comes where None."""
    width: int = 320
    """Of the pictures, pixels."""
    T_b_world: Float64Array
    """(4, 4): the world in the frame that the second robot counts in."""


def walk_house(config: WalkConfig, folder: Path) -> Walks:
    """Lets two robots walk a house one after the other; a few things move in between.

    Args:
        config: Which house, and how.
        folder: Where the memories go, made where it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    seed = config.seed
    house = generate_house(seed, HouseConfig(rooms=config.rooms))
    shown: set[str] = set()
    ticks = _walk(house, config, 2 * seed, np.eye(4), folder / "a.mem", shown)
    live(house, np.random.default_rng([seed, 2]), _MOVES)
    _walk(house, config, 2 * seed + 1, config.T_b_world, folder / "b.mem", shown)
    return Walks(
        a=folder / "a.mem",
        b=folder / "b.mem",
        truth=house.truth(),
        shown=tuple(sorted(shown)),
        gap=ticks,
    )


def _walk(
    house: House, config: WalkConfig, seed: int, T: Float64Array, file: Path, shown: set[str]
) -> int:
    """Walks, saves, notes what showed, and returns how many ticks it took."""
    camera = CameraConfig(width=config.width, height=3 * config.width // 4)
    body = HouseBody(house, camera=camera)
    hippocampus = build_hippocampus(seed=seed, session=f"walk-{seed}")
    tracker = ShownTracker(truth["id"] for truth in house.truth()["objects"])
    goals = max(1, round(config.share * len(house.rooms)))
    body.connect()
    ticks = 0
    for ticks, (x, y, yaw) in enumerate(_ways(house, seed, goals), start=1):
        body.place(x, y, yaw)
        seen = dataclasses.replace(body.observe(), tick=ticks)
        tracker.update(seen, house.instance_to_object)
        hippocampus.observe(seen.told_in(T))
    body.close()
    hippocampus.settle_visit()
    hippocampus.save(file)
    shown.update(tracker.shown(2))
    return ticks


def _ways(house: House, seed: int, goals: int) -> Iterator[tuple[float, float, float]]:
    """Yields the poses of a tour until it has looked round so many times."""
    before, still = (np.inf, np.inf), 0
    for pose in tour(house, seed):
        still = still + 1 if pose[:2] == before else 0
        before = pose[:2]
        yield pose
        if still == _LOOKS:
            goals -= 1
            still = 0
            if goals == 0:
                return
