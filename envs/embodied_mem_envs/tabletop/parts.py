"""Simple solids that everything of the tabletop is made of: one description to collide and draw.

A part lives in the frame of its thing: origin in the middle of the footprint, on the underside,
z up.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin
from typing import Literal

import numpy as np
from scipy.spatial import ConvexHull

from embodied_mem.types import Float64Array

Triple = tuple[float, float, float]
Shape = Literal["box", "cylinder", "ball", "hull", "mesh"]

SIDES = 28
_RINGS = 14


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One solid."""

    shape: Shape
    size: Triple
    """Extent along the part's own axes, m; of a cylinder, diameter twice and height."""
    at: Triple = (0.0, 0.0, 0.0)
    """Its middle in the frame of the thing, m."""
    turn: Triple = (0.0, 0.0, 0.0)
    """Roll, pitch and yaw, rad."""
    colour: str = ""
    """Name of its colour; empty for the colour that the thing is called by."""
    points: tuple[Triple, ...] = ()
    """Of a hull: the points that it is drawn around, in the part's own frame, m."""
    file: str = ""
    """Of a mesh: its file in `pybullet_data`, scaled and shifted to fill `size`."""
    solid: bool = True
    """False for what is only drawn."""


def rotation(turn: Triple) -> Float64Array:
    """Returns the (3, 3) rotation of roll, pitch and yaw as URDF means them.

    >>> rotation((0.0, 0.0, np.pi / 2)).round(3).tolist()[0]
    [0.0, -1.0, 0.0]
    """
    (cr, sr), (cp, sp), (cy, sy) = ((cos(angle), sin(angle)) for angle in turn)
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def part_triangles(part: Part) -> Float64Array:
    """Returns (T, 3, 3) corners in the frame of the thing, anticlockwise seen from outside."""
    if part.shape == "mesh":
        from embodied_mem_envs.tabletop.meshes import fitted_mesh

        own = fitted_mesh(part.file, part.size)
    elif part.shape == "hull":
        own = hull_triangles(np.array(part.points))
    else:
        own = _unit(part.shape) * np.array(part.size)
    placed: Float64Array = own @ rotation(part.turn).T + np.array(part.at)
    return placed


def hull_triangles(points: Float64Array) -> Float64Array:
    """Returns the (T, 3, 3) triangles of the convex hull of (N, 3) points, seen from outside."""
    hull = ConvexHull(points)
    triangles = points[hull.simplices]
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    inward = (normal * hull.equations[:, :3]).sum(axis=1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    result: Float64Array = triangles
    return result


@lru_cache(maxsize=8)
def _unit(shape: Shape) -> Float64Array:
    """Returns the triangles of a box, cylinder or ball of extent one around the origin."""
    angles = 2 * pi * np.arange(SIDES) / SIDES
    circle = 0.5 * np.column_stack([np.cos(angles), np.sin(angles)])
    if shape == "box":
        corners = [(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]
    elif shape == "cylinder":
        corners = [(x, y, z) for x, y in circle.tolist() for z in (-0.5, 0.5)]
    else:
        latitudes = pi * np.arange(1, _RINGS) / _RINGS
        corners = [
            (x * sin(a), y * sin(a), 0.5 * cos(a))
            for a in latitudes.tolist()
            for x, y in circle.tolist()
        ]
        corners += [(0.0, 0.0, -0.5), (0.0, 0.0, 0.5)]
    triangles = hull_triangles(np.array(corners))
    triangles.setflags(write=False)
    return triangles
