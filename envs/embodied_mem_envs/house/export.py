"""A house as files that Habitat-Sim opens: geometry, semantic annotations and scene dataset."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embodied_mem.errors import HouseError
from embodied_mem.files import write_bytes, write_text
from embodied_mem_envs.house.export_colours import id_colours
from embodied_mem_envs.house.export_mesh import STRUCTURE, coloured_scene, pieces, semantic_scene
from embodied_mem_envs.house.house import House

SCHEMA = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportedHouse:
    """Where the files of one house are, and what its semantic ids mean."""

    folder: Path
    name: str
    objects: tuple[str, ...]
    """Object ids; the semantic id of each is its place here, counted from 1. The id after the last
    one is that of the structure, which our own frames call 0."""

    @property
    def scene_dataset(self) -> Path:
        """For Habitat's `scene_dataset_config_file`."""
        return self.folder / f"{self.name}.scene_dataset_config.json"

    @property
    def glb(self) -> Path:
        """What is seen and collided with."""
        return self.folder / f"{self.name}.glb"

    @property
    def semantic_glb(self) -> Path:
        """The same geometry, one vertex colour a piece."""
        return self.folder / f"{self.name}_sem.glb"

    @property
    def annotations(self) -> Path:
        """The colours by object, as HM3D writes them."""
        return self.folder / f"{self.name}_sem.txt"

    @property
    def stage(self) -> Path:
        """Habitat's description of the stage."""
        return self.folder / f"{self.name}.stage_config.json"

    @property
    def truth(self) -> Path:
        """The ground truth of the house and the object of every semantic id."""
        return self.folder / f"{self.name}.truth.json"


def export_house(house: House, folder: Path, name: str = "") -> ExportedHouse:
    """Writes a house as it is now.

    `NAME.glb`, `NAME_sem.glb`, `NAME_sem.txt`, `NAME.stage_config.json` and
    `NAME.scene_dataset_config.json` are what Habitat-Sim reads (in the form of HM3D's semantics);
    `NAME.truth.json` is for evaluations. Geometry is that of our renderer, triangle by triangle;
    colours are the mean colours of the textures.

    Args:
        house: The house.
        folder: Made where it is missing; files of that name are replaced.
        name: Of the scene; `house-SEED` when empty.

    Returns:
        The files.

    Raises:
        HouseError: If the name would not do as a file name.
        MissingExtraError: If trimesh is not installed (extra `export`).
    """
    chosen = name or f"house-{house.seed}"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", chosen):
        raise HouseError(f"the scene's name is {chosen!r}; expected letters, digits, '-', '_', '.'")
    all_pieces = pieces(house)
    linear, annotated = id_colours(len(all_pieces))
    made = ExportedHouse(
        folder=folder, name=chosen, objects=tuple(thing.id for thing in house.objects)
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(made.glb, _glb(coloured_scene(all_pieces)))
    write_bytes(made.semantic_glb, _glb(semantic_scene(all_pieces, linear)))
    write_text(made.annotations, _annotations(house, annotated.tolist()))
    _write_json(made.stage, _stage_config(made))
    _write_json(made.scene_dataset, {"stages": {"paths": {".json": ["."]}}})
    ids = {str(number): object_id for number, object_id in enumerate(made.objects, 1)}
    ids[str(len(made.objects) + 1)] = STRUCTURE
    _write_json(made.truth, {"schema": SCHEMA, "semantic_ids": ids, "house": house.truth()})
    return made


def _annotations(house: House, colours: list[list[int]]) -> str:
    """Returns `id,RRGGBB,"category",region` for every object and the structure."""
    regions = {room.id: number for number, room in enumerate(house.rooms)}
    rows = [(thing.category, regions[thing.room]) for thing in house.objects]
    rows.append((STRUCTURE, 0))
    lines = ["HM3D Semantic Annotations"]
    for number, ((category, region), colour) in enumerate(zip(rows, colours, strict=True), 1):
        code = "".join(f"{byte:02X}" for byte in colour)
        lines.append(f'{number},{code},"{category}",{region}')
    return "\n".join(lines) + "\n"


def _stage_config(made: ExportedHouse) -> dict[str, Any]:
    return {
        "render_asset": made.glb.name,
        "collision_asset": made.glb.name,
        "semantic_asset": made.semantic_glb.name,
        "semantic_descriptor_filename": made.annotations.name,
        "has_semantic_textures": False,
        "up": [0.0, 1.0, 0.0],
        "front": [0.0, 0.0, -1.0],
        "origin": [0.0, 0.0, 0.0],
        "semantic_up": [0.0, 1.0, 0.0],
        "semantic_front": [0.0, 0.0, -1.0],
    }


def _glb(scene: Any) -> bytes:
    data: bytes = scene.export(file_type="glb", include_normals=True)
    return data


def _write_json(path: Path, value: dict[str, Any]) -> None:
    write_text(path, json.dumps(value, indent=1) + "\n")
