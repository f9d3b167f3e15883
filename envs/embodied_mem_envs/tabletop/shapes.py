"""What a rigid shape looks like: triangles with colours in an Embree scene of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from scipy.spatial import ConvexHull

from embodied_mem.types import Float32Array, Float64Array
from embodied_mem_envs.tabletop.catalogue import kind, rgb_of
from embodied_mem_envs.tabletop.cell import drawer_parts, standing_parts
from embodied_mem_envs.tabletop.meshes import load_obj
from embodied_mem_envs.tabletop.parts import Part, part_triangles

_FOLDER = "franka_panda/meshes/collision/"
LINKS: dict[int, tuple[str, str]] = {
    0: ("link1.obj", "shell"),
    1: ("link2.obj", "shell"),
    2: ("link3.obj", "shell"),
    3: ("link4.obj", "shell"),
    4: ("link5.obj", "shell"),
    5: ("link6.obj", "shell"),
    6: ("link7.obj", "joint"),
    8: ("hand.obj", "shell"),
    9: ("finger.obj", "joint"),
    10: ("finger.obj", "joint"),
}
"""Mesh and colour of every link of the arm that moves, by its number in PyBullet."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A rigid shape, ready for rays in its own frame."""

    scene: EmbreeScene
    normals: Float32Array
    """(T + 1, 3) unit normals; the last row is for rays that miss."""
    colours: Float32Array
    """(T + 1, 3) RGB from 0 to 255, last row as above."""
    corners: Float64Array
    """(N, 3) corners of its convex hull or of a box around it, m."""
    keep: object
    """The mesh that the scene reads from."""


def look_of(triangles: Float64Array, colours: Float64Array) -> Look:
    """Builds a shape from (T, 3, 3) triangles and their (T, 3) colours."""
    scene = EmbreeScene()
    corners = np.ascontiguousarray(triangles.reshape(-1, 3), np.float32)
    indices = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    mesh = TriangleMesh(scene, corners, indices)
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    points = triangles.reshape(-1, 3)
    hull = points[ConvexHull(points).vertices]
    if len(hull) > 60:
        low, high = hull.min(axis=0), hull.max(axis=0)
        hull = np.array(
            [
                [x, y, z]
                for x in (low[0], high[0])
                for y in (low[1], high[1])
                for z in (low[2], high[2])
            ]
        )
    return Look(
        scene,
        np.concatenate([normal, [[0.0, 0.0, 1.0]]]).astype(np.float32),
        np.concatenate([colours, [[0.0, 0.0, 0.0]]]).astype(np.float32),
        hull,
        mesh,
    )


def look_of_parts(parts: Sequence[Part], colour: str = "") -> Look:
    """Builds a shape from parts; those without a colour of their own get `colour`."""
    triangles = [part_triangles(part) for part in parts]
    rgb = [
        np.tile(np.array(rgb_of(part.colour or colour), np.float64), (len(own), 1))
        for part, own in zip(parts, triangles, strict=True)
    ]
    return look_of(np.concatenate(triangles), np.concatenate(rgb))


@lru_cache(maxsize=256)
def thing_look(name: str, colour: str) -> Look:
    """Returns how a thing of the catalogue looks, shared by all bodies of the process."""
    return look_of_parts(kind(name).parts, colour)


@lru_cache(maxsize=4)
def drawer_look(side: float) -> Look:
    """Returns how a drawer looks."""
    return look_of_parts(drawer_parts(side))


@lru_cache(maxsize=1)
def cell_look() -> Look:
    """Returns how everything looks that never moves, the arm's foot with it."""
    parts = standing_parts()
    triangles = [part_triangles(part) for part in parts]
    colours = [
        np.tile(np.array(rgb_of(part.colour), np.float64), (len(own), 1))
        for part, own in zip(parts, triangles, strict=True)
    ]
    foot = load_obj(_FOLDER + "link0.obj")
    triangles.append(foot)
    colours.append(np.tile(np.array(rgb_of("shell"), np.float64), (len(foot), 1)))
    return look_of(np.concatenate(triangles), np.concatenate(colours))


@lru_cache(maxsize=16)
def link_look(link: int) -> Look:
    """Returns how a link of the arm looks."""
    file, colour = LINKS[link]
    triangles = load_obj(_FOLDER + file)
    if link == 10:
        triangles = triangles * np.array([-1.0, -1.0, 1.0])
    rgb = np.tile(np.array(rgb_of(colour), np.float64), (len(triangles), 1))
    return look_of(triangles, rgb)
