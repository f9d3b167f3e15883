"""A house of ours, opened in Habitat: the same truth, rendered and moved through by another."""

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any, final

from embodied_mem.errors import BodyError, ConfigError, unknown_name
from embodied_mem.robots.forwarded import ForwardedBody
from embodied_mem.types import Command, Float64Array, Observation
from embodied_mem_envs.habitat.body import HabitatBody, ShortestPath
from embodied_mem_envs.habitat.config import HabitatConfig
from embodied_mem_envs.house.body import body_pose
from embodied_mem_envs.house.export import ExportedHouse, export_house
from embodied_mem_envs.house.house import House
from embodied_mem_envs.simulators import BodySetup

_OPTIONS = ("habitat_python", "gpu_device", "lit", "sliding", "folder", "environment")


@final
class HabitatInHouse(ForwardedBody[HabitatBody]):
    """A body in a house that Habitat renders; it stands in for `HouseBody`.

    The house is exported when Habitat opens it, and again after every change of it; another worker
    then goes on where the body was.
    """

    def __init__(self, house: House, setup: BodySetup | None = None) -> None:
        """Prepares the body; `connect` exports the house and starts Habitat.

        Args:
            house: Where it is.
            setup: What it is. Options: `habitat_python`, `gpu_device`, `lit`, `sliding` and
                `environment` as in `HabitatConfig`; `folder` for the exported files, a temporary
                one where not given.

        Raises:
            ConfigError: If an option is unknown, there is no interpreter, or noise is asked for.
        """
        self._setup = setup or BodySetup()
        for name in self._setup.options:
            if name not in _OPTIONS:
                raise unknown_name("option of simulator 'habitat'", name, _OPTIONS)
        if self._setup.noise is not None:
            raise ConfigError("Habitat gives exact pictures here; noise is for simulator 'house'")
        self.house = house
        self._folder = self._make_folder()
        super().__init__(HabitatBody(self._config(None)))
        self._exported: tuple[int, int] | None = None
        self._wanted = False

    # -- what it is ----------------------------------------------------------------------------

    @property
    def habitat(self) -> HabitatBody:
        """The body as Habitat has it now."""
        return self._body

    @property
    def tick(self) -> int:
        """How often the body has acted."""
        return self._body.tick if self._exported else 0

    @property
    def true_pose(self) -> tuple[float, float, float]:
        """Exact x, y, yaw: for evaluation and drawing, never for the agent."""
        if self._exported is None:
            return self._setup.start or self.house.start
        return self._body.true_pose

    @property
    def true_floor(self) -> int:
        """The floor it is on: for evaluation only."""
        levels = self.house.levels
        height = self._body.true_height if self._exported else levels[0]
        return min(range(len(levels)), key=lambda floor: abs(levels[floor] - height))

    @property
    def true_transform(self) -> Float64Array:
        """Exact (4, 4) T_world_body: for evaluation and drawing, never for the agent."""
        if self._exported is None:
            return body_pose(*self.true_pose)
        return self._body.true_transform

    # -- what it does --------------------------------------------------------------------------

    def connect(self) -> None:
        """Exports the house and opens it in Habitat.

        Raises:
            ConfigError: If habitat_sim cannot be imported by the interpreter.
            BodyError: If Habitat cannot start; the message says what to do.
            MissingExtraError: If trimesh is not installed (extra `export`).
        """
        self._wanted = True
        self._open()

    def close(self) -> None:
        """Ends Habitat; safe to call twice."""
        self._wanted = False
        self._body.close()

    def observe(self) -> Observation:
        """Returns what the camera sees now.

        Raises:
            BodyError: If the body is not connected or its worker is lost for good.
        """
        self._follow()
        return self._body.observe()

    def act(self, command: Command) -> Command:
        """Carries out one tick and returns the command after limits.

        Raises:
            BodyError: If the body is not connected, the command is not finite, or the worker is
                lost for good.
        """
        self._follow()
        sent = self._body.act(command)
        self.house.tick = max(self.house.tick, self.tick)
        return sent

    def place(self, x: float, y: float, yaw: float, floor: int = 0) -> None:
        """Sets the body down at a known place.

        Raises:
            BodyError: If the body would stand in a wall or in furniture, or there is no such floor.
        """
        levels = self.house.levels
        if not 0 <= floor < len(levels):
            raise BodyError(f"floor is {floor}; this house has {len(levels)}, from 0 on")
        self._follow()
        self._body.place(x, y, yaw, levels[floor])

    def shortest_path(
        self, start: tuple[float, float, float], goal: tuple[float, float, float]
    ) -> ShortestPath:
        """Returns the shortest way for this body between two floor points: for scores only.

        Raises:
            BodyError: If the body is not connected.
        """
        self._follow()
        return self._body.shortest_path(start, goal)

    # -- inside --------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Shows Habitat the house as it is now."""
        if not self._wanted:
            raise BodyError("the body is not connected; call connect() first")
        now = (self.house.revision, self.house.visit)
        if self._exported is None or now[0] != self._exported[0]:
            self._open()
        elif now != self._exported:
            self._body.worker.ask("ids", ids=self._instances())
            self._exported = now

    def _open(self) -> None:
        files = export_house(self.house, self._folder, f"house-{self.house.seed}")
        self._body.close()
        fresh = HabitatBody(self._config(files))
        if self._exported is not None:
            fresh.worker.resume(self._body.worker)
        self._body = fresh
        self._body.connect()
        self._exported = (self.house.revision, self.house.visit)

    def _instances(self) -> tuple[tuple[int, str], ...]:
        numbers = self.house.instance_ids()[:-1].tolist()
        categories = [thing.category for thing in self.house.objects]
        return tuple(zip(numbers, categories, strict=True))

    def _config(self, files: ExportedHouse | None) -> HabitatConfig:
        setup = self._setup
        chosen: dict[str, Any] = {
            name: setup.options[name]
            for name in ("gpu_device", "lit", "sliding", "environment")
            if name in setup.options
        }
        return HabitatConfig(
            scene=files.name if files else f"house-{self.house.seed}",
            scene_dataset=files.scene_dataset if files else None,
            python=setup.options.get("habitat_python"),
            camera=setup.camera,
            seconds_per_tick=setup.seconds_per_tick,
            start=setup.start or self.house.start,
            floors=self.house.levels,
            # Without stairs nothing in a house is meant to be climbed.
            max_climb=0.05 if self.house.stairs is None else 0.2,
            instances=self._instances(),
            seed=setup.seed,
            agent=setup.agent,
            **chosen,
        )

    def _make_folder(self) -> Path:
        given = self._setup.options.get("folder")
        if given is not None:
            return Path(given)
        made = tempfile.mkdtemp(prefix="embodied-mem-habitat-")
        weakref.finalize(self, shutil.rmtree, made, ignore_errors=True)
        return Path(made)


def make_habitat_body(house: House, setup: BodySetup) -> HabitatInHouse:
    """Puts a body into a house that Habitat renders; see `embodied_mem_envs.simulators`."""
    return HabitatInHouse(house, setup)
