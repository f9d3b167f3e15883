"""Pictures of one moment with the pose of that moment: colour, depth and odometry put together."""

from collections import deque
from collections.abc import Mapping
from typing import final

import numpy as np

from embodied_mem.robots.readings import CameraFrame
from embodied_mem.robots.ros.camera import Calibration
from embodied_mem.robots.ros.odometry import OdometryHistory
from embodied_mem.robots.ros.pairing import Matched, Pairing
from embodied_mem.robots.ros.topics import RosConfig
from embodied_mem.types import AnyArray

_PATIENCE = 0.25
"""A picture waits so long for the odometry of its time, s."""


@final
class FrameAssembler:
    """Makes frames of pictures; not thread-safe, as its owner is."""

    def __init__(self, config: RosConfig, history: OdometryHistory) -> None:
        """Begins without pictures.

        Args:
            config: Of the robot.
            history: Its odometry, filled by the owner.
        """
        channels = ("color", "depth", *(("instance",) if config.instance else ()))
        self.pairing = Pairing(channels, tolerance=config.pair_tolerance)
        self.calibration: Calibration | None = None
        """Without it no picture is of use."""
        self.labels: Mapping[int, str] = {}
        """Categories of instance ids."""
        self.newest: CameraFrame | None = None
        """The newest frame."""
        self.dropped = 0
        """Frames for whose time there was no odometry."""
        self._history, self._base = history, config.base
        self._mount = config.camera.matrix
        self._instance = config.instance
        self._waiting: deque[tuple[Matched, float, float]] = deque(maxlen=8)
        self._count = 0

    def add(self, channel: str, stamp: float, taken: float, picture: AnyArray, now: float) -> bool:
        """Takes a picture.

        Args:
            channel: `color`, `depth` or `instance`.
            stamp: On the robot's clock, s.
            taken: The same on the monotonic clock, s.
            picture: What was seen.
            now: On the monotonic clock, s.

        Returns:
            Whether `newest` is new.
        """
        matched = self.pairing.add(channel, stamp, picture)
        if matched is not None and self.calibration is not None:
            self._waiting.append((matched, taken + (matched.stamp - stamp), now))
        return self.complete(now)

    def complete(self, now: float) -> bool:
        """Makes frames of what waited for odometry; returns as `add` does."""
        done = False
        while self._waiting:
            matched, taken, since = self._waiting[0]
            in_time = now - since <= _PATIENCE
            if self._base and in_time and not self._history.covers(matched.stamp):
                break
            self._waiting.popleft()
            done = self._make(matched, taken) or done
        return done

    def _make(self, matched: Matched, taken: float) -> bool:
        pose = self._history.pose(matched.stamp) if self._base else np.eye(4)
        if pose is None or self.calibration is None:
            self.dropped += matched.stamp > self._history.since
            return False
        self._count += 1
        self.newest = CameraFrame(
            rgb=matched.pictures["color"],
            depth=matched.pictures["depth"],
            intrinsics=self.calibration.intrinsics,
            T_world_camera=pose @ self._mount,
            T_world_body=pose,
            taken=taken,
            number=self._count,
            instance=matched.pictures.get("instance"),
            labels=self.labels if self._instance else {},
        )
        return True
