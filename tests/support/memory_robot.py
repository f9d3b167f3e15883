"""A robot's driver that keeps in memory what it was told: for tests of what lies above drivers."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from embodied_mem.errors import BodyError
from embodied_mem.robots.body import Feature
from embodied_mem.robots.driver import Check, RobotEvents, RobotInfo
from embodied_mem.robots.readings import CameraFrame, Readings
from embodied_mem.robots.safety.gated import GatedCommand, GatedTrajectory
from embodied_mem.types import Command, Intrinsics

CAMERA = Intrinsics.from_hfov(16, 12, 1.2)
MOUNT = np.array(
    [[0.0, 0.0, 1.0, 0.1], [-1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.6], [0.0, 0.0, 0.0, 1.0]]
)
"""T_body_camera: looks forward from 0.6 m above the floor."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """One command that reached the robot."""

    time: float
    """On the monotonic clock, s."""
    command: Command
    stop: str
    urgent: bool


def base_info(name: str = "memory", **changes: object) -> RobotInfo:
    """Describes a base with one small RGB-D camera and ticks of a tenth of a second."""
    shape = (CAMERA.height, CAMERA.width)
    settings: dict[str, object] = {
        "name": name,
        "observation_features": {
            "rgb": Feature(shape=(*shape, 3), dtype="uint8", low=0, high=255),
            "depth": Feature(shape=shape, dtype="float32", unit="m", low=0.0),
        },
        "action_features": {
            "forward": Feature(shape=(), dtype="float64", unit="m/s", low=-1.0, high=1.0),
            "turn": Feature(shape=(), dtype="float64", unit="rad/s", low=-2.0, high=2.0),
        },
        "radius": 0.2,
        "seconds_per_tick": 0.1,
        "required": ("odom", "depth"),
    }
    return RobotInfo(**{**settings, **changes})  # type: ignore[arg-type]


@dataclass
class MemoryDriver:
    """Obeys at once; takes a picture of open space whenever it is read a period later."""

    info: RobotInfo = field(default_factory=base_info)
    seconds_per_picture: float = 0.05
    written: list[Written] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    faults: tuple[str, ...] = ()
    stopped: str = ""
    ages: dict[str, float] = field(default_factory=dict)
    """Overrides ages that are otherwise all 0."""
    fails: str = ""
    """Writing raises this while it is not empty."""
    events: RobotEvents | None = None
    open_count: int = 0
    pictures: bool = True
    depth: float = 5.0
    joints: np.ndarray | None = None
    values: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._x = self._forward = 0.0
        self._last = self._begun

    def open(self, events: RobotEvents) -> None:
        self.events = events
        self.open_count += 1

    def checks(self) -> Sequence[Check]:
        return (Check(name="memory", verdict="ok", found="there"),)

    def read(self) -> Readings:
        now = time.monotonic()
        with self._lock:
            self._x += self._forward * (now - self._last)
            self._last = now
            x, forward = self._x, self._forward
        pose = np.eye(4)
        pose[0, 3] = x
        number = int((now - self._begun) / self.seconds_per_picture)
        frame = self._picture(pose, number) if self.pictures else None
        ages = dict.fromkeys(self.info.required, 0.0) | self.ages
        return Readings(
            time=now,
            ages=ages,
            T_world_body=pose,
            forward=forward,
            joints=self.joints,
            frame=frame,
            stopped=self.stopped,
            faults=self.faults,
            values=self.values,
        )

    def write(self, command: GatedCommand) -> None:
        if self.fails:
            raise BodyError(self.fails)
        now = time.monotonic()
        self.written.append(
            Written(time=now, command=command.command, stop=command.stop, urgent=command.urgent)
        )
        with self._lock:
            self._x += self._forward * (now - self._last)
            self._last, self._forward = now, command.command.forward
            if command.command.joints is not None:
                self.joints = np.array(command.command.joints)

    def write_trajectory(self, trajectory: GatedTrajectory) -> None:
        raise BodyError("it takes no trajectories as a whole")

    def announce_estop(self, reason: str) -> None:
        self.announced.append(f"stop: {reason}")

    def announce_reset(self) -> None:
        self.announced.append("reset")

    def close(self) -> None:
        self.announced.append("closed")

    def _picture(self, pose: np.ndarray, number: int) -> CameraFrame:
        shape = (CAMERA.height, CAMERA.width)
        rows, columns = np.indices(shape)
        pattern = ((rows + columns + number) % 256).astype(np.uint8)
        depth = np.full(shape, self.depth, np.float32)
        depth[0, number % shape[1]] += 0.01  # a living sensor never shows the very same twice
        return CameraFrame(
            rgb=np.repeat(pattern[..., None], 3, axis=2),
            depth=depth,
            intrinsics=CAMERA,
            T_world_camera=pose @ MOUNT,
            T_world_body=pose,
            taken=self._begun + number * self.seconds_per_picture,
            number=number,
        )
