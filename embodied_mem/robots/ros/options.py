"""The table `[options]` of a robot's file, turned into a `RosConfig`."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

import msgspec

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.robots.ros.mount import CameraMount
from embodied_mem.robots.ros.topics import QosProfile, RosConfig

_T = TypeVar("_T")


def ros_config(options: Mapping[str, Any]) -> RosConfig:
    """Reads a table with the fields of `RosConfig`.

    >>> ros_config({"namespace": "r1", "camera": {"z": 0.5}}).camera.z
    0.5

    Raises:
        ConfigError: If a key is unknown, of another type or out of its range.
    """
    table = dict(options)
    if "camera" in table:
        table["camera"] = read_table(CameraMount, table["camera"], "camera")
    if "qos" in table:
        table["qos"] = {
            role: read_table(QosProfile, one, f"qos.{role}")
            for role, one in _mapping(table["qos"], "qos").items()
        }
    return read_table(RosConfig, table, "options")


def read_table(kind: type[_T], table: Any, name: str) -> _T:
    """Reads a table whose keys are the fields of a dataclass.

    Args:
        kind: The dataclass.
        table: What was in the file; objects of the right type are kept.
        name: How the table is called, for messages.

    Raises:
        ConfigError: As `ros_config`.
    """
    if isinstance(table, kind):
        return table
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for key in _mapping(table, name):
        if key not in known:
            raise unknown_name(f"setting of [{name}]", key, known)
    try:
        return msgspec.convert(table, kind, strict=True)
    except msgspec.ValidationError as error:
        raise ConfigError(f"[{name}] is wrong: {error}") from error


def _mapping(table: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{name} is {table!r}; expected a table")
    return table
