"""How the robot's topics are called and how well they are carried.

Spelled out here, not taken from the brain's side, so that both ends check each other. Names are
those of a usual differential base with an RGB-D camera (ROS 2, relative to the namespace).
"""

from typing import Any, final

from cyclonedds.qos import Policy, Qos
from cyclonedds.util import duration

from embodied_mem.robots.dds import messages

COLOUR = "camera/color/image_raw"
DEPTH = "camera/depth/image_raw"
INFO = "camera/color/camera_info"
INSTANCE = "camera/instance/image_raw"
LABELS = "camera/labels"
TRAJECTORY = "arm/joint_trajectory"

TYPES: dict[str, type[Any]] = {
    "odom": messages.Odometry,
    "joint_states": messages.JointState,
    COLOUR: messages.Image,
    f"{COLOUR}/compressed": messages.CompressedImage,
    DEPTH: messages.Image,
    INFO: messages.CameraInfo,
    INSTANCE: messages.Image,
    LABELS: messages.String,
    "battery": messages.BatteryState,
    "estopped": messages.Bool,
    "cmd_vel": messages.Twist,
    "e_stop": messages.Bool,
    "e_stop_reset": messages.Bool,
    TRAJECTORY: messages.JointTrajectory,
}
"""Type of every topic; `cmd_vel` is TwistStamped for robots that want it so."""

_LATCHED = frozenset({LABELS, "estopped", "e_stop", "e_stop_reset"})
_STOP_HISTORY = 32
"""Stops of so many that came before are heard by who comes late: a topic without keys has one
history for all its writers, and a newer message of one must not hide the stop of another."""


@final
class Quality:
    """The QoS of one topic, which faults can spoil."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.reliable = True
        self.latched = topic in _LATCHED

    def spoil(self, word: str) -> bool:
        """Changes the QoS by one word; returns whether the word is known.

        Args:
            word: `best_effort`, `reliable`, `volatile` or `transient_local`.
        """
        if word in ("best_effort", "reliable"):
            self.reliable = word == "reliable"
        elif word in ("volatile", "transient_local"):
            self.latched = word == "transient_local"
        else:
            return False
        return True

    def qos(self, *, reader: bool) -> Qos:
        """Returns Cyclone's QoS; a writer gives up on a slow reader after a tenth of a second."""
        depth = _STOP_HISTORY if self.latched and reader else (1 if self.latched else 5)
        if self.topic == "cmd_vel" and reader:
            depth = _STOP_HISTORY
        reliability = (
            Policy.Reliability.Reliable(max_blocking_time=duration(milliseconds=100))
            if self.reliable
            else Policy.Reliability.BestEffort
        )
        durability = (
            Policy.Durability.TransientLocal if self.latched else Policy.Durability.Volatile
        )
        return Qos(reliability, durability, Policy.History.KeepLast(depth))


def dds_topic(namespace: str, name: str) -> str:
    """Returns the DDS name of a ROS topic ("Topic and Service name mapping", design.ros2.org).

    >>> dds_topic("/robot1/", "cmd_vel")
    'rt/robot1/cmd_vel'
    >>> dds_topic("", "odom")
    'rt/odom'
    """
    return "/".join(["rt", *(part for part in namespace.split("/") if part), name])
