"""The far end of Habitat-Sim: runs in the interpreter that has `habitat_sim`.

Needs numpy and habitat_sim (0.2.2 to 0.3.x) beside the standard library, on Python 3.8 to 3.13;
`embodied_mem_envs.worker` loads it by its path. Here, and only here, Habitat's world (y up, looking
along -z) becomes ours: ours is (x, -z, y) of Habitat's.
"""

from __future__ import annotations

import math
import os
import sys
from typing import Any

import numpy as np

_PIECE = 0.1
"""Longest straight piece of an arc, metres."""
_TOUCH = 1e-3
_NEAR = 0.15
"""How far from the asked place the navmesh may be, metres, on the floor plan..."""
_LEVEL = 0.3
"""...and in height: what is higher above the floor is the top of some furniture."""
_ISLAND = 1.0
"""Radius of the smallest piece of navmesh that counts as floor, metres: Habitat also finds room on
top of furniture and inside of it."""
_START_DRAWS = 50
_SEMANTIC_LIMIT = 1 << 16


class Refused(Exception):
    """Something the near end can explain to its user; `kind` says which of its errors it is."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def make(options: dict[str, Any]) -> HabitatSimulator:
    """Makes the simulator, as `embodied_mem_envs.worker` wants it."""
    return HabitatSimulator(_import_habitat(), options)


def _import_habitat() -> Any:
    try:
        import habitat_sim
    except ImportError as error:
        raise Refused(
            "config",
            f"habitat_sim cannot be imported by {sys.executable} (Python "
            f"{sys.version_info[0]}.{sys.version_info[1]}): {error}. Give the interpreter of an "
            "environment that has it, by habitat_python= or EMBODIED_MEM_HABITAT_PYTHON; "
            "launch/habitat/environment.yml makes one (official builds are for Python 3.9)",
        ) from error
    return habitat_sim


def to_habitat(point: Any) -> np.ndarray:
    """Turns a point of our world (z up) into Habitat's (y up), float32."""
    return np.array([point[0], point[2], -point[1]], np.float32)


def from_habitat(point: Any) -> list[float]:
    """Turns a point of Habitat's world, an array or a `magnum.Vector3`, into ours."""
    return [float(point[0]), -float(point[2]), float(point[1])]


def quaternion(yaw: float, tilt: float) -> list[float]:
    """Returns x, y, z, w of a camera in Habitat's world.

    Args:
        yaw: Direction in our world, rad; 0 looks along our x.
        tilt: Upward, rad.
    """
    # Habitat's identity looks along its -z, which is our y.
    turn, pitch = (yaw - math.pi / 2) / 2, tilt / 2
    cy, sy, cx, sx = math.cos(turn), math.sin(turn), math.cos(pitch), math.sin(pitch)
    return [cy * sx, sy * cx, -sy * sx, cy * cx]


def camera_matrix(place: list[float], yaw: float, tilt: float) -> list[float]:
    """Returns T_world_camera row by row, for a camera as OpenCV has it."""
    c, s, ct, st = math.cos(yaw), math.sin(yaw), math.cos(tilt), math.sin(tilt)
    x, y, z = place
    row = [s, c * st, c * ct, x, -c, s * st, s * ct, y, 0.0, -ct, st, z]
    return [*row, 0.0, 0.0, 0.0, 1.0]


class HabitatSimulator:
    """One agent with one camera in one scene."""

    def __init__(self, habitat: Any, options: dict[str, Any]) -> None:
        self._habitat = habitat
        self._options = options
        self._camera = options["camera"]
        self._seconds = float(options["seconds_per_tick"])
        _check_files(options)
        try:
            self._sim = habitat.Simulator(self._configuration())
        except Refused:
            raise
        except Exception as error:
            raise Refused(
                "body", f"Habitat {_version(habitat)} could not open {options['scene']!r}: {error}"
            ) from error
        self._agent = self._sim.get_agent(0)
        self._finder = self._sim.pathfinder
        self._make_navmesh()
        self._ids, self._labels = self._make_ids()
        self._semantic = np.zeros((self._camera["height"], self._camera["width"]), np.intp)
        self._tilt = 0.0
        self._tick = 0
        self._collided = False
        self._yaw = 0.0
        self._nav = np.zeros(3, np.float32)
        self._start()

    # -- what the worker asks for --------------------------------------------------------------

    def describe(self) -> dict[str, Any]:
        """Returns what there is and where the body stands."""
        return {
            "name": "habitat_sim",
            "version": _version(self._habitat),
            "steady": True,
            "labels": self._labels,
            "state": self._state(),
        }

    def planes(self) -> dict[str, Any]:
        """Returns the images of a frame."""
        shape = (self._camera["height"], self._camera["width"])
        planes = {"rgb": ((*shape, 3), "uint8"), "depth": (shape, "float32")}
        if self._options["semantic"]:
            planes["instance"] = (shape, "int32")
        return planes

    def act(self, command: dict[str, float]) -> dict[str, Any]:
        """Drives an arc along the navmesh, sliding where it may, and tilts the camera."""
        sent = {}
        for name, limit in self._options["limits"].items():
            sent[name] = min(max(float(command[name]), -limit), limit)
        self._collided = self._drive(sent["forward"] * self._seconds, sent["turn"] * self._seconds)
        rest, limit = self._camera["tilt"], self._options["tilt_limit"]
        self._tilt = (
            min(max(rest + self._tilt + sent["tilt"] * self._seconds, -limit), limit) - rest
        )
        self._tick += 1
        self._pose_agent()
        return {"sent": sent, "state": self._state()}

    def observe(self, planes: dict[str, Any]) -> dict[str, Any]:
        """Renders into the planes."""
        seen = self._sim.get_sensor_observations()
        for channel in range(3):  # one by one is four times as fast as all three at once
            planes["rgb"][..., channel] = seen["rgb"][..., channel]
        planes["depth"][...] = seen["depth"]
        visible: list[int] = []
        if "instance" in planes:
            last = _SEMANTIC_LIMIT - 1
            np.minimum(seen["semantic"], last, out=self._semantic, casting="unsafe")
            self._ids.take(self._semantic, out=planes["instance"], mode="clip")
            found = np.flatnonzero(np.bincount(self._semantic.ravel()))
            visible = [number for number in self._ids.take(found, mode="clip").tolist() if number]
        x, y, z = self._place()
        c, s = math.cos(self._yaw), math.sin(self._yaw)
        return {
            "T_world_body": [c, -s, 0.0, x, s, c, 0.0, y, 0.0, 0.0, 1.0, z, 0.0, 0.0, 0.0, 1.0],
            "T_world_camera": camera_matrix(*self._camera_pose()),
            "tick": self._tick,
            "proprioception": {
                "tilt": self._camera["tilt"] + self._tilt,
                "collided": float(self._collided),
            },
            "seen": visible,
        }

    def restore(self, state: dict[str, Any]) -> dict[str, Any]:
        """Puts the body to where another one was."""
        self._nav = to_habitat(state["nav"])
        self._yaw, self._tilt = float(state["yaw"]), float(state["tilt"])
        self._tick, self._collided = int(state["tick"]), bool(state["collided"])
        self._pose_agent()
        return {"state": self._state()}

    def ask(self, question: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """`place`, `ids` (other instance ids), `shortest_path` and `random_place` (scoring)."""
        if question == "place":
            self._set_down(**arguments)
        elif question == "ids":
            self._options.update(arguments)
            self._ids, self._labels = self._make_ids()
        elif question == "shortest_path":
            return self._shortest_path(arguments["start"], arguments["goal"])
        elif question == "random_place":
            return {"place": self._ground(self._random_place())}
        else:
            raise LookupError(f"Habitat knows no {question!r}")
        return {"state": self._state(), "labels": self._labels}

    def close(self) -> None:
        """Closes the simulator: the only one of this process, as a second one would abort it."""
        self._sim.close()

    # -- opening -------------------------------------------------------------------------------

    def _configuration(self) -> Any:
        habitat, options = self._habitat, self._options
        backend = habitat.SimulatorConfiguration()
        backend.scene_id = options["scene"]
        if options["scene_dataset"]:
            backend.scene_dataset_config_file = options["scene_dataset"]
        backend.gpu_device_id = int(options["gpu_device"])
        backend.random_seed = int(options["seed"])
        backend.enable_physics = False
        backend.allow_sliding = bool(options["sliding"])
        if not options["lit"] and hasattr(backend, "override_scene_light_defaults"):
            backend.override_scene_light_defaults = True
            backend.scene_light_setup = habitat.gfx.NO_LIGHT_KEY
        agent = habitat.agent.AgentConfiguration()
        agent.height, agent.radius = float(options["height"]), float(options["radius"])
        agent.sensor_specifications = self._sensors()
        return habitat.Configuration(backend, [agent])

    def _sensors(self) -> list[Any]:
        kinds = self._habitat.SensorType
        wanted = [("rgb", kinds.COLOR, 4), ("depth", kinds.DEPTH, 1)]
        if self._options["semantic"]:
            wanted.append(("semantic", kinds.SEMANTIC, 1))
        specs = []
        for name, kind, channels in wanted:
            spec = self._habitat.CameraSensorSpec()
            spec.uuid, spec.sensor_type = name, kind
            if hasattr(spec, "channels"):  # of visual sensors only in some versions
                spec.channels = channels
            spec.resolution = [self._camera["height"], self._camera["width"]]
            spec.hfov = math.degrees(self._camera["hfov"])
            spec.position = [0.0, self._camera["mount_height"], -self._camera["forward"]]
            specs.append(spec)
        return specs

    def _make_navmesh(self) -> None:
        """Builds the navmesh for this body: Habitat's own may be for another one."""
        settings = self._habitat.nav.NavMeshSettings()
        settings.set_defaults()
        settings.agent_radius = float(self._options["radius"])
        settings.agent_height = float(self._options["height"])
        settings.agent_max_climb = float(self._options["max_climb"])
        settings.cell_height = float(self._options["cell_height"])
        done = self._sim.recompute_navmesh(self._finder, settings)
        if done is False or not self._finder.is_loaded:
            raise Refused(
                "body",
                f"Habitat found nowhere to stand in {self._options['scene']!r}; check that its "
                "floors face upward and that it is in metres with y up",
            )

    def _make_ids(self) -> tuple[np.ndarray, dict[str, str]]:
        """Returns our id of each of Habitat's semantic ids, and the categories of ours."""
        table = np.zeros(_SEMANTIC_LIMIT, np.int32)
        labels = {}
        given = self._options.get("ids")
        if given is not None:
            for number, (own, label) in enumerate(given, 1):
                table[number] = own
                labels[str(own)] = label
            return table[: len(given) + 2], labels
        structure = {name.lower() for name in self._options["structure"]}
        for number, label in _annotated(self._sim):
            if 0 < number < _SEMANTIC_LIMIT and label.lower() not in structure:
                table[number] = number
                labels[str(number)] = label
        return table, labels

    def _start(self) -> None:
        start = self._options["start"]
        if start is not None:
            self._set_down(*start)
            return
        self._finder.seed(int(self._options["seed"]))
        draws = [self._random_place() for _ in range(_START_DRAWS)]
        # The floor is the largest island.
        sizes = [float(self._finder.island_radius(point)) for point in draws]
        floor = [draws[k] for k, size in enumerate(sizes) if size > 0.99 * max(sizes)]
        self._nav = min(floor, key=lambda point: float(point[1]))
        self._pose_agent()

    # -- moving --------------------------------------------------------------------------------

    def _drive(self, forward: float, turn: float) -> bool:
        """Drives an arc and returns whether something was in the way."""
        pieces = max(math.ceil(abs(forward) / _PIECE), 1)
        step = self._finder.try_step
        if not self._options["sliding"]:
            step = self._finder.try_step_no_sliding
        touched = False
        for _ in range(pieces if forward else 0):
            middle = self._yaw + turn / pieces / 2
            ahead = forward / pieces
            goal = self._nav + np.array(
                [ahead * math.cos(middle), 0.0, -ahead * math.sin(middle)], np.float32
            )
            reached = np.array(step(self._nav, goal), np.float32)
            gone = math.hypot(reached[0] - self._nav[0], reached[2] - self._nav[2])
            touched = touched or gone < abs(ahead) - _TOUCH
            self._nav = reached
            self._yaw += turn / pieces
        if not forward:
            self._yaw += turn
        self._yaw = (self._yaw + math.pi) % (2 * math.pi) - math.pi
        return touched

    def _set_down(self, x: float, y: float, yaw: float, z: float | None = None) -> None:
        # Setting a state does not snap, so the place is brought onto the navmesh first.
        height = float(z) if z is not None else self._lowest()
        asked = to_habitat([x, y, height + self._options["cell_height"]])
        found = np.array(self._finder.snap_point(asked), np.float32)
        off = found - asked
        if (
            not np.isfinite(found).all()
            or math.hypot(off[0], off[2]) > _NEAR
            or abs(off[1]) > _LEVEL
            or float(self._finder.island_radius(found)) < _ISLAND
        ):
            raise Refused(
                "body", f"no room for the body at ({x:g}, {y:g}, {height:g}); choose a free place"
            )
        self._nav, self._yaw = found, float(yaw)
        self._pose_agent()

    def _lowest(self) -> float:
        """Returns the height of the lowest place to stand, or of the floor given for it."""
        if self._options["floors"]:
            return float(min(self._options["floors"]))
        low, _ = self._finder.get_bounds()
        return float(low[1]) - float(self._options["cell_height"])

    def _random_place(self) -> np.ndarray:
        return np.array(self._finder.get_random_navigable_point(), np.float32)

    def _ground(self, nav: Any) -> list[float]:
        """Returns the world point of the floor below a point of the navmesh."""
        x, y, z = from_habitat(nav)
        # The navmesh lies one cell above what it stands for.
        z -= self._options["cell_height"]
        for floor in self._options["floors"]:
            if abs(z - floor) < 2 * self._options["cell_height"]:
                z = floor
        return [x, y, z]

    def _place(self) -> list[float]:
        return self._ground(self._nav)

    def _camera_pose(self) -> tuple[list[float], float, float]:
        """Returns place, direction and tilt of the camera."""
        x, y, z = self._place()
        heading = self._yaw + self._camera["yaw"]
        ahead = self._camera["forward"]
        place = [
            x + ahead * math.cos(heading),
            y + ahead * math.sin(heading),
            z + self._camera["mount_height"],
        ]
        return place, heading, self._camera["tilt"] + self._tilt

    def _pose_agent(self) -> None:
        """Brings Habitat's agent and its sensors to where the body and its camera are."""
        types = self._habitat.agent
        state = types.AgentState()
        state.position = to_habitat(self._place())
        state.rotation = quaternion(self._yaw, 0.0)
        place, heading, tilt = self._camera_pose()
        for name in ("rgb", "depth", "semantic")[: 3 if self._options["semantic"] else 2]:
            state.sensor_states[name] = types.SixDOFPose(
                to_habitat(place), quaternion(heading, tilt)
            )
        self._agent.set_state(state, reset_sensors=False, infer_sensor_states=False)

    def _state(self) -> dict[str, Any]:
        x, y, z = self._place()
        return {
            "pose": [x, y, self._yaw],
            "height": z,
            "nav": from_habitat(self._nav),
            "yaw": self._yaw,
            "tilt": self._tilt,
            "tick": self._tick,
            "collided": self._collided,
        }

    # -- scoring -------------------------------------------------------------------------------

    def _shortest_path(self, start: list[float], goal: list[float]) -> dict[str, Any]:
        path = self._habitat.nav.ShortestPath()
        lift = np.array([0.0, self._options["cell_height"], 0.0], np.float32)
        ends = [
            np.array(self._finder.snap_point(to_habitat(point) + lift), np.float32)
            for point in (start, goal)
        ]
        path.requested_start, path.requested_end = ends
        if not np.isfinite(ends).all() or not self._finder.find_path(path):
            return {"metres": None, "points": []}
        points = [self._ground(point) for point in path.points]
        return {"metres": float(path.geodesic_distance), "points": points}


def _check_files(options: dict[str, Any]) -> None:
    """Looks for the files before Habitat does, which ends the process where one is missing."""
    dataset, scene = options["scene_dataset"], options["scene"]
    if dataset and not os.path.isfile(dataset):  # noqa: PTH113
        raise Refused("config", f"there is no scene dataset {dataset!r}; give its .json file")
    looks_like_file = scene.endswith((".glb", ".gltf", ".ply", ".obj"))
    if (not dataset or os.path.isabs(scene)) and looks_like_file and not os.path.isfile(scene):  # noqa: PTH113, PTH117
        raise Refused("config", f"there is no scene file {scene!r}; check the path")
    if not dataset and not looks_like_file:
        raise Refused(
            "config",
            f"{scene!r} is no scene file (.glb, .gltf, .ply, .obj); give scene_dataset= for the "
            "name of a scene in a dataset",
        )


def _annotated(sim: Any) -> list[tuple[int, str]]:
    """Returns semantic id and category of every annotated object."""
    scene = getattr(sim, "semantic_scene", None)
    result = []
    for thing in getattr(scene, "objects", None) or []:
        if thing is None or thing.category is None:
            continue
        number = getattr(thing, "semantic_id", None)
        if number is None:
            # Before 0.2.2, and for Matterport, the id ends with it: `level_region_object`.
            tail = str(thing.id).split("_")[-1]
            if not tail.isdigit():
                continue
            number = int(tail)
        result.append((int(number), str(thing.category.name())))
    return result


def _version(habitat: Any) -> str:
    return str(getattr(habitat, "__version__", "of unknown version"))
