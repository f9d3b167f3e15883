"""Where a second visit began, from an unknown start: how often it is found, and never wrongly.

A house is visited once and its geometry kept in a store; the walk of the second visit is another
one, from anywhere walkable, and in half of the houses eight things were moved in between. What is
held against it: other houses, the same house mirrored, and parts of it that were not seen.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final, Literal, final

import numpy as np

from embodied_mem.brain.build import build_hippocampus
from embodied_mem.memory import MemoryStore
from embodied_mem.scene.occupancy import FREE
from embodied_mem.scene.registration.clouds import Cloud
from embodied_mem.scene.registration.keeping import GeometryMemory
from embodied_mem.scene.registration.map_cloud import FloorSpace, MapCloud
from embodied_mem.scene.registration.map_record import map_records, read_map
from embodied_mem.scene.registration.relocaliser import Located, Relocaliser, RelocaliserConfig
from embodied_mem_envs.bench.long.registration_walks import (
    Sight,
    error_of,
    first_visit,
    later_visit,
    random_origin,
    sights,
    somewhere,
)
from embodied_mem_envs.house import House, HouseConfig, generate_house
from embodied_mem_envs.house.life import live

FIRST_SEED: Final = 1000
NEAR, TURNED = 0.05, float(np.radians(2.0))
"""What counts as found again, m and rad."""
MOVES: Final = 8
"""Things that are moved between the visits, in every other house."""
PATIENCE: Final = 36
"""Frames before a visit gives up."""
UNSEEN: Final = 0.05
"""A room with less than this share of its floor known was not seen."""

Sort = Literal["again", "other house", "mirrored", "unseen part"]


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One visit laid over one map."""

    sort: Sort
    seed: int
    located: bool
    error_m: float
    """How far off the body was put; infinite where it was not."""
    error_rad: float
    frames: int
    cpu_s: float
    moved: bool
    reasons: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether it was put where it stands."""
        return self.located and self.error_m <= NEAR and self.error_rad <= TURNED


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Remembered:
    """A house, what is kept of it, and what was kept half-way through the first visit."""

    seed: int
    house: House
    map: MapCloud
    half: MapCloud
    nbytes: int


def bench_registration(
    *, quick: bool, note: Callable[[str], None], out: Path | None = None
) -> dict[str, float]:
    """Measures how second visits are found again, and what is taken for what it is not.

    Args:
        quick: Two small houses instead of twenty of any size.
        note: Hears of each house.
        out: Folder for all trials as JSON.
    """
    seeds = range(FIRST_SEED, FIRST_SEED + (2 if quick else 20))
    houses: list[_Remembered] = []
    for seed in seeds:
        houses.append(_remember(seed, HouseConfig(rooms=3) if quick else None))
        note(f"house {seed}: {len(houses[-1].house.rooms)} rooms, {houses[-1].nbytes / 1e3:.0f} kB")
    trials: list[Trial] = []
    for index, one in enumerate(houses):
        others = [houses[(index + k) % len(houses)] for k in ((1,) if quick else (1, 2))]
        fresh = list(_trials_of(one, others, quick=quick))
        trials += fresh
        note(f"house {one.seed}: " + "; ".join(_told(trial) for trial in fresh))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        rows = [asdict(trial) for trial in trials]
        (out / "registration_trials.json").write_text(json.dumps(rows, indent=1))
    return _figures(trials) | {
        "registration_map_kb": float(np.mean([one.nbytes for one in houses])) / 1e3
    }


def _remember(seed: int, config: HouseConfig | None) -> _Remembered:
    """Visits a house, keeps it in a store on disk, and reads what is kept from there."""
    house = generate_house(seed, config)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "house.mem"
        hippocampus = build_hippocampus(path=path, seed=seed)
        memory = GeometryMemory(hippocampus)
        walk = list(first_visit(house, seed))
        half = memory.map()
        for frame, sight in enumerate(sights(house, walk, seed=seed)):
            if frame == len(walk) // 2:
                half = memory.map()
            memory.observe(sight.observation)
        memory.consolidate()
        hippocampus.store.close()
        with MemoryStore.read(path) as store:
            kept = read_map(store)
            nbytes = sum(record.nbytes for record in map_records(store))
    assert kept is not None
    return _Remembered(seed=seed, house=house, map=kept[0], half=half, nbytes=nbytes)


def _trials_of(one: _Remembered, others: Sequence[_Remembered], *, quick: bool) -> Iterator[Trial]:
    """Tries one house: second visits against its own map, others, its mirror image, and a half."""
    rng = np.random.default_rng([one.seed, 97])
    room = _unseen_room(one)
    if room is not None and not quick:
        walk = _within(one.house, room, rng)
        unseen = sights(one.house, walk, seed=one.seed + 7, drift=True, odometry=random_origin(rng))
        yield _trial("unseen part", one.seed, one.half, list(unseen), moved=False)
    moved = one.seed % 2 == 1
    if moved:
        one.house.new_visit()
        live(one.house, rng, MOVES)
    patience = 12 if quick else PATIENCE
    for start in range(1 if quick else 2):
        at = somewhere(one.house, rng)
        assert at is not None
        walk = later_visit(one.house, one.seed + 500 + start, at)
        seed, origin = 10_000 + 10 * one.seed + start, random_origin(rng)
        seen = list(
            islice(sights(one.house, walk, seed=seed, drift=True, odometry=origin), patience)
        )
        yield _trial("again", one.seed, one.map, seen, moved=moved)
        if start == 0:
            for other in others:
                yield _trial("other house", one.seed, other.map, seen, moved=moved)
            yield _trial("mirrored", one.seed, mirrored(one.map), seen, moved=moved)


def _trial(sort: Sort, seed: int, known: MapCloud, seen: Sequence[Sight], *, moved: bool) -> Trial:
    begun = time.process_time()
    relocaliser = Relocaliser(known, RelocaliserConfig(patience=max(len(seen), 6)))
    said = relocaliser.locate([sight.observation for sight in seen])
    spent = time.process_time() - begun
    away = turn = float("inf")
    if isinstance(said, Located) and sort in ("again", "unseen part"):
        away, turn = error_of(said.T_map_odometry, seen[said.frames - 1])
    return Trial(
        sort=sort,
        seed=seed,
        located=isinstance(said, Located),
        error_m=away,
        error_rad=turn,
        frames=said.frames,
        cpu_s=spent,
        moved=moved,
        reasons=said.reasons,
    )


def mirrored(known: MapCloud) -> MapCloud:
    """Returns a map as it looks in a mirror: x the other way round."""
    flip = np.array([-1.0, 1.0, 1.0], np.float32)
    cloud = known.cloud
    floors = tuple(
        FloorSpace(
            states=np.ascontiguousarray(floor.states[:, ::-1]),
            corner=(floor.corner[0], -floor.corner[1] - floor.states.shape[1]),
            cell=floor.cell,
            height=floor.height,
        )
        for floor in known.floors
    )
    turned = Cloud.of(cloud.points * flip, cloud.normals * flip, cloud.colours)
    return replace(known, cloud=turned, floors=floors)


def _unseen_room(one: _Remembered) -> str | None:
    """Returns a room that nothing was seen of half-way through the first visit."""
    floor = one.half.floors[0] if one.half.floors else None
    for room in one.house.rooms:
        (x0, y0), (x1, y1) = room.min, room.max
        xs, ys = np.meshgrid(np.arange(x0 + 0.3, x1 - 0.2, 0.1), np.arange(y0 + 0.3, y1 - 0.2, 0.1))
        grid = np.column_stack([xs.ravel(), ys.ravel()])
        seen = 0.0 if floor is None else float(floor.at(grid, floor.states == FREE).mean())
        spot = somewhere(one.house, np.random.default_rng(0), room.id)
        if seen < UNSEEN and spot is not None:
            return room.id
    return None


def _within(
    house: House, room: str, rng: np.random.Generator
) -> Iterator[tuple[float, float, float]]:
    """Yields looks around from four spots in one room."""
    for _ in range(PATIENCE // 12):
        spot = somewhere(house, rng, room)
        assert spot is not None
        for turn in range(12):
            yield spot[0], spot[1], spot[2] + turn * np.pi / 6


def _told(trial: Trial) -> str:
    if not trial.located:
        return f"{trial.sort} refused"
    if trial.sort in ("again", "unseen part"):
        away = f"{1e3 * trial.error_m:.0f} mm, {np.degrees(trial.error_rad):.2f} deg"
        return f"{trial.sort} {away} in {trial.frames} frames"
    return f"{trial.sort} TAKEN FOR IT"


def _figures(trials: Sequence[Trial]) -> dict[str, float]:
    again = [trial for trial in trials if trial.sort == "again"]
    against = [trial for trial in trials if trial.sort != "again"]
    found = [trial for trial in again if trial.located]
    low, high = share_interval(sum(trial.right for trial in again), len(again))
    return {
        "registration_ok": sum(trial.right for trial in again) / len(again),
        "registration_ok_low": low,
        "registration_ok_high": high,
        "registration_wrong": float(sum(trial.located and not trial.right for trial in trials)),
        "registration_refused": sum(not trial.located for trial in again) / len(again),
        "registration_trials": float(len(again)),
        "registration_negatives": float(len(against)),
        "registration_negatives_located_rightly": float(sum(trial.right for trial in against)),
        "registration_frames": float(np.mean([float(trial.frames) for trial in found] or [np.nan])),
        "registration_cpu_s": float(np.mean([trial.cpu_s for trial in found] or [np.nan])),
        "registration_refusal_cpu_s": float(
            np.mean([trial.cpu_s for trial in trials if not trial.located] or [np.nan])
        ),
        "registration_error_m": float(np.median([trial.error_m for trial in found] or [np.nan])),
        "registration_error_m_max": float(max((trial.error_m for trial in found), default=np.nan)),
        "registration_error_deg_max": float(
            np.degrees(max((trial.error_rad for trial in found), default=np.nan))
        ),
    }


def share_interval(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Returns the interval of a share (Wilson 1927), which is not empty where all are hits.

    >>> [round(end, 3) for end in share_interval(40, 40)]
    [0.912, 1.0]
    """
    share = hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    wide = z / (1 + z * z / of) * (share * (1 - share) / of + z * z / (4 * of * of)) ** 0.5
    return middle - wide, min(middle + wide, 1.0)
