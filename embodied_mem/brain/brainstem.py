"""The control loop's lowest layer: limits and reflexes between the brain and a body.

It knows the body and the newest depth image, nothing of the scene: whatever the brain asks for,
no command leaves here that exceeds a limit or drives into something that is seen right ahead.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.perception.frame import strided_rays
from embodied_mem.robots.body import Body, Feature
from embodied_mem.types import Command, Observation

_STOP = Command()


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What the brainstem lets through; the body's own `action_features` tighten it further."""

    forward: float = 0.5
    """Highest forward speed, m/s."""
    backward: float = 0.25
    """Highest backward speed, m/s, given positive."""
    turn: float = 1.5
    """Highest yaw rate, rad/s."""
    tilt: float = 1.5
    """Highest camera tilt rate, rad/s."""
    stop_distance: float = 0.03
    """Space that must remain before the body after a tick, m."""
    corridor: float = 0.9
    """Half the width of the path that must be clear, in body radii; below 1 lets it graze."""
    height: float = 1.5
    """What hangs higher than this does not stop the body, m."""
    step_over: float = 0.08
    """What is lower than this does not stop the body, m."""
    min_points: int = 3
    """So many depth points must agree before the body stops, against noise."""
    max_age: int = 3
    """A command made on an observation older than this is replaced by a stop, ticks."""

    def __post_init__(self) -> None:
        """Checks the signs.

        Raises:
            ConfigError: If a limit is negative or NaN.
        """
        for name in ("forward", "backward", "turn", "tilt", "stop_distance", "corridor"):
            if not getattr(self, name) >= 0.0:
                raise ConfigError(f"limit {name} is {getattr(self, name)}; it must not be negative")


class Brainstem:
    """Drives one body within limits; counts how often it had to step in."""

    def __init__(self, body: Body, limits: Limits | None = None) -> None:
        self.body = body
        self.limits = limits or Limits()
        self.reflexes = 0
        """Commands shortened or stopped because of something right ahead."""
        self.clipped = 0
        """Commands beyond a limit."""
        self.stale = 0
        """Commands stopped by the watchdog because they came too late."""
        self._newest: int | None = None
        features = body.action_features
        self._forward = _range(features, "forward", -self.limits.backward, self.limits.forward)
        self._turn = _range(features, "turn", -self.limits.turn, self.limits.turn)
        self._tilt = _range(features, "tilt", -self.limits.tilt, self.limits.tilt)

    def observe(self) -> Observation:
        """Returns the body's newest observation."""
        observation = self.body.observe()
        self._newest = observation.tick
        return observation

    def step(self, command: Command, observation: Observation) -> Command:
        """Sends one command after limits and reflexes.

        Args:
            command: What the cerebellum asks for.
            observation: What that was decided on; its depth feeds the reflex.

        Returns:
            The command that the body says it really carried out.

        Raises:
            BodyError: If the command is not finite or nothing was observed yet.
        """
        if self._newest is None:
            raise BodyError("step was called before observe: observe first, then decide")
        wanted = (command.forward, command.turn, command.tilt)
        if not np.isfinite(wanted).all():
            raise BodyError(f"a command must be finite, got {command}")
        if self._newest - observation.tick > self.limits.max_age:
            self.stale += 1
            return self.body.act(_STOP)
        forward = _clip(command.forward, self._forward)
        turn, tilt = _clip(command.turn, self._turn), _clip(command.tilt, self._tilt)
        if (forward, turn, tilt) != wanted:
            self.clipped += 1
        if forward > 0.0:
            forward = self._spare(forward, observation)
        return self.body.act(Command(forward=forward, turn=turn, tilt=tilt))

    def stop(self) -> Command:
        """Sends a stop at once, whatever was observed."""
        return self.body.act(_STOP)

    def _spare(self, forward: float, observation: Observation) -> float:
        """Shortens a forward speed so that this tick ends before what is seen ahead."""
        seconds = self.body.seconds_per_tick
        free = free_distance(observation, self.body.radius, self.limits)
        allowed = max(0.0, (free - self.limits.stop_distance) / seconds)
        if allowed >= forward:
            return forward
        self.reflexes += 1
        return allowed


def free_distance(observation: Observation, radius: float, limits: Limits) -> float:
    """Returns how far a body can drive straight on before it meets what is seen, m.

    Args:
        observation: One view of the way ahead.
        radius: Radius of the body, m.
        limits: Heights and width of the corridor that must be clear.

    Returns:
        The distance, at least 0; infinite where nothing is seen in the corridor.
    """
    stride = max(1, observation.intrinsics.width // 80)
    depth = observation.depth[::stride, ::stride]
    valid = (depth > 0.0) & (depth < 3.0)
    pose = np.linalg.inv(observation.T_world_body) @ observation.T_world_camera
    rays = strided_rays(observation.intrinsics, stride)[valid]
    points = (rays * depth[valid][:, None]) @ pose[:3, :3].T.astype(np.float32)
    x, y, z = (points + pose[:3, 3].astype(np.float32)).T
    ahead = (np.abs(y) < limits.corridor * radius) & (x > 0.0)
    ahead &= (z > limits.step_over) & (z < limits.height)
    found = x[ahead]
    if len(found) < limits.min_points:
        return float("inf")
    nearest = np.partition(found, limits.min_points - 1)[limits.min_points - 1]
    return max(0.0, float(nearest) - radius)


def _range(
    features: Mapping[str, Feature], name: str, low: float, high: float
) -> tuple[float, float]:
    """Returns the tighter of our limits and the body's own."""
    feature = features.get(name)
    if feature is None:
        return 0.0, 0.0
    return (
        low if feature.low is None else max(low, feature.low),
        high if feature.high is None else min(high, feature.high),
    )


def _clip(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])
