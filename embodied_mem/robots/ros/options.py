"""The table `[options]` of a robot's file, turned into a `RosConfig`."""

from collections.abc import Mapping
from typing import Any, TypeVar

from embodied_mem.robots.ros.topics import QosProfile, RosConfig, default_quality
from embodied_mem.robots.settings import read_config

_T = TypeVar("_T")


def ros_config(options: Mapping[str, Any]) -> RosConfig:
    """Reads a table with the fields of `RosConfig`.

    What `[options.qos.ROLE]` leaves out is that topic's own default: an emergency stop stays
    latched where only its depth is set.

    >>> ros_config({"namespace": "r1", "camera": {"z": 0.5}}).camera.z
    0.5

    Raises:
        ConfigError: If a key is unknown, of another type or out of its range.
    """
    table = dict(options)
    if isinstance(table.get("qos"), Mapping):
        table["qos"] = {
            role: one
            if isinstance(one, QosProfile)
            else read_config(QosProfile, one, f"options.qos.{role}", base=default_quality(role))
            for role, one in table["qos"].items()
        }
    return read_config(RosConfig, table, "options")


def read_table(kind: type[_T], table: Any, name: str) -> _T:
    """Reads a table whose keys are the fields of a dataclass; arguments as `read_config`."""
    return read_config(kind, table, name)
