"""Whether sensors can be trusted: not too old, finite, and not the same again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import final

from embodied_mem.robots.readings import CameraFrame, Readings

_TRIALS = 3
_SAMPLES = 40


def stale(readings: Readings, required: Sequence[str], limit: float, now: float) -> str:
    """Returns which required channel is too old, in words; empty where none is.

    Args:
        readings: The newest readings; what they do not tell has never come.
        required: Names of channels.
        limit: Highest age, s.
        now: The time, s; readings grow older after they were put together.
    """
    since = max(0.0, now - readings.time)
    for channel in required:
        age = readings.ages.get(channel, inf) + since
        if not age <= limit:
            return f"{channel} is {age:.2f} s old, at most {limit:g} s is allowed"
    return ""


def unsound(readings: Readings) -> str:
    """Returns which reading is not a finite number, in words; empty where all are."""
    if not isfinite(readings.forward + readings.turn):
        return "the measured velocity is not finite"
    pose = readings.T_world_body
    if pose is not None and not isfinite(sum(pose.ravel().tolist())):
        return "the measured pose is not finite"
    joints = readings.joints
    if joints is not None and not isfinite(sum(joints.tolist())):
        return "the measured joints are not finite"
    return ""


@dataclass(slots=True)
class _Channel:
    content: bytes = b""
    changed: float = -inf
    """When it last showed something new, s."""
    held: bool = False
    """Whether it stops the robot until it shows something new."""
    trials: int = 0
    """How often the robot was stopped since then because nothing seemed to move."""


@final
class FrozenSensors:
    """Notices sensors that show the very same although the robot moves.

    Where the robot measures that it moves, a sensor that does not change is frozen: the robot
    stops until it changes. Where nothing moves although it is told to, the robot may as well be
    blocked: it stops, and may try again on a fresh command, three times in all without a change.
    """

    def __init__(self, seconds: float) -> None:
        """Begins with no knowledge.

        Args:
            seconds: For so long the very same may be shown while the robot moves, s.
        """
        self._seconds = seconds
        self._channels: dict[str, _Channel] = {}
        self._moving_since = inf

    def see(self, name: str, content: bytes, now: float) -> None:
        """Takes what a sensor shows at some time, s."""
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = _Channel()
        if content != channel.content:
            channel.content, channel.changed = content, now
            channel.held, channel.trials = False, 0

    def judge(self, told: bool, measured: bool, now: float) -> str:
        """Returns which sensor is frozen, in words; empty where none is.

        Args:
            told: Whether the robot is told to move.
            measured: Whether it measures that it moves.
            now: The time, s.
        """
        if not (told or measured):
            self._moving_since = inf
        elif self._moving_since == inf:
            self._moving_since = now
        for name, channel in self._channels.items():
            if channel.held:
                return f"{name} is frozen"
            if now - max(channel.changed, self._moving_since) > self._seconds:
                return self._stop(name, channel, measured or self._odometry_moves(now))
        return ""

    def forgive(self) -> None:
        """Lets every sensor be judged anew, since a person says so."""
        for channel in self._channels.values():
            channel.held, channel.trials = False, 0
        self._moving_since = inf

    def _odometry_moves(self, now: float) -> bool:
        odometry = self._channels.get("odometry")
        return odometry is not None and now - odometry.changed <= self._seconds

    def _stop(self, name: str, channel: _Channel, moves: bool) -> str:
        channel.trials += 1
        channel.held = moves or channel.trials >= _TRIALS
        self._moving_since = inf
        if moves:
            return f"{name} has not changed for {self._seconds:g} s although the robot moves"
        return f"nothing has moved for {self._seconds:g} s although it is told to"


def sample(frame: CameraFrame) -> bytes:
    """Returns pixels spread over a picture, colour and depth."""
    stride = max(1, frame.depth.shape[1] // _SAMPLES)
    rgb, depth = frame.rgb[::stride, ::stride], frame.depth[::stride, ::stride]
    return rgb.tobytes() + depth.tobytes()
