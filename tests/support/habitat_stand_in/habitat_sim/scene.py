"""Scenes from files: what is rendered, and semantic ids by vertex colour."""

import json
from pathlib import Path

import numpy as np
import trimesh


class Stage:
    """Triangles with their colours, semantic triangles with their ids."""

    def __init__(self, scene_id, dataset):
        render, semantic, descriptor = _assets(scene_id, dataset)
        self.triangles, self.colours = _coloured(render)
        self.objects = []
        self.semantic_triangles = None
        if semantic:
            self.objects, by_colour = _annotations(descriptor)
            self.semantic_triangles, self.semantic_ids = _identified(semantic, by_colour)


class SemanticObject:
    def __init__(self, number, category):
        self.semantic_id, self.id = number, f"{category}_{number}"
        self.category = SemanticCategory(category)


class SemanticCategory:
    def __init__(self, name):
        self._name = name

    def name(self, mapping=""):
        return self._name


def _assets(scene_id, dataset):
    if dataset == "default":
        return Path(scene_id), None, None
    folder = Path(dataset).parent
    paths = json.loads(Path(dataset).read_text())["stages"]["paths"][".json"]
    stages = [f for path in paths for f in sorted((folder / path).glob("*.stage_config.json"))]
    matching = [file for file in stages if scene_id in file.name]
    if not matching:
        raise RuntimeError(f"No Stage Attributes exists for requested scene '{scene_id}'")
    stage = json.loads(matching[0].read_text())
    assert stage["up"] == stage["semantic_up"] == [0, 1, 0]
    assert stage["front"] == stage["semantic_front"] == [0, 0, -1]
    names = ("render_asset", "semantic_asset", "semantic_descriptor_filename")
    return tuple(matching[0].parent / stage[name] for name in names)


def _meshes(path):
    scene = trimesh.load(path, process=False)
    for node in scene.graph.nodes_geometry:
        matrix, name = scene.graph[node]
        mesh = scene.geometry[name]
        yield mesh, trimesh.transform_points(mesh.vertices, matrix)[mesh.faces]


def _coloured(path):
    corners, colours = [], []
    for mesh, triangles in _meshes(path):
        corners.append(triangles)
        factor = getattr(mesh.visual.material, "baseColorFactor", None)
        colour = np.array([200, 200, 200, 255] if factor is None else factor, np.uint8)
        colours.append(np.tile(colour, (len(triangles), 1)))
    return np.concatenate(corners), np.concatenate([*colours, np.zeros((1, 4), np.uint8)])


def _annotations(path):
    first, *lines = path.read_text().splitlines()
    if first != "HM3D Semantic Annotations":
        raise RuntimeError(f"Unsupported HM3D House format header {first}")
    objects, by_colour = [], {}
    for line in lines:
        number, code, category, _ = line.split(",")
        objects.append(SemanticObject(int(number), category.strip('"')))
        by_colour[int(code, 16)] = int(number)
    return objects, by_colour


def _identified(path, by_colour):
    corners, ids = [], []
    unknown = max(by_colour.values()) + 1
    for mesh, triangles in _meshes(path):
        linear = mesh.visual.vertex_colors[:, :3] / 255.0
        curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        r, g, b = np.rint(255 * curve).astype(int).T
        per_vertex = np.array([by_colour.get(c, unknown) for c in (r << 16) | (g << 8) | b])
        corners.append(triangles)
        ids.append(per_vertex[mesh.faces[:, 0]])
    return np.concatenate(corners), np.concatenate([*ids, [0]]).astype(np.uint32)
