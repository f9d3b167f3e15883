"""A mesh, or a cloud of points, of what a memory holds: the best that there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar, final

import msgspec
import numpy as np

from embodied_mem.errors import StoreError
from embodied_mem.memory.facts import KIND_OF, MapFact, ObjectFact
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.migration.payloads import read_grid
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.store import MemoryStore
from embodied_mem.scene.export.colours import Colour, category_colour
from embodied_mem.scene.export.files import write_points, write_triangles
from embodied_mem.scene.export.memory_parts import (
    floor_mesh,
    in_boxes,
    object_mesh,
    surface_mesh,
    wall_mesh,
)
from embodied_mem.scene.export.triangles import Mesh, joined
from embodied_mem.scene.registration.clouds import Cloud
from embodied_mem.scene.registration.map_record import read_map
from embodied_mem.types import Float32Array, UInt8Array

__all__ = ["MeshReport", "export_mesh", "memory_mesh", "write_cloud", "write_mesh"]

Source = Literal["surfaces", "map", "objects"]
F = TypeVar("F", MapFact, ObjectFact)


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class MeshReport:
    """What was written."""

    path: Path
    source: Source
    """What the walls were made of: remembered `surfaces`, the `map`, or nothing but `objects`."""
    vertices: int
    faces: int
    """0 for a cloud of points."""
    objects: int
    low: tuple[float, float, float]
    """Lower corner of all of it, metres, world frame."""
    high: tuple[float, float, float]
    legend: Mapping[str, Colour]
    """The colour of each category."""

    def __str__(self) -> str:
        size = " x ".join(f"{b - a:.1f}" for a, b in zip(self.low, self.high, strict=True))
        what = f"{self.faces} triangles" if self.faces else f"{self.vertices} points"
        return f"{self.path}: {what} of {self.source}, {self.objects} objects, {size} m"


def export_mesh(store: MemoryStore, path: Path, *, viewer: str | None = None) -> MeshReport:
    """Writes a mesh of the best that a memory holds: `inspect MEMORY --mesh FILE`.

    Walls and floors are the remembered surfaces where geometry was kept (`GeometryMemory`), else
    the map's free and occupied cells, the latter 2.4 m high. Objects are their voxels, in the
    colour of their category.

    Args:
        store: The memory.
        path: A name that ends in .ply, .obj or .glb.
        viewer: Who asks; None for the memory's owner.

    Raises:
        ConfigError: If the name ends otherwise.
        StoreError: If the memory holds nothing with a place to draw.
    """
    mesh, source, objects = memory_mesh(store, viewer=viewer)
    if not len(mesh.vertices):
        raise StoreError("this memory holds neither surfaces, nor a map, nor objects to draw")
    write_triangles(path, mesh)
    return _report(path, source, mesh.vertices, len(mesh.faces), objects)


write_mesh = export_mesh


def write_cloud(store: MemoryStore, path: Path, *, viewer: str | None = None) -> MeshReport:
    """Writes a cloud of points of what a memory holds, as .ply.

    The points are the remembered surfaces, in the colours that were seen, where geometry was kept;
    else the corners of the mesh that `export_mesh` writes.

    Args:
        store: The memory.
        path: A name that ends in .ply.
        viewer: Who asks; None for the memory's owner.

    Raises:
        ConfigError: If the name ends otherwise.
        StoreError: If the memory holds nothing with a place to draw.
    """
    known = read_map(store, viewer)
    if known is not None and len(known[0].cloud):
        cloud = known[0].cloud.moved(known[1])
        write_points(path, cloud.points, cloud.colours)
        return _report(path, "surfaces", cloud.points, 0, [])
    mesh, source, objects = memory_mesh(store, viewer=viewer)
    if not len(mesh.vertices):
        raise StoreError("this memory holds neither surfaces, nor a map, nor objects to draw")
    points, colours = _distinct(mesh.vertices, mesh.colours)
    write_points(path, points, colours)
    return _report(path, source, points, 0, objects)


def memory_mesh(
    store: MemoryStore, *, viewer: str | None = None
) -> tuple[Mesh, Source, list[ObjectFact]]:
    """Makes the mesh of a memory: its triangles, what the walls are of, and the objects drawn.

    Raises:
        StoreError: If a record does not decode.
    """
    held = [
        (record, fact)
        for record, fact in _held(store, ObjectFact, viewer)
        if fact.state != "missing"
    ]
    objects = [fact for _, fact in held]
    parts = [
        object_mesh(fact, record.payload[0] if record.payload else None) for record, fact in held
    ]
    maps = _held(store, MapFact, viewer)
    known = read_map(store, viewer)
    source: Source = "objects"
    if known is not None and len(known[0].cloud):
        source = "surfaces"
        remembered, T = known
        cloud = remembered.cloud.moved(T)
        parts.append(_walls(cloud, objects, remembered.voxel))
    elif maps:
        source = "map"
        for record, fact in maps:
            states = read_grid(record.payload[0] if record.payload else b"")
            height = 0.0 if record.pose is None else record.pose[2]
            parts += [
                floor_mesh(states, fact, height),
                wall_mesh(states, fact, height, objects),
            ]
    return joined(parts), source, objects


def _walls(cloud: Cloud, objects: list[ObjectFact], voxel: float) -> Mesh:
    """Returns the surfaces that belong to no object."""
    return surface_mesh(cloud.only(~in_boxes(cloud, objects, 0.05)), voxel)


def _held(
    store: MemoryStore, fact_type: type[F], viewer: str | None
) -> list[tuple[MemoryRecord, F]]:
    """Returns the records that a viewer may know and that hold one type of fact, by id."""
    tag = fact_type.__struct_config__.tag
    found = store.query(Filter(kind=KIND_OF[fact_type], viewer=viewer))
    return [
        (record, msgspec.convert(record.content, fact_type))
        for record in sorted(found, key=lambda record: record.id)
        if record.content.get("type") == tag
    ]


def _distinct(points: Float32Array, colours: UInt8Array) -> tuple[Float32Array, UInt8Array]:
    _, first = np.unique(points, axis=0, return_index=True)
    first.sort()
    return points[first], colours[first]


def _report(
    path: Path, source: Source, points: Float32Array, faces: int, objects: list[ObjectFact]
) -> MeshReport:
    low, high = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return MeshReport(
        path=path,
        source=source,
        vertices=len(points),
        faces=faces,
        objects=len(objects),
        low=(low[0], low[1], low[2]),
        high=(high[0], high[1], high[2]),
        legend={name: category_colour(name) for name in sorted({o.category for o in objects})},
    )
