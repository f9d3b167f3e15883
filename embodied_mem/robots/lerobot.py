"""Any object with LeRobot's robot contract behind our driver; LeRobot itself is not needed.

The contract is that of `lerobot/robots/robot.py`: `observation_features`, `action_features`,
`is_connected`, `is_calibrated`, `connect(calibrate)`, `get_observation()`, `send_action(action)`,
which returns what was really sent, and `disconnect()`.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from math import inf
from typing import Any, Protocol, cast, final, runtime_checkable

import numpy as np

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots.body import Feature
from embodied_mem.robots.driver import Check, RobotEvents, RobotInfo
from embodied_mem.robots.lerobot_keys import LeRobotKeys
from embodied_mem.robots.lerobot_options import LeRobotOptions
from embodied_mem.robots.lerobot_values import colour, driven, metres
from embodied_mem.robots.readings import CameraFrame, Readings
from embodied_mem.robots.safety.gated import GatedCommand, GatedTrajectory
from embodied_mem.robots.settings import read_config
from embodied_mem.types import Command


@runtime_checkable
class LeRobotRobot(Protocol):
    """What we use of LeRobot's `Robot`."""

    @property
    def observation_features(self) -> Mapping[str, Any]:
        """Type or shape of each entry of an observation."""

    @property
    def action_features(self) -> Mapping[str, Any]:
        """Type of each entry of an action."""

    @property
    def is_connected(self) -> bool:
        """Whether it is connected."""

    def connect(self, calibrate: bool = True) -> None:
        """Connects; asks a person to calibrate it where that is wanted and needed."""

    def get_observation(self) -> Mapping[str, Any]:
        """Returns the newest observation; may wait for a camera."""

    def send_action(self, action: dict[str, Any]) -> Mapping[str, Any]:
        """Sends an action and returns what was really sent."""

    def disconnect(self) -> None:
        """Lets go of the robot; usually its motors lose their torque then."""


@final
class LeRobotDriver:
    """Reads on a thread of its own, as LeRobot's observations wait for cameras and buses.

    LeRobot's robots are not safe for threads: sending waits for an observation that is under way.
    """

    def __init__(self, robot: LeRobotRobot, options: LeRobotOptions | None = None) -> None:
        """Takes over a robot that is not connected yet.

        Args:
            robot: Any object with LeRobot's contract.
            options: Names, units and cameras.

        Raises:
            ConfigError: If the object lacks part of the contract or the options do not fit it.
        """
        if not isinstance(robot, LeRobotRobot):
            raise ConfigError(f"{robot!r} is no LeRobot robot: it lacks methods of the contract")
        self._robot, self._options = robot, options or LeRobotOptions()
        self._keys = self._options.keys_of(robot.action_features)
        self._shape = self._options.picture_shape(robot.observation_features)
        self._has_depth = self._options.depth_key(robot.observation_features) != ""
        self._info = _info(self._options, self._keys, self._shape, self._has_depth)
        self._bus = threading.Lock()
        self._leave = threading.Event()
        self._thread: threading.Thread | None = None
        self._events: RobotEvents | None = None
        self._readings = Readings(time=time.monotonic())
        self._observed_at = -inf
        self._pose = np.eye(4)
        self._number = 0
        self._holding: dict[str, float] = {}
        self._commanded = False
        self._stopped = self._fault = ""

    @property
    def info(self) -> RobotInfo:
        """What the robot is; readable while closed."""
        return self._info

    # -- the link ------------------------------------------------------------------------------

    def open(self, events: RobotEvents) -> None:
        """Connects the robot and begins to read; it must be calibrated.

        Raises:
            BodyError: If it cannot be connected, is not calibrated, or gives no observation.
        """
        self._events = events
        self._leave.clear()
        try:
            if not self._robot.is_connected:
                self._robot.connect(calibrate=False)
            if not getattr(self._robot, "is_calibrated", True):
                raise BodyError(f"{self.info.name} is not calibrated: run lerobot-calibrate first")
            self._observe()
        except BodyError:
            raise
        except Exception as error:
            raise BodyError(f"{self.info.name} cannot be connected: {error}") from error
        self._thread = threading.Thread(
            target=self._live, name=f"lerobot-{self.info.name}", daemon=True
        )
        self._thread.start()

    def checks(self) -> Sequence[Check]:
        """Returns whether the robot is connected, and what it lacks."""
        connected = self._robot.is_connected
        rows = [
            Check(
                name="connection",
                verdict="ok" if connected and not self._fault else "error",
                found=self._fault or ("connected" if connected else "not connected"),
            )
        ]
        if self._shape is not None and not self._has_depth:
            rows.append(
                Check(
                    name="depth",
                    verdict="warning",
                    found="no depth camera",
                    expected="a base that sees nothing ahead needs gate.zones = 'none'",
                )
            )
        return tuple(rows)

    def close(self) -> None:
        """Disconnects; safe to call twice."""
        self._leave.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(5.0)
        with self._bus:
            if self._robot.is_connected:
                self._robot.disconnect()

    # -- messages ------------------------------------------------------------------------------

    def read(self) -> Readings:
        """Returns the newest readings."""
        age = time.monotonic() - self._observed_at
        return replace(
            self._readings,
            time=time.monotonic(),
            ages=dict.fromkeys(self.info.required, age),
            stopped=self._stopped,
            faults=(self._fault,) if self._fault else (),
        )

    def write(self, command: GatedCommand) -> Command | None:
        """Sends one action; returns what `send_action` says was really sent.

        Raises:
            BodyError: If the robot is closed or does not take it.
        """
        if self._thread is None:
            raise BodyError(f"{self.info.name} is closed")
        wanted = command.command
        if not self._keys.base and wanted.joints is None and wanted.gripper is None:
            return None  # an arm holds by itself; there is no such action as nothing
        with self._bus:
            action = self._keys.action(wanted, self._holding)
            try:
                taken = self._robot.send_action(action)
            except Exception as error:
                raise BodyError(f"{self.info.name} took no action: {error}") from error
            self._commanded |= wanted.joints is not None
            self._holding.update({k: v for k, v in action.items() if k in self._holding})
        return self._keys.taken(wanted, taken)

    def write_trajectory(self, trajectory: GatedTrajectory) -> None:
        """Refuses: points are streamed.

        Raises:
            BodyError: Always.
        """
        raise BodyError(f"{self.info.name} takes trajectories point by point")

    def announce_estop(self, reason: str) -> None:
        """Keeps the stop in the readings; nobody else listens on a motor bus."""
        self._stopped = reason or "emergency stop"

    def announce_reset(self) -> None:
        """Ends what `announce_estop` began."""
        self._stopped = ""

    # -- the thread ----------------------------------------------------------------------------

    def _live(self) -> None:
        period = 1.0 / self._options.observation_hz
        due = time.monotonic()
        while not self._leave.wait(max(0.0, due - time.monotonic())):
            try:
                self._observe()
                self._fault = ""
            except Exception as error:
                self._fault = f"{self.info.name} gives no observation: {error}"
            if self._events is not None:
                self._events.wake()
            due = max(due + period, time.monotonic())

    def _observe(self) -> None:
        taken = time.monotonic()
        with self._bus:
            seen = self._robot.get_observation()
            if not self._commanded:
                self._holding = self._keys.positions(seen)
        joints = self._keys.angles(seen) if self._keys.joints else None
        forward, sideways, turn = self._keys.speeds(seen)
        self._pose = driven(self._pose, (forward, sideways, turn), taken - self._observed_at)
        before = self._readings.joints
        rates = None
        if joints is not None:
            since = taken - self._observed_at
            rates = np.zeros_like(joints) if before is None else (joints - before) / since
        self._readings = Readings(
            time=taken,
            T_world_body=self._pose,
            forward=forward,
            turn=turn,
            joints=joints,
            joint_velocities=rates,
            opening=self._keys.opening(seen),
            frame=self._picture(seen, taken),
            values=self._options.other_values(seen),
        )
        self._observed_at = taken

    def _picture(self, seen: Mapping[str, Any], taken: float) -> CameraFrame | None:
        if self._shape is None:
            return None
        options, features = self._options, self._robot.observation_features
        rgb = colour(seen[options.camera_key(features)], self._shape)
        key = options.depth_key(features)
        depth = np.zeros(self._shape, np.float32)
        if key:
            depth = metres(seen[key], self._shape)
        self._number += 1
        return CameraFrame(
            rgb=rgb,
            depth=depth,
            intrinsics=options.intrinsics(self._shape),
            T_world_camera=self._pose @ options.T_body_camera,
            T_world_body=self._pose,
            taken=taken,
            number=self._number,
        )


def make_lerobot(options: Mapping[str, object]) -> LeRobotDriver:
    """Makes the driver `lerobot`; `object` names what makes the robot, `package.module:factory`.

    Raises:
        ConfigError: If the options are wrong, or the robot cannot be made.
    """
    chosen = read_config(LeRobotOptions, options, "options")
    module, colon, name = chosen.object.partition(":")
    if not colon:
        raise ConfigError(
            f"options.object is {chosen.object!r}; expected 'package.module:factory', which is "
            "called with options.arguments and returns a LeRobot robot"
        )
    try:
        factory: Callable[..., object] = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"options.object {chosen.object!r} cannot be loaded: {error}") from error
    return LeRobotDriver(cast(LeRobotRobot, factory(**chosen.arguments)), chosen)


def _info(
    options: LeRobotOptions, keys: LeRobotKeys, shape: tuple[int, int] | None, has_depth: bool
) -> RobotInfo:
    observed: dict[str, Feature] = {}
    if shape is not None:
        observed["rgb"] = Feature(shape=(*shape, 3), dtype="uint8", low=0, high=255)
        observed["depth"] = Feature(shape=shape, dtype="float32", unit="m", low=0.0)
    actions: dict[str, Feature] = {}
    if keys.base:
        actions["forward"] = Feature(shape=(), dtype="float64", unit="m/s")
        actions["turn"] = Feature(shape=(), dtype="float64", unit="rad/s")
    for n, _ in enumerate(keys.joints):
        actions[f"joints.{n}"] = Feature(shape=(), dtype="float64", unit="rad")
    if keys.gripper:
        actions["gripper"] = Feature(
            shape=(), dtype="float64", unit="m", low=0.0, high=options.widest
        )
    required = ("odom",) * keys.base + ("joints",) * bool(keys.joints) + ("depth",) * has_depth
    return RobotInfo(
        name=options.name,
        observation_features=observed,
        action_features=actions,
        radius=options.radius,
        seconds_per_tick=options.seconds_per_tick,
        joints=keys.joints,
        required=required,
    )
