"""How well places that are found online agree with the rooms of houses."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.memory.episodic import OnlinePlaces, OnlinePlacesConfig
from embodied_mem.memory.stream import PictureCarrier
from embodied_mem.perception import default_stride, make_frame
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.scene.places import PlaceFinder
from embodied_mem.types import Float32Array, Float64Array, Int64Array
from embodied_mem_envs.bench.sat.record import write_record
from embodied_mem_envs.bench.scene import observations
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval
from embodied_mem_envs.house import generate_house

Note = Callable[[str], None]
_FIRST_SEED: Final = 1000
_LOOK: Final = 8.0
"""Of `OnlinePlacesConfig`, where what was seen counts."""
_WIDTH, _HEIGHT = 128, 96


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Walk:
    """A walk through a house."""

    positions: Float64Array
    """(T, 3) of the body, metres."""
    vectors: Float32Array
    """(T, D) of what was seen."""
    room: Int64Array
    """(T,) the true room, -1 in doorways."""
    mapped: list[str | None]
    """(T,) the place that the scene's map makes of each position in the end."""


def bench_places(*, quick: bool, note: Note, out: Path | None = None) -> dict[str, float]:
    """Measures purity and the adjusted Rand index of places against rooms, over walks.

    `poses`: found online from positions alone; `carriers`: from positions and what was seen;
    `map`: by the scene layer from depth, for comparison. Of the first two both what was said at the
    time (`..._then`) and what the same frames are said to be in the end. Frames in doorways do not
    count; purity is the share of frames in the room that is most common in their place.

    Args:
        quick: Fewer and shorter walks.
        note: Hears what was measured.
        out: Folder for `places.json`, with every walk.
    """
    houses, frames = (2, 400) if quick else (10, 1500)
    found: dict[str, list[float]] = {}
    for seed in range(_FIRST_SEED, _FIRST_SEED + houses):
        walk = _walk(seed, frames)
        figures = _figures("map", walk.mapped, walk.room)
        for name, seeing in (("poses", False), ("carriers", True)):
            then, after, cpu_us = _find(walk, seeing)
            figures |= _figures(name, after, walk.room) | _figures(f"{name}_then", then, walk.room)
            figures[f"place_{name}_cpu_us"] = cpu_us
        figures["place_rooms"] = float(len(set(walk.room.tolist()) - {-1}))
        for key, value in figures.items():
            found.setdefault(key, []).append(value)
        note(
            f"house {seed}: adjusted Rand index from poses {figures['place_poses_rand']:.2f}, with "
            f"carriers {figures['place_carriers_rand']:.2f}, by the map "
            f"{figures['place_map_rand']:.2f}"
        )
    metrics = {}
    for key, values in found.items():
        estimate = mean_interval(values)
        metrics[key] = estimate.mean
        if key.endswith("_rand"):
            metrics |= {f"{key}_lo": estimate.lo, f"{key}_hi": estimate.hi}
    if out is not None:
        write_record(out / "places.json", {"metrics": metrics, "walks": found})
    return metrics


def rand_index(first: ArrayLike, second: ArrayLike) -> float:
    """Returns how far two divisions agree, corrected for chance: 1 for equal, 0 for unrelated.

    Hubert and Arabie 1985, "Comparing partitions", equation 5.

    >>> rand_index([0, 0, 1, 1], ["b", "b", "a", "a"])
    1.0
    """
    table = _table(first, second)
    pairs = [float((n * (n - 1) / 2).sum()) for n in (table, table.sum(0), table.sum(1))]
    total = table.sum() * (table.sum() - 1) / 2
    expected = pairs[1] * pairs[2] / total
    most = (pairs[1] + pairs[2]) / 2
    return 1.0 if most == expected else float((pairs[0] - expected) / (most - expected))


def purity(places: ArrayLike, rooms: ArrayLike) -> float:
    """Returns the share of frames in the room that is most common in their place."""
    table = _table(places, rooms)
    return float(table.max(axis=1).sum() / table.sum())


def _table(first: ArrayLike, second: ArrayLike) -> Float64Array:
    """Returns how often each value of the one meets each of the other."""
    rows = np.unique(np.asarray(first), return_inverse=True)[1]
    cols = np.unique(np.asarray(second), return_inverse=True)[1]
    table = np.zeros((rows.max() + 1, cols.max() + 1))
    np.add.at(table, (rows, cols), 1)
    return table


def _figures(name: str, places: Sequence[str | None], room: Int64Array) -> dict[str, float]:
    inside = np.flatnonzero(room >= 0)
    said = [places[row] or "none" for row in inside.tolist()]
    return {
        f"place_{name}_rand": rand_index(said, room[inside]),
        f"place_{name}_purity": purity(said, room[inside]),
        f"place_{name}_count": float(len(set(said))),
    }


def _find(walk: _Walk, seeing: bool) -> tuple[list[str], list[str], float]:
    """Returns the places said at the time, those in the end, and CPU microseconds a frame."""
    places = OnlinePlaces(OnlinePlacesConfig(look=_LOOK if seeing else 0.0))
    then, spots = [], []
    start = time.process_time()
    for position, vector in zip(walk.positions, walk.vectors, strict=True):
        then.append(places.observe(position, vector if seeing else None))
        spots.append(places.spot)
    places.divide()
    spent = time.process_time() - start
    return then, [places.place_of(spot) for spot in spots], 1e6 * spent / len(then)


def _walk(seed: int, frames: int) -> _Walk:
    house = generate_house(seed)
    names = [room.id for room in house.rooms]
    carrier, occupancy, finder = PictureCarrier(mix=0.0), Occupancy(), PlaceFinder()
    positions, vectors, rooms = [], [], []
    seen = observations(house, seed, _WIDTH, _HEIGHT)
    for _, observation in zip(range(frames), seen, strict=False):
        x, y, z = map(float, observation.T_world_body[:3, 3])
        room = house.room_at(x, y)
        positions.append((x, y, z))
        vectors.append(carrier.still(observation.rgb))
        rooms.append(-1 if room is None else names.index(room.id))
        occupancy.integrate(make_frame(observation, default_stride(_WIDTH)))
    finder.find(occupancy)
    return _Walk(
        positions=np.array(positions),
        vectors=np.array(vectors),
        room=np.array(rooms),
        mapped=[finder.place_at(position[:2]) for position in positions],
    )
