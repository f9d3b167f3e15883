"""What a memory update costs and what the selection of snapshots is worth: `bench scene`.

All times are CPU milliseconds of this process on one thread. A house is rendered and the scene
updated in turns; only the update, from `Observation` to stored records, is timed.
"""

import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from embodied_mem.brain.build import build_hippocampus
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.perception import default_stride, make_frame
from embodied_mem.scene.cover import select_cover
from embodied_mem.scene.frontiers import FrontierTracker
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.scene.snapshots import KeptFrame, SnapshotConfig, SnapshotSelector
from embodied_mem.types import BoolArray, Float32Array, Observation
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.evaluation.shown import ShownTracker
from embodied_mem_envs.house import CameraConfig, House, HouseBody, HouseConfig, generate_house

Note = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneBenchConfig:
    """How much is measured."""

    frames: int = 1000
    """Frames of the long walk; the first window is 100-200, the last the final 100."""
    houses: int = 20
    """Houses of the snapshot figures."""
    house_frames: int = 400
    """Frames walked in each of them."""
    walk_seed: int = 525
    """House of the long walk: of 6 rooms and 81 objects."""
    first_seed: int = 500
    """Seed of the first of the houses."""


def bench_scene(config: SceneBenchConfig | None = None, note: Note = print) -> dict[str, float]:
    """Measures everything and returns metrics by name."""
    config = config or SceneBenchConfig()
    metrics = long_walk(config, note)
    metrics |= selection()
    metrics |= snapshot_figures(config, note)
    return metrics


def observations(house: House, seed: int, width: int, height: int) -> Iterator[Observation]:
    """Renders a tour through a house without end."""
    body = HouseBody(house, camera=CameraConfig(width=width, height=height))
    body.connect()
    for x, y, yaw in tour(house, seed):
        body.place(x, y, yaw)
        yield body.observe()


def long_walk(config: SceneBenchConfig, note: Note = print) -> dict[str, float]:
    """Times the whole update on 640x480 frames of a house of 6 rooms, and the map part alone."""
    house = generate_house(config.walk_seed, HouseConfig(rooms=6))
    hippocampus = build_hippocampus(seed=config.walk_seed)
    occupancy, tracker = Occupancy(), FrontierTracker()
    spent, spent_map, instances = [], [], []
    memory = 0.0
    walk = observations(house, config.walk_seed, 640, 480)
    for index, observation in zip(range(config.frames), walk, strict=False):
        start = time.process_time()
        change = hippocampus.observe(observation)
        spent.append(time.process_time() - start)
        instances.append(len(change.seen))
        if index < 200:
            spent_map.append(_time_map(occupancy, tracker, observation))
        if index == 200:
            memory = resident_mb()
        if index % 100 == 99:
            note(f"long walk: {index + 1} frames, {1e3 * np.mean(spent[-100:]):.2f} ms")
    times = 1e3 * np.array(spent)
    early = times[100:200]
    return {
        "update_cpu_ms": float(early.mean()),
        "update_p99_ms": float(np.percentile(times[100:], 99)),
        "update_max_ms": float(times[100:].max()),
        "update_long_walk_ratio": float(times[-100:].mean() / early.mean()),
        "rss_growth_mb": resident_mb() - memory,
        "occupancy_frontier_ms": float(1e3 * np.mean(spent_map[100:])),
        "objects_per_frame": float(np.mean(instances[100:200])),
        "house_objects": float(len(house.objects)),
        "pixel_stride": float(default_stride(640)),
    }


def _time_map(occupancy: Occupancy, tracker: FrontierTracker, observation: Observation) -> float:
    frame = make_frame(observation, default_stride(observation.intrinsics.width))
    start = time.process_time()
    occupancy.integrate(frame)
    tracker.update(occupancy, observation.T_world_body[:2, 3], observation.tick)
    return time.process_time() - start


def resident_mb() -> float:
    """Returns the resident memory of this process in MB, now."""
    with open("/proc/self/statm") as file:  # noqa: PTH123 - a kernel file, not a path of ours
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def selection(objects: int = 400, frames: int = 771, repeats: int = 20) -> dict[str, float]:
    """Times a selection from scratch and one frame's update at the size of the peer's figures."""
    sees, quality = synthetic_walk(objects, frames, seed=3)
    required = np.ones(objects, dtype=bool)
    start = time.process_time()
    for _ in range(repeats):
        select_cover(sees, quality, required)
    scratch = 1e3 * (time.process_time() - start) / repeats
    selector = SnapshotSelector(SnapshotConfig(max_frames=frames))
    views = np.zeros(objects, np.int64)
    spent = []
    for tick in range(frames):
        rows = np.flatnonzero(sees[:, tick])
        views[rows] += 1
        start = time.process_time()
        if selector.wants(rows, quality[rows, tick]):
            frame = KeptFrame(
                tick=tick, T_world_camera=np.eye(4), jpeg=b"", width=1, height=1, boxes={}
            )
            selector.add(frame, rows, quality[rows, tick])
        selector.update(views >= 2)
        spent.append(time.process_time() - start)
    return {
        "select_400x771_ms": scratch,
        "select_incremental_ms": float(1e3 * np.mean(spent)),
        "select_incremental_p99_ms": float(1e3 * np.percentile(spent, 99)),
        "select_400x771_frames": float(len(select_cover(sees, quality, required).frames)),
    }


def synthetic_walk(objects: int, frames: int, seed: int) -> tuple[BoolArray, Float32Array]:
    """Returns who sees whom for a camera (90 degrees, 3.5 m) wandering among scattered objects.

    Each object is in view at least once, so that a full cover has to reach all of them.
    """
    rng = np.random.default_rng(seed)
    side = np.sqrt(objects) * 0.8
    centres = rng.uniform(0, side, (objects, 2))
    targets = centres[rng.integers(objects, size=frames)]
    position, heading = np.full(2, side / 2), 0.0
    sees = np.zeros((objects, frames), dtype=bool)
    quality = np.zeros((objects, frames), np.float32)
    for frame in range(frames):
        towards = targets[frame // 8] - position
        heading = float(np.arctan2(towards[1], towards[0]) + rng.normal(0, 0.4))
        position = position + 0.4 * np.array([np.cos(heading), np.sin(heading)])
        offset = centres - position
        distance = np.linalg.norm(offset, axis=1)
        angle = np.arctan2(offset[:, 1], offset[:, 0]) - heading
        angle = np.abs((angle + np.pi) % (2 * np.pi) - np.pi)
        view = (distance < 3.5) & (angle < np.pi / 4) & (rng.random(objects) < 0.6)
        sees[view, frame] = True
        quality[view, frame] = np.clip(1.2 - distance[view] / 3.5, 0.0, 1.0)
    unseen = np.flatnonzero(~sees.any(axis=1))
    sees[unseen, rng.integers(frames, size=len(unseen))] = True
    return sees, quality


def snapshot_figures(config: SceneBenchConfig, note: Note = print) -> dict[str, float]:
    """Walks many houses: how few snapshots, how close to the fewest, and what they cover."""
    over_optimum, over_frames, covered = [], [], []
    for seed in range(config.first_seed, config.first_seed + config.houses):
        house = generate_house(seed)
        hippocampus = build_hippocampus(seed=seed)
        shown = ShownTracker(thing["id"] for thing in house.truth()["objects"])
        views: list[set[int]] = []
        for _, observation in zip(
            range(config.house_frames), observations(house, seed, 320, 240), strict=False
        ):
            change = hippocampus.observe(observation)
            shown.update(observation, house.instance_to_object)
            views.append(set(change.seen))
        count = len(hippocampus.scene.snapshots.columns())
        over_optimum.append(count / smallest_cover(hippocampus, views))
        over_frames.append(count / len(views))
        covered.append(covered_share(hippocampus, house, set(shown.shown(min_frames=2))))
        note(
            f"house {seed}: {count} snapshots, {over_optimum[-1]:.3f} of the optimum,"
            f" {covered[-1]:.3f} of the shown objects covered"
        )
    return {
        "snapshots_over_optimum": float(np.mean(over_optimum)),
        "snapshots_over_frames": float(np.mean(over_frames)),
        "objects_covered": float(np.mean(covered)),
    }


def smallest_cover(hippocampus: Hippocampus, views: list[set[int]]) -> int:
    """Returns the exact minimum number of frames, of all that were walked, that see everything."""
    required = np.flatnonzero(hippocampus.scene.required())
    index = {int(row): position for position, row in enumerate(required)}
    sees = np.zeros((len(required), len(views)))
    for column, rows in enumerate(views):
        sees[[index[row] for row in rows if row in index], column] = 1.0
    sees = np.unique(sees, axis=1)
    sees = sees[sees.any(axis=1)]  # a merged object may have lost the row that it was logged by
    result = milp(
        np.ones(sees.shape[1]),
        constraints=LinearConstraint(sees, 1, np.inf),
        integrality=np.ones(sees.shape[1]),
        bounds=Bounds(0, 1),
    )
    fewest: float = result.fun
    return round(fewest)


def covered_share(hippocampus: Hippocampus, house: House, shown: set[str]) -> float:
    """Returns the share of the shown true objects that stand in a snapshot's cluster.

    A true object counts when a remembered object of its category, in the cluster of a snapshot,
    has its centre inside the true box grown by 0.25 m.
    """
    scene = hippocampus.scene
    claims = []
    for column in scene.snapshots.columns():
        for row in scene.snapshots.cluster(column):
            claims.append((scene.objects.category[row], scene.objects.position(row)))
    hit = 0
    for thing in house.truth()["objects"]:
        if thing["id"] in shown:
            low, high = np.array(thing["box_min"]) - 0.25, np.array(thing["box_max"]) + 0.25
            hit += any(
                name == thing["category"] and (low <= at).all() and (at <= high).all()
                for name, at in claims
            )
    return hit / max(len(shown), 1)
