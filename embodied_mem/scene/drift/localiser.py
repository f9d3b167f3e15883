"""Where the body is on a map that it makes itself, from odometry and from what it sees.

Each view is fitted into the map, with the odometry as the prior. Keyframes, of which there are
only as many as the house has views, are adjusted together once in a while, and the map is made
anew from them.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import final

import numpy as np

from embodied_mem.scene.drift.adjustment import AdjustmentConfig, Tie, adjust, tie_error
from embodied_mem.scene.drift.matching import Match, MatchConfig, match
from embodied_mem.scene.drift.odometry import Odometry, OdometryDoubt, doubt_from
from embodied_mem.scene.drift.planar import between, compose, inverted
from embodied_mem.scene.drift.scan import Scan, ScanConfig
from embodied_mem.scene.drift.surface_map import SurfaceMap, SurfaceMapConfig
from embodied_mem.types import Float64Array


@dataclass(frozen=True, kw_only=True, slots=True)
class LocaliserConfig:
    """How views are fitted, and which are kept."""

    least_known: float = 0.25
    """A view of which less than this share was seen before tells nothing of where one is."""
    least_fit: float = 0.6
    """A view of which less than this share of what is known fits is not believed."""
    surprise: float = 25.0
    """A match farther than this from where odometry puts the body, squared and in standard
    deviations, is not believed."""
    novel: float = 0.5
    """A view from farther than this from every keyframe that looks the same way is one, m."""
    novel_turn: float = 0.5
    """Keyframes look the same way if their yaws differ by less than this, rad."""
    growth: float = 1.3
    """The keyframes are adjusted when there are so many times more than the last time."""
    most_points: int = 700
    """Points that are kept of a keyframe at most."""
    most_keyframes: int = 600
    """So many keyframes at most; from then on, the map stays as it is."""
    odometry: OdometryDoubt = field(default_factory=OdometryDoubt)
    scan: ScanConfig = field(default_factory=ScanConfig)
    surfaces: SurfaceMapConfig = field(default_factory=SurfaceMapConfig)
    match: MatchConfig = field(default_factory=MatchConfig)
    adjustment: AdjustmentConfig = field(default_factory=AdjustmentConfig)


_FLOOR = 0.3
"""Views from heights that differ by more than this, m, are of different floors."""
_ENOUGH_TIES = 30
"""From so many ways between keyframes on, it is judged how good the odometry is."""
_STIFF = np.diag([1e-6, 1e-6, 1e-7])
"""Covariance that even the best odometry has, for numerical reasons."""
_FEW = 50
"""A view with fewer points than this tells nothing."""


@dataclass(kw_only=True, slots=True, eq=False)
class Keyframe:
    """A view that is kept to make the map of."""

    pose: Float64Array
    """(3,) where it was taken, as believed now."""
    scan: Scan
    height: float
    """World height of the floor, m."""
    odometry: Odometry
    """Where odometry was."""
    number: int
    """How many keyframes were taken before it."""


@dataclass(kw_only=True, slots=True, eq=False)
class _Level:
    """The map of one floor, and what it is made of."""

    height: float
    surfaces: SurfaceMap
    keyframes: list[Keyframe] = field(default_factory=list)
    adjusted: int = 1


@final
class Localiser:
    """Keeps the pose of the body in the map, and the map."""

    def __init__(self, config: LocaliserConfig | None = None) -> None:
        self.config = config or LocaliserConfig()
        self.pose: Float64Array = np.zeros(3)
        """(3,) of the body in the map."""
        self.covariance: Float64Array = np.zeros((3, 3))
        """(3, 3) of the pose, in the frame of the body."""
        self.revision = 0
        """Grows by one whenever keyframes were moved."""
        self.matched = self.refused = 0
        """How many views were believed, and how many were not."""
        self._odometry = Odometry(self.config.odometry)
        self.keyframes: list[Keyframe] = []
        """All keyframes, in the order in which they were taken."""
        self.reference = 0
        """Number of the keyframe that looks most like the last view."""
        self._sure = self._odometry.copy()
        self._levels: list[_Level] = []

    @property
    def nbytes(self) -> int:
        """Bytes that the maps and the keyframes take, about."""
        scans = sum(each.scan.nbytes for each in self.keyframes)
        return scans + sum(level.surfaces.nbytes for level in self._levels)

    def update(self, odometry: Float64Array, height: float, scan: Scan) -> Float64Array:
        """Takes one view in and returns the (3,) pose of the body in the map.

        Args:
            odometry: (3,) where the odometry believes the body to be.
            height: World height of the floor under the body, m.
            scan: What is seen.
        """
        if not self._levels:
            self.pose = np.asarray(odometry, np.float64).copy()
            self._odometry.begin(odometry)
        else:
            move, F, Q = self._odometry.advance(odometry)
            self.covariance = F @ self.covariance @ F.T + Q
            self.pose = compose(self.pose, move)
        level = self._level(height)
        sure = self._correct(scan, level)
        if len(scan) >= _FEW and sure:
            self._keep(scan, level)
        return self.pose

    def _level(self, height: float) -> _Level:
        for level in self._levels:
            if abs(level.height - height) <= _FLOOR:
                return level
        new = _Level(height=height, surfaces=SurfaceMap(self.config.surfaces))
        self._levels.append(new)
        return new

    def _correct(self, scan: Scan, level: _Level) -> bool:
        """Fits the view into the map; tells whether the body's place is known well enough."""
        if not level.keyframes:
            return True
        prior = inverted(self.covariance + 1e-8 * np.eye(3))
        found = match(scan, level.surfaces, self.pose, self.config.match, prior)
        if found.known < self.config.least_known and self._odometry.went_since(self._sure) > 1.0:
            return True
        if found.known < self.config.least_known or not self._believable(found, prior):
            self.refused += 1
            self._odometry.scale = max(self._odometry.scale, 1.0)  # one of the two is wrong
            return False
        self.matched += 1
        self._sure = self._odometry.copy()
        self.pose = found.pose
        self.covariance = inverted(prior + found.information)
        return True

    def _believable(self, found: Match, prior: Float64Array) -> bool:
        if found.fit < self.config.least_fit:
            return False
        off = between(self.pose, found.pose)
        return float(off @ prior @ off) < self.config.surprise

    def _keep(self, scan: Scan, level: _Level) -> None:
        """Keeps a view as a keyframe where none is like it, and adjusts all when it is time."""
        if not self._novel(level) or len(self.keyframes) >= self.config.most_keyframes:
            return
        scan = scan.thinned(self.config.most_points)
        frame = Keyframe(
            pose=self.pose.copy(),
            scan=scan,
            height=level.height,
            odometry=self._odometry.copy(),
            number=len(self.keyframes),
        )
        self.keyframes.append(frame)
        self.reference = frame.number
        level.keyframes.append(frame)
        level.surfaces.add(scan, self.pose)
        if len(level.keyframes) >= self.config.growth * level.adjusted + 1.0:
            self._adjust(level)

    def _novel(self, level: _Level) -> bool:
        """Tells whether no keyframe is like the view; notes which one is most like it."""
        if not level.keyframes:
            return True
        poses = np.array([each.pose for each in level.keyframes])
        apart = np.hypot(*(poses[:, :2] - self.pose[:2]).T) / self.config.novel
        turn = np.abs((poses[:, 2] - self.pose[2] + np.pi) % (2.0 * np.pi) - np.pi)
        unlike = np.maximum(apart, turn / self.config.novel_turn)
        self.reference = level.keyframes[int(unlike.argmin())].number
        return bool(unlike.min() > 1.0)

    def _adjust(self, level: _Level) -> None:
        """Moves the keyframes to where they agree best, and the body with the last one."""
        frames = level.keyframes
        level.adjusted = len(frames)
        scale = self._odometry.scale
        doubts = [one.odometry.doubt_until(two.odometry) for one, two in pairwise(frames)]
        ties = [
            Tie(
                first=k,
                second=k + 1,
                pose=between(frames[k].odometry.pose, frames[k + 1].odometry.pose),
                information=inverted(scale**2 * doubt + _STIFF),
            )
            for k, doubt in enumerate(doubts)
        ]
        before = np.array([each.pose for each in frames])
        scans = [each.scan for each in frames]
        after = adjust(before, scans, ties, self.config.surfaces, self.config.adjustment)
        if len(ties) >= _ENOUGH_TIES:
            errors = np.array([tie_error(after, tie) for tie in ties])
            expected = np.array([np.diagonal(doubt) for doubt in doubts])
            self._odometry.scale = doubt_from(errors**2 / expected)
        local = between(before[-1], self.pose)
        level.surfaces = SurfaceMap(self.config.surfaces)
        for frame, pose in zip(frames, after, strict=True):
            frame.pose = pose
            level.surfaces.add(frame.scan, pose)
        self.pose = compose(after[-1], local)
        self.revision += 1
