"""A body in Habitat-Sim, behind the same protocol as a real robot."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from embodied_mem.errors import BodyError
from embodied_mem.robots.body import CLIMB, Feature
from embodied_mem.robots.forwarded import ForwardedBody
from embodied_mem.types import Float64Array
from embodied_mem_envs.habitat import adapter
from embodied_mem_envs.habitat.config import HabitatConfig
from embodied_mem_envs.habitat.failures import explain
from embodied_mem_envs.house.body import TILT_LIMIT, body_pose
from embodied_mem_envs.worker_body import BodyShape, WorkerBody
from embodied_mem_envs.worker_process import WorkerConfig, WorkerLost

_LIMITS: Mapping[str, float] = {"forward": 0.5, "turn": float(np.pi), "tilt": float(np.pi / 4)}
_UNITS: Mapping[str, str] = {"forward": "m/s", "turn": "rad/s", "tilt": "rad/s"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ShortestPath:
    """The way along the navmesh, for scores only."""

    metres: float
    """Its length; infinite where there is no way."""
    points: tuple[tuple[float, float, float], ...]
    """Its corners on the floor, metres."""


@final
class HabitatBody(ForwardedBody[WorkerBody]):
    """A cylinder with one camera in a Habitat scene; implements `embodied_mem.robots.Body`.

    Its world has z up: x, y, z are Habitat's x, -z, y. Discrete motion is
    `Command(forward=0.25)`, `Command(turn=±pi/6)` and `Command(tilt=±pi/12)` with ticks of one
    second; continuous motion is any speed with shorter ticks. The navmesh stops the body where a
    wall or furniture would; no observation shows it.
    """

    def __init__(self, config: HabitatConfig, *, restarts: int = 2) -> None:
        """Prepares the body; `connect` starts Habitat.

        Args:
            config: Scene, body and interpreter.
            restarts: How many workers in a row may be lost before that is an error.
        """
        self.config = config
        worker = WorkerConfig(
            adapter=Path(adapter.__file__),
            python=config.interpreter,
            options=config.options(_LIMITS, TILT_LIMIT),
            environment=config.variables,
        )
        super().__init__(WorkerBody(worker, _shape(config), restarts=restarts))

    # -- what it is ----------------------------------------------------------------------------

    @property
    def worker(self) -> WorkerBody:
        """The body at the border of the processes."""
        return self._body

    @property
    def simulator(self) -> str:
        """Name and version of the simulator.

        Raises:
            BodyError: If the body is not connected.
        """
        if self._body.process is None:
            raise BodyError("the body is not connected; call connect() first")
        told = self._body.process.simulator
        return f"{told['name']} {told['version']}"

    @property
    def tick(self) -> int:
        """How often the body has acted."""
        return int(self._body.state["tick"])

    @property
    def true_pose(self) -> tuple[float, float, float]:
        """Exact x, y, yaw: for evaluation and drawing, never for the agent."""
        x, y, yaw = self._body.state["pose"]
        return float(x), float(y), float(yaw)

    @property
    def true_height(self) -> float:
        """World height of what is under the body, metres: for evaluation only."""
        return float(self._body.state["height"])

    @property
    def true_transform(self) -> Float64Array:
        """Exact (4, 4) T_world_body: for evaluation and drawing, never for the agent."""
        return body_pose(*self.true_pose, self.true_height)

    # -- what it does --------------------------------------------------------------------------

    def connect(self) -> None:
        """Starts the worker and opens the scene.

        Raises:
            ConfigError: If the interpreter, the scene or the dataset is missing, or habitat_sim
                cannot be imported.
            BodyError: If Habitat cannot start; the message says what to do.
        """
        try:
            self._body.connect()
        except WorkerLost as error:
            self._body.close()
            advice = explain(str(error))
            if not advice:
                raise
            raise BodyError(f"{advice}.\n({error})") from error

    def place(self, x: float, y: float, yaw: float, z: float | None = None) -> None:
        """Sets the body down at a known place.

        Args:
            x: World x, metres.
            y: World y, metres.
            yaw: Direction, rad; 0 looks along x.
            z: Height of the floor, metres; the lowest one when None.

        Raises:
            BodyError: If there is no room for the body.
        """
        self._body.ask("place", x=x, y=y, yaw=yaw, z=z)

    # -- for evaluation ------------------------------------------------------------------------

    def shortest_path(
        self, start: tuple[float, float, float], goal: tuple[float, float, float]
    ) -> ShortestPath:
        """Returns the shortest way for this body between two floor points: for scores only.

        Raises:
            BodyError: If the body is not connected.
        """
        told = self._body.ask("shortest_path", start=list(start), goal=list(goal))
        metres = float("inf") if told["metres"] is None else float(told["metres"])
        points = tuple((float(x), float(y), float(z)) for x, y, z in told["points"])
        return ShortestPath(metres=metres, points=points)

    def random_place(self) -> tuple[float, float, float]:
        """Returns a floor point where the body can stand: for evaluations only.

        Raises:
            BodyError: If the body is not connected.
        """
        x, y, z = self._body.ask("random_place")["place"]
        return float(x), float(y), float(z)


def _shape(config: HabitatConfig) -> BodyShape:
    shape = (config.camera.height, config.camera.width)
    observed: dict[str, Any] = {
        "rgb": Feature(shape=(*shape, 3), dtype="uint8", low=0, high=255),
        "depth": Feature(shape=shape, dtype="float32", unit="m", low=0.0),
        "T_world_camera": Feature(shape=(4, 4), dtype="float64"),
        "T_world_body": Feature(shape=(4, 4), dtype="float64"),
        "tilt": Feature(shape=(), dtype="float64", unit="rad", low=-TILT_LIMIT, high=TILT_LIMIT),
        "collided": Feature(shape=(), dtype="float64", low=0.0, high=1.0),
        CLIMB: Feature(shape=(), dtype="float64", unit="m", low=0.0, high=config.max_climb),
    }
    if config.semantic:
        observed["instance"] = Feature(shape=shape, dtype="int32", low=0)
    return BodyShape(
        intrinsics=config.camera.intrinsics,
        observation_features=observed,
        action_features={
            name: Feature(shape=(), dtype="float64", unit=_UNITS[name], low=-limit, high=limit)
            for name, limit in _LIMITS.items()
        },
        radius=config.radius,
        seconds_per_tick=config.seconds_per_tick,
        agent=config.agent,
        camera=config.camera.name,
    )
