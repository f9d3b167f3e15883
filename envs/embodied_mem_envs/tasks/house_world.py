"""A house with one body in it, and the truth about ways and views that tasks judge by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.types import BoolArray
from embodied_mem_envs.house.body import CameraConfig
from embodied_mem_envs.house.config import MAX_ROOMS, MIN_ROOMS, HouseConfig
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.noise import SensorNoise
from embodied_mem_envs.house.view import HouseRenderer
from embodied_mem_envs.simulators import SIMULATORS, BodySetup, make_body
from embodied_mem_envs.tasks.sight import Sight
from embodied_mem_envs.tasks.task_body import TaskBody
from embodied_mem_envs.tasks.true_floor import TrueFloor

_MOST_DRAWN_ROOMS = 8
_ROOMY = 0.3
"""Least free distance around where a body is set down, metres."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseWorldConfig:
    """The house and the body of an episode; the house itself is drawn from the episode's seed."""

    simulator: str = "house"
    """Which simulator the body lives in."""
    simulator_options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the simulator's own."""
    rooms: int | None = None
    """How many rooms; 3 to 8, drawn from the seed, where not given."""
    floors: int = 1
    """How many floors the house has."""
    camera: CameraConfig = field(default_factory=lambda: CameraConfig(width=320, height=240))
    """The camera of the body."""
    noise: bool = False
    """Depth noise, drop-outs and drift of the pose."""
    seconds_per_tick: float = 1.0
    """Length of a tick: 1 for steps of 0.25 m and 30 degrees, less for continuous motion."""

    def __post_init__(self) -> None:
        """Checks what the house and the body do not check themselves.

        Raises:
            ConfigError: If a value is out of its range.
        """
        if self.rooms is not None and not MIN_ROOMS <= self.rooms <= MAX_ROOMS:
            raise ConfigError(f"rooms is {self.rooms}; expected {MIN_ROOMS} to {MAX_ROOMS}")
        if self.floors not in (1, 2):
            raise ConfigError(f"floors is {self.floors}; expected 1 or 2")
        if self.simulator not in SIMULATORS:
            raise unknown_name("simulator", self.simulator, SIMULATORS)


class HouseWorld:
    """The house of one episode and the body in it."""

    def __init__(self, seed: int, config: HouseWorldConfig) -> None:
        """Draws a house and sets a body down somewhere in it.

        Raises:
            HouseError: If no valid house was found for the config.
        """
        rng = np.random.default_rng([seed, 41])
        drawn = int(rng.integers(MIN_ROOMS, _MOST_DRAWN_ROOMS + 1))
        self.config = config
        self.house: House = generate_house(
            seed, HouseConfig(rooms=config.rooms or drawn, floors=config.floors)
        )
        self.renderer = HouseRenderer(self.house)
        """Renders whatever the truth's side wants to look at."""
        self._revision = -1
        self._renew()
        setup = BodySetup(
            camera=config.camera,
            noise=SensorNoise() if config.noise else None,
            seed=seed,
            seconds_per_tick=config.seconds_per_tick,
            start=self._draw(rng, self._floor.floors == 0)[:3],
            options=config.simulator_options,
        )
        self.body = TaskBody(make_body(config.simulator, self.house, setup))

    @property
    def floor(self) -> TrueFloor:
        """The true floor as it is now."""
        self._renew()
        return self._floor

    @property
    def sight(self) -> Sight:
        """From where things can be seen, as they lie now."""
        self._renew()
        return self._sight

    @property
    def reachable(self) -> BoolArray:
        """(N,) which cells of the floor the body can get to."""
        self._renew()
        return self._reachable

    def draw_place(self, rng: np.random.Generator) -> tuple[float, float, float, int]:
        """Draws x, y, yaw and floor of a roomy place that the body can get to."""
        self._renew()
        return self._draw(rng, np.ones(len(self._reachable), bool))

    def ticks(self, least: int, a_room: int) -> int:
        """Returns the time that an ask allows, given in seconds, in ticks of the body."""
        seconds = max(least, a_room * len(self.house.rooms))
        return ceil(seconds / self.config.seconds_per_tick)

    def _draw(self, rng: np.random.Generator, among: BoolArray) -> tuple[float, float, float, int]:
        roomy = np.flatnonzero(self._reachable & (self._floor.clearance >= _ROOMY) & among)
        node = roomy[int(rng.integers(len(roomy)))]
        x, y, _ = self._floor.points[node].tolist()
        yaw = float(rng.uniform(-np.pi, np.pi))
        return round(x, 3), round(y, 3), round(yaw, 3), int(self._floor.floors[node])

    def _renew(self) -> None:
        """Looks at the floor anew where the house has changed."""
        if self._revision == self.house.revision:
            return
        self._revision = self.house.revision
        self._floor = TrueFloor(self.house)
        self._sight = Sight(self.house, self._floor, self.config.camera, self.renderer)
        start = (*self.house.start[:2], 0.0)
        self._reachable = np.isfinite(self._floor.distances([start]))
