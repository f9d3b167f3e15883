"""How a robot on rclpy is reached: its topics, the Python that has rclpy, and the network."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, cast

from embodied_mem.errors import unknown_name
from embodied_mem.robots.ros.options import read_table, ros_config
from embodied_mem.robots.ros.topics import RosConfig
from embodied_mem.robots.settings import write_config


@dataclass(frozen=True, kw_only=True, slots=True)
class Ros2Options:
    """All settings of the driver `ros2`."""

    ros: RosConfig = field(default_factory=RosConfig)
    """The robot's topics."""
    python: str = ""
    """Which Python runs rclpy, in a process of its own. Empty takes this one, in this process, if
    it has rclpy (as on a robot, under a gateway), and otherwise that of EMBODIED_MEM_ROS_PYTHON or
    of `.venv-ros`; `here` takes this one in any case."""
    discovery: Literal["LOCALHOST", "SUBNET", "OFF"] = "LOCALHOST"
    """ROS_AUTOMATIC_DISCOVERY_RANGE: by default nothing leaves this machine."""
    static_peers: tuple[str, ...] = ()
    """ROS_STATIC_PEERS: addresses of robots that are not found by themselves."""
    start_patience: float = 30.0
    """How long the process may take to start, s."""


def ros2_options(options: Mapping[str, Any] | Ros2Options) -> Ros2Options:
    """Reads the table `[options]` of a robot's file: fields of `RosConfig` and of `Ros2Options`.

    >>> ros2_options({"namespace": "r1", "discovery": "SUBNET"}).ros.namespace
    'r1'

    Raises:
        ConfigError: If a key is unknown, of another type or out of its range.
    """
    if isinstance(options, Ros2Options):
        return options
    table = dict(options)
    own = [one.name for one in fields(Ros2Options) if one.name != "ros"]
    known = [*own, *(one.name for one in fields(RosConfig))]
    for key in table:
        if key not in known:
            raise unknown_name("setting of options", key, known)
    reached = {key: table.pop(key) for key in own if key in table}
    return read_table(Ros2Options, {"ros": ros_config(table), **reached}, "options")


def ros2_table(options: Ros2Options) -> dict[str, object]:
    """Returns the table from which `ros2_options` reads equal options."""
    table = write_config(options)
    ros = table.pop("ros")
    return {**cast(dict[str, object], ros), **table}
