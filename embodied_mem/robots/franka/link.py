"""The one place that talks to franky-control: connect, tell, stop, recover."""

import time
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Final, final

from embodied_mem.errors import BodyError, MissingExtraError
from embodied_mem.robots.franka.config import FrankaConfig
from embodied_mem.robots.franka.limits import TABLES
from embodied_mem.robots.franka.motions import Knot
from embodied_mem.robots.franka.snapshot import ArmSnapshot

MOTION_SHARE: Final = 0.6
"""Share of the arm's own accelerations that motions may use; stops use all. Motions are within
the gate's lower limits where they are given; this leaves room to pass those positions in time."""
JERK_SHARE: Final = 0.5
"""Share of the arm's own jerk that motions may use."""
RECOVERY: Final = 1.0
"""So long an arm may take to tell that it has recovered, s."""


def load_franky() -> ModuleType:
    """Imports franky-control.

    Raises:
        MissingExtraError: If it is not installed here.
    """
    try:
        import franky
    except ModuleNotFoundError as missing:
        raise MissingExtraError("driving an arm of Franka Robotics", "franka") from missing
    module: ModuleType = franky
    return module


@final
class FrankaLink:
    """A connection to one arm; made by `connect`, of no use after an error of the network."""

    def __init__(self, config: FrankaConfig) -> None:
        """Connects.

        Raises:
            MissingExtraError: If franky-control is not installed here.
            BodyError: If the arm cannot be reached, or speaks another version of the protocol.
        """
        self._franky = franky = load_franky()
        self._config = config
        kernel = franky.RealtimeConfig.Enforce if config.realtime else franky.RealtimeConfig.Ignore
        try:
            self._robot: Any = franky.Robot(
                config.host,
                realtime_config=kernel,
                default_torque_threshold=config.collision_torque,
                default_force_threshold=config.collision_force,
            )
            self._set_limits()
        except Exception as error:
            raise BodyError(_unreachable(config.host, error)) from error

    def _set_limits(self) -> None:
        """Gives the planner inside franky our limits: it must not plan beyond them either."""
        table, limits = TABLES[self._config.model], self._config.limits()
        robot = self._robot
        for limit, values in (
            (robot.joint_velocity_limit, limits.velocity),
            (robot.joint_acceleration_limit, table.acceleration),
            (robot.joint_jerk_limit, table.jerk),
        ):
            # What franky was built for may be an arm with lower limits: the lower ones hold.
            limit.set([min(pair) for pair in zip(values, limit.max.tolist(), strict=True)])

    @property
    def urdf(self) -> str:
        """The arm's own description of itself."""
        return str(self._robot.model_urdf)

    def look(self) -> ArmSnapshot:
        """Returns the newest state; waits for it, 2 ms where all is well.

        Raises:
            BodyError: If the network fails, after a second.
        """
        try:
            moving = bool(self._robot.is_in_control)
            return ArmSnapshot.of(self._robot.state, arrived=time.monotonic(), moving=moving)
        except Exception as error:
            raise BodyError(f"the arm at {self._config.host} does not answer: {error}") from error

    def failure(self) -> str:
        """Returns why the last motion was broken off, once; empty where it was not."""
        try:
            self._robot.poll_motion()
        except Exception as error:
            return str(error).strip()
        return ""

    def go(self, knots: Sequence[Knot]) -> None:
        """Begins a motion now, in place of the one that is carried out; returns at once.

        Raises:
            BodyError: If the arm does not take it.
        """
        franky = self._franky
        waypoints = [
            franky.JointWaypoint(
                franky.JointState(list(knot.position), list(knot.velocity)),
                minimum_time=_milliseconds(franky, knot.seconds),
            )
            for knot in knots
        ]
        pace = franky.RelativeDynamicsFactor(1.0, MOTION_SHARE, JERK_SHARE)
        self._move(franky.JointWaypointMotion(waypoints, pace))

    def halt(self) -> None:
        """Brings the arm to rest as fast as it may; nothing where it stands.

        Raises:
            BodyError: If the arm does not take it.
        """
        if self._robot.is_in_control:
            self._move(self._franky.JointStopMotion())

    def recover(self) -> str:
        """Ends a reflex; waits for it. Returns what is still wrong, empty where nothing is."""
        try:
            self._robot.recover_from_errors()
            # What is read right after may be older than the recovery.
            deadline = time.monotonic() + RECOVERY
            while (trouble := self.look().trouble) and time.monotonic() < deadline:
                time.sleep(0.02)
        except Exception as error:
            return f"the arm did not recover: {error}"
        return f"the arm did not recover: {trouble}" if trouble else ""

    def _move(self, motion: Any) -> None:
        try:
            self._robot.move(motion, asynchronous=True)
        except Exception as error:
            raise BodyError(f"the arm does not take a motion: {error}") from error

    def close(self) -> None:
        """Ends the connection, with what is carried out; the arm holds where it is."""
        self._robot = None


def _milliseconds(franky: ModuleType, seconds: float) -> Any:
    whole = round(1000.0 * seconds)
    return franky.Duration(whole) if whole > 0 else None


def _unreachable(host: str, error: Exception) -> str:
    hint = "is it switched on, unlocked and FCI active?"
    if "version" in str(error).lower():
        hint = "franky-control must be built for the arm's version; see its FAQ"
    return f"no arm of Franka Robotics at {host}: {error}; {hint}"
