"""What a gateway answers; times are seconds on its own clock, as in `requests.py`."""

from typing import Annotated, Literal

from msgspec import Meta

from embodied_mem.robots.gateway.wire import (
    PICTURE_BYTES,
    Ages,
    Counts,
    Faults,
    JointNames,
    Joints,
    Message,
    Name,
    Number,
    Pixels,
    Pose,
    Text,
    WireCommand,
)


class WireFeature(Message, frozen=True):
    """`Feature`, field by field."""

    shape: Annotated[tuple[Number, ...], Meta(max_length=8)]
    dtype: Name
    unit: Text
    low: float | None
    high: float | None


class WireLimits(Message, frozen=True):
    """`JointLimits`, field by field."""

    low: Joints
    high: Joints
    velocity: Joints
    acceleration: Joints
    reflex_acceleration: Joints
    stop_acceleration: Joints
    stop_jerk: Joints


class WireInfo(Message, frozen=True):
    """`RobotInfo`, field by field."""

    name: Name
    observation_features: Annotated[dict[Name, WireFeature], Meta(max_length=64)]
    action_features: Annotated[dict[Name, WireFeature], Meta(max_length=64)]
    radius: float
    seconds_per_tick: float
    joints: JointNames
    required: JointNames
    limits: WireLimits | None
    """Of its joints, as the gate at the robot's end has them."""


class WireCheck(Message, frozen=True):
    """`Check`, field by field."""

    name: Text
    verdict: Literal["ok", "warning", "error"]
    found: Text
    expected: Text


class WireReadings(Message, frozen=True):
    """`Readings` without its picture."""

    time: float
    """When they were put together, on the gateway's clock, s."""
    ages: Ages
    pose: Pose | None
    forward: float
    turn: float
    joints: Joints | None
    joint_velocities: Joints | None
    opening: float | None
    stopped: Text
    faults: Faults
    values: Ages
    lost: Counts


class Welcome(Message, frozen=True, tag="welcome"):
    """Answers `Hello`: the robot, and the gateway's bounds."""

    protocol: Number
    number: Number
    clock: float
    info: WireInfo
    picture_bytes: Annotated[int, Meta(ge=0, le=PICTURE_BYTES)]
    """No part of a picture is larger than this."""
    watchdog: float
    """A command older than this is not followed, s."""


class Refused(Message, frozen=True, tag="refused"):
    """Something was not done, and why."""

    number: Number
    code: Literal["protocol", "malformed", "hello", "full", "reset", "command", "checks", "broken"]
    reason: Text


class State(Message, frozen=True, tag="state"):
    """Answers what a control connection sends: what the robot's end knows and does."""

    number: Number
    """The newest request that it answers; all before it are answered too."""
    clock: float
    sent: WireCommand
    """What the robot's end really sent last."""
    refused: Text
    """Why the newest command of this client was not followed; empty where it is."""
    latched: Text
    """Why the robot's end is in emergency stop; empty where it is not."""
    stops: Number
    """Emergency stops so far that others than this client asked for."""
    stopped: Text
    """Why the robot's end brings the robot to rest or keeps it there; empty where it does not."""
    driven_by: Annotated[str, Meta(max_length=64)]
    """Another owner that this client does not outrank and whose commands are followed now."""
    following: Text
    """`running`, how the newest trajectory of this client ended, or empty."""
    readings: WireReadings | None
    """None where there are none yet."""


class Checked(Message, frozen=True, tag="checked"):
    """Answers `Ask`."""

    number: Number
    checks: Annotated[tuple[WireCheck, ...], Meta(max_length=256)]


class Picture(Message, frozen=True, tag="picture"):
    """Answers `Look`; colour, depth and perhaps instance ids follow as further parts of raw bytes.

    Colour is uint8 (H, W, 3), depth float32 (H, W) and ids int32 (H, W), little endian.
    """

    number: Number
    """The request that it answers."""
    frame: Number
    taken: float
    """When it was taken, on the gateway's clock, s."""
    width: Pixels
    height: Pixels
    fx: float
    fy: float
    cx: float
    cy: float
    T_world_camera: Pose
    T_world_body: Pose
    camera: Name
    with_ids: bool
    """Whether a third part with instance ids follows."""
    labels: Annotated[dict[int, Text], Meta(max_length=4096)]


class Dark(Message, frozen=True, tag="dark"):
    """Answers `Look` where no newer picture came in time."""

    number: Number


Reply = Welcome | Refused | State | Checked | Picture | Dark
