"""The record that holds a map's geometry: typed content, and a payload in three layers.

The first layer, free floor and upright surfaces, is enough to find a place again; the second adds
what lies level, the third colours. The geometry is told in the record's own frame and its pose says
where that lies, so that a memory that is moved to another frame needs to move the pose alone.
"""

import zlib
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from embodied_mem.errors import StoreError
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import MemoryRecord, Pose
from embodied_mem.memory.store import MemoryStore
from embodied_mem.scene.registration.clouds import Cloud, empty, joined
from embodied_mem.scene.registration.map_cloud import FloorSpace, MapCloud
from embodied_mem.scene.registration.search import transform
from embodied_mem.scene.registration.surfels import (
    decode_colours,
    decode_surfels,
    encode_colours,
    encode_surfels,
    in_order,
)
from embodied_mem.types import Float64Array

__all__ = ["MapCloudFact", "decode_map", "encode_map", "map_records", "pose_matrix", "read_map"]

MAP_CLOUD_TAG: Final = "map_cloud"
_UPRIGHT: Final = 0.5
"""What faces up or down by more than this (the normal's z) goes to the second layer."""


class FloorFact(msgspec.Struct, frozen=True, kw_only=True):
    """Where the cells of a floor lie; which are free is in the first layer."""

    height: float
    corner: tuple[int, int]
    cell: float
    rows: int
    columns: int


class MapCloudFact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=MAP_CLOUD_TAG):
    """What a memory keeps of its geometry. Kind `summary`; the pose is T_world_cloud, upright."""

    voxel: float
    """One point a voxel of this edge and direction, m."""
    upright: int
    """Points of the first layer."""
    level: int
    """Points of the second."""
    surface: int
    """Bytes of the first layer that are surfaces; free floor follows."""
    heights: tuple[float, ...]
    """Of the floors that a body may stand on, m."""
    floors: tuple[FloorFact, ...] = ()


def encode_map(remembered: MapCloud) -> tuple[MapCloudFact, tuple[bytes, bytes, bytes]]:
    """Encodes a map's geometry as what a record holds: its fact and the layers of its payload."""
    cloud, voxel = remembered.cloud, remembered.voxel
    upright = np.abs(cloud.normals[:, 2]) < _UPRIGHT
    standing = in_order(cloud.only(upright), voxel)
    lying = in_order(cloud.only(~upright), voxel)
    surface = encode_surfels(standing, voxel)
    states = b"".join(np.ascontiguousarray(floor.states).tobytes() for floor in remembered.floors)
    fact = MapCloudFact(
        voxel=voxel,
        upright=len(standing),
        level=len(lying),
        surface=len(surface),
        heights=remembered.heights,
        floors=tuple(
            FloorFact(
                height=floor.height,
                corner=floor.corner,
                cell=floor.cell,
                rows=floor.states.shape[0],
                columns=floor.states.shape[1],
            )
            for floor in remembered.floors
        ),
    )
    layers = (
        surface + zlib.compress(states, 9),
        encode_surfels(lying, voxel),
        encode_colours((standing, lying)),
    )
    return fact, layers


def decode_map(fact: MapCloudFact, layers: Sequence[bytes]) -> MapCloud:
    """Decodes as much of a map's geometry as the layers that are held tell.

    Raises:
        StoreError: If a layer does not decode, or none is held.
    """
    if not layers:
        raise StoreError("a remembered cloud holds no layer; it cannot be used")
    standing = decode_surfels(layers[0][: fact.surface], fact.voxel)
    lying = decode_surfels(layers[1], fact.voxel) if len(layers) > 1 else empty()
    if (len(standing), len(lying)) != (fact.upright, fact.level if len(layers) > 1 else 0):
        raise StoreError("a remembered cloud has other numbers of points than its record says")
    cloud = joined((standing, lying))
    if len(layers) > 2:
        colours = decode_colours(layers[2], len(cloud))
        cloud = Cloud.of(cloud.points, cloud.normals, colours)
    return MapCloud(
        cloud=cloud,
        voxel=fact.voxel,
        floors=_floors(fact, layers[0][fact.surface :]),
        heights=fact.heights,
    )


def map_records(store: MemoryStore, viewer: str | None = None) -> list[MemoryRecord]:
    """Returns the records of geometry that are believed now, the one of most bytes first."""
    found = [
        record
        for record in store.query(Filter(kind="summary", viewer=viewer))
        if record.content.get("type") == MAP_CLOUD_TAG
    ]
    return sorted(found, key=lambda record: (-record.nbytes, record.id))


def read_map(store: MemoryStore, viewer: str | None = None) -> tuple[MapCloud, Float64Array] | None:
    """Reads the geometry that a memory keeps; None where it keeps none.

    Where there are several records, of several observers, the surfaces of all are joined in the
    frame of the largest, whose floors are those that count.

    Args:
        store: The memory.
        viewer: Who asks; None for its owner.

    Returns:
        The geometry in a frame of its own, and (4, 4) T_world_cloud.

    Raises:
        StoreError: If a record does not decode.
    """
    records = map_records(store, viewer)
    if not records:
        return None
    maps = [decode_map(msgspec.convert(r.content, MapCloudFact), r.payload) for r in records]
    first, T = maps[0], pose_matrix(records[0].pose)
    if len(maps) == 1:
        return first, T
    back = np.linalg.inv(T)
    others = [
        each.cloud.moved(np.asarray(back @ pose_matrix(record.pose), np.float64))
        for each, record in zip(maps[1:], records[1:], strict=True)
    ]
    whole = joined((first.cloud, *others)).thinned(first.voxel)
    return (
        MapCloud(cloud=whole, voxel=first.voxel, floors=first.floors, heights=first.heights),
        T,
    )


def pose_matrix(pose: Pose | None) -> Float64Array:
    """Returns the (4, 4) upright transform of a record's pose; the identity for None.

    Raises:
        StoreError: If the pose is tilted, which a map's cloud cannot be.
    """
    if pose is None:
        return np.eye(4)
    x, y, z, w, i, j, k = pose
    if abs(i) + abs(j) > 1e-3:
        raise StoreError("a remembered cloud lies tilted; only upright ones can be searched")
    return transform(2.0 * float(np.arctan2(k, w)), x, y, z)


def _floors(fact: MapCloudFact, data: bytes) -> tuple[FloorSpace, ...]:
    try:
        plain = zlib.decompress(data)
    except zlib.error as error:
        raise StoreError(f"a remembered cloud's free floor does not decode: {error}") from None
    if len(plain) != sum(floor.rows * floor.columns for floor in fact.floors):
        raise StoreError("a remembered cloud's free floor is not of the size its record says")
    result, at = [], 0
    for floor in fact.floors:
        size = floor.rows * floor.columns
        states = np.frombuffer(plain, np.uint8, size, at).reshape(floor.rows, floor.columns)
        result.append(
            FloorSpace(states=states, corner=floor.corner, cell=floor.cell, height=floor.height)
        )
        at += size
    return tuple(result)
