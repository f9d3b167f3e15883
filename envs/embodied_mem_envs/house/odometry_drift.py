"""Odometry that drifts: poses as a robot believes them that only counts the turns of its wheels.

The model is the odometry motion model of Thrun, Burgard and Fox, "Probabilistic Robotics" (2005),
table 5.6: every move is a turn, a straight way and a second turn, each with an error of its own.
The variances grow in proportion to the turn and to the way (not to their squares, as in the
table), so that the drift over a way does not depend on how many ticks it is cut into. A robot may
be out of true on top of that: it turns a little with every metre and misjudges lengths.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.robots.body import Body, Feature
from embodied_mem.types import Command, Float64Array, Observation
from embodied_mem_envs.house.noise import Pose

_IN_PLACE = 1e-3
"""A move shorter than this, m, has no direction: it is a turn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OdometryConfig:
    """How much wheels err; the defaults leave a robot about 1 % of a walk through rooms astray."""

    yaw_per_turn: float = 0.014
    """Standard deviation of the yaw after a turn of one radian, rad."""
    yaw_per_metre: float = 0.024
    """Standard deviation of the yaw after one metre, rad."""
    way_per_metre: float = 0.045
    """Standard deviation of the way after one metre, m."""
    way_per_turn: float = 0.015
    """Standard deviation of the way after a turn of one radian, m."""
    yaw_bias: float = 0.0
    """The robot turns by this with every metre without noticing, rad; to which side is drawn."""
    way_bias: float = 0.0
    """Share by which it takes every way for longer or shorter; which of the two is drawn."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a size is negative or not finite.
        """
        for name in self.__slots__:
            value = float(getattr(self, name))
            if not 0.0 <= value < 10.0:
                raise ConfigError(f"odometry {name} is {value}; expected 0 or more, and below 10")


BIASED = OdometryConfig(
    yaw_per_turn=0.007,
    yaw_per_metre=0.010,
    way_per_metre=0.02,
    way_per_turn=0.007,
    yaw_bias=0.003,
    way_bias=0.01,
)
"""A robot whose wheels are not of one size: most of its drift goes one way."""


@final
class OdometryDrift:
    """Replaces the poses of observations by those that drifting odometry would have told.

    Args:
        config: How large the errors are.
        seed: The same seed and the same walk give the same drift.
    """

    def __init__(self, config: OdometryConfig | None = None, seed: int = 0) -> None:
        self.config = config or OdometryConfig()
        self._rng = np.random.default_rng([seed, 43])
        self._sides = self._rng.choice([-1.0, 1.0], 2)
        self._true: Pose | None = None
        self._believed: Pose = (0.0, 0.0, 0.0)

    @property
    def pose(self) -> Pose:
        """The x, y and yaw that the odometry believes."""
        return self._believed

    def observe(self, observation: Observation) -> Observation:
        """Returns an observation with drifted poses; the first one starts where it truly is."""
        body = observation.T_world_body
        true = (float(body[0, 3]), float(body[1, 3]), atan2(body[1, 0], body[0, 0]))
        if self._true is None:
            self._believed = true
        else:
            self._advance(self._true, true)
        self._true = true
        shift = _shift(true, self._believed)
        return replace(
            observation,
            T_world_body=shift @ body,
            T_world_camera=shift @ observation.T_world_camera,
        )

    def _advance(self, before: Pose, after: Pose) -> None:
        """Adds a move to what is believed, with its errors."""
        config = self.config
        dx, dy = after[0] - before[0], after[1] - before[1]
        way, turn = hypot(dx, dy), _wrapped(after[2] - before[2])
        first = _wrapped(atan2(dy, dx) - before[2]) if way > _IN_PLACE else 0.0
        backward = abs(first) > 0.5 * pi
        if backward:
            first, way = _wrapped(first + pi), -way
        second = _wrapped(turn - first)
        errors = self._rng.standard_normal(3)
        for_turn = config.yaw_per_turn**2, 0.5 * config.yaw_per_metre**2
        first += errors[0] * sqrt(for_turn[0] * abs(first) + for_turn[1] * abs(way))
        second += errors[1] * sqrt(for_turn[0] * abs(second) + for_turn[1] * abs(way))
        spread = config.way_per_metre**2 * abs(way) + config.way_per_turn**2 * abs(turn)
        second += self._sides[0] * config.yaw_bias * abs(way)
        way *= 1.0 + self._sides[1] * config.way_bias
        way += errors[2] * sqrt(spread)
        x, y, yaw = self._believed
        yaw += first
        self._believed = (x + way * cos(yaw), y + way * sin(yaw), _wrapped(yaw + second))


@final
class DriftingBody:
    """Any body, with odometry that drifts."""

    def __init__(self, body: Body, config: OdometryConfig | None = None, seed: int = 0) -> None:
        self.body = body
        """The body itself."""
        self.drift = OdometryDrift(config, seed)
        """What it believes of its way."""

    @property
    def observation_features(self) -> Mapping[str, Feature]:
        """Those of the body."""
        return self.body.observation_features

    @property
    def action_features(self) -> Mapping[str, Feature]:
        """Those of the body."""
        return self.body.action_features

    @property
    def radius(self) -> float:
        """That of the body, m."""
        return self.body.radius

    @property
    def seconds_per_tick(self) -> float:
        """That of the body."""
        return self.body.seconds_per_tick

    def connect(self) -> None:
        """Connects the body."""
        self.body.connect()

    def close(self) -> None:
        """Closes the body."""
        self.body.close()

    def observe(self) -> Observation:
        """Returns what the body sees, with poses that have drifted since the last call."""
        return self.drift.observe(self.body.observe())

    def act(self, command: Command) -> Command:
        """Lets the body act."""
        return self.body.act(command)


def _shift(true: Pose, believed: Pose) -> Float64Array:
    """Returns the (4, 4) move that takes a body from where it is to where it believes to be."""
    turn = believed[2] - true[2]
    c, s = cos(turn), sin(turn)
    shift = np.eye(4)
    shift[:2, :2] = [[c, -s], [s, c]]
    shift[:2, 3] = np.array(believed[:2]) - shift[:2, :2] @ np.array(true[:2])
    return shift


def _wrapped(angle: float) -> float:
    return (angle + pi) % (2.0 * pi) - pi
