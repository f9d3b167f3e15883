"""LeRobot's flat dictionaries and our commands and readings: names and units in one place.

LeRobot names a motor's position `<motor>.pos` and a base's speeds `x.vel`, `y.vel` (m/s) and
`theta.vel` (deg/s; `lerobot/robots/lekiwi/lekiwi.py`). Positions are degrees or, with
`use_degrees=False`, -100 to 100 over the calibrated travel; a gripper is 0 to 100
(`lerobot/robots/so_follower/so_follower.py`, `MotorNormMode`).
"""

from collections.abc import Mapping, Sequence
from math import degrees, isfinite, radians
from typing import Literal, final

import numpy as np

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.types import Command, Float64Array

FORWARD, SIDEWAYS, TURN = "x.vel", "y.vel", "theta.vel"
_POSITION = ".pos"

Units = Literal["degrees", "normalized", "radians"]


@final
class JointUnits:
    """Between LeRobot's numbers and radians, joint by joint."""

    def __init__(
        self, units: Units, ranges: Sequence[tuple[float, float]], offsets: Sequence[float]
    ) -> None:
        """Sets the conversion.

        Args:
            units: What LeRobot counts in.
            ranges: Angles at -100 and at 100, rad; for `normalized`.
            offsets: Our angle where theirs is 0, rad, for the other units; empty for all 0.
        """
        self._units, self._ranges, self._offsets = units, tuple(ranges), tuple(offsets)

    def to_radians(self, joint: int, value: float) -> float:
        """Returns an angle, rad."""
        if self._units == "normalized":
            low, high = self._ranges[joint]
            return low + (value + 100.0) / 200.0 * (high - low)
        return (radians(value) if self._units == "degrees" else value) + self._offset(joint)

    def from_radians(self, joint: int, angle: float) -> float:
        """Returns LeRobot's number."""
        if self._units == "normalized":
            low, high = self._ranges[joint]
            return (angle - low) / (high - low) * 200.0 - 100.0
        angle -= self._offset(joint)
        return degrees(angle) if self._units == "degrees" else angle

    def _offset(self, joint: int) -> float:
        return self._offsets[joint] if self._offsets else 0.0


@final
class LeRobotKeys:
    """What one LeRobot robot calls its joints, its gripper and its base."""

    def __init__(
        self,
        actions: Mapping[str, object],
        *,
        joints: Sequence[str] = (),
        gripper: str = "",
        widest: float = 0.08,
        units: Units = "degrees",
        ranges: Sequence[tuple[float, float]] = (),
        offsets: Sequence[float] = (),
        turn_units: Literal["degrees", "radians"] = "degrees",
    ) -> None:
        """Finds the names.

        Args:
            actions: The robot's `action_features`.
            joints: Motors of the arm, in order; all but the gripper when empty.
            gripper: Motor of the gripper; the one whose name ends so when empty.
            widest: Distance of the fingers at 100, m.
            units: What positions are counted in.
            ranges: Angles at -100 and 100, rad; needed for `normalized`.
            offsets: Our angle where theirs is 0, rad.
            turn_units: Of `theta.vel`, a second.

        Raises:
            ConfigError: If the robot lacks a motor, takes something that no command has, or the
                lists do not fit.
        """
        motors = [key.removesuffix(_POSITION) for key in actions if key.endswith(_POSITION)]
        if not gripper:
            gripper = next((name for name in motors if name.endswith("gripper")), "")
        self.gripper = gripper
        self.joints = tuple(joints) or tuple(name for name in motors if name != gripper)
        missing = {*self.joints, *filter(None, [gripper])} - set(motors)
        if missing:
            raise ConfigError(f"the robot has no motors {sorted(missing)}; it has {motors}")
        self.base = FORWARD in actions and TURN in actions
        known = {f"{name}{_POSITION}" for name in motors} | {FORWARD, SIDEWAYS, TURN}
        foreign = set(actions) - known
        if foreign:
            raise ConfigError(f"the robot wants {sorted(foreign)}, which no command has")
        if units == "normalized" and len(ranges) != len(self.joints):
            raise ConfigError(
                f"normalized positions need `ranges` of {len(self.joints)} joints, got {ranges}"
            )
        if offsets and len(offsets) != len(self.joints):
            raise ConfigError(f"offsets are {offsets}; expected one for each of {self.joints}")
        self._keys = tuple(actions)
        self._units = JointUnits(units, ranges, offsets)
        self._widest = widest
        self._per_turn = 180.0 / np.pi if turn_units == "degrees" else 1.0

    # -- from the robot ------------------------------------------------------------------------

    def angles(self, values: Mapping[str, object]) -> Float64Array:
        """Returns the (J,) joint positions in an observation or action, rad.

        Raises:
            BodyError: If one is missing or not finite.
        """
        read = [_number(values, f"{name}{_POSITION}") for name in self.joints]
        return np.array([self._units.to_radians(n, value) for n, value in enumerate(read)])

    def opening(self, values: Mapping[str, object]) -> float | None:
        """Returns the distance of the fingers, m; None without a gripper. Raises as `angles`."""
        if not self.gripper:
            return None
        return _number(values, f"{self.gripper}{_POSITION}") / 100.0 * self._widest

    def speeds(self, values: Mapping[str, object]) -> tuple[float, float, float]:
        """Returns forward and sideways speed, m/s, and yaw rate, rad/s; 0 without a base.

        Raises:
            BodyError: As `angles`.
        """
        if not self.base:
            return 0.0, 0.0, 0.0
        sideways = _number(values, SIDEWAYS) if SIDEWAYS in values else 0.0
        return _number(values, FORWARD), sideways, _number(values, TURN) / self._per_turn

    # -- to the robot --------------------------------------------------------------------------

    def action(self, command: Command, holding: Mapping[str, float]) -> dict[str, float]:
        """Returns the whole action of a command.

        Args:
            command: What to send.
            holding: Positions of motors that the command says nothing of, in LeRobot's units.
        """
        action = {key: float(holding[key]) for key in self._keys if key in holding}
        if command.joints is not None:
            for n, name in enumerate(self.joints):
                action[f"{name}{_POSITION}"] = self._units.from_radians(n, command.joints[n])
        if command.gripper is not None and self.gripper:
            action[f"{self.gripper}{_POSITION}"] = 100.0 * command.gripper / self._widest
        if self.base:
            action[FORWARD], action[TURN] = command.forward, command.turn * self._per_turn
            if SIDEWAYS in self._keys:
                action[SIDEWAYS] = 0.0
        return action

    def taken(self, command: Command, action: Mapping[str, object]) -> Command:
        """Returns the command that an action really was; what it does not tell stays as asked.

        Raises:
            BodyError: If a number in it is not finite.
        """
        sent = {**self.action(command, {}), **action}
        forward, _, turn = self.speeds(sent)
        joints = None if command.joints is None else tuple(self.angles(sent).tolist())
        gripper = None if command.gripper is None else self.opening(sent)
        return Command(forward=forward, turn=turn, joints=joints, gripper=gripper)

    def positions(self, values: Mapping[str, object]) -> dict[str, float]:
        """Returns where all motors are, in LeRobot's own units; raises as `angles`."""
        return {key: _number(values, key) for key in self._keys if key.endswith(_POSITION)}


def _number(values: Mapping[str, object], key: str) -> float:
    value = values.get(key)
    try:
        number = float(value)  # type: ignore[arg-type]  # numpy scalars and tensors count too
    except (TypeError, ValueError):
        raise BodyError(f"the robot told {value!r} for {key}; expected a number") from None
    if not isfinite(number):
        raise BodyError(f"the robot told {number} for {key}; expected a finite number")
    return number
