"""What the checks' table says about a robot's sensors: their rates, their clock, their camera."""

from collections.abc import Sequence
from math import isfinite

from embodied_mem.robots.driver import Check
from embodied_mem.robots.ros.assemble import RosState

ENOUGH = 0.7
"""Less than this part of an expected rate is a warning."""
RATE_SECONDS = 1.0
"""For so long messages are counted before their rates are told, s."""
SILENT = 1.0
"""What has been silent for longer has stopped, s."""
_TOPIC = {"joints": "joint_states"}


def sensor_checks(state: RosState, now: float) -> Sequence[Check]:
    """Returns one line for every channel that must be fresh, the clock, the camera and what broke.

    Args:
        state: What came.
        now: On this machine's monotonic clock, s.
    """
    readings = state.read(now)
    checks = [_channel(state, channel, age) for channel, age in readings.ages.items()]
    checks.append(_clock(state, now))
    if state.config.pictures:
        checks.append(_camera(state))
    if readings.stopped:
        checks.append(
            Check(
                name="emergency stop",
                verdict="warning",
                found=readings.stopped,
                expected="a reset before it can move",
            )
        )
    for channel, why in state.wrong.items():
        checks.append(
            Check(
                name=f"{channel} messages",
                verdict="warning",
                found=f"{readings.lost.get(channel, 0)} lost or not usable, the last: {why}",
            )
        )
    return checks


def _channel(state: RosState, channel: str, age: float) -> Check:
    rate, expected = state.rate(channel), state.config.rates.get(channel, 0.0)
    name = f"{channel} messages arrive"
    if age > SILENT:
        topic = state.config.topic(_TOPIC.get(channel, channel))
        why = state.wrong.get(channel, "")
        since = f"for {age:.1f} s " if isfinite(age) else ""
        return Check(
            name=name,
            verdict="error",
            found=f"nothing usable came {since}on {topic}{': ' + why if why else ''}",
            expected="messages, and for pictures colour, depth, camera_info and odometry",
        )
    found = f"{rate:.1f} Hz, newest {1e3 * age:.0f} ms old"
    if rate < ENOUGH * expected:
        return Check(name=name, verdict="warning", found=found, expected=f"{expected:g} Hz")
    return Check(name=name, verdict="ok", found=found)


def _clock(state: RosState, now: float) -> Check:
    if fault := state.clock_fault(now):
        return Check(
            name="clock",
            verdict="error",
            found=fault,
            expected="stamps of one clock that runs on; chrony on the robot",
        )
    robot = state.robot_time(now)
    if robot is None:
        return Check(name="clock", verdict="warning", found="no stamp has come yet")
    return Check(name="clock", verdict="ok", found=f"robot's time {robot:.3f} s, steady")


def _camera(state: RosState) -> Check:
    known = state.calibration
    if known is None:
        return Check(
            name="camera_info",
            verdict="error",
            found=state.wrong.get("camera_info", "none came"),
            expected=f"one of {state.config.width} x {state.config.height} pixels",
        )
    lens = known.intrinsics
    found = f"{lens.width} x {lens.height}, fx {lens.fx:.1f}, fy {lens.fy:.1f}"
    if known.warning:
        return Check(
            name="camera_info",
            verdict="warning",
            found=f"{found}; {known.warning}",
            expected="rectified pictures",
        )
    return Check(name="camera_info", verdict="ok", found=found)
