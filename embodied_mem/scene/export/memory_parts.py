"""The parts of a memory as coloured triangles: floors and walls of its maps, objects, surfaces."""

from typing import Final

import numpy as np

from embodied_mem.memory.codec.geometry import unpack_geometry
from embodied_mem.memory.facts import MapFact, ObjectFact, Vector
from embodied_mem.scene.export.colours import FLOOR, WALL, category_colour
from embodied_mem.scene.export.triangles import Mesh, box, joined, quads, voxels
from embodied_mem.scene.registration.clouds import Cloud
from embodied_mem.scene.voxels import unpack
from embodied_mem.types import BoolArray, Float64Array, UInt8Array

FREE, OCCUPIED = 1, 2
WALL_HEIGHT: Final = 2.4
"""Occupied cells that no object stands in go up so far, m: what a map knows has no height."""
_BESIDE: Final = 0.1
"""Occupied cells so near to an object's box belong to it, m."""
_STANDS: Final = 0.3
"""What begins higher than this above the floor hangs or stands on something, m."""


def floor_mesh(states: UInt8Array, fact: MapFact, height: float) -> Mesh:
    """Returns the free floor of a map, facing up; one quad for each run of cells in a row.

    Args:
        states: (rows, cols) 0 unknown, 1 free, 2 occupied.
        fact: Where the cells lie.
        height: Of the floor in the world, m.
    """
    return quads(_runs(states == FREE, fact, height), FLOOR)


def wall_mesh(states: UInt8Array, fact: MapFact, height: float, objects: list[ObjectFact]) -> Mesh:
    """Returns the occupied cells of a map as blocks, without those that objects stand in.

    Args:
        states: (rows, cols) 0 unknown, 1 free, 2 occupied.
        fact: Where the cells lie.
        height: Of the floor in the world, m.
        objects: What stands on it.
    """
    solid = states == OCCUPIED
    rows, cols = np.indices(states.shape)
    x = fact.origin[0] + (cols + 0.5) * fact.cell
    y = fact.origin[1] + (rows + 0.5) * fact.cell
    for thing in objects:
        (x0, y0, z0), (x1, y1, _) = thing.box_min, thing.box_max
        if abs(z0 - height) < _STANDS:
            inside = (x > x0 - _BESIDE) & (x < x1 + _BESIDE)
            solid &= ~(inside & (y > y0 - _BESIDE) & (y < y1 + _BESIDE))
    top = _runs(solid, fact, height + WALL_HEIGHT)
    return joined([quads(top, WALL), quads(_sides(solid, fact, height), WALL)])


def object_mesh(fact: ObjectFact, geometry: bytes | None) -> Mesh:
    """Returns an object in its category's colour: its voxels where they are held, else its box."""
    colour = category_colour(fact.category)
    if geometry is None:
        return box(fact.box_min, fact.box_max, colour)
    level, voxel, keys, _ = unpack_geometry(geometry)
    return voxels(unpack(keys), voxel * 2**level, colour)


def surface_mesh(cloud: Cloud, voxel: float) -> Mesh:
    """Returns a square for each point of a cloud, a little larger than a voxel, facing its way."""
    normals = cloud.normals.astype(np.float64)
    helper = np.where(np.abs(normals[:, 2:3]) > 0.9, [[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]])
    right = np.cross(helper, normals)
    right /= np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-9)
    up = np.cross(normals, right)
    half = 0.55 * voxel
    middle = cloud.points.astype(np.float64)
    corners = np.stack(
        [middle + half * (a * right + b * up) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))],
        axis=1,
    )
    return quads(corners, cloud.colours)


def in_boxes(cloud: Cloud, objects: list[ObjectFact], margin: float) -> BoolArray:
    """Tells which points of a cloud lie in the box of an object, grown by a margin, m.

    What an object stands on does not count: its box begins a little above its lower side.
    """
    inside = np.zeros(len(cloud), np.bool_)
    for thing in objects:
        low, high = _grown(thing.box_min, thing.box_max, margin)
        inside |= ((cloud.points >= low) & (cloud.points <= high)).all(axis=1)
    return inside


def _grown(low: Vector, high: Vector, margin: float) -> tuple[Float64Array, Float64Array]:
    grown = np.array(low) - margin
    grown[2] = low[2] + 0.5 * margin
    return grown, np.array(high) + margin


def _runs(mask: BoolArray, fact: MapFact, height: float) -> Float64Array:
    """Returns (n, 4, 3) level quads, facing up: one for each run of set cells in a row."""
    padded = np.pad(mask, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(padded, axis=1)
    row, first = np.nonzero(change == 1)
    _, last = np.nonzero(change == -1)
    x0, x1 = (fact.origin[0] + end * fact.cell for end in (first, last))
    y0, y1 = (fact.origin[1] + end * fact.cell for end in (row, row + 1))
    z = np.full(len(row), height)
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    result: Float64Array = np.stack([np.column_stack([x, y, z]) for x, y in corners], axis=1)
    return result


def _sides(solid: BoolArray, fact: MapFact, height: float) -> Float64Array:
    """Returns (n, 4, 3) upright quads around what is solid, facing outwards."""
    padded = np.pad(solid, 1)
    result = []
    for (down, right), (start, end) in {
        (0, 1): ((1, 0), (1, 1)),
        (0, -1): ((0, 1), (0, 0)),
        (1, 0): ((1, 1), (0, 1)),
        (-1, 0): ((0, 0), (1, 0)),
    }.items():
        rows, cols = solid.shape
        beside = padded[1 + down : 1 + down + rows, 1 + right : 1 + right + cols]
        row, col = np.nonzero(solid & ~beside)
        ends = [
            np.column_stack(
                [
                    fact.origin[0] + (col + x) * fact.cell,
                    fact.origin[1] + (row + y) * fact.cell,
                    np.full(len(row), height),
                ]
            )
            for x, y in (start, end)
        ]
        top = np.array([0.0, 0.0, WALL_HEIGHT])
        result.append(np.stack([ends[0], ends[1], ends[1] + top, ends[0] + top], axis=1))
    return np.concatenate(result)
