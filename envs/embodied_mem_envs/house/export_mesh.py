"""The triangles of a house as meshes for glTF: y up, vertices not shared, one node an object."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from embodied_mem.errors import MissingExtraError
from embodied_mem.types import Float32Array, Float64Array, UInt8Array
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.mesh import Atlas, TriangleSoup, object_soup, structure_soup
from embodied_mem_envs.house.textures import TILE

STRUCTURE = "structure"
"""Name of the node of walls, floors, ceilings, door frames and stairs."""
_OPAQUE = 255


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """All triangles of one object that share a finish."""

    corners: Float32Array
    """(T, 3, 3) in the frame of glTF: x, z, -y of the world."""
    rgb: tuple[int, int, int]
    """Mean colour of its texture under its shade."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One object, or the structure."""

    name: str
    parts: tuple[Part, ...]


def to_gltf(points: Float32Array) -> Float32Array:
    """Turns world points (z up) into the frame of glTF and Habitat (y up); exact."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def pieces(house: House) -> list[Piece]:
    """Returns every object in house order, then the structure: what the renderer shows, exactly."""
    atlas = Atlas()
    soups = [object_soup(thing, index, atlas) for index, thing in enumerate(house.objects)]
    soups.append(structure_soup(house.panels(), atlas))
    names = [*(thing.id for thing in house.objects), STRUCTURE]
    tones = atlas.texels().reshape(-1, TILE * TILE, 4)[..., :3].mean(axis=1)
    return [
        Piece(name, tuple(_parts(soup, tones))) for name, soup in zip(names, soups, strict=True)
    ]


def coloured_scene(all_pieces: list[Piece]) -> Any:
    """Returns a `trimesh.Scene` for looking at.

    A node an object, named by its id; finishes are nodes below it (`ID.0`, `ID.1`, ...) where there
    are several.

    Raises:
        MissingExtraError: If trimesh is not installed.
    """
    scene = _trimesh().Scene(base_frame="world")
    for piece in all_pieces:
        if len(piece.parts) == 1:
            scene.add_geometry(
                _coloured(piece.parts[0]), node_name=piece.name, geom_name=piece.name
            )
            continue
        scene.graph.update(frame_to=piece.name, frame_from="world", matrix=np.eye(4))
        for number, part in enumerate(piece.parts):
            name = f"{piece.name}.{number}"
            scene.add_geometry(
                _coloured(part), node_name=name, geom_name=name, parent_node_name=piece.name
            )
    return scene


def semantic_scene(all_pieces: list[Piece], colours: UInt8Array) -> Any:
    """Returns a `trimesh.Scene` with one node and one linear vertex colour a piece.

    Raises:
        MissingExtraError: If trimesh is not installed.
    """
    trimesh = _trimesh()
    scene = trimesh.Scene(base_frame="world")
    for piece, colour in zip(all_pieces, colours, strict=True):
        corners = np.concatenate([part.corners for part in piece.parts])
        mesh = _mesh(corners)
        rgba = np.tile(np.append(colour, np.uint8(_OPAQUE)), (3 * len(corners), 1))
        mesh.visual = trimesh.visual.ColorVisuals(mesh, vertex_colors=rgba)
        scene.add_geometry(mesh, node_name=piece.name, geom_name=piece.name)
    return scene


def _parts(soup: TriangleSoup, tones: Float64Array) -> Iterator[Part]:
    """Splits triangles by their texture; `tones` are the (N, 3) mean colours of all textures."""
    corners = to_gltf(soup.corners)
    for tile in np.unique(soup.tile):
        own = soup.tile == tile
        mean = tones[tile] * _weighted_shade(soup, own)
        r, g, b = np.clip(np.rint(mean), 0, 255).astype(int).tolist()
        yield Part(np.ascontiguousarray(corners[own]), (r, g, b))


def _weighted_shade(soup: TriangleSoup, own: Any) -> float:
    """Returns the mean brightness of some triangles by their area."""
    corners: Float64Array = soup.corners[own].astype(np.float64)
    area = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    return float(np.average(soup.shade[own], weights=area + 1e-12))


def _mesh(corners: Float32Array) -> Any:
    """Returns a mesh whose triangles share no vertices, so that its normals are flat."""
    faces = np.arange(3 * len(corners)).reshape(-1, 3)
    return _trimesh().Trimesh(corners.reshape(-1, 3), faces, process=False, validate=False)


def _coloured(part: Part) -> Any:
    trimesh = _trimesh()
    mesh = _mesh(part.corners)
    material = trimesh.visual.material.PBRMaterial(
        # As the bytes of the picture shall be: Habitat shows factors without converting them.
        baseColorFactor=[*part.rgb, _OPAQUE],
        metallicFactor=0.0,
        roughnessFactor=1.0,
        doubleSided=True,
    )
    mesh.visual = trimesh.visual.TextureVisuals(material=material)
    return mesh


def _trimesh() -> Any:
    try:
        import trimesh
    except ModuleNotFoundError as error:
        raise MissingExtraError("exporting a house", "export") from error
    return trimesh
