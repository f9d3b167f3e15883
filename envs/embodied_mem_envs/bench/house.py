"""What rendering the house costs: `bench house`, in frames per CPU second of one core."""

import time

import numpy as np

from embodied_mem.types import Float64Array, Intrinsics
from embodied_mem_envs.house.body import CameraConfig, body_pose, mount_pose
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.view import HouseRenderer

_SEED = 7
_POSES = 96
_LARGE_POSES = 16
_ROUNDS = 5
_HFOV = float(np.pi / 2)


def bench_house() -> dict[str, float]:
    """Renders house seed 7 from 96 places on its floor and returns metrics by name.

    Each figure is the median of 5 rounds over all poses, in CPU time of this process
    (`time.process_time`), which for one thread is time on one core. Building the scene is not part
    of it and is reported beside it.
    """
    house = generate_house(_SEED)
    renderer = HouseRenderer(house)
    poses = camera_poses(house, _POSES)
    small, large = (Intrinsics.from_hfov(w, h, _HFOV) for w, h in ((128, 128), (640, 480)))
    start = time.process_time()
    renderer.render(poses[0], small)
    build = time.process_time() - start
    return {
        "house_depth_fps_per_core_128": _rate(renderer, poses, small, colour=False),
        "house_rgb_fps_per_core_128": _rate(renderer, poses, small, colour=True),
        "house_rgb_fps_per_core_640": _rate(renderer, poses[:_LARGE_POSES], large, colour=True),
        "house_triangles": float(renderer.triangles),
        "house_build_cpu_ms": 1e3 * build,
    }


def camera_poses(house: House, count: int) -> list[Float64Array]:
    """Draws camera poses over all of the reachable floor, at the height of a body's camera."""
    rng = np.random.default_rng([house.seed, 41])
    mask, origin = house.reachable_floor(cell=0.1)
    rows, columns = np.nonzero(mask)
    picked = rng.choice(len(rows), count, replace=len(rows) < count)
    mount = mount_pose(CameraConfig())
    return [
        body_pose(
            origin[0] + (columns[k] + 0.5) * 0.1,
            origin[1] + (rows[k] + 0.5) * 0.1,
            float(rng.uniform(-np.pi, np.pi)),
        )
        @ mount
        for k in picked
    ]


def _rate(
    renderer: HouseRenderer, poses: list[Float64Array], intrinsics: Intrinsics, colour: bool
) -> float:
    """Returns frames per CPU second, the median of a few rounds after one to warm up."""
    rates = []
    for _ in range(_ROUNDS + 1):
        start = time.process_time()
        for pose in poses:
            renderer.render(pose, intrinsics, colour)
        rates.append(len(poses) / (time.process_time() - start))
    return float(np.median(rates[1:]))
