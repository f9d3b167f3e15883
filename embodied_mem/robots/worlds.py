"""The simulated bodies that come with the project, as robots: the drivers `house` and `tabletop`.

The simulators are imported when they are asked for; `embodied_mem` runs without them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from embodied_mem.robots.settings import read_config
from embodied_mem.robots.simulated import BodyDriver
from embodied_mem.robots.world_state import SimulationConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseOptions:
    """Options of the driver `house`: the simulated house in real time."""

    seed: int = 7
    """Seed of the house."""
    rooms: int | None = None
    """How many rooms, 3 to 12; by the seed when left out."""
    clutter: float = 1.0
    """How full the rooms are, 0 to 1."""
    width: int = 320
    """Width of the pictures, pixels."""
    height: int = 240
    """Height of the pictures, pixels."""
    body_tick: float = 0.05
    """How often the base moves, s."""
    simulation: SimulationConfig = field(default_factory=lambda: SimulationConfig(name="house"))
    """How it is run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TabletopOptions:
    """Options of the driver `tabletop`: the simulated arm over a table in real time."""

    family: str = "stack"
    """Which family of tasks lays the table."""
    level: Literal[1, 2, 3] = 1
    """How hard it is."""
    seed: int = 0
    """Seed of the table."""
    simulation: SimulationConfig = field(
        default_factory=lambda: SimulationConfig(name="tabletop", camera_hz=5.0)
    )
    """How it is run."""


def make_house(options: Mapping[str, object]) -> BodyDriver:
    """Makes the driver `house`; raises ConfigError for wrong `HouseOptions`."""
    from embodied_mem_envs.house.body import CameraConfig, HouseBody, body_pose
    from embodied_mem_envs.house.config import HouseConfig
    from embodied_mem_envs.house.generate import generate_house

    chosen = read_config(HouseOptions, options, "options")
    house = generate_house(chosen.seed, HouseConfig(rooms=chosen.rooms, clutter=chosen.clutter))
    camera = CameraConfig(width=chosen.width, height=chosen.height)
    body = HouseBody(house, camera, seconds_per_tick=chosen.body_tick)
    return BodyDriver(body, chosen.simulation, odometry=lambda: body_pose(*body.true_pose))


def make_tabletop(options: Mapping[str, object]) -> BodyDriver:
    """Makes the driver `tabletop`; raises ConfigError for wrong `TabletopOptions`.

    Raises:
        MissingExtraError: If PyBullet is not installed.
    """
    from embodied_mem_envs.tabletop import TabletopBody, default_cell
    from embodied_mem_envs.tabletop.tasks.make import make_episode
    from embodied_mem_envs.tabletop.tasks.playing import starting_layout

    chosen = read_config(TabletopOptions, options, "options")
    episode = make_episode(chosen.family, chosen.level, chosen.seed)
    body = TabletopBody(starting_layout(episode, default_cell()), seed=chosen.seed)
    return BodyDriver(body, chosen.simulation)
