"""The part of a gate that concerns a base: limits, what is ahead, and live sensors."""

from collections.abc import Mapping
from math import inf
from typing import final

from embodied_mem.robots.body import Feature
from embodied_mem.robots.driver import RobotInfo
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.base_motion import BaseMotion
from embodied_mem.robots.safety.config import AxisLimits, GateConfig
from embodied_mem.robots.safety.freshness import FrozenSensors, sample
from embodied_mem.robots.safety.zones import Zones
from embodied_mem.types import Command

_CREEP = (0.02, 0.05)
"""Slower motion (m/s, rad/s) may well hide below a sensor's resolution."""


@final
class BaseGate:
    """Brings commands for a base within limits, and judges the sensors that it drives by."""

    def __init__(self, config: GateConfig, info: RobotInfo) -> None:
        features = info.action_features
        self.motion = BaseMotion(
            config.forward if "forward" in features else None,
            config.turn if "turn" in features else None,
            1.0 / config.rate,
        )
        self._forward = limit_range(features, "forward", config.forward)
        self._turn = limit_range(features, "turn", config.turn)
        self._tilt = limit_range(features, "tilt", _UNLIMITED)
        self._stale = config.stale
        looks = config.zones is not None and self.motion.forward is not None
        self._zones = (
            Zones(config.zones, info.radius, self._forward[1])
            if looks and config.zones is not None
            else None
        )
        self._frozen = FrozenSensors(config.frozen) if config.frozen < inf else None
        self._picture: tuple[int, float] | None = None
        self._content = b""

    def clip(self, command: Command) -> tuple[float, float, float]:
        """Returns forward, turn and tilt within the limits of speed, m/s and rad/s."""
        return (
            min(max(command.forward, self._forward[0]), self._forward[1]),
            min(max(command.turn, self._turn[0]), self._turn[1]),
            min(max(command.tilt, self._tilt[0]), self._tilt[1]),
        )

    def judge(self, readings: Readings, now: float) -> tuple[int, str]:
        """Returns the row and the reason for which the base must not move; (0, '') for none."""
        if self._zones is not None:
            frame = readings.frame
            self._zones.look(frame)
            blind = self._zones.blind()
            if blind:
                return 9, blind
            if frame is not None and not abs(now - frame.taken) <= self._stale:
                return (
                    8,
                    f"the picture is {now - frame.taken:.2f} s old, allowed is {self._stale:g} s",
                )
        if self._frozen is None or not self.motion.axes:
            return 0, ""
        why = self._judge_frozen(self._frozen, readings, now)
        return (8, why) if why else (0, "")

    def move(self, wanted: tuple[float, float], readings: Readings, seconds: float) -> bool:
        """Moves towards wanted speeds for some seconds; tells whether what is ahead cut in."""
        forward, cap = wanted[0], inf
        if self._zones is not None and forward > 0.0:
            cap = self._zones.cap(readings.T_world_body)
        self.motion.follow(forward, wanted[1], cap, seconds)
        return cap < forward

    def forgive(self) -> None:
        """Lets sensors that seemed frozen be judged anew."""
        if self._frozen is not None:
            self._frozen.forgive()

    def _judge_frozen(self, frozen: FrozenSensors, readings: Readings, now: float) -> str:
        if readings.T_world_body is not None:
            frozen.see("odometry", readings.T_world_body.tobytes(), now)
        frame = readings.frame
        if frame is not None:
            key = (frame.number, frame.taken)
            if key != self._picture:
                self._picture, self._content = key, sample(frame)
            frozen.see("the picture", self._content, now)
        forward, turn = self.motion.velocities()
        told = abs(forward) > _CREEP[0] or abs(turn) > _CREEP[1]
        measured = abs(readings.forward) > _CREEP[0] or abs(readings.turn) > _CREEP[1]
        return frozen.judge(told, measured, now)


_UNLIMITED = AxisLimits(fastest=inf, slowest=-inf, acceleration=inf, deceleration=inf)


def limit_range(
    features: Mapping[str, Feature], name: str, limits: AxisLimits | None
) -> tuple[float, float]:
    """Returns the tighter of a gate's limits of an axis and the robot's own; 0 to 0 without one."""
    feature = features.get(name)
    if feature is None or limits is None:
        return 0.0, 0.0
    return (
        limits.slowest if feature.low is None else max(limits.slowest, feature.low),
        limits.fastest if feature.high is None else min(limits.fastest, feature.high),
    )


def clip_to(feature: Feature, value: float) -> float:
    """Returns a value within the robot's own limits."""
    if feature.low is not None:
        value = max(value, feature.low)
    return value if feature.high is None else min(value, feature.high)
