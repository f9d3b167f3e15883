"""Two visits of one house: the first is remembered, the second begins nobody knows where.

The camera is of the Kinect class in all of it: `SensorNoise` as it stands, whose depth errors are
those published for structured light. The first visit knows its poses; the second has odometry of
its own, which drifts, from an origin of its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, final

import numpy as np

from embodied_mem.scene.registration.search import transform, yaw_of
from embodied_mem.types import Float64Array, Observation
from embodied_mem_envs.bench.tour import CELL, CLEAR, TURN, tour
from embodied_mem_envs.house import CameraConfig, House, HouseBody
from embodied_mem_envs.house.body import body_pose
from embodied_mem_envs.house.noise import Pose, PoseDrift, SensorNoise

NOISE: Final = SensorNoise()
CAMERA: Final = CameraConfig(width=320, height=240)
LOOK: Final = 12
"""Turns of 30 degrees that a visit begins with."""


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sight:
    """What a body saw, as it believes, and where it truly stood."""

    observation: Observation
    """In the frame of the visit's odometry."""
    true_pose: Float64Array
    """(4, 4) T_world_body in the frame of the house."""


def sights(
    house: House,
    poses: Iterable[Pose],
    *,
    seed: int,
    drift: bool = False,
    odometry: Float64Array | None = None,
    camera: CameraConfig = CAMERA,
) -> Iterator[Sight]:
    """Renders a walk as a body with noisy sensors tells of it.

    Args:
        house: Where.
        poses: x, y and yaw, tick by tick.
        seed: Of the noise.
        drift: Whether its poses are those of drifting odometry, or true.
        odometry: (4, 4) T_odometry_house; None where it tells in the frame of the house.
        camera: What it looks with.
    """
    body = HouseBody(house, camera=camera, noise=NOISE, seed=seed)
    body.connect()
    origin = np.eye(4) if odometry is None else odometry
    believed: PoseDrift | None = None
    before: Pose | None = None
    for tick, pose in enumerate(poses):
        body.place(*pose)
        seen = body.observe()
        if believed is None or before is None:
            believed = PoseDrift(NOISE, np.random.default_rng([seed, 41]), pose)
        else:
            believed.advance(before, pose)
        before = pose
        told = origin @ body_pose(*(believed.pose if drift else pose), body.true_height)
        mount = np.linalg.inv(seen.T_world_body) @ seen.T_world_camera
        observation = replace(seen, tick=tick, T_world_body=told, T_world_camera=told @ mount)
        yield Sight(observation=observation, true_pose=body.true_transform)


def first_visit(house: House, seed: int) -> Iterator[Pose]:
    """Yields the walk of a first visit: through all rooms, with a look around in each.

    A picture is taken every second tick: twice 0.25 m or 30 degrees apart.
    """
    return islice(tour(house, seed, rounds=1), 0, None, 2)


def later_visit(house: House, seed: int, start: Pose) -> Iterator[Pose]:
    """Yields the walk of a later visit, without end: a look around, then through the rooms."""
    x, y, yaw = start
    for turn in range(LOOK):
        yield x, y, yaw + turn * TURN
    yield from tour(house, seed, start=start)


def somewhere(house: House, rng: np.random.Generator, room: str | None = None) -> Pose | None:
    """Draws where a body is put down, anywhere walkable; None where a room has no such spot."""
    free, origin = house.reachable_floor(radius=CLEAR, cell=CELL)
    cells = np.argwhere(free)
    points = np.asarray(origin) + (cells[:, ::-1] + 0.5) * CELL
    if room is not None:
        chosen = house.room(room)
        points = points[[chosen.contains(float(x), float(y)) for x, y in points]]
    if not len(points):
        return None
    x, y = points[rng.integers(len(points))]
    return float(x), float(y), float(rng.uniform(-np.pi, np.pi))


def random_origin(rng: np.random.Generator) -> Float64Array:
    """Draws where the odometry of a visit has its origin, (4, 4) T_odometry_house."""
    x, y = rng.uniform(-10.0, 10.0, 2)
    return transform(float(rng.uniform(-np.pi, np.pi)), float(x), float(y), 0.0)


def error_of(T_map_odometry: Float64Array, sight: Sight) -> tuple[float, float]:
    """Returns how far off the body is put, m and rad, by a transform into the house's frame."""
    put = T_map_odometry @ sight.observation.T_world_body
    away = np.linalg.norm(put[:3, 3] - sight.true_pose[:3, 3])
    turn = (yaw_of(put) - yaw_of(sight.true_pose) + np.pi) % (2.0 * np.pi) - np.pi
    return float(away), abs(float(turn))
