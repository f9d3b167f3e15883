"""Places known again by a whole picture, in the house and on a recording."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.perception.embedding import PictureEmbedder
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Int64Array, Observation
from embodied_mem_envs.bench.models.reid_trials import Tally
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.house import CameraConfig, HouseBody, generate_house

_EVERY: Final = 5
"""Ticks between the pictures of a walk."""
_GRID: Final = (15, 20)
"""Points of a picture whose place in another one is looked up."""
_SAME: Final = 0.4
"""Two pictures show one place if each sees so much of what the other does."""
_NEAR: Final = 0.1
"""Metres that a depth may be off and still be of the same point; 3 % more with the distance."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pictures:
    """Pictures of one world, with what each way makes of them."""

    tick: Int64Array
    overlap: Float32Array
    """(n, n) share of what both see of the other's, the smaller of the two."""
    vectors: Mapping[str, Float32Array]


def house_pictures(seed: int, ways: Mapping[str, PictureEmbedder]) -> Pictures:
    """Walks twice through all rooms of a house."""
    house = generate_house(seed)
    body = HouseBody(house, camera=CameraConfig(width=320, height=240))
    body.connect()
    seen = []
    for tick, pose in enumerate(tour(house, seed, rounds=2)):
        if tick % _EVERY == 0:
            body.place(*pose)
            seen.append((tick, body.observe()))
    return described([view for _, view in seen], [tick for tick, _ in seen], ways)


def described(
    observations: Sequence[Observation],
    ticks: Iterable[int],
    ways: Mapping[str, PictureEmbedder],
) -> Pictures:
    """Describes pictures in every way, and measures how far each two show the same."""
    count = len(observations)
    shares = np.zeros((count, count), np.float32)
    clouds = [_cloud(view) for view in observations]
    for second, view in enumerate(observations):
        for first, points in enumerate(clouds):
            shares[first, second] = _visible(points, view)
    pictures = [view.rgb for view in observations]
    return Pictures(
        tick=np.array(list(ticks)),
        overlap=np.minimum(shares, shares.T),
        vectors={name: way.embed_pictures(pictures) for name, way in ways.items()},
    )


def judge_places(pictures: Pictures, apart: int, prefix: str, tally: Tally) -> None:
    """Asks for every picture which other one, from another time, is the most alike.

    Args:
        pictures: Of one world.
        apart: Ticks between two pictures that are compared: neighbours are no test.
        prefix: Of the names of the figures.
        tally: Takes the share that shows the same place; only pictures with such a one are asked.
    """
    allowed = np.abs(pictures.tick[:, None] - pictures.tick) >= apart
    same = allowed & (pictures.overlap >= _SAME)
    asked = np.flatnonzero(same.any(axis=1))
    tally.add(f"{prefix}_chance", [float(same[k].sum() / allowed[k].sum()) for k in asked])
    for way, rows in pictures.vectors.items():
        alike = np.where(allowed, rows @ rows.T, -np.inf)
        best = alike.argmax(axis=1)
        tally.add(f"{prefix}_{way}", [float(same[k, best[k]]) for k in asked])


def _cloud(view: Observation) -> Float64Array:
    """Returns (n, 3) world points of a grid of pixels that have depth."""
    height, width = view.depth.shape
    rows = np.linspace(0, height - 1, _GRID[0]).astype(int)
    columns = np.linspace(0, width - 1, _GRID[1]).astype(int)
    v, u = (axis.ravel() for axis in np.meshgrid(rows, columns, indexing="ij"))
    z = view.depth[v, u].astype(np.float64)
    good = z > 0.0
    camera = view.intrinsics
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(len(u))], 1)
    points = (rays * z[:, None])[good]
    world: Float64Array = points @ view.T_world_camera[:3, :3].T + view.T_world_camera[:3, 3]
    return world


def _visible(points: Float64Array, view: Observation) -> float:
    """Returns the share of world points that a picture shows, nothing standing before them."""
    if not len(points):
        return 0.0
    pose, camera = view.T_world_camera, view.intrinsics
    x, y, z = ((points - pose[:3, 3]) @ pose[:3, :3]).T
    ahead = np.maximum(z, 1e-6)
    column = np.round(x / ahead * camera.fx + camera.cx)
    row = np.round(y / ahead * camera.fy + camera.cy)
    height, width = view.depth.shape
    inside: BoolArray = (z > 0.05) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    depth = np.zeros(len(points))
    depth[inside] = view.depth[row[inside].astype(int), column[inside].astype(int)]
    return float((inside & (np.abs(depth - z) <= _NEAR + 0.03 * z)).mean())
