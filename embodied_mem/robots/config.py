"""One TOML file a robot: which driver, how its gate is set, and what the driver must know."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from math import pi
from pathlib import Path
from typing import Protocol, cast, runtime_checkable

from embodied_mem.errors import ConfigError
from embodied_mem.plugins import load_plugin
from embodied_mem.robots.driver import RobotDriver
from embodied_mem.robots.robot import Robot
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.safety.owners import BRAIN, Owner
from embodied_mem.robots.settings import read_config as read_config
from embodied_mem.robots.settings import write_config as write_config

MakeDriver = Callable[[Mapping[str, object]], RobotDriver]
"""What makes a driver from the table `[options]`."""

DRIVERS: Mapping[str, str] = {
    "dds": "embodied_mem.robots.dds.driver:make_dds",
    "franka": "embodied_mem.robots.franka.driver:make_franka",
    "gateway": "embodied_mem.robots.gateway.client:make_gateway",
    "house": "embodied_mem.robots.worlds:make_house",
    "lerobot": "embodied_mem.robots.lerobot:make_lerobot",
    "ros2": "embodied_mem.robots.ros2.driver:make_ros2",
    "tabletop": "embodied_mem.robots.worlds:make_tabletop",
}
"""Where each built-in driver's `MakeDriver` is; imported only when it is asked for. Others come
from the entry-point group `embodied_mem.robots`."""

_DEFAULTS: Mapping[str, Mapping[str, object]] = {
    "tabletop": {"gate": {"rate": 100.0, "watchdog": 0.2, "zones": "none"}},
}
"""What a driver wants other than usual; a file's own settings win."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RobotConfig:
    """All that is to be known of one robot before connecting."""

    driver: str
    """Name of the driver: `dds`, `ros2`, `franka`, `lerobot`, `gateway`, `house`, `tabletop` or a
    plugin's."""
    gate: GateConfig = field(default_factory=GateConfig)
    """Limits and stops."""
    joint_limits: JointLimits | None = None
    """Limits of an arm's joints; None takes those that the driver knows."""
    options: Mapping[str, object] = field(default_factory=dict)
    """The driver's own settings."""
    speed: float = 0.25
    """How fast the brain walks, m/s; the gate's limits hold above it."""
    turn_rate: float = pi / 6.0
    """How fast the brain turns, rad/s."""
    reaction: float = 0.2
    """From a command to the motion that it causes, s."""

    def __post_init__(self) -> None:
        """Checks ranges.

        Raises:
            ConfigError: If a speed is not positive or the reaction is negative.
        """
        for name in ("speed", "turn_rate"):
            if not getattr(self, name) > 0.0:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected more than 0")
        if not self.reaction >= 0.0:
            raise ConfigError(f"reaction is {self.reaction}; expected 0 s or more")


@runtime_checkable
class KnowsJointLimits(Protocol):
    """A driver that knows how its arm's joints may move."""

    @property
    def joint_limits(self) -> JointLimits | None:
        """Limits of the joints in `RobotInfo.joints`; None where there is no arm."""


@runtime_checkable
class TakesGate(Protocol):
    """A driver whose robot's end is a process that it starts, with a gate of its own."""

    def take_gate(self, gate: GateConfig, joint_limits: JointLimits | None) -> None:
        """Tells how that gate is to be set: as the one here."""


def load_robot(
    path_or_name: str | Path, overrides: Mapping[str, object] | None = None
) -> RobotConfig:
    """Reads a robot's TOML file, or takes a driver with its defaults.

    Args:
        path_or_name: A file, or the name of a driver.
        overrides: Settings by dotted name, such as `{"gate.watchdog": 0.3}`.

    Raises:
        ConfigError: If there is no such file or driver, or a setting is unknown or wrong.
    """
    path = Path(path_or_name)
    if path.suffix == ".toml" or path.is_file():
        table = _read_file(path)
    elif isinstance(path_or_name, str):
        table = {"driver": path_or_name}
    else:
        raise ConfigError(f"{path} is no file; expected a robot's TOML file")
    driver = table.get("driver")
    if isinstance(driver, str):
        table = _merged(_DEFAULTS.get(driver, {}), table)
    for name, value in (overrides or {}).items():
        _set(table, name, value)
    config = read_config(RobotConfig, table)
    _find(config.driver)
    return config


def build_robot(
    config: RobotConfig, *, owner: Owner = BRAIN, patience: float = 5.0, signals: bool = True
) -> Robot:
    """Makes the robot with its driver and gate; nothing is opened yet.

    Args:
        config: Which robot.
        owner: In whose name it is commanded.
        patience: How long `observe` waits for a picture, s.
        signals: Whether SIGTERM and SIGINT bring it to rest, see `Robot`.

    Raises:
        ConfigError: If the driver is unknown, or refuses its options.
        MissingExtraError: If the driver needs a library that is not installed.
    """
    driver = make_driver(config.driver, config.options)
    limits = config.joint_limits
    if limits is None and isinstance(driver, KnowsJointLimits):
        limits = driver.joint_limits
    if isinstance(driver, TakesGate):
        driver.take_gate(config.gate, limits)
    return Robot(
        driver, config.gate, joint_limits=limits, owner=owner, patience=patience, signals=signals
    )


def make_driver(name: str, options: Mapping[str, object]) -> RobotDriver:
    """Makes a driver by name; raises as `build_robot`."""
    return _find(name)(options)


def _find(name: str) -> MakeDriver:
    found = load_plugin("robot", name, DRIVERS)
    if isinstance(found, str):
        module, _, function = found.partition(":")
        return _Late(module, function)
    return cast(MakeDriver, found)


@dataclass(frozen=True, slots=True)
class _Late:
    """A driver's factory that is imported when it is called."""

    module: str
    function: str

    def __call__(self, options: Mapping[str, object]) -> RobotDriver:
        make: MakeDriver = getattr(import_module(self.module), self.function)
        return make(options)


def _read_file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"the robot's file {path} cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error


def _merged(under: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    merged = {**under, **over}
    for name, value in under.items():
        above = over.get(name)
        if isinstance(value, Mapping) and isinstance(above, Mapping):
            merged[name] = _merged(value, above)
    return merged


def _set(table: dict[str, object], name: str, value: object) -> None:
    *parents, last = name.split(".")
    for depth, parent in enumerate(parents):
        inner = table.get(parent, {})
        if not isinstance(inner, Mapping):
            raise ConfigError(f"{'.'.join(parents[: depth + 1])} is {inner!r}, not a table")
        table[parent] = inner = dict(inner)
        table = inner
    table[last] = value
