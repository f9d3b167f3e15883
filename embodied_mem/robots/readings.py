"""What a robot's driver knows at one moment: the newest of every sensor, with its age."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from embodied_mem.types import (
    Float32Array,
    Float64Array,
    IntArray,
    Intrinsics,
    UInt8Array,
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CameraFrame:
    """One RGB-D picture with the poses at the time at which it was taken."""

    rgb: UInt8Array
    """(H, W, 3) colour, RGB order."""
    depth: Float32Array
    """(H, W) z-depth in metres, 0 where invalid."""
    intrinsics: Intrinsics
    T_world_camera: Float64Array
    """(4, 4) camera pose when it was taken."""
    T_world_body: Float64Array
    """(4, 4) body pose when it was taken."""
    taken: float
    """When it was taken, on this machine's monotonic clock, s."""
    number: int
    """Counts the frames of this camera since the driver was opened."""
    camera: str = "front"
    instance: IntArray | None = None
    """(H, W) instance ids, where the robot has a detector of its own; 0 for background."""
    labels: Mapping[int, str] = field(default_factory=dict)
    """Category of each instance id."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Readings:
    """The newest that is known of a robot; what it does not have is None or empty."""

    time: float
    """When this was put together, on this machine's monotonic clock, s."""
    ages: Mapping[str, float] = field(default_factory=dict)
    """Age of each required channel (`odom`, `depth`, `joints`, ...), s: the larger of that by
    stamp and that by arrival; infinite where nothing has come yet."""
    T_world_body: Float64Array | None = None
    """(4, 4) newest body pose by odometry; the world is the robot's `odom` frame."""
    forward: float = 0.0
    """Measured forward speed, m/s."""
    turn: float = 0.0
    """Measured yaw rate, rad/s."""
    joints: Float64Array | None = None
    """(J,) measured joint positions in the order of `RobotInfo.joints`, rad."""
    joint_velocities: Float64Array | None = None
    """(J,) measured joint speeds, rad/s."""
    opening: float | None = None
    """Measured distance of the fingers, m."""
    frame: CameraFrame | None = None
    """The newest picture of the main camera."""
    stopped: str = ""
    """Why the robot itself says that it will not move, such as its own e-stop; empty otherwise."""
    faults: tuple[str, ...] = ()
    """What is wrong with the link or the sensors, in words; each keeps the robot stopped. Such as
    `no robot subscribes to cmd_vel` or `somebody else publishes to cmd_vel`."""
    values: Mapping[str, float] = field(default_factory=dict)
    """Other readings by name, such as `battery` (0 to 1) or `collided` (0 or 1)."""
    lost: Mapping[str, int] = field(default_factory=dict)
    """Messages lost or refused so far, by channel."""
    received: Mapping[str, int] = field(default_factory=dict)
    """Messages with something new so far, by channel; as far as the driver counts them."""
