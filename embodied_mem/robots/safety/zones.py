"""Collision zones before a body, from the raw depth of the newest picture.

Stop, slow and approach work as in Nav2's collision monitor (docs.nav2.org, "Collision Monitor",
polygon actions `stop`, `slowdown` and `approach`): all are looked at, and the lowest speed wins.
Only driving forward is limited. Turning on the spot stays possible, so that a robot before a wall
can go away; what a camera that looks ahead cannot see, no zone can know.
"""

from math import hypot, inf, isfinite
from typing import Protocol, final

import numpy as np

from embodied_mem.rays import strided_rays
from embodied_mem.robots.readings import CameraFrame
from embodied_mem.robots.safety.config import ZoneConfig
from embodied_mem.types import Float32Array, Float64Array, Intrinsics

_FAR = 3.0
_COLUMNS = 80
_CELL = 0.01
_TRAVEL = 0.5
"""A body that has moved further than this since a picture is compared with all of it, m."""


class View(Protocol):
    """One view of the way ahead: an `Observation` or a `CameraFrame`."""

    @property
    def depth(self) -> Float32Array:
        """(H, W) z-depth, m."""

    @property
    def intrinsics(self) -> Intrinsics:
        """The camera."""

    @property
    def T_world_camera(self) -> Float64Array:
        """(4, 4) camera pose."""

    @property
    def T_world_body(self) -> Float64Array:
        """(4, 4) body pose."""


def free_distance(view: View, radius: float, zone: ZoneConfig) -> float:
    """Returns how far a body can drive straight on before it meets what is seen, m.

    Args:
        view: One view of the way ahead.
        radius: Radius of the body, m.
        zone: Heights and width of the corridor that must be clear.

    Returns:
        The distance, at least 0; infinite where nothing is seen in the corridor.
    """
    x, y = _in_the_way(view, zone)
    return _free(x, y, radius, zone)


def speed_cap(free: float, zone: ZoneConfig, fastest: float) -> float:
    """Returns the highest forward speed that a free distance allows, m/s; 0 where it is NaN.

    The approach speed would cover what is left until the stop zone in `seconds_to_collision`, so
    that it falls to zero where the stop zone begins.

    >>> [round(speed_cap(free, ZoneConfig(), 0.5), 2) for free in (0.1, 0.2, 0.4, 0.5, 9.0)]
    [0.0, 0.1, 0.2, 0.4, 8.9]
    """
    if not free > zone.stop:
        return 0.0
    cap = (free - zone.stop) / zone.seconds_to_collision
    return min(cap, zone.slow_share * fastest) if free <= zone.slow else cap


@final
class Zones:
    """What the newest picture says about driving forward, as the body moves on from where it was.

    A picture is looked at once; until the next one its nearest points are moved by odometry.
    """

    def __init__(self, config: ZoneConfig, radius: float, fastest: float) -> None:
        self.config = config
        self._radius, self._fastest = radius, fastest
        self._frame: CameraFrame | None = None
        self._key: tuple[int, float, str] | None = None
        self._valid = 0.0
        self._obstacles: Obstacles | None = None

    def look(self, frame: CameraFrame | None) -> None:
        """Takes the newest picture; cheap where it is the same as before."""
        if frame is None:
            self._frame, self._key, self._obstacles = None, None, None
            return
        key = (frame.number, frame.taken, frame.camera)
        if key != self._key:
            self._frame, self._key, self._obstacles = frame, key, None
            self._valid = _valid_share(frame.depth) if self.config.min_valid > 0.0 else 1.0

    def blind(self) -> str:
        """Returns why nothing can be seen at all; empty where something is."""
        if self._frame is None:
            return "there is no picture of the way ahead"
        if not self._valid >= self.config.min_valid:
            return (
                f"the camera is blind: {self._valid:.1%} of its depth is valid, expected at least "
                f"{self.config.min_valid:.1%}"
            )
        return ""

    def free(self, T_world_body: Float64Array | None) -> float:
        """Returns the free distance ahead of where the body is now, m.

        Args:
            T_world_body: (4, 4) newest body pose; None for where it was when the picture was taken.
        """
        if self._frame is None:
            return 0.0
        if self._obstacles is None:
            enough = max(
                self.config.slow,
                self.config.stop + self._fastest * self.config.seconds_to_collision,
            )
            self._obstacles = Obstacles(self._frame, self._radius, self.config, enough)
        return self._obstacles.free(T_world_body)

    def cap(self, T_world_body: Float64Array | None) -> float:
        """Returns the highest forward speed, m/s; arguments as for `free`."""
        return speed_cap(self.free(T_world_body), self.config, self._fastest)


@final
class Obstacles:
    """What stands in the way in one picture, and the few points of it that may come nearest."""

    def __init__(
        self, frame: CameraFrame, radius: float, zone: ZoneConfig, enough: float = inf
    ) -> None:
        """Looks at a picture.

        Args:
            frame: The picture.
            radius: Radius of the body, m.
            zone: Heights and width of the corridor that must be clear.
            enough: Free space from which it does not matter how much there is, m.
        """
        self._enough = enough
        self._frame, self._radius, self._zone = frame, radius, zone
        x, y = _in_the_way(frame, zone)
        self._here = _free(x, y, radius, zone)
        self._seen = (x, y)
        # Now, with the picture, so that no later tick pays for it.
        near_x, near_y = thinned(x, y, zone.min_points, radius + enough + _TRAVEL)
        self._near = _homogeneous(near_x, near_y)
        square = near_x * near_x + near_y * near_y
        self._closest = float(np.sqrt(square.min(initial=inf)))
        self._pose = frame.T_world_body[:3].tolist()

    def free(self, T_world_body: Float64Array | None) -> float:
        """Returns the free distance from a (4, 4) body pose, m; infinite where it is enough."""
        frame = self._frame
        if T_world_body is None or T_world_body is frame.T_world_body:
            return self._here
        now = T_world_body[:3].tolist()
        if now == self._pose:
            return self._here
        if not isfinite(sum(map(sum, now))):
            return 0.0
        (a, b), (c, d), (east, north) = _planar(now, self._pose)
        moved = hypot(east, north)
        points = self._near if moved <= _TRAVEL else _homogeneous(*self._seen)
        if moved <= _TRAVEL and self._closest - moved - self._radius > self._enough:
            return inf
        x, y = np.array(((a, b, east), (c, d, north)), np.float32) @ points
        return _free(x, y, self._radius, self._zone)


_Pair = tuple[float, float]


def _planar(now: list[list[float]], then: list[list[float]]) -> tuple[_Pair, _Pair, _Pair]:
    """Returns the part of inv(now) @ then that moves points on the floor: two rows, a shift."""
    shift = [then[axis][3] - now[axis][3] for axis in range(3)]
    rows = [
        (
            now[0][column] * then[0][0] + now[1][column] * then[1][0] + now[2][column] * then[2][0],
            now[0][column] * then[0][1] + now[1][column] * then[1][1] + now[2][column] * then[2][1],
        )
        for column in (0, 1)
    ]
    moved = [sum(now[axis][column] * shift[axis] for axis in range(3)) for column in (0, 1)]
    return rows[0], rows[1], (moved[0], moved[1])


def _in_the_way(view: View, zone: ZoneConfig) -> tuple[Float32Array, Float32Array]:
    """Returns what could be hit: x and y in the body frame, m."""
    stride = max(1, view.intrinsics.width // _COLUMNS)
    depth = view.depth[::stride, ::stride]
    valid = (depth > 0.0) & (depth < _FAR)
    pose = np.linalg.inv(view.T_world_body) @ view.T_world_camera
    rays = strided_rays(view.intrinsics, stride)[valid]
    points = (rays * depth[valid][:, None]) @ pose[:3, :3].T.astype(np.float32)
    x, y, z = (points + pose[:3, 3].astype(np.float32)).T
    high = (z > zone.step_over) & (z < zone.height)
    return x[high], y[high]


def _free(x: Float32Array, y: Float32Array, radius: float, zone: ZoneConfig) -> float:
    found = x[(np.abs(y) < zone.corridor * radius) & (x > 0.0)]
    if len(found) < zone.min_points:
        return inf
    nearest = np.partition(found, zone.min_points - 1)[zone.min_points - 1]
    return max(0.0, float(nearest) - radius)


def thinned(
    x: Float32Array, y: Float32Array, count: int, reach: float
) -> tuple[Float32Array, Float32Array]:
    """Keeps a few points of every square centimetre of floor that a body may soon get to.

    Args:
        x: Of the points, m.
        y: Of the points, m.
        count: So many points a square are kept.
        reach: What is further away is left out, m.
    """
    near = x * x + y * y < reach * reach
    x, y = x[near], y[near]
    east, north = np.floor(x / _CELL).astype(np.int64), np.floor(y / _CELL).astype(np.int64)
    cells = east * 4096 + north  # two squares with one number would have to be 40 m apart
    order = np.argsort(cells)
    ranked = cells[order]
    starts = np.searchsorted(ranked, ranked, side="left")
    kept = order[np.arange(len(order)) - starts < count]
    return x[kept], y[kept]


def _homogeneous(x: Float32Array, y: Float32Array) -> Float32Array:
    """Returns (3, N) points of the floor."""
    return np.stack((x, y, np.ones_like(x)))


def _valid_share(depth: Float32Array) -> float:
    """Returns which part of a depth picture says anything."""
    stride = max(1, depth.shape[1] // _COLUMNS)
    part = depth[::stride, ::stride]
    return np.count_nonzero((part > 0.0) & (part < inf)) / max(1, part.size)
