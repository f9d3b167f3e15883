"""Between the wire's structs and the types that the rest of the project shares."""

from collections.abc import Mapping
from dataclasses import fields
from math import isfinite

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.robots.body import Feature
from embodied_mem.robots.driver import Check, RobotInfo
from embodied_mem.robots.gateway.replies import (
    WireCheck,
    WireFeature,
    WireInfo,
    WireLimits,
    WireReadings,
)
from embodied_mem.robots.gateway.requests import Follow
from embodied_mem.robots.gateway.wire import WireCommand, WireError
from embodied_mem.robots.readings import CameraFrame, Readings
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command, Float64Array

_PICTURES = ("depth", "rgb", "color", "camera", "instance")
"""Channels that come as pictures: at this end they are as old as the newest that has arrived."""
_LIMITS = tuple(field.name for field in fields(JointLimits))
_LONGEST = 500
_MOST = 32


def cut(text: str) -> str:
    """Shortens a text to what one field of a message may hold."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def wire_command(command: Command) -> WireCommand:
    """Packs a command."""
    joints = command.joints
    return WireCommand(
        forward=float(command.forward),
        turn=float(command.turn),
        tilt=float(command.tilt),
        joints=None if joints is None else tuple(map(float, joints)),
        gripper=None if command.gripper is None else float(command.gripper),
    )


def command_of(wire: WireCommand) -> Command:
    """Unpacks a command; what is in it is the gate's to judge."""
    return Command(
        forward=wire.forward,
        turn=wire.turn,
        tilt=wire.tilt,
        joints=wire.joints,
        gripper=wire.gripper,
    )


def wire_info(info: RobotInfo, limits: JointLimits | None) -> WireInfo:
    """Packs what a robot is, and how its joints may move."""
    return WireInfo(
        name=info.name,
        observation_features=_wire_features(info.observation_features),
        action_features=_wire_features(info.action_features),
        radius=info.radius,
        seconds_per_tick=info.seconds_per_tick,
        joints=info.joints,
        required=info.required,
        limits=None if limits is None else WireLimits(*(getattr(limits, key) for key in _LIMITS)),
    )


def limits_of(wire: WireInfo) -> JointLimits | None:
    """Unpacks how the joints may move; None where nobody there knows.

    Raises:
        WireError: If they are not limits of these joints.
    """
    if wire.limits is None:
        return None
    try:
        limits = JointLimits(**{key: getattr(wire.limits, key) for key in _LIMITS})
    except ConfigError as error:
        raise WireError(f"the robot's end sent limits that are none: {error}") from None
    if len(limits) != len(wire.joints):
        raise WireError(f"limits of {len(limits)} joints came for {list(wire.joints)}")
    return limits


def info_of(wire: WireInfo) -> RobotInfo:
    """Unpacks what a robot is; whole trajectories are always taken where there is an arm.

    Raises:
        WireError: If its size or its tick is not a positive number.
    """
    if not all(isfinite(value) and value > 0.0 for value in (wire.radius, wire.seconds_per_tick)):
        raise WireError(f"radius {wire.radius} and tick {wire.seconds_per_tick} must be positive")
    return RobotInfo(
        name=wire.name,
        observation_features=_features(wire.observation_features),
        action_features=_features(wire.action_features),
        radius=wire.radius,
        seconds_per_tick=wire.seconds_per_tick,
        joints=wire.joints,
        required=wire.required,
        follows_trajectories=bool(wire.joints),
    )


def wire_readings(
    readings: Readings, *, time: float, faults: tuple[str, ...], lost: Mapping[str, int]
) -> WireReadings:
    """Packs readings without their picture.

    Args:
        readings: What the robot's driver knows.
        time: When they were put together, on the gateway's clock, s.
        faults: What is wrong, the host's own faults among it.
        lost: Messages lost at the gateway.
    """
    pose = readings.T_world_body
    return WireReadings(
        time=time,
        ages=dict(readings.ages),
        pose=None if pose is None else tuple(map(float, pose.flat)),
        forward=float(readings.forward),
        turn=float(readings.turn),
        joints=_wire_joints(readings.joints),
        joint_velocities=_wire_joints(readings.joint_velocities),
        opening=None if readings.opening is None else float(readings.opening),
        stopped=cut(readings.stopped),
        faults=tuple(cut(fault) for fault in faults[:_MOST]),
        values={name: float(value) for name, value in readings.values.items()},
        lost={**readings.lost, **lost},
    )


def readings_of(
    wire: WireReadings,
    *,
    now: float,
    older: float,
    seen: float,
    frame: CameraFrame | None,
    stopped: str,
    faults: tuple[str, ...],
    lost: Mapping[str, int],
) -> Readings:
    """Unpacks readings as they are worth at this moment.

    Args:
        wire: What came.
        now: This moment on this machine's monotonic clock, s.
        older: How long ago they were put together, s: every age grows by it.
        seen: How long ago the newest picture was taken, s; infinite where there is none.
        frame: The newest picture.
        stopped: Why the robot's end will not move.
        faults: What is wrong with the link.
        lost: Messages lost on it.
    """
    return Readings(
        time=now,
        ages={
            name: max(age + older, seen) if name in _PICTURES else age + older
            for name, age in wire.ages.items()
        },
        T_world_body=None if wire.pose is None else np.array(wire.pose).reshape(4, 4),
        forward=wire.forward,
        turn=wire.turn,
        joints=_joints(wire.joints),
        joint_velocities=_joints(wire.joint_velocities),
        opening=wire.opening,
        frame=frame,
        stopped=stopped,
        faults=(*faults, *wire.faults),
        values=wire.values,
        lost={**wire.lost, **lost},
    )


def wire_checks(checks: tuple[Check, ...]) -> tuple[WireCheck, ...]:
    """Packs the table of checks."""
    return tuple(
        WireCheck(
            name=cut(check.name),
            verdict=check.verdict,
            found=cut(check.found),
            expected=cut(check.expected),
        )
        for check in checks[:256]
    )


def checks_of(wire: tuple[WireCheck, ...]) -> tuple[Check, ...]:
    """Unpacks the table of checks."""
    return tuple(
        Check(name=check.name, verdict=check.verdict, found=check.found, expected=check.expected)
        for check in wire
    )


def wire_trajectory(trajectory: Trajectory, *, number: int, at: float) -> Follow:
    """Packs a trajectory; see `Follow`."""
    return Follow(
        number=number,
        at=at,
        joints=trajectory.joints,
        positions=np.ascontiguousarray(trajectory.positions, "<f8").tobytes(),
        times=np.ascontiguousarray(trajectory.times, "<f8").tobytes(),
    )


def trajectory_of(wire: Follow) -> Trajectory:
    """Unpacks a trajectory; what is in it is the gate's to judge.

    Raises:
        WireError: If the lengths do not fit each other.
        BodyError: If there is no point or no joint.
    """
    rows, columns = len(wire.times) // 8, len(wire.joints)
    if len(wire.times) != 8 * rows or len(wire.positions) != 8 * rows * columns:
        raise WireError(
            f"{len(wire.positions)} bytes of positions and {len(wire.times)} of times do not make "
            f"rows of {columns} joints"
        )
    return Trajectory(
        joints=wire.joints,
        positions=np.frombuffer(wire.positions, "<f8").reshape(rows, columns).astype(np.float64),
        times=np.frombuffer(wire.times, "<f8").astype(np.float64),
    )


def _wire_features(features: Mapping[str, Feature]) -> dict[str, WireFeature]:
    return {
        name: WireFeature(
            shape=one.shape, dtype=one.dtype, unit=one.unit, low=one.low, high=one.high
        )
        for name, one in features.items()
    }


def _features(features: Mapping[str, WireFeature]) -> dict[str, Feature]:
    return {
        name: Feature(shape=one.shape, dtype=one.dtype, unit=one.unit, low=one.low, high=one.high)
        for name, one in features.items()
    }


def _wire_joints(joints: Float64Array | None) -> tuple[float, ...] | None:
    return None if joints is None else tuple(map(float, joints))


def _joints(joints: tuple[float, ...] | None) -> Float64Array | None:
    return None if joints is None else np.array(joints)
