"""What a recording is made of, as it lies in the journal: exact, in the order it happened."""

from typing import final

import msgspec
import numpy as np

from embodied_mem.robots.body import Feature
from embodied_mem.types import Command, Float64Array, Intrinsics

VERSION = 1


class FeatureEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One channel of a body, as `Feature`."""

    shape: tuple[int, ...]
    dtype: str
    unit: str = ""
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, feature: Feature) -> "FeatureEntry":
        """Takes down a feature."""
        return cls(
            shape=tuple(int(size) for size in feature.shape),
            dtype=feature.dtype,
            unit=feature.unit,
            low=None if feature.low is None else float(feature.low),
            high=None if feature.high is None else float(feature.high),
        )

    @property
    def feature(self) -> Feature:
        """The feature again."""
        return Feature(
            shape=self.shape, dtype=self.dtype, unit=self.unit, low=self.low, high=self.high
        )


@final
class Heading(msgspec.Struct, frozen=True, kw_only=True, tag="heading"):
    """What holds for a whole recording; known with its first observation."""

    version: int
    """Of this structure; others are refused."""
    robot: str
    task: str
    agent: str
    camera: str
    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    seconds_per_tick: float
    """Of the observations."""
    body_seconds_per_tick: float
    """How long one `act` lasted."""
    radius: float
    observation_features: dict[str, FeatureEntry]
    action_features: dict[str, FeatureEntry]
    states: tuple[str, ...]
    """Names of the proprioception and of what was measured besides, in `observation.state`."""
    instances: bool
    """Whether there is a column of instance ids."""

    @property
    def intrinsics(self) -> Intrinsics:
        """The camera of all frames."""
        return Intrinsics(
            width=self.width, height=self.height, fx=self.fx, fy=self.fy, cx=self.cx, cy=self.cy
        )


@final
class Seen(msgspec.Struct, frozen=True, kw_only=True, tag="seen"):
    """One observation; pictures as PNG files, poses as 16 float64 in little-endian rows."""

    tick: int
    time: float
    """Seconds since the recording began, by the monotonic clock."""
    rgb: bytes
    depth: bytes
    """16 bit, millimetres."""
    instance: bytes | None
    T_world_camera: bytes
    T_world_body: bytes
    labels: dict[int, str]
    proprioception: dict[str, float]
    measured: dict[str, float]
    """Other readings of that moment, which the brain did not see."""


class CommandEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A `Command`, exactly."""

    forward: float
    turn: float
    tilt: float
    joints: tuple[float, ...] | None
    gripper: float | None

    @classmethod
    def of(cls, command: Command) -> "CommandEntry":
        """Takes down a command; whole numbers become floats."""
        joints = command.joints
        return cls(
            forward=float(command.forward),
            turn=float(command.turn),
            tilt=float(command.tilt),
            joints=None if joints is None else tuple(map(float, joints)),
            gripper=None if command.gripper is None else float(command.gripper),
        )

    @property
    def command(self) -> Command:
        """The command again."""
        return Command(
            forward=self.forward,
            turn=self.turn,
            tilt=self.tilt,
            joints=self.joints,
            gripper=self.gripper,
        )


@final
class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """One command after the observation before it."""

    asked: CommandEntry
    sent: CommandEntry


Entry = Heading | Seen | Done


def pose_bytes(pose: Float64Array) -> bytes:
    """Returns a (4, 4) pose as 128 bytes."""
    return np.ascontiguousarray(pose, "<f8").tobytes()


def command_vector(command: CommandEntry, names: tuple[str, ...]) -> list[float]:
    """Returns the named numbers of a command; what it leaves as it is counts as NaN.

    >>> stop = CommandEntry.of(Command(forward=0.5, joints=(0.1, 0.2)))
    >>> command_vector(stop, ("forward", "joints.1", "gripper"))
    [0.5, 0.2, nan]
    """
    values = {"forward": command.forward, "turn": command.turn, "tilt": command.tilt}
    if command.gripper is not None:
        values["gripper"] = command.gripper
    for index, joint in enumerate(command.joints or ()):
        values[f"joints.{index}"] = joint
    return [values.get(name, float("nan")) for name in names]


def command_names(features: dict[str, FeatureEntry]) -> tuple[str, ...]:
    """Returns the names of a body's action numbers; an arm's joints are counted.

    >>> command_names({"joints": FeatureEntry(shape=(2,), dtype="float64")})
    ('joints.0', 'joints.1')
    """
    names: list[str] = []
    for name, feature in features.items():
        if feature.shape == ():
            names.append(name)
        else:
            names.extend(f"{name}.{index}" for index in range(feature.shape[0]))
    return tuple(names) or ("forward", "turn", "tilt")
