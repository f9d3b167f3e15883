"""Which topics a robot has, how they are carried, and what the robot is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.robots.body import Feature
from embodied_mem.robots.driver import RobotInfo
from embodied_mem.robots.ros.mount import CameraMount


@dataclass(frozen=True, kw_only=True, slots=True)
class QosProfile:
    """Quality of service of one topic, by the names that ROS 2 has for them."""

    reliability: Literal["reliable", "best_effort"] = "reliable"
    """Whether lost messages are sent again."""
    durability: Literal["volatile", "transient_local"] = "volatile"
    """Whether late joiners get the last message."""
    depth: int = 5
    """How many messages are kept for a reader that is late."""
    deadline: float | None = None
    """The publisher must promise to publish at least this often, s; None asks for no promise."""

    def __post_init__(self) -> None:
        """Checks ranges.

        Raises:
            ConfigError: If a policy is unknown, or depth or deadline are not positive.
        """
        if self.reliability not in ("reliable", "best_effort"):
            raise unknown_name("reliability", self.reliability, ["reliable", "best_effort"])
        if self.durability not in ("volatile", "transient_local"):
            raise unknown_name("durability", self.durability, ["volatile", "transient_local"])
        if self.depth < 1 or (self.deadline is not None and not self.deadline > 0.0):
            raise ConfigError(f"depth and deadline must be positive, got {self}")


LATCHED = QosProfile(durability="transient_local", depth=1)
LATCHED_IN = QosProfile(durability="transient_local", depth=64)
"""For reading what several may have latched: a topic without a key is one instance for all its
publishers, so that a depth of 1 would let one publisher's message push out another's stop."""

_TOPICS: Mapping[str, tuple[str, QosProfile]] = {
    "cmd_vel": ("cmd_vel", QosProfile(depth=1)),
    "odom": ("odom", QosProfile(depth=50)),
    "color": ("camera/color/image_raw", QosProfile(depth=5)),
    "depth": ("camera/depth/image_raw", QosProfile(depth=5)),
    "instance": ("camera/instance/image_raw", QosProfile(depth=5)),
    "labels": ("camera/labels", LATCHED_IN),
    "camera_info": ("camera/color/camera_info", QosProfile(depth=5)),
    "joint_states": ("joint_states", QosProfile(depth=50)),
    "joint_trajectory": ("joint_trajectory", QosProfile(depth=5)),
    "e_stop": ("e_stop", LATCHED_IN),
    "e_stop_reset": ("e_stop_reset", LATCHED_IN),
    "estopped": ("estopped", LATCHED_IN),
    "enable": ("enable", QosProfile(depth=10)),
    "battery": ("battery", QosProfile(depth=5)),
}
"""Name and quality of every topic. Pictures are reliable: best effort loses many of their
fragments (notes/control.md, C2)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RosConfig:
    """A robot on ROS topics. Frames as REP 103 and REP 105 have them."""

    name: str = "ros"
    """How the robot is called in messages and recordings."""
    namespace: str = ""
    """Goes before every relative topic name, such as `robot1`."""
    topics: Mapping[str, str] = field(default_factory=dict)
    """Other names for topics, by role, such as `cmd_vel = "base/cmd_vel"`; a name that begins with
    a slash is not put into the namespace."""
    qos: Mapping[str, QosProfile] = field(default_factory=dict)
    """Other qualities of service, by role."""
    domain: int = 0
    """ROS_DOMAIN_ID."""
    base: bool = True
    """Whether it drives; otherwise neither cmd_vel nor odom is needed."""
    stamped: bool = False
    """Whether cmd_vel is TwistStamped rather than Twist."""
    planar: bool = True
    """Whether odometry is put onto the floor (x, y and yaw only)."""
    pictures: bool = True
    """Whether it has an RGB-D camera."""
    camera: CameraMount = field(default_factory=CameraMount)
    """Where the camera is on the body."""
    width: int = 640
    """Width of its pictures, pixels; others are a fault."""
    height: int = 480
    """Height of its pictures, pixels."""
    compressed: bool = False
    """Whether colour comes as JPEG or PNG, on `<colour topic>/compressed`."""
    compressed_depth: bool = False
    """Whether depth comes as PNG, on `<depth topic>/compressedDepth`."""
    instance: bool = False
    """Whether the robot has a detector of its own that publishes instance ids and labels."""
    pair_tolerance: float = 0.02
    """Colour and depth belong together if their stamps differ by no more than this, s."""
    arm: str = ""
    """Name of the arm's controller, which takes `<arm>/joint_trajectory`; empty where none is."""
    joints: tuple[str, ...] = ()
    """Names of the arm's joints as in joint_states, in the order of the URDF."""
    required: tuple[str, ...] | None = None
    """Channels that must be fresh for it to move; None takes `odom` for a base, `color` and
    `depth` for a camera, `joints` for an arm."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Expected rates by channel, Hz; less than 0.7 of one is a warning."""
    radius: float = 0.2
    """Radius of the upright cylinder that contains the body, m."""
    seconds_per_tick: float = 0.1
    """How long the brain's tick is, s."""
    fastest: float = 0.5
    """What the base can do along the way, m/s."""
    fastest_turn: float = 1.5
    """What the base can do in turning, rad/s."""

    def __post_init__(self) -> None:
        """Checks names and ranges.

        Raises:
            ConfigError: If a role, a channel or a name is not known or not valid, or a number is
                out of its range.
        """
        self._check_names()
        positive = ("width", "height", "pair_tolerance", "radius", "seconds_per_tick")
        for field_name in (*positive, "fastest", "fastest_turn"):
            if not getattr(self, field_name) > 0:
                raise ConfigError(f"{field_name} is {getattr(self, field_name)}; must be positive")
        if bool(self.arm) != bool(self.joints) or len(set(self.joints)) != len(self.joints):
            raise ConfigError(f"an arm needs a name and names of joints, got {self.joints}")
        if not 0 <= self.domain <= 230:
            raise ConfigError(f"domain is {self.domain}; expected 0 to 230")

    def _check_names(self) -> None:
        for role in (*self.topics, *self.qos):
            if role not in _TOPICS:
                raise unknown_name("topic's role", role, _TOPICS)
        for channel in (*(self.required or ()), *self.rates):
            if channel not in CHANNELS:
                raise unknown_name("channel", channel, CHANNELS)
        for name in (self.namespace.strip("/"), self.arm, *self.topics.values()):
            if name and not re.fullmatch(r"/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*", name):
                raise ConfigError(f"{name!r} is no name of a ROS topic")

    def topic(self, role: str) -> str:
        """Returns a topic's full ROS name, with a slash in front.

        Args:
            role: A key of `RosConfig.topics`.

        >>> RosConfig(namespace="r1").topic("depth")
        '/r1/camera/depth/image_raw'
        >>> RosConfig(topics={"odom": "/odometry"}).topic("odom")
        '/odometry'
        >>> RosConfig(arm="panda", joints=("a",)).topic("joint_trajectory")
        '/panda/joint_trajectory'
        """
        name = self.topics.get(role, "")
        if not name:
            name = _TOPICS[role][0]
            if role == "joint_trajectory":
                name = f"{self.arm}/{name}"
        if role == "color" and self.compressed:
            name += "/compressed"
        if role == "depth" and self.compressed_depth:
            name += "/compressedDepth"
        if name.startswith("/"):
            return name
        return "/".join(("", *filter(None, (self.namespace.strip("/"), name))))

    def quality(self, role: str) -> QosProfile:
        """Returns the quality of service with which a topic is read or written."""
        return self.qos.get(role, _TOPICS[role][1])

    @property
    def publishes(self) -> tuple[str, ...]:
        """Roles of the topics that we write."""
        return (
            *(("cmd_vel",) if self.base else ()),
            *(("joint_trajectory",) if self.arm else ()),
            "e_stop",
            "e_stop_reset",
        )

    @property
    def subscribes(self) -> tuple[str, ...]:
        """Roles of the topics that we read, the most urgent first."""
        return (
            "e_stop",
            "e_stop_reset",
            "estopped",
            "enable",
            *(("odom",) if self.base else ()),
            *(("joint_states",) if self.arm else ()),
            *(("camera_info", "depth", "color") if self.pictures else ()),
            *(("labels", "instance") if self.pictures and self.instance else ()),
            "battery",
        )

    @property
    def needed(self) -> tuple[str, ...]:
        """Channels that must be fresh for the robot to move."""
        if self.required is not None:
            return self.required
        return (
            *(("odom",) if self.base else ()),
            *(("color", "depth") if self.pictures else ()),
            *(("joints",) if self.arm else ()),
        )

    @property
    def peers(self) -> tuple[str, ...]:
        """Roles of the topics at whose other end somebody must be."""
        ways = {"joints": "joint_states"}
        return (
            *(role for role in self.publishes if role in ("cmd_vel", "joint_trajectory")),
            *(ways.get(channel, channel) for channel in self.needed),
            *(("camera_info",) if self.pictures else ()),
        )


CHANNELS = ("odom", "color", "depth", "instance", "joints")
"""Channels of `Readings.ages` and `Readings.lost`."""


def default_quality(role: str) -> QosProfile:
    """Returns the quality of service that a topic has unless another is set.

    Raises:
        ConfigError: If no topic has that role.
    """
    if role not in _TOPICS:
        raise unknown_name("topic's role", role, _TOPICS)
    return _TOPICS[role][1]


def robot_info(config: RosConfig) -> RobotInfo:
    """Describes a robot before it is connected."""
    shape = (config.height, config.width)
    seen = {
        "rgb": Feature(shape=(*shape, 3), dtype="uint8", low=0, high=255),
        "depth": Feature(shape=shape, dtype="float32", unit="m", low=0.0),
        "T_world_camera": Feature(shape=(4, 4), dtype="float64"),
        "T_world_body": Feature(shape=(4, 4), dtype="float64"),
    }
    if config.instance:
        seen["instance"] = Feature(shape=shape, dtype="int32", low=0)
    done = {}
    if config.base:
        limits = {"forward": ("m/s", config.fastest), "turn": ("rad/s", config.fastest_turn)}
        for name, (unit, limit) in limits.items():
            done[name] = Feature(shape=(), dtype="float64", unit=unit, low=-limit, high=limit)
    if config.arm:
        arm = Feature(shape=(len(config.joints),), dtype="float64", unit="rad")
        done["joints"] = seen["joints"] = arm
    return RobotInfo(
        name=config.name,
        observation_features=seen if config.pictures else {},
        action_features=done,
        radius=config.radius,
        seconds_per_tick=config.seconds_per_tick,
        joints=config.joints,
        required=config.needed,
        follows_trajectories=bool(config.arm),
    )
