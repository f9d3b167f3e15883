"""The simulators by name: one way to put a body into a house, whoever renders and moves it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

from embodied_mem.errors import unknown_name
from embodied_mem.robots.body import Body
from embodied_mem.types import Float64Array
from embodied_mem_envs.house.body import CameraConfig, HouseBody
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.noise import SensorNoise

_ELSEWHERE: Mapping[str, str] = {
    "habitat": "embodied_mem_envs.habitat.in_house:make_habitat_body",
}
"""`module:function` of the makers that are imported only when they are asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BodySetup:
    """What a task may choose about a body, whatever the simulator."""

    camera: CameraConfig = field(default_factory=CameraConfig)
    """The main camera."""
    noise: SensorNoise | None = None
    """Errors of the sensors; exact when None."""
    seed: int = 0
    """Seed of the noise."""
    seconds_per_tick: float = 1.0
    """How long one `act` lasts."""
    start: tuple[float, float, float] | None = None
    """x, y, yaw; the house's own start when None."""
    agent: str = "agent"
    """Name in the observations."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the simulator's own. `house`: `worker=True` renders it in a worker process, by the
    interpreter `python` where that is given. `habitat`: see `HabitatInHouse`."""


class BodyInHouse(Body, Protocol):
    """A body in a house of ours, with what evaluations and drawings may know of it."""

    @property
    def tick(self) -> int:
        """How often it has acted."""

    @property
    def house(self) -> House:
        """The truth of everything around the body."""

    @property
    def true_pose(self) -> tuple[float, float, float]:
        """Exact x, y, yaw: for evaluation and drawing, never for the agent."""

    @property
    def true_floor(self) -> int:
        """The floor it is on: for evaluation only."""

    @property
    def true_transform(self) -> Float64Array:
        """Exact (4, 4) T_world_body: for evaluation and drawing, never for the agent."""

    def place(self, x: float, y: float, yaw: float, floor: int = 0) -> None:
        """Sets the body down at a known place.

        Raises:
            BodyError: If the body would stand in a wall or in furniture.
        """


def _house(house: House, setup: BodySetup) -> BodyInHouse:
    known = {"worker", "python"} if setup.options.get("worker") else {"worker"}
    for name in set(setup.options) - known:
        raise unknown_name("option of simulator 'house'", name, known)
    if setup.options.get("worker"):
        from embodied_mem_envs.worker_house import HouseInWorker

        return HouseInWorker(house, setup)
    return HouseBody(
        house,
        setup.camera,
        noise=setup.noise,
        seed=setup.seed,
        seconds_per_tick=setup.seconds_per_tick,
        start=setup.start,
        agent=setup.agent,
    )


_HERE: Mapping[str, Callable[[House, BodySetup], BodyInHouse]] = {"house": _house}

SIMULATORS: tuple[str, ...] = (*_HERE, *_ELSEWHERE)
"""Names that `make_body` knows."""


def make_body(simulator: str, house: House, setup: BodySetup | None = None) -> BodyInHouse:
    """Puts a body into a house; `connect` it before use.

    Args:
        simulator: A name of `SIMULATORS`: who renders the house and moves the body in it.
        house: What is around the body. Changes of it (`move`, `add`, `remove`, `new_visit`) show
            in the next observation.
        setup: The body.

    Raises:
        ConfigError: If the simulator or one of its options is unknown.
    """
    chosen = setup or BodySetup()
    if simulator in _HERE:
        return _HERE[simulator](house, chosen)
    if simulator not in _ELSEWHERE:
        raise unknown_name("simulator", simulator, SIMULATORS)
    module, name = _ELSEWHERE[simulator].split(":")
    body: BodyInHouse = getattr(import_module(module), name)(house, chosen)
    return body
