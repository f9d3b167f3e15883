"""One simulator a process: renders by casting rays."""

import os
import sys

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from habitat_sim.agent import Agent
from habitat_sim.navmesh import PathFinder
from habitat_sim.scene import Stage
from habitat_sim.settings import SensorType

_EGL = "Platform::WindowlessEglApplication::tryCreateContext(): "
_alive = []


class Rays:
    def __init__(self, triangles):
        self._scene = EmbreeScene()
        flat = np.ascontiguousarray(triangles.reshape(-1, 3), np.float32)
        faces = np.arange(len(flat), dtype=np.int32).reshape(-1, 3)
        self._mesh = TriangleMesh(self._scene, flat, faces)

    def cast(self, place, turn, spec):
        height, width = spec.resolution
        focal = 0.5 * width / np.tan(np.radians(spec.hfov) / 2)
        u = (np.arange(width) + 0.5 - width / 2) / focal
        v = (np.arange(height) + 0.5 - height / 2) / focal
        rays = np.stack([*np.meshgrid(u, -v), -np.ones((height, width))], axis=-1)
        directions = (rays.reshape(-1, 3) @ turn.T).astype(np.float32)
        origins = np.tile(place.astype(np.float32), (len(directions), 1))
        hits = self._scene.run(origins, directions, output=True)
        depth = np.where(hits["tfar"] > 1e30, 0.0, hits["tfar"]).astype(np.float32)
        return depth.reshape(height, width), hits["primID"].reshape(height, width)


class SemanticScene:
    def __init__(self, objects):
        self.objects = objects


class Simulator:
    def __init__(self, config):
        backend = config.sim_cfg
        if _alive:
            _end("GL::Context: another context is already current")
        if os.environ.get("HABITAT_STAND_IN") == "egl":
            _end(_EGL + "no EGL devices found, likely a driver issue")
        if backend.gpu_device_id >= 0:
            _end(_EGL + f"unable to find EGL device for CUDA device {backend.gpu_device_id}")
        self._config = config
        self._stage = Stage(backend.scene_id, backend.scene_dataset_config_file)
        self._rays = Rays(self._stage.triangles)
        self.semantic_scene = SemanticScene(self._stage.objects)
        if self._stage.semantic_triangles is not None:
            self._semantic_rays = Rays(self._stage.semantic_triangles)
        self._agent = Agent(config.agents[0])
        # The real one builds a navmesh here, too; nobody waits for that in tests.
        self.pathfinder = PathFinder()
        _alive.append(self)

    def get_agent(self, number):
        assert number == 0
        return self._agent

    def recompute_navmesh(self, finder, settings):
        finder.build(self._stage.triangles, settings)
        return finder.is_loaded

    def get_sensor_observations(self):
        result = {}
        for spec in self._config.agents[0].sensor_specifications:
            place, turn = self._agent.sensors[spec.uuid]
            semantic = spec.sensor_type == SensorType.SEMANTIC
            rays = self._semantic_rays if semantic else self._rays
            depth, hit = rays.cast(place, turn, spec)
            if semantic:
                image = self._stage.semantic_ids[hit]
            elif spec.sensor_type == SensorType.DEPTH:
                image = depth
            else:
                image = self._stage.colours[hit]
            result[spec.uuid] = np.flip(np.flip(image, axis=0).copy(), axis=0)
        return result

    def close(self):
        _alive.remove(self)


def _end(words):
    """Ends the process as Magnum does: words and no exception."""
    print(words, file=sys.stderr, flush=True)
    os._exit(1)
