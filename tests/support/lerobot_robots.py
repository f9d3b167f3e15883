"""Robots with LeRobot's contract, as faithful as is possible without LeRobot and motors.

They follow `lerobot/robots/so_follower/so_follower.py`, `lerobot/robots/lekiwi/lekiwi.py` and
`ensure_safe_goal_position` of `lerobot/robots/utils.py`: names, units, what raises when, clipping
by `max_relative_target` against the present position, and what `send_action` returns.
"""

import time
from typing import Any, final

import numpy as np

MOTORS = ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper")
_FASTEST = 120.0
"""How fast a motor turns under load, deg/s."""


class NotConnected(ConnectionError):
    """LeRobot's DeviceNotConnectedError."""


class _Motors:
    """Position servos that move towards their goals at a bounded speed."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._at = np.zeros(len(names))
        self._goal = np.zeros(len(names))
        self._when = time.monotonic()

    def read(self) -> dict[str, float]:
        now = time.monotonic()
        step = _FASTEST * (now - self._when)
        self._at += np.clip(self._goal - self._at, -step, step)
        self._when = now
        return dict(zip(self._names, self._at.tolist(), strict=True))

    def write(self, goals: dict[str, float]) -> None:
        self.read()
        for name, goal in goals.items():
            self._goal[self._names.index(name)] = goal


def _clipped(
    goals: dict[str, float], present: dict[str, float], most: float | None
) -> dict[str, float]:
    if most is None:
        return goals
    return {k: present[k] + min(max(goal - present[k], -most), most) for k, goal in goals.items()}


@final
class FakeArm:
    """An SO-101 follower; positions in degrees, the gripper 0 to 100."""

    name = "so101_follower"

    def __init__(
        self,
        *,
        max_relative_target: float | None = None,
        calibrated: bool = True,
        depth: bool = False,
    ) -> None:
        self.is_connected = False
        self.is_calibrated = calibrated
        self.actions: list[tuple[float, dict[str, float], dict[str, float]]] = []
        """When, asked and returned."""
        self.broken = ""
        self.torque = True
        self._motors = _Motors(MOTORS)
        self._most = max_relative_target
        self._depth = depth
        self._pictures = 0

    @property
    def observation_features(self) -> dict[str, Any]:
        camera: dict[str, Any] = {"front": (12, 16, 3)}
        if self._depth:
            camera["front_depth"] = (12, 16, 1)
        return {**self.action_features, **camera}

    @property
    def action_features(self) -> dict[str, Any]:
        return {f"{motor}.pos": float for motor in MOTORS}

    def connect(self, calibrate: bool = True) -> None:
        if self.is_connected:
            raise ConnectionError("already connected")
        if not self.is_calibrated and calibrate:
            raise EOFError("calibrate() asks a person")
        self.is_connected = True

    def get_observation(self) -> dict[str, Any]:
        self._require()
        self._pictures += 1
        seen: dict[str, Any] = {f"{k}.pos": v for k, v in self._motors.read().items()}
        seen["front"] = np.full((12, 16, 3), self._pictures % 256, np.uint8)
        if self._depth:
            seen["front_depth"] = np.full((12, 16, 1), 1500, np.uint16)
        return seen

    def send_action(self, action: dict[str, Any]) -> dict[str, Any]:
        self._require()
        goals = {k.removesuffix(".pos"): v for k, v in action.items() if k.endswith(".pos")}
        safe = _clipped(goals, self._motors.read(), self._most)
        self._motors.write(safe)
        sent = {f"{k}.pos": v for k, v in safe.items()}
        self.actions.append((time.monotonic(), dict(action), sent))
        return sent

    def disconnect(self) -> None:
        self._require()
        self.torque = False
        self.is_connected = False

    def _require(self) -> None:
        if not self.is_connected:
            raise NotConnected(f"{self.name} is not connected")
        if self.broken:
            raise ConnectionError(self.broken)


@final
class FakeKiwi:
    """A LeKiwi: omni wheels and an arm; m/s, deg/s, degrees. Needs all three speeds, as LeKiwi."""

    name = "lekiwi"

    def __init__(self) -> None:
        self.is_connected = False
        self.is_calibrated = True
        self.actions: list[tuple[float, dict[str, float]]] = []
        self._motors = _Motors(tuple(f"arm_{motor}" for motor in MOTORS))
        self._speeds = {"x.vel": 0.0, "y.vel": 0.0, "theta.vel": 0.0}

    @property
    def action_features(self) -> dict[str, Any]:
        motors = [f"arm_{motor}.pos" for motor in MOTORS]
        return dict.fromkeys((*motors, "x.vel", "y.vel", "theta.vel"), float)

    @property
    def observation_features(self) -> dict[str, Any]:
        return {**self.action_features, "front": (12, 16, 3)}

    def connect(self, calibrate: bool = True) -> None:
        self.is_connected = True

    def get_observation(self) -> dict[str, Any]:
        arm = {f"{k}.pos": v for k, v in self._motors.read().items()}
        return {**arm, **self._speeds, "front": np.zeros((12, 16, 3), np.uint8)}

    def send_action(self, action: dict[str, Any]) -> dict[str, Any]:
        speeds = {k: action[k] for k in ("x.vel", "y.vel", "theta.vel")}
        goals = {k.removesuffix(".pos"): v for k, v in action.items() if k.endswith(".pos")}
        self._motors.write(goals)
        self._speeds = speeds
        self.actions.append((time.monotonic(), dict(action)))
        return {**{f"{k}.pos": v for k, v in goals.items()}, **speeds}

    def disconnect(self) -> None:
        self.is_connected = False
