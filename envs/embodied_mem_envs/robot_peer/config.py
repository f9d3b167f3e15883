"""What kind of robot the peer is."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem_envs.house.body import CameraConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class BaseConfig:
    """A differential drive, able to do more than a careful gate asks of it."""

    max_forward: float = 1.0
    """Highest speed along the way, m/s."""
    max_turn: float = 3.0
    """Highest yaw rate, rad/s."""
    acceleration: float = 2.5
    """Highest change of the speed, m/s^2 (Nav2's velocity smoother has 2.5)."""
    turn_acceleration: float = 6.4
    """Highest change of the yaw rate, rad/s^2."""
    brake: float = 5.0
    """Deceleration under an emergency stop, m/s^2; turning brakes with the same share more."""
    cmd_vel_timeout: float = 0.5
    """Without a command for so long it brakes by itself, s (diff_drive_controller has 0.5)."""
    latency: float = 0.0
    """A command acts so much later than it arrives, s."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a limit is not positive or the latency negative.
        """
        for name in ("max_forward", "max_turn", "acceleration", "turn_acceleration", "brake"):
            if not getattr(self, name) > 0.0:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected more than 0")
        if not self.cmd_vel_timeout > 0.0 or not self.latency >= 0.0:
            raise ConfigError("cmd_vel_timeout must be more than 0 and latency not negative")


@dataclass(frozen=True, kw_only=True, slots=True)
class PeerConfig:
    """The house, the robot in it, and how it speaks."""

    seed: int = 7
    """Seed of the house."""
    rooms: int | None = None
    """Number of rooms, 3 to 12; drawn from the seed where not given."""
    width: int = 160
    """Width of the pictures, pixels."""
    height: int = 120
    """Height of the pictures, pixels."""
    hfov: float = float(np.pi / 2)
    """Horizontal field of view, rad."""
    mount_height: float = 1.25
    """Height of the camera above the floor, m."""
    tilt: float = -0.26
    """Tilt of the camera, rad; negative looks down."""
    camera_hz: float = 10.0
    """Pictures a second."""
    odom_hz: float = 50.0
    """Odometry messages a second; joint states come as often."""
    odom_at: Literal["start", "house"] = "start"
    """Where the `odom` frame lies: where the robot starts, or at the origin of the house, so that
    what a brain remembers can be compared with the truth of the house."""
    start: tuple[float, float, float] | None = None
    """x, y (m) and yaw (rad) in the house at which it starts; the house's own where not given."""
    domain: int = 0
    """DDS domain id (ROS_DOMAIN_ID), 0 to 230."""
    interface: str = "lo"
    """The one network interface that is used; nothing is multicast."""
    peers: tuple[str, ...] = ("127.0.0.1",)
    """Addresses at which brains are looked for."""
    namespace: str = ""
    """ROS namespace of all topics, such as `robot1`."""
    stamped: bool = False
    """Take geometry_msgs/TwistStamped on `cmd_vel` rather than Twist."""
    depth: Literal["16UC1", "32FC1"] = "16UC1"
    """Encoding of depth: whole millimetres or float metres."""
    compressed: bool = False
    """Send colour as JPEG on `camera/color/image_raw/compressed` rather than raw."""
    detector: bool = False
    """Also send instance ids (`camera/instance/image_raw`) and their names (`camera/labels`)."""
    arm: bool = False
    """Also have an arm of seven joints."""
    log: Path | None = None
    """File to which everything that was received is appended, one JSON object a line."""
    control: bool = False
    """Take faults as lines on standard input, such as `freeze camera`; `help` lists them. Each is
    answered by a line on standard output, `ok` or `error: why`."""
    base: BaseConfig = field(default_factory=BaseConfig)
    """The drive."""

    def __post_init__(self) -> None:
        """Checks what is not checked where it is used.

        Raises:
            ConfigError: If a rate is not positive, or the camera impossible.
        """
        if not 0.0 < self.camera_hz <= 60.0 or not 0.0 < self.odom_hz <= 200.0:
            raise ConfigError(
                f"camera_hz is {self.camera_hz} (expected up to 60), odom_hz {self.odom_hz} "
                f"(up to 200); expected more than 0"
            )
        _ = self.camera  # which checks its own ranges

    @property
    def camera(self) -> CameraConfig:
        """The camera on the body."""
        return CameraConfig(
            width=self.width,
            height=self.height,
            hfov=self.hfov,
            mount_height=self.mount_height,
            tilt=self.tilt,
        )
