"""What has come from a robot's topics, put together into readings; safe from any thread."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf, isfinite
from typing import Any, final

import msgspec

from embodied_mem.errors import ObservationError
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.ros import images
from embodied_mem.robots.ros.camera import Calibration, calibration
from embodied_mem.robots.ros.frames import FrameAssembler
from embodied_mem.robots.ros.joints import JointNames
from embodied_mem.robots.ros.odometry import OdometryHistory, odometry_sample
from embodied_mem.robots.ros.stamps import StampClock
from embodied_mem.robots.ros.topics import RosConfig
from embodied_mem.types import AnyArray, Float64Array

_CAMERA = ("color", "depth", "instance")
_RATE_OVER = 0.5
"""A rate is told once messages have come for so long, s: the first ones come in a burst."""


@final
class RosState:
    """The newest of every topic of a robot.

    A backend's callbacks hand over plain fields, with stamps on the robot's clock and `now` on
    this machine's monotonic clock, both in seconds. Nothing that callbacks bring makes a method
    raise: what is malformed is counted in `Readings.lost`, and is not used.
    """

    def __init__(self, config: RosConfig) -> None:
        """Begins with nothing known."""
        self.config = config
        self._lock = threading.Lock()
        self._clock = StampClock()
        self._history = OdometryHistory()
        self._names = JointNames(config.joints)
        self._frames = FrameAssembler(config, self._history)
        self._arrivals: dict[str, deque[float]] = {}
        self._seen: dict[str, tuple[float, float, float]] = {}
        self._lost: Counter[str] = Counter()
        self._received: Counter[str] = Counter()
        self._wrong: dict[str, str] = {}
        self._links: dict[str, str] = {}
        self._joints: tuple[Float64Array, Float64Array | None] | None = None
        self._stopped: dict[Any, bool] = {}
        self._values: dict[str, float] = {}

    def odom(
        self,
        *,
        stamp: float,
        position: Sequence[float],
        orientation: Sequence[float],
        linear: Sequence[float],
        angular: Sequence[float],
        now: float,
    ) -> bool:
        """Takes a nav_msgs/Odometry.

        Args:
            stamp: Of its header.
            position: x, y, z, m.
            orientation: Quaternion x, y, z, w.
            linear: Speeds in the body frame, m/s.
            angular: Turning rates, rad/s.
            now: When it arrived.

        Returns:
            Whether it completed a frame: a moment to wake the gate.
        """
        with self._taking("odom"):
            sample = odometry_sample(
                stamp=stamp,
                position=position,
                orientation=orientation,
                linear=linear,
                angular=angular,
                planar=self.config.planar,
            )
            if not self._history.add(sample):
                raise ObservationError(f"odometry of {stamp:.3f} s is not newer than the last")
            self._note("odom", stamp, now)
            return self._frames.complete(now)
        return False

    def picture(
        self, channel: str, *, stamp: float, picture: images.RawPicture, now: float
    ) -> bool:
        """Takes a sensor_msgs/Image; returns as `odom` does.

        Args:
            channel: `color`, `depth` or `instance`.
            stamp: Of its header.
            picture: Its other fields.
            now: When it arrived.
        """
        decode: Mapping[str, Callable[[images.RawPicture], AnyArray]] = {
            "color": images.colour,
            "depth": images.depth,
            "instance": images.instance,
        }
        return self._pixels(channel, stamp, lambda: decode[channel](picture), now)

    def compressed(self, channel: str, *, stamp: float, kind: str, data: Any, now: float) -> bool:
        """Takes a sensor_msgs/CompressedImage; returns as `odom` does.

        Args:
            channel: `color` or `depth`.
            stamp: Of its header.
            kind: Its `format`.
            data: Its bytes.
            now: When it arrived.
        """
        size = {"width": self.config.width, "height": self.config.height}
        if channel == "depth":
            return self._pixels(
                channel, stamp, lambda: images.compressed_depth(kind, data, **size), now
            )
        return self._pixels(channel, stamp, lambda: images.compressed_colour(data, **size), now)

    def camera_info(
        self,
        *,
        width: int,
        height: int,
        k: Sequence[float],
        p: Sequence[float],
        d: Sequence[float],
        binning: tuple[int, int] = (0, 0),
        origin: tuple[int, int] = (0, 0),
    ) -> None:
        """Takes a sensor_msgs/CameraInfo; arguments as in `calibration`."""
        with self._taking("camera_info"):
            found = calibration(
                width=width, height=height, k=k, p=p, d=d, binning=binning, origin=origin
            )
            size = (found.intrinsics.width, found.intrinsics.height)
            if size != (self.config.width, self.config.height):
                raise ObservationError(
                    f"camera_info is of {size[0]} x {size[1]} pixels; expected "
                    f"{self.config.width} x {self.config.height}: set `width` and `height`"
                )
            self._frames.calibration = found

    def labels(self, text: str) -> None:
        """Takes the categories of instance ids, JSON such as `{"3": "chair"}`."""
        with self._taking("labels"):
            try:
                self._frames.labels = msgspec.json.decode(text, type=dict[int, str], strict=False)
            except (msgspec.MsgspecError, ValueError) as error:
                raise ObservationError(f"labels are no JSON object of ids: {error}") from error

    def joints(
        self,
        *,
        stamp: float,
        names: Sequence[str],
        positions: Sequence[float],
        velocities: Sequence[float],
        now: float,
    ) -> None:
        """Takes a sensor_msgs/JointState, which may hold some of the joints, in any order.

        Args:
            stamp: Of its header.
            names: Names of the joints.
            positions: rad.
            velocities: rad/s; empty where they are not measured.
            now: When it arrived.
        """
        with self._taking("joints"):
            whole = self._names.add(stamp, names, positions, velocities)
            if whole is not None:
                self._joints = whole
                self._note("joints", stamp, now)

    def estopped(self, stopped: bool, *, source: Any = None) -> None:
        """Takes what the robot says about its own emergency stop.

        Args:
            stopped: Whether it says that it will not move.
            source: Who says so; all must say otherwise before it may move again.
        """
        with self._lock:
            self._stopped[source] = stopped

    def still_there(self, sources: Collection[Any]) -> None:
        """Forgets what was said about the emergency stop by those who are there no more.

        Args:
            sources: Those who are, by the names that `estopped` was given.
        """
        with self._lock:
            self._stopped = {one: said for one, said in self._stopped.items() if one in sources}

    def battery(self, percentage: float) -> None:
        """Takes a battery's charge, 0 to 1; NaN where it is not measured."""
        with self._lock:
            self._values.pop("battery", None)
            if isfinite(percentage):
                self._values["battery"] = float(percentage)

    def link(self, faults: Mapping[str, str]) -> None:
        """Replaces what is wrong with the link itself, in words, by any key."""
        with self._lock:
            self._links = {key: text for key, text in faults.items() if text}

    def lose(self, channel: str, count: int = 1, *, why: str = "") -> None:
        """Counts messages that a backend lost or could not read."""
        with self._lock:
            self._lost[channel] += count
            if why:
                self._wrong[channel] = why

    def robot_time(self, now: float) -> float | None:
        """Returns what the robot's clock shows, s; None before its first stamp."""
        with self._lock:
            return self._clock.robot_time(now)

    def rate(self, channel: str) -> float:
        """Returns how many messages a second came lately, Hz; 0 before half a second of them."""
        with self._lock:
            times = self._arrivals.get(channel)
            if times is None or times[-1] - times[0] < _RATE_OVER:
                return 0.0
            return (len(times) - 1) / (times[-1] - times[0])

    @property
    def calibration(self) -> Calibration | None:
        """The camera's calibration, once it has come."""
        with self._lock:
            return self._frames.calibration

    @property
    def wrong(self) -> Mapping[str, str]:
        """Why the last malformed message of a channel was refused, by channel."""
        with self._lock:
            return dict(self._wrong)

    def clock_fault(self, now: float) -> str:
        """Returns what is wrong with the robot's clock; empty where nothing is."""
        with self._lock:
            return self._clock.fault(now)

    def read(self, now: float) -> Readings:
        """Returns the newest of everything; never waits for anything but other callers."""
        with self._lock:
            newest = self._history.newest
            clock = self._clock.fault(now)
            joints, velocities = (None, None) if self._joints is None else self._joints
            stopped = any(self._stopped.values())
            lost = self._lost + self._frames.pairing.unpaired
            lost["depth"] += self._frames.dropped
            return Readings(
                time=now,
                ages={name: self._age(name, now) for name in self.config.needed},
                T_world_body=None if newest is None else self._history.pose(newest.stamp),
                forward=0.0 if newest is None else newest.forward,
                turn=0.0 if newest is None else newest.turn,
                joints=joints,
                joint_velocities=velocities,
                frame=self._frames.newest,
                stopped="the robot says that it is emergency stopped" if stopped else "",
                faults=tuple(filter(None, (clock, *self._links.values()))),
                values=dict(self._values),
                lost=dict(+lost),
                received=dict(self._received),
            )

    @contextmanager
    def _taking(self, channel: str) -> Iterator[None]:
        """Holds the lock, and turns what is malformed into a count."""
        with self._lock:
            try:
                yield
            except ObservationError as error:
                self._lost[channel] += 1
                self._wrong[channel] = str(error)

    def _note(self, channel: str, stamp: float, now: float) -> float | None:
        """Remembers when a channel had something new, and returns that on the monotonic clock.

        None where the stamp is that of the last message: that is nothing new.
        """
        known = self._seen.get(channel)
        if known is not None and known[0] == stamp:
            if channel != "joints":  # parts of a robot may well be stamped together
                self._lost[channel] += 1
                self._wrong[channel] = f"the stamp {stamp:.3f} s came again, which is nothing new"
            return None
        taken = self._clock.arrived(channel, stamp, now)
        self._seen[channel] = (stamp, taken, now)
        self._arrivals.setdefault(channel, deque(maxlen=50)).append(now)
        self._received[channel] += 1
        return taken

    def _age(self, channel: str, now: float) -> float:
        known = self._seen.get(channel)
        if known is None:
            return inf
        age = now - min(known[1], known[2])
        if channel in _CAMERA:
            return inf if self._frames.newest is None else max(age, now - self._frames.newest.taken)
        return age

    def _pixels(
        self, channel: str, stamp: float, decode: Callable[[], AnyArray], now: float
    ) -> bool:
        try:
            picture = decode()  # outside the lock: a compressed one takes milliseconds
            size = (self.config.height, self.config.width)
            if picture.shape[:2] != size:
                raise ObservationError(
                    f"{channel} is {picture.shape[1]} x {picture.shape[0]} pixels; expected "
                    f"{size[1]} x {size[0]}: set `width` and `height`, register depth to colour"
                )
        except ObservationError as error:
            self.lose(channel, why=str(error))
            return False
        with self._lock:
            taken = self._note(channel, stamp, now)
            return taken is not None and self._frames.add(channel, stamp, taken, picture, now)
