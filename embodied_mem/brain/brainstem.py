"""The control loop's lowest layer: limits and reflexes between the brain and a body.

It knows the body and the newest depth image, nothing of the scene: whatever the brain asks for,
no command leaves here that exceeds a limit or drives into something that is seen right ahead. The
limits are those of a real robot's `SafetyGate`, set for bodies that change their speed at once; a
real robot has a gate of its own below this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots.body import Body, Feature
from embodied_mem.robots.driver import RobotInfo
from embodied_mem.robots.readings import CameraFrame, Readings
from embodied_mem.robots.safety.config import AxisLimits, GateConfig, ZoneConfig
from embodied_mem.robots.safety.gate import SafetyGate
from embodied_mem.robots.safety.owners import BRAIN
from embodied_mem.types import Command, Observation

_STOP = Command()
_AGE = "observation"


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
        self._seconds = body.seconds_per_tick
        self._gate = SafetyGate(_config(self.limits, self._seconds), _info(body, self.limits))
        self._newest: int | None = None
        self._steps = 0

    @property
    def reflexes(self) -> int:
        """Commands shortened or stopped because of something right ahead."""
        return self._gate.counts[9]

    @property
    def clipped(self) -> int:
        """Commands beyond a limit."""
        return self._gate.clipped

    @property
    def stale(self) -> int:
        """Commands stopped by the watchdog because they came too late."""
        return self._gate.counts[8]

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
        self._steps += 1
        now = self._steps * self._seconds
        readings = self._readings(observation, self._newest - observation.tick, now)
        # What was observed for this command is looked at first: a stale one before it is no reason
        # to forget it.
        self._gate.look(readings, now)
        wanted = Command(forward=command.forward, turn=command.turn, tilt=command.tilt)
        self._gate.request(wanted, owner=BRAIN, now=now)
        return self.body.act(self._gate.tick(readings, now).command)

    def stop(self) -> Command:
        """Sends a stop at once, whatever was observed."""
        self._gate.bring_to_rest("stop")
        return self.body.act(_STOP)

    def _readings(self, observation: Observation, age: int, now: float) -> Readings:
        """Returns an observation as a gate wants it; `age` in ticks, `now` in s."""
        frame = CameraFrame(
            rgb=observation.rgb,
            depth=observation.depth,
            intrinsics=observation.intrinsics,
            T_world_camera=observation.T_world_camera,
            T_world_body=observation.T_world_body,
            taken=now,
            number=self._steps,
        )
        return Readings(time=now, ages={_AGE: age * self._seconds}, frame=frame)


def _config(limits: Limits, seconds: float) -> GateConfig:
    """Returns a gate for a body that does at once what it is told, one command a tick."""
    free = AxisLimits(fastest=inf, slowest=-inf, acceleration=inf, deceleration=inf)
    return GateConfig(
        rate=1.0 / seconds,
        watchdog=inf,
        forward=free,
        turn=free,
        stale=(limits.max_age + 0.5) * seconds,
        frozen=inf,
        zones=ZoneConfig(
            stop=limits.stop_distance,
            slow=0.0,
            seconds_to_collision=seconds,
            corridor=limits.corridor,
            height=limits.height,
            step_over=limits.step_over,
            min_points=limits.min_points,
            min_valid=0.0,
        ),
    )


def _info(body: Body, limits: Limits) -> RobotInfo:
    """Returns what the gate must know: the body's speeds, tightened by our limits."""
    features = body.action_features
    tighter = (
        ("forward", -limits.backward, limits.forward),
        ("turn", -limits.turn, limits.turn),
        ("tilt", -limits.tilt, limits.tilt),
    )
    return RobotInfo(
        name="body",
        observation_features={},
        action_features={
            name: _tightened(features, name, low, high)
            for name, low, high in tighter
            if name in features
        },
        radius=body.radius,
        seconds_per_tick=body.seconds_per_tick,
        required=(_AGE,),
    )


def _tightened(features: Mapping[str, Feature], name: str, low: float, high: float) -> Feature:
    """Returns a speed with the tighter of our limits and the body's own."""
    feature = features[name]
    return replace(
        feature,
        low=low if feature.low is None else max(low, feature.low),
        high=high if feature.high is None else min(high, feature.high),
    )
