"""Coloured triangles, and what they are built of: quads, boxes and voxels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.scene.export.colours import Colour
from embodied_mem.types import Float32Array, Float64Array, Int64Array, IntArray, UInt8Array

_SIDES: Final = (
    ((1, 0, 0), ((1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 0, 1))),
    ((-1, 0, 0), ((0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0))),
    ((0, 1, 0), ((0, 1, 0), (0, 1, 1), (1, 1, 1), (1, 1, 0))),
    ((0, -1, 0), ((0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1))),
    ((0, 0, 1), ((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))),
    ((0, 0, -1), ((0, 0, 0), (0, 1, 0), (1, 1, 0), (1, 0, 0))),
)
"""Of a unit cube: which way each side faces, and its corners, counter-clockwise from outside."""


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Mesh:
    """Triangles with a colour a corner; counter-clockwise seen from outside."""

    vertices: Float32Array
    """(n, 3) metres, world frame."""
    colours: UInt8Array
    """(n, 3) RGB."""
    faces: IntArray
    """(m, 3) indices of vertices."""

    def __post_init__(self) -> None:
        """Checks the shapes.

        Raises:
            ConfigError: If they do not belong together.
        """
        n = len(self.vertices)
        if self.vertices.shape != (n, 3) or self.colours.shape != (n, 3):
            raise ConfigError(
                f"a mesh has vertices {self.vertices.shape} and colours {self.colours.shape}; "
                "expected (n, 3) twice"
            )
        if self.faces.ndim != 2 or self.faces.shape[1] != 3:
            raise ConfigError(f"a mesh has faces {self.faces.shape}; expected (m, 3)")
        if len(self.faces) and not 0 <= self.faces.min() <= self.faces.max() < n:
            raise ConfigError("a mesh has faces of vertices that it does not have")


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """Returns all triangles of some meshes."""
    firsts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    if not meshes:
        return quads(np.zeros((0, 4, 3), np.float32), (0, 0, 0))
    return Mesh(
        vertices=np.concatenate([mesh.vertices for mesh in meshes]),
        colours=np.concatenate([mesh.colours for mesh in meshes]),
        faces=np.concatenate(
            [mesh.faces + first for mesh, first in zip(meshes, firsts, strict=False)]
        ).astype(np.int32),
    )


def quads(corners: Float32Array | Float64Array, colours: Colour | UInt8Array) -> Mesh:
    """Returns (n, 4, 3) quads, counter-clockwise, of one colour or (n, 3) of their own."""
    n = len(corners)
    each = np.broadcast_to(np.asarray(colours, np.uint8), (n, 3))
    first = 4 * np.arange(n, dtype=np.int32)[:, None]
    faces = np.concatenate([first + np.array([[0, 1, 2]]), first + np.array([[0, 2, 3]])], axis=1)
    return Mesh(
        vertices=corners.reshape(-1, 3).astype(np.float32),
        colours=np.repeat(each, 4, axis=0),
        faces=faces.reshape(-1, 3).astype(np.int32),
    )


def box(low: Sequence[float], high: Sequence[float], colour: Colour) -> Mesh:
    """Returns the six sides of an axis-aligned box."""
    origin, size = np.asarray(low, np.float64), np.subtract(high, low)
    corners = np.array([side for _, side in _SIDES], np.float64)
    return quads(origin + corners * size, colour)


def voxels(cells: Int64Array, size: float, colour: Colour) -> Mesh:
    """Returns the outer sides of (n, 3) cubes of one size; cell c begins at c * size."""
    whole = np.unique(np.asarray(cells, np.int64), axis=0)
    low = whole.min(axis=0) - 1 if len(whole) else np.zeros(3, np.int64)
    spans = whole.max(axis=0) - low + 3 if len(whole) else np.ones(3, np.int64)
    strides = np.array([spans[1] * spans[2], spans[2], 1])
    keys = (whole - low + 1) @ strides
    outer = []
    for facing, corners in _SIDES:
        bare = ~np.isin(keys + int(np.array(facing) @ strides), keys)
        outer.append(whole[bare][:, None, :] + np.array(corners)[None])
    return quads(np.concatenate(outer) * size, colour)
