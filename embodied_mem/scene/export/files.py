"""Writes meshes and point clouds: PLY and OBJ by hand, GLB through trimesh."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.errors import ConfigError, MissingExtraError, unknown_name
from embodied_mem.scene.export.triangles import Mesh
from embodied_mem.types import Float32Array, UInt8Array

_VERTEX: Final = np.dtype([("at", "<f4", 3), ("colour", "u1", 3)])
_FACE: Final = np.dtype([("count", "u1"), ("corners", "<i4", 3)])


def write_triangles(path: Path, mesh: Mesh) -> None:
    """Writes a mesh; the ending of the name says how: .ply (binary), .obj or .glb.

    Raises:
        ConfigError: If the ending is another.
        MissingExtraError: If .glb is asked for and trimesh is not there.
    """
    writer = MESH_WRITERS.get(path.suffix.lower())
    if writer is None:
        raise unknown_name("format of meshes", path.suffix, sorted(MESH_WRITERS))
    path.parent.mkdir(parents=True, exist_ok=True)
    writer(path, mesh)


def write_points(path: Path, points: Float32Array, colours: UInt8Array) -> None:
    """Writes (n, 3) points with (n, 3) colours as binary PLY.

    Raises:
        ConfigError: If the name ends otherwise, or the two are not of one length.
    """
    if path.suffix.lower() != ".ply":
        raise ConfigError(f"{path.name}: point clouds are written as .ply")
    if points.shape != colours.shape or points.shape[1:] != (3,):
        raise ConfigError(f"points are {points.shape}, colours {colours.shape}; expected (n, 3)")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_header(len(points), None) + _vertices(points, colours))


def _write_ply(path: Path, mesh: Mesh) -> None:
    faces = np.empty(len(mesh.faces), _FACE)
    faces["count"], faces["corners"] = 3, mesh.faces
    head = _header(len(mesh.vertices), len(mesh.faces))
    path.write_bytes(head + _vertices(mesh.vertices, mesh.colours) + faces.tobytes())


def _write_obj(path: Path, mesh: Mesh) -> None:
    shades = mesh.colours / 255.0
    lines = [
        f"v {x:.4f} {y:.4f} {z:.4f} {r:.4f} {g:.4f} {b:.4f}"
        for (x, y, z), (r, g, b) in zip(mesh.vertices.tolist(), shades.tolist(), strict=True)
    ]
    lines += [f"f {a} {b} {c}" for a, b, c in (mesh.faces + 1).tolist()]
    path.write_text("\n".join(lines) + "\n")


def _write_glb(path: Path, mesh: Mesh) -> None:
    try:
        import trimesh
    except ImportError as error:
        raise MissingExtraError("export to .glb", "export") from error
    # glTF has y up; a quarter turn about x keeps the right hand.
    up = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float64)
    whole = trimesh.Trimesh(
        vertices=mesh.vertices @ up.T,
        faces=mesh.faces,
        vertex_colors=np.column_stack([mesh.colours, np.full(len(mesh.colours), 255, np.uint8)]),
        process=False,
    )
    whole.export(str(path), file_type="glb")


MESH_WRITERS: Final[Mapping[str, Callable[[Path, Mesh], None]]] = {
    ".ply": _write_ply,
    ".obj": _write_obj,
    ".glb": _write_glb,
}
"""How a mesh is written, by the ending of the file's name."""


def _header(vertices: int, faces: int | None) -> bytes:
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {vertices}"]
    lines += [f"property float {axis}" for axis in "xyz"]
    lines += [f"property uchar {channel}" for channel in ("red", "green", "blue")]
    if faces is not None:
        lines += [f"element face {faces}", "property list uchar int vertex_indices"]
    return "\n".join([*lines, "end_header", ""]).encode()


def _vertices(points: Float32Array, colours: UInt8Array) -> bytes:
    rows = np.empty(len(points), _VERTEX)
    rows["at"], rows["colour"] = points, colours
    return rows.tobytes()
