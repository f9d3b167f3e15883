"""The ROS 2 messages that a robot needs, as DDS knows them.

Names are mangled as rmw has it ("Topic and Service name mapping to DDS", design.ros2.org): a type
`nav_msgs/msg/Odometry` is `nav_msgs::msg::dds_::Odometry_`. Fields, their order and their types
are those of common_interfaces, which have not changed from Humble to Kilted. Units and frames are
REP 103's: metres, radians, seconds. Importing this needs the extra `ros2` (cyclonedds).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from cyclonedds.idl import IdlStruct
from cyclonedds.idl.types import array, float32, float64, int32, sequence, uint8, uint32

from embodied_mem.robots.dds.cdr import CdrReader, CdrWriter
from embodied_mem.types import UInt8Array

Floats = Annotated[Sequence[float], sequence(float64)]
SmallFloats = Annotated[Sequence[float], sequence(float32)]
Strings = Annotated[Sequence[str], sequence(str)]
Floats9 = Annotated[Sequence[float], array(float64, 9)]
Floats12 = Annotated[Sequence[float], array(float64, 12)]
Floats36 = Annotated[Sequence[float], array(float64, 36)]
Blob = Annotated[bytes | bytearray | memoryview | UInt8Array, sequence(uint8)]


@dataclass
class Bool(IdlStruct, typename="std_msgs::msg::dds_::Bool_"):
    """A yes or no, such as of an emergency stop."""

    data: bool = False


@dataclass
class String(IdlStruct, typename="std_msgs::msg::dds_::String_"):
    """A text."""

    data: str = ""


@dataclass
class Time(IdlStruct, typename="builtin_interfaces::msg::dds_::Time_"):
    """A time on the sender's clock."""

    sec: int32 = 0
    nanosec: uint32 = 0


@dataclass
class Duration(IdlStruct, typename="builtin_interfaces::msg::dds_::Duration_"):
    """A length of time."""

    sec: int32 = 0
    nanosec: uint32 = 0


@dataclass
class Header(IdlStruct, typename="std_msgs::msg::dds_::Header_"):
    """When something was measured, and in which frame."""

    stamp: Time = field(default_factory=Time)
    frame_id: str = ""


@dataclass
class Vector3(IdlStruct, typename="geometry_msgs::msg::dds_::Vector3_"):
    """A direction with a length."""

    x: float64 = 0.0
    y: float64 = 0.0
    z: float64 = 0.0


@dataclass
class Point(IdlStruct, typename="geometry_msgs::msg::dds_::Point_"):
    """A place, m."""

    x: float64 = 0.0
    y: float64 = 0.0
    z: float64 = 0.0


@dataclass
class Quaternion(IdlStruct, typename="geometry_msgs::msg::dds_::Quaternion_"):
    """A rotation."""

    x: float64 = 0.0
    y: float64 = 0.0
    z: float64 = 0.0
    w: float64 = 1.0


@dataclass
class Pose(IdlStruct, typename="geometry_msgs::msg::dds_::Pose_"):
    """A place and a rotation."""

    position: Point = field(default_factory=Point)
    orientation: Quaternion = field(default_factory=Quaternion)


@dataclass
class PoseWithCovariance(IdlStruct, typename="geometry_msgs::msg::dds_::PoseWithCovariance_"):
    """A pose and how sure it is (6 x 6, row by row)."""

    pose: Pose = field(default_factory=Pose)
    covariance: Floats36 = field(default_factory=lambda: [0.0] * 36)


@dataclass
class Twist(IdlStruct, typename="geometry_msgs::msg::dds_::Twist_"):
    """Speeds, m/s and rad/s."""

    linear: Vector3 = field(default_factory=Vector3)
    angular: Vector3 = field(default_factory=Vector3)


@dataclass
class TwistStamped(IdlStruct, typename="geometry_msgs::msg::dds_::TwistStamped_"):
    """Speeds with the time at which they were asked for."""

    header: Header = field(default_factory=Header)
    twist: Twist = field(default_factory=Twist)


@dataclass
class TwistWithCovariance(IdlStruct, typename="geometry_msgs::msg::dds_::TwistWithCovariance_"):
    """Speeds and how sure they are (6 x 6, row by row)."""

    twist: Twist = field(default_factory=Twist)
    covariance: Floats36 = field(default_factory=lambda: [0.0] * 36)


@dataclass
class Odometry(IdlStruct, typename="nav_msgs::msg::dds_::Odometry_"):
    """Where a base believes it is (in `header.frame_id`), and how it moves (in its own frame)."""

    header: Header = field(default_factory=Header)
    child_frame_id: str = ""
    pose: PoseWithCovariance = field(default_factory=PoseWithCovariance)
    twist: TwistWithCovariance = field(default_factory=TwistWithCovariance)


@dataclass
class JointState(IdlStruct, typename="sensor_msgs::msg::dds_::JointState_"):
    """Joints by name, in any order; an empty list means not measured."""

    header: Header = field(default_factory=Header)
    name: Strings = field(default_factory=list)
    position: Floats = field(default_factory=list)
    velocity: Floats = field(default_factory=list)
    effort: Floats = field(default_factory=list)


@dataclass
class BatteryState(IdlStruct, typename="sensor_msgs::msg::dds_::BatteryState_"):
    """What is left of a battery; `percentage` is 0 to 1, or NaN."""

    header: Header = field(default_factory=Header)
    voltage: float32 = 0.0
    temperature: float32 = 0.0
    current: float32 = 0.0
    charge: float32 = 0.0
    capacity: float32 = 0.0
    design_capacity: float32 = 0.0
    percentage: float32 = 0.0
    power_supply_status: uint8 = 0
    power_supply_health: uint8 = 0
    power_supply_technology: uint8 = 0
    present: bool = False
    cell_voltage: SmallFloats = field(default_factory=list)
    cell_temperature: SmallFloats = field(default_factory=list)
    location: str = ""
    serial_number: str = ""


@dataclass
class JointTrajectoryPoint(IdlStruct, typename="trajectory_msgs::msg::dds_::JointTrajectoryPoint_"):
    """Where the joints are to be some time after the start; empty lists are left to the arm."""

    positions: Floats = field(default_factory=list)
    velocities: Floats = field(default_factory=list)
    accelerations: Floats = field(default_factory=list)
    effort: Floats = field(default_factory=list)
    time_from_start: Duration = field(default_factory=Duration)


TrajectoryPoints = Annotated[Sequence[JointTrajectoryPoint], sequence(JointTrajectoryPoint)]


@dataclass
class JointTrajectory(IdlStruct, typename="trajectory_msgs::msg::dds_::JointTrajectory_"):
    """A path of joints; a stamp of 0 begins at once."""

    header: Header = field(default_factory=Header)
    joint_names: Strings = field(default_factory=list)
    points: TrajectoryPoints = field(default_factory=list)


@dataclass
class RegionOfInterest(IdlStruct, typename="sensor_msgs::msg::dds_::RegionOfInterest_"):
    """The part of a sensor that a picture shows; all 0 means the whole."""

    x_offset: uint32 = 0
    y_offset: uint32 = 0
    height: uint32 = 0
    width: uint32 = 0
    do_rectify: bool = False


@dataclass
class CameraInfo(IdlStruct, typename="sensor_msgs::msg::dds_::CameraInfo_"):
    """A camera's calibration; `k` of the raw picture, `p` of the rectified one, row by row."""

    header: Header = field(default_factory=Header)
    height: uint32 = 0
    width: uint32 = 0
    distortion_model: str = "plumb_bob"
    d: Floats = field(default_factory=list)
    k: Floats9 = field(default_factory=lambda: [0.0] * 9)
    r: Floats9 = field(default_factory=lambda: [0.0] * 9)
    p: Floats12 = field(default_factory=lambda: [0.0] * 12)
    binning_x: uint32 = 0
    binning_y: uint32 = 0
    roi: RegionOfInterest = field(default_factory=RegionOfInterest)


@dataclass(eq=False)
class Image(IdlStruct, typename="sensor_msgs::msg::dds_::Image_"):
    """A picture as it is in memory.

    `data` may be anything contiguous that holds bytes where it is written; read, it is a read-only
    array of uint8.
    """

    header: Header = field(default_factory=Header)
    height: uint32 = 0
    width: uint32 = 0
    encoding: str = ""
    is_bigendian: uint8 = 0
    step: uint32 = 0
    data: Blob = b""

    def serialize(
        self, buffer: Any = None, endianness: Any = None, use_version_2: Any = None
    ) -> bytes:
        """Returns the message's bytes."""
        writer = CdrWriter()
        _write_header(writer, self.header)
        writer.number("I", self.height)
        writer.number("I", self.width)
        writer.string(self.encoding)
        writer.number("B", self.is_bigendian)
        writer.number("I", self.step)
        writer.blob(self.data)
        return writer.finish()

    @classmethod
    def deserialize(cls, data: bytes, has_header: bool = True, use_version_2: Any = None) -> Self:
        """Reads a message.

        Raises:
            ObservationError: If its bytes are not exactly a picture.
        """
        reader = CdrReader(data)
        picture = cls(
            header=_read_header(reader),
            height=reader.number("I"),
            width=reader.number("I"),
            encoding=reader.string(),
            is_bigendian=reader.number("B"),
            step=reader.number("I"),
            data=reader.blob(),
        )
        reader.end()
        return picture


@dataclass(eq=False)
class CompressedImage(IdlStruct, typename="sensor_msgs::msg::dds_::CompressedImage_"):
    """A JPEG or PNG; `data` as in `Image`."""

    header: Header = field(default_factory=Header)
    format: str = ""
    data: Blob = b""

    def serialize(
        self, buffer: Any = None, endianness: Any = None, use_version_2: Any = None
    ) -> bytes:
        """Returns the message's bytes."""
        writer = CdrWriter()
        _write_header(writer, self.header)
        writer.string(self.format)
        writer.blob(self.data)
        return writer.finish()

    @classmethod
    def deserialize(cls, data: bytes, has_header: bool = True, use_version_2: Any = None) -> Self:
        """Reads a message.

        Raises:
            ObservationError: If its bytes are not exactly a compressed picture.
        """
        reader = CdrReader(data)
        picture = cls(header=_read_header(reader), format=reader.string(), data=reader.blob())
        reader.end()
        return picture


def _write_header(writer: CdrWriter, header: Header) -> None:
    writer.number("i", header.stamp.sec)
    writer.number("I", header.stamp.nanosec)
    writer.string(header.frame_id)


def _read_header(reader: CdrReader) -> Header:
    stamp = Time(sec=reader.number("i"), nanosec=reader.number("I"))
    return Header(stamp=stamp, frame_id=reader.string())


def time_of(stamp: Time) -> float:
    """Returns a stamp in seconds.

    >>> time_of(Time(sec=2, nanosec=500_000_000))
    2.5
    """
    return float(stamp.sec + 1e-9 * stamp.nanosec)


def stamp_of(seconds: float) -> Time:
    """Returns seconds as a stamp.

    >>> stamp_of(2.5)
    Time(sec=2, nanosec=500000000)
    """
    whole = int(seconds // 1.0)
    return Time(sec=whole, nanosec=min(999_999_999, round((seconds - whole) * 1e9)))
