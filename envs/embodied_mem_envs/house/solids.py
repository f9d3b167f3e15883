"""Triangles of furniture: boxes, tapered cylinders, balls and prisms in the unit box of a piece."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from embodied_mem.types import Float64Array, IntArray
from embodied_mem_envs.house.catalogue import PartSpec, Triple, catalogue

_SIDES = 12
_RINGS = 6
_BOX_CORNERS = np.array(
    [[x, y, z] for x in (0.0, 1.0) for y in (0.0, 1.0) for z in (0.0, 1.0)], np.float64
)
_BOX_FACES = np.array(
    [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ],
    np.int32,
)  # fmt: skip

Mesh = tuple[Float64Array, IntArray]


@dataclass(frozen=True, slots=True, eq=False)
class UnitMesh:
    """All triangles of a category in its unit box, and the boxes of its parts."""

    vertices: Float64Array
    """(V, 3)"""
    faces: IntArray
    """(F, 3) indices into `vertices`, anticlockwise seen from outside."""
    face_slot: IntArray
    """(F,) index into `slots`."""
    slots: tuple[str, ...]
    part_lo: Float64Array
    """(P, 3) lower corners of the parts."""
    part_hi: Float64Array
    """(P, 3)"""


@lru_cache(maxsize=512)
def unit_mesh(category: str) -> UnitMesh:
    """Builds the mesh that all objects of a category share up to scale.

    Raises:
        ConfigError: If the category is unknown.
    """
    parts = [copy for part in catalogue().category(category).parts for copy in mirrored(part)]
    slots = tuple(sorted({part.slot for part in parts}))
    vertices, faces, face_slot, offset = [], [], [], 0
    for part in parts:
        points, triangles = _solid(part)
        lo, hi = np.array(part.lo), np.array(part.hi)
        vertices.append(lo + points * (hi - lo))
        faces.append(triangles + np.int32(offset))
        face_slot.append(np.full(len(triangles), slots.index(part.slot), np.int32))
        offset += len(points)
    return UnitMesh(
        vertices=np.concatenate(vertices),
        faces=np.concatenate(faces).astype(np.int32),
        face_slot=np.concatenate(face_slot),
        slots=slots,
        part_lo=np.array([part.lo for part in parts]),
        part_hi=np.array([part.hi for part in parts]),
    )


def mirrored(part: PartSpec) -> Iterator[PartSpec]:
    """Yields a part and its mirror copies; only the place is mirrored, not the shape."""
    flips_x = (False, True) if "x" in part.mirror else (False,)
    flips_y = (False, True) if "y" in part.mirror else (False,)
    for flip_x in flips_x:
        for flip_y in flips_y:
            yield PartSpec(
                shape=part.shape,
                lo=_flip(part.lo, part.hi, flip_x, flip_y),
                hi=_flip(part.hi, part.lo, flip_x, flip_y),
                slot=part.slot,
                axis=part.axis,
                taper=part.taper,
                profile=part.profile,
            )


def _flip(corner: Triple, opposite: Triple, flip_x: bool, flip_y: bool) -> Triple:
    return (
        1.0 - opposite[0] if flip_x else corner[0],
        1.0 - opposite[1] if flip_y else corner[1],
        corner[2],
    )


def _solid(part: PartSpec) -> Mesh:
    """Returns one solid in the unit cube."""
    if part.shape == "box":
        return _BOX_CORNERS, _BOX_FACES
    if part.shape == "ball":
        return _ball()
    if part.shape == "cylinder":
        return _turn(_cylinder(part.taper), part.axis)
    return _turn(_prism(part.profile), part.axis)


def _turn(mesh: Mesh, axis: str) -> Mesh:
    """Turns a solid that stands along z so that it lies along another axis.

    The first two coordinates become (y, z) for x and (x, z) for y. The latter swaps handedness,
    so its triangles are reversed.
    """
    points, faces = mesh
    if axis == "x":
        return points[:, [2, 0, 1]], faces
    if axis == "y":
        return points[:, [0, 2, 1]], faces[:, ::-1]
    return mesh


def _extruded(lower: Float64Array, upper: Float64Array, caps: IntArray) -> Mesh:
    """Joins two rings of equal length at z = 0 and z = 1; `caps` triangulates the upper ring."""
    n = len(lower)
    bottom = np.column_stack([lower, np.zeros(n)])
    top = np.column_stack([upper, np.ones(n)])
    i = np.arange(n)
    j = (i + 1) % n
    sides = np.concatenate([np.column_stack([i, j, j + n]), np.column_stack([i, j + n, i + n])])
    faces = np.concatenate([sides, caps + n, caps[:, ::-1]])
    return np.concatenate([bottom, top]), faces.astype(np.int32)


def _cylinder(taper: float) -> Mesh:
    """A cylinder along z whose upper radius is `taper` times the lower one."""
    angle = 2 * np.pi * np.arange(_SIDES) / _SIDES
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * 0.5
    lower, upper = (1.0, taper) if taper <= 1.0 else (1.0 / taper, 1.0)
    fan = np.column_stack(
        [np.zeros(_SIDES - 2, int), np.arange(1, _SIDES - 1), np.arange(2, _SIDES)]
    )
    return _extruded(ring * lower + 0.5, ring * upper + 0.5, fan)


def _prism(profile: tuple[tuple[float, float], ...]) -> Mesh:
    """Extrudes a profile along z; a profile that runs clockwise is reversed."""
    ring = np.array(profile, np.float64)
    if cv2.contourArea(ring.astype(np.float32), oriented=True) < 0:
        ring = ring[::-1]
    n = len(ring)
    fan = np.column_stack([np.zeros(n - 2, int), np.arange(1, n - 1), np.arange(2, n)])
    return _extruded(ring, ring, fan)


@lru_cache(maxsize=1)
def _ball() -> Mesh:
    """An ellipsoid of latitude rings that fills the unit cube."""
    sides = 12
    latitude = np.pi * np.arange(1, _RINGS) / _RINGS - np.pi / 2
    angle = 2 * np.pi * np.arange(sides) / sides
    rings = np.stack(
        [
            np.cos(latitude)[:, None] * np.cos(angle),
            np.cos(latitude)[:, None] * np.sin(angle),
            np.broadcast_to(np.sin(latitude)[:, None], (len(latitude), sides)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    points = np.concatenate([rings, [[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]]]) * 0.5 + 0.5
    i = np.arange(sides)
    j = (i + 1) % sides
    faces = [np.column_stack([j, i, np.full(sides, len(rings))])]
    for ring in range(len(latitude) - 1):
        low, high = ring * sides, (ring + 1) * sides
        faces.append(np.column_stack([i + low, j + low, j + high]))
        faces.append(np.column_stack([i + low, j + high, i + high]))
    last = (len(latitude) - 1) * sides
    faces.append(np.column_stack([i + last, j + last, np.full(sides, len(rings) + 1)]))
    return points, np.concatenate(faces).astype(np.int32)
