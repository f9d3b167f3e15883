"""The features of a recording, as `meta/info.json` of LeRobotDataset v3.0 describes them."""

from dataclasses import dataclass
from typing import Any

from embodied_mem.recordings.lerobot.entries import Heading, command_names

POSE_STATES = ("x", "y", "yaw")
"""The first numbers of `observation.state`: m, m and rad, of the body in the world."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Feature:
    """One column of the data."""

    dtype: str
    """`image`, `string`, or a number type of numpy."""
    shape: tuple[int, ...]
    names: tuple[str, ...] | None = None
    depth: bool = False
    """Whether a picture is a depth map, 16 bit, in millimetres."""

    def described(self) -> dict[str, Any]:
        """Returns the entry of `info.json`."""
        entry: dict[str, Any] = {
            "dtype": self.dtype,
            "shape": list(self.shape),
            "names": None if self.names is None else list(self.names),
        }
        if self.depth:
            entry["info"] = {"is_depth_map": True, "depth_unit": "mm"}
        return entry


def colour_key(camera: str) -> str:
    """Returns the key of a camera's colour pictures."""
    return f"observation.images.{camera}"


def depth_key(camera: str) -> str:
    """Returns the key of a camera's depth pictures."""
    return f"observation.images.{camera}_depth"


def instance_key(camera: str) -> str:
    """Returns the key of a camera's pictures of instance ids."""
    return f"instance.{camera}"


def features_of(heading: Heading) -> dict[str, Feature]:
    """Returns the columns of a recording by their keys, in order.

    `observation.*` and `action` are what a policy learns from. Whatever else is needed to replay
    exactly has keys of its own, since LeRobot takes all that begins with `observation` for input
    and all that begins with `action` for output.
    """
    camera, size = heading.camera, (heading.height, heading.width)
    picture = ("height", "width", "channels")
    commands = command_names(heading.action_features)
    states = (*POSE_STATES, *heading.states)
    number = Feature(dtype="int64", shape=(1,))
    text = Feature(dtype="string", shape=(1,))
    pose = Feature(
        dtype="float64",
        shape=(16,),
        names=tuple(f"m{row}{column}" for row in range(4) for column in range(4)),
    )
    columns = {
        colour_key(camera): Feature(dtype="image", shape=(*size, 3), names=picture),
        depth_key(camera): Feature(dtype="image", shape=(*size, 1), names=picture, depth=True),
        "observation.state": Feature(dtype="float32", shape=(len(states),), names=states),
        "action": Feature(dtype="float32", shape=(len(commands),), names=commands),
        "asked": Feature(dtype="float32", shape=(len(commands),), names=commands),
        "pose.camera": pose,
        "pose.body": pose,
        "tick": number,
        "time": Feature(dtype="float64", shape=(1,)),
        "labels": text,
        "proprioception": text,
        "commands": text,
        "timestamp": Feature(dtype="float32", shape=(1,)),
        "frame_index": number,
        "episode_index": number,
        "index": number,
        "task_index": number,
    }
    if heading.instances:
        columns[instance_key(camera)] = Feature(dtype="image", shape=(*size, 1), names=picture)
    return columns


def frames_per_second(heading: Heading) -> float | int:
    """Returns the rate of the frames, a whole number where it is one, as LeRobot expects."""
    rate = 1.0 / heading.seconds_per_tick
    return round(rate) if abs(rate - round(rate)) < 1e-6 else rate
