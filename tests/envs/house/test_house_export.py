"""The files that Habitat opens hold the same house, triangle by triangle."""

import json

import numpy as np
import pytest
import trimesh
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from embodied_mem.errors import HouseError, MissingExtraError
from embodied_mem.types import Intrinsics
from embodied_mem_envs.bench.house import camera_poses
from embodied_mem_envs.house import HouseConfig, generate_house
from embodied_mem_envs.house.export import export_house
from embodied_mem_envs.house.export_colours import id_colours, srgb
from embodied_mem_envs.house.export_mesh import STRUCTURE
from embodied_mem_envs.house.render import camera_rays
from embodied_mem_envs.house.view import HouseRenderer

INTRINSICS = Intrinsics.from_hfov(64, 48, np.pi / 2)
TO_WORLD = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], float)


@pytest.fixture(scope="module", params=[{"rooms": 4}, {"rooms": 6, "floors": 2}])
def exported(request, tmp_path_factory):
    house = generate_house(12, HouseConfig(**request.param))
    return house, export_house(house, tmp_path_factory.mktemp("scene"), "flat")


def triangles(path):
    """World triangles of a GLB with the name of the piece that each belongs to."""
    scene = trimesh.load(path, process=False)
    corners, names = [], []
    for node in scene.graph.nodes_geometry:
        matrix, geometry = scene.graph[node]
        mesh = scene.geometry[geometry]
        assert np.array_equal(matrix, np.eye(4))
        assert len(mesh.vertices) == 3 * len(mesh.faces)  # nothing shared: flat normals
        corners.append(mesh.triangles @ TO_WORLD.T)
        names += [node.split(".")[0]] * len(mesh.faces)
    return np.concatenate(corners), np.array(names)


def cast(corners, pose):
    scene = EmbreeScene()
    flat = np.ascontiguousarray(corners.reshape(-1, 3), np.float32)
    keep = TriangleMesh(scene, flat, np.arange(len(flat), dtype=np.int32).reshape(-1, 3))
    rays = (camera_rays(INTRINSICS) @ pose[:3, :3].T).astype(np.float32)
    origins = np.tile(pose[:3, 3].astype(np.float32), (len(rays), 1))
    hits = scene.run(origins, rays, output=True)
    del keep
    return hits["tfar"], hits["primID"], rays


def annotated(files):
    lines = files.annotations.read_text().splitlines()
    assert lines[0] == "HM3D Semantic Annotations"
    return [line.split(",") for line in lines[1:]]


def test_the_files_are_those_that_habitat_reads(exported):
    _, files = exported
    names = {path.name for path in files.folder.iterdir()}
    assert names == {
        "flat.glb",
        "flat_sem.glb",
        "flat_sem.txt",
        "flat.stage_config.json",
        "flat.scene_dataset_config.json",
        "flat.truth.json",
    }
    stage = json.loads(files.stage.read_text())
    assert {stage[key] for key in ("render_asset", "collision_asset")} == {"flat.glb"}
    assert stage["semantic_asset"] == "flat_sem.glb"
    assert stage["semantic_descriptor_filename"] == "flat_sem.txt"
    assert stage["has_semantic_textures"] is False
    assert stage["up"] == stage["semantic_up"] == [0, 1, 0]
    assert stage["front"] == stage["semantic_front"] == [0, 0, -1]
    dataset = json.loads(files.scene_dataset.read_text())
    assert dataset == {"stages": {"paths": {".json": ["."]}}}


def test_ids_count_from_one_in_house_order(exported):
    house, files = exported
    rows = annotated(files)
    assert [int(row[0]) for row in rows] == list(range(1, len(house.objects) + 2))
    categories = [thing.category for thing in house.objects]
    assert [row[2].strip('"') for row in rows] == [*categories, STRUCTURE]
    assert files.objects == tuple(thing.id for thing in house.objects)
    truth = json.loads(files.truth.read_text())
    assert truth["semantic_ids"]["1"] == house.objects[0].id
    assert truth["house"]["seed"] == house.seed


def test_vertex_colours_become_the_annotated_ones_however_they_are_rounded(exported):
    _, files = exported
    scene = trimesh.load(files.semantic_glb, process=False)
    codes = {row[1] for row in annotated(files)}
    assert len(codes) == len(annotated(files)) == len(scene.geometry)
    names = [*files.objects, STRUCTURE]
    for name, row in zip(names, annotated(files), strict=True):
        colours = np.unique(scene.geometry[name].visual.vertex_colors, axis=0)
        assert len(colours) == 1 and colours[0, 3] == 255
        for change in (np.floor, np.rint):
            converted = change(255 * srgb(colours[0, :3].astype(np.float32) / np.float32(255)))
            assert "".join(f"{int(byte):02X}" for byte in converted) == row[1]


def test_enough_colours_for_large_scenes():
    linear, converted = id_colours(5000)
    assert len(np.unique(linear, axis=0)) == len(np.unique(converted, axis=0)) == 5000
    with pytest.raises(HouseError, match="more colours than there are"):
        id_colours(10**9)


def test_both_meshes_show_what_the_renderer_shows(exported):
    house, files = exported
    seen, semantic = triangles(files.glb), triangles(files.semantic_glb)
    renderer = HouseRenderer(house)
    for pose in camera_poses(house, 5):
        view = renderer.render(pose, INTRINSICS)
        for corners, names in (seen, semantic):
            depth, hit, rays = cast(corners, pose)
            off = np.abs(depth.reshape(view.depth.shape) - view.depth)
            assert np.median(off) < 1e-5 and (off < 1e-3).mean() > 0.999
            ids = {house.instance_to_object[n]: n for n in np.unique(view.instance) if n}
            instance = np.array([ids.get(name, 0) for name in names[hit]])
            assert (instance.reshape(view.depth.shape) == view.instance).mean() > 0.999
            # A renderer that leaves out back faces shows the same.
            edges = corners[hit][:, 1:] - corners[hit][:, :1]
            assert (np.einsum("ij,ij->i", np.cross(*edges.swapaxes(0, 1)), rays) < 0).all()


def test_nothing_above_a_ceiling_can_be_walked_on(exported):
    house, files = exported
    corners, names = triangles(files.glb)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    level = (names == STRUCTURE) & (normal[:, 2] > 0.7)
    top = house.levels[-1] + house.config.wall_height
    assert corners[level][..., 2].max() < top - 0.5


def test_materials_are_plain_and_nodes_are_named_by_object(exported):
    _, files = exported
    scene = trimesh.load(files.glb, process=False)
    for mesh in scene.geometry.values():
        material = mesh.visual.material
        assert material.metallicFactor == 0 and material.roughnessFactor == 1
        assert material.doubleSided
    assert {node.split(".")[0] for node in scene.graph.nodes_geometry} == {
        *files.objects,
        STRUCTURE,
    }


def test_names_and_a_missing_extra_are_errors(tmp_path, monkeypatch):
    house = generate_house(1, HouseConfig(rooms=3))
    with pytest.raises(HouseError, match="scene's name"):
        export_house(house, tmp_path, "../up")
    monkeypatch.setitem(__import__("sys").modules, "trimesh", None)
    with pytest.raises(MissingExtraError, match=r"embodied_mem\[export\]"):
        export_house(house, tmp_path)
