"""Assembles a house into one triangle soup with everything that shading needs per triangle."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from embodied_mem.types import Float32Array, Float64Array, IntArray, UInt8Array
from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.house.objects import HouseObject
from embodied_mem_envs.house.panel import Panel, panel_triangles
from embodied_mem_envs.house.solids import unit_mesh
from embodied_mem_envs.house.textures import TILE, bake

_LIGHT = np.array([0.35, 0.2, 0.92]) / np.linalg.norm([0.35, 0.2, 0.92])


@dataclass(slots=True, eq=False)
class Atlas:
    """All texture tiles in use, each baked once."""

    _index: dict[tuple[str, tuple[int, int, int], int], int] = field(default_factory=dict)
    _tiles: list[UInt8Array] = field(default_factory=list)

    def tile(self, texture: str, rgb: tuple[int, int, int], style: int) -> int:
        """Returns the number of a tile, baking it on first use."""
        key = (texture, rgb, style)
        if key not in self._index:
            self._index[key] = len(self._tiles)
            self._tiles.append(bake(texture, rgb, style))
        return self._index[key]

    def texels(self) -> UInt8Array:
        """Returns (tiles * TILE * TILE, 4) texels, tile after tile."""
        return np.concatenate(self._tiles).reshape(-1, 4)


@dataclass(frozen=True, slots=True, eq=False)
class TriangleSoup:
    """T triangles with their owner, texture and shade."""

    corners: Float32Array
    """(T, 3, 3) world points."""
    owner: IntArray
    """(T,) index of the object, -1 for the structure."""
    texture: Float32Array
    """(T, 6) texel coordinates: s and t at the first corner, then their changes along u and v."""
    tile: IntArray
    """(T,) tile number."""
    shade: Float32Array
    """(T,) brightness 0..1."""

    def __len__(self) -> int:
        return len(self.owner)


def join(soups: Sequence[TriangleSoup]) -> TriangleSoup:
    """Concatenates triangle soups."""
    return TriangleSoup(
        np.concatenate([s.corners for s in soups]),
        np.concatenate([s.owner for s in soups]),
        np.concatenate([s.texture for s in soups]),
        np.concatenate([s.tile for s in soups]),
        np.concatenate([s.shade for s in soups]),
    )


def object_soup(thing: HouseObject, owner: int, atlas: Atlas) -> TriangleSoup:
    """Returns the triangles of one object, textured in its own frame in metres."""
    mesh = unit_mesh(thing.category)
    world = thing.from_unit(mesh.vertices)[mesh.faces]
    local = (mesh.vertices * thing.size)[mesh.faces]
    finishes = [_finish(thing, slot, atlas) for slot in mesh.slots]
    tiles = np.array([tile for tile, _ in finishes], np.int32)
    texels = np.array([texel for _, texel in finishes])
    normal = _normals(world)
    return TriangleSoup(
        corners=world.astype(np.float32),
        owner=np.full(len(world), owner, np.int32),
        texture=_planar(local, _normals(local), texels[mesh.face_slot]),
        tile=tiles[mesh.face_slot],
        shade=(0.92 + 0.08 * normal @ _LIGHT).astype(np.float32),
    )


def structure_soup(panels: Sequence[Panel], atlas: Atlas) -> TriangleSoup:
    """Returns the triangles of walls, floors and ceilings."""
    world = np.concatenate([panel_triangles(panel) for panel in panels])
    texels = np.repeat([panel.texel for panel in panels], 2)
    tiles = np.repeat([atlas.tile(p.texture, p.rgb, p.style) for p in panels], 2)
    normal = _normals(world)
    return TriangleSoup(
        corners=world.astype(np.float32),
        owner=np.full(len(world), -1, np.int32),
        texture=_planar(world, normal, texels),
        tile=tiles.astype(np.int32),
        shade=(0.9 + 0.08 * normal @ _LIGHT).astype(np.float32),
    )


def _finish(thing: HouseObject, slot: str, atlas: Atlas) -> tuple[int, float]:
    """Returns tile number and texel size of one slot of an object."""
    known = catalogue()
    if slot == "main":
        material = known.materials[thing.material]
        return atlas.tile(
            material.texture, known.colours[thing.colour], thing.style
        ), material.texel
    spec = known.slots[slot]
    material = known.materials[spec.material]
    if spec.colour == "any":
        names = [name for name in known.colours if name != thing.colour]
        rgb = known.colours[names[thing.style % len(names)]]
    else:
        rgb = known.colours[spec.colour]
    # A few variants are enough for finishes that nobody asks about, and the atlas stays small.
    return atlas.tile(material.texture, rgb, thing.style % 5), material.texel


def _normals(corners: Float64Array) -> Float64Array:
    """Returns the (T, 3) unit normals of (T, 3, 3) triangles."""
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    result: Float64Array = normal / np.maximum(length, 1e-12)
    return result


def _planar(corners: Float64Array, normal: Float64Array, texel: Float64Array) -> Float32Array:
    """Projects triangles along their dominant axis onto the texture plane, in texels.

    The coordinates are shifted by whole tiles to be positive, so that truncation is a floor.
    """
    dominant = np.abs(normal).argmax(axis=1)
    # Vertical faces get (z, horizontal), level ones (x, y): grain and stripes run upright.
    first = np.array([2, 2, 0])[dominant]
    second = np.array([1, 0, 1])[dominant]
    rows = np.arange(len(corners))[:, None]
    index = np.arange(3)[None, :]
    s = corners[rows, index, first[:, None]] / texel[:, None]
    t = corners[rows, index, second[:, None]] / texel[:, None]
    s -= np.floor(s.min(axis=1, keepdims=True) / TILE) * TILE
    t -= np.floor(t.min(axis=1, keepdims=True) / TILE) * TILE
    out = np.stack(
        [
            s[:, 0],
            s[:, 1] - s[:, 0],
            s[:, 2] - s[:, 0],
            t[:, 0],
            t[:, 1] - t[:, 0],
            t[:, 2] - t[:, 0],
        ],
        axis=1,
    )
    return out.astype(np.float32)
