"""Lays one cloud over another: ICP point to plane, and how well that is determined."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from scipy.spatial import KDTree

from embodied_mem.errors import ConfigError
from embodied_mem.scene.registration.clouds import Cloud
from embodied_mem.scene.registration.open3d_loader import load_open3d
from embodied_mem.scene.registration.search import (
    SearchConfig,
    find_places,
    same_place,
    transform,
    yaw_of,
)
from embodied_mem.types import BoolArray, Float64Array, Int64Array

__all__ = ["AlignConfig", "Alignment", "Pairs", "Refusal", "align", "pair_up", "refine"]


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class AlignConfig:
    """How one cloud is laid over another."""

    reach: float = 0.3
    """Points farther apart than this are no pair at first, m."""
    close: float = 0.12
    """Nor farther than this at last, m; also what counts as an inlier's distance."""
    kernel: float = 0.08
    """Distances to the plane beyond this no longer pull (Tukey's biweight), m."""
    facing: float = 0.7
    """Least cosine between the normals of a pair."""
    most: int = 2500
    """So many points of the source are laid over at most, evenly chosen."""
    iterations: int = 30
    """Steps of ICP at most, of each of the two rounds."""
    gravity: bool = True
    """Both clouds have z up: only yaw and shift are looked for."""
    sigma: float = 0.02
    """What one pair's distance to the plane is uncertain by, m; scales the information."""
    alike: float = 50.0
    """So many pairs are wrong together, and count as one in the information."""
    min_fitness: float = 0.6
    """`align` refuses where a smaller share of the source has a pair."""
    max_rival: float = 0.85
    """`align` refuses where another place has more than this share of the best one's fitness."""
    search: SearchConfig = field(default_factory=SearchConfig)
    """Where `align` begins."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a length is not positive or they are not ordered.
        """
        if not 0.0 < self.close <= self.reach or self.kernel <= 0.0 or self.sigma <= 0.0:
            raise ConfigError(
                "distances of an alignment must be 0 < close <= reach, with kernel and sigma above "
                f"0; got close {self.close}, reach {self.reach}, kernel {self.kernel}, "
                f"sigma {self.sigma}"
            )
        if min(self.iterations, self.most) < 1 or not 0.0 <= self.facing < 1.0:
            raise ConfigError("iterations and most must be 1 or more, and facing in [0, 1)")


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Alignment:
    """How a source lies in a target."""

    T: Float64Array
    """(4, 4): maps points of the source to those of the target."""
    fitness: float
    """Share of the source's points that have a pair."""
    rmse: float
    """Root mean square distance of the pairs to the plane, m."""
    pairs: int
    """How many there are."""
    information: Float64Array
    """(6, 6) inverse covariance of an error (rotation x, y, z in rad, shift x, y, z in m) that is
    applied in the target's frame about the source's centre."""
    centre: Float64Array
    """(3,) the source's centre in the target's frame, m."""
    tilt: float = 0.0
    """How far off gravity the clouds would lie if they were free to, rad."""

    @property
    def covariance(self) -> Float64Array:
        """(6, 6) covariance; directions that nothing determines have a very large one."""
        return np.asarray(np.linalg.inv(self.information + 1e-6 * np.eye(6)), np.float64)


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Refusal:
    """Why a source was not laid over a target."""

    reasons: tuple[str, ...]
    best: Alignment | None = None
    """The likeliest of what was tried; None where nothing was."""


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pairs:
    """Points of a source and the target's points that they were paired with."""

    source: Int64Array
    target: Int64Array
    distance: Float64Array
    """Signed distance of each source point to its pair's plane, m."""


def refine(
    source: Cloud,
    target: Cloud,
    T_init: Float64Array,
    config: AlignConfig | None = None,
    *,
    tree: KDTree | None = None,
) -> Alignment:
    """Lays a source over a target from about where it lies: ICP point to plane, in two rounds.

    The rounds are Open3D's ICP with Tukey's kernel (Babin et al. 2019, Analysis of robust functions
    for registration); with `gravity`, what it found is then brought upright and settled in yaw and
    shift alone.

    Args:
        source: What is to be moved.
        target: What stays.
        T_init: (4, 4) where the source is taken to lie at first.
        config: Distances and steps.
        tree: Of the target's points, where the caller has one.

    Raises:
        MissingExtraError: If Open3D is not there.
    """
    config = config or AlignConfig()
    o3d = load_open3d()
    source = source.only(np.arange(0, len(source), -(-len(source) // config.most) or 1))
    registration: Any = o3d.pipelines.registration
    clouds = (_as_open3d(o3d, source), _as_open3d(o3d, target))
    plane = registration.TransformationEstimationPointToPlane(
        registration.TukeyLoss(k=2.0 * config.kernel)
    )
    steps = registration.ICPConvergenceCriteria(1e-5, 1e-5, config.iterations)
    T = np.asarray(T_init, np.float64)
    for reach in (config.reach, config.close):
        found = registration.registration_icp(*clouds, reach, T, plane, steps).transformation
        # Open3D's threads add in any order, so its last bits differ from run to run: cut them off.
        T = np.asarray(np.round(found, 9), np.float64)
    tree = tree or KDTree(target.points)
    tilt = float(np.arccos(np.clip(T[2, 2], -1.0, 1.0)))
    if config.gravity:
        T = _settle(source, target, tree, upright(T, source), config)
    return _judge(source, target, tree, T, tilt, config)


def align(source: Cloud, target: Cloud, config: AlignConfig | None = None) -> Alignment | Refusal:
    """Lays a source over a target without knowing where it lies; both have z up.

    Where to begin is found by correlation of slices (`search`), every place is refined, and the
    best is believed only if it covers enough of the source and no other place comes near.

    Args:
        source: What is to be moved.
        target: What stays.
        config: Distances, steps and thresholds.

    Raises:
        MissingExtraError: If Open3D is not there.
    """
    config = config or AlignConfig()
    if not len(source) or not len(target):
        return Refusal(reasons=("one of the clouds is empty",))
    tree = KDTree(target.points)
    places = find_places(source, target, config.search)
    tried = [refine(source, target, place.T, config, tree=tree) for place in places]
    if not tried:
        return Refusal(reasons=("no place looks alike",))
    tried.sort(key=lambda one: (-one.fitness, one.rmse))
    best = tried[0]
    middle = source.points.mean(axis=0, dtype=np.float64)
    rivals = [one for one in tried if not same_place(one.T, best.T, at=middle)]
    reasons = []
    if best.fitness < config.min_fitness:
        reasons.append(f"only {best.fitness:.0%} of it is found there")
    if best.tilt > np.radians(3.0):
        reasons.append(f"it would have to lie {np.degrees(best.tilt):.1f} degrees off gravity")
    if rivals and rivals[0].fitness > config.max_rival * best.fitness:
        reasons.append(f"another place fits as well: {rivals[0].fitness:.0%} of it is found there")
    return Refusal(reasons=tuple(reasons), best=best) if reasons else best


def upright(T: Float64Array, about: Cloud) -> Float64Array:
    """Returns a transform without its tilt, that keeps the centre of a cloud where it was."""
    centre = about.points.mean(axis=0, dtype=np.float64) if len(about) else np.zeros(3)
    result = transform(float(np.arctan2(T[1, 0] - T[0, 1], T[0, 0] + T[1, 1])), 0.0, 0.0, 0.0)
    result[:3, 3] = T[:3, :3] @ centre + T[:3, 3] - result[:3, :3] @ centre
    return result


def pair_up(
    source: Cloud, target: Cloud, tree: KDTree, T: Float64Array, config: AlignConfig
) -> Pairs:
    """Pairs the points of a source, moved by T, with the nearest that face the same way."""
    moved = source.moved(T)
    gap, nearest = tree.query(moved.points, distance_upper_bound=config.reach)
    found = np.isfinite(gap)
    at = np.where(found, nearest, 0)
    normals = target.normals[at]
    facing = np.einsum("ij,ij->i", moved.normals, normals)
    away = np.einsum("ij,ij->i", moved.points - target.points[at], normals).astype(np.float64)
    keep: BoolArray = found & (facing > config.facing) & (np.abs(away) <= config.close)
    return Pairs(
        source=np.flatnonzero(keep),
        target=at[keep].astype(np.int64),
        distance=away[keep],
    )


def _settle(
    source: Cloud, target: Cloud, tree: KDTree, T: Float64Array, config: AlignConfig
) -> Float64Array:
    """Settles yaw and shift by a few Gauss-Newton steps."""
    for _ in range(5):
        pairs = pair_up(source, target, tree, T, config)
        if len(pairs.source) < 6:
            return T
        weights = np.maximum(1.0 - (pairs.distance / (2.0 * config.kernel)) ** 2, 0.0) ** 2
        rows, centre = _rows(source, target, pairs, T)
        rows = rows[:, 2:]
        normal = rows.T @ (rows * weights[:, None]) + 1e-9 * np.eye(4)
        step = np.linalg.solve(normal, -rows.T @ (weights * pairs.distance))
        turned = transform(yaw_of(T) + float(step[0]), 0.0, 0.0, 0.0)
        before = T[:3, :3].T @ (centre - T[:3, 3])
        turned[:3, 3] = centre + step[1:] - turned[:3, :3] @ before
        T = turned
        if np.abs(step).max() < 1e-5:
            break
    return T


def _rows(
    source: Cloud, target: Cloud, pairs: Pairs, T: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """Returns the (n, 6) change of each pair's distance by a small motion, and about where."""
    points = source.points[pairs.source] @ T[:3, :3].T + T[:3, 3]
    centre = points.mean(axis=0)
    normals = target.normals[pairs.target].astype(np.float64)
    return np.hstack([np.cross(points - centre, normals), normals]), centre


def _judge(
    source: Cloud,
    target: Cloud,
    tree: KDTree,
    T: Float64Array,
    tilt: float,
    config: AlignConfig,
) -> Alignment:
    pairs = pair_up(source, target, tree, T, config)
    count = len(pairs.source)
    information, centre = np.zeros((6, 6)), T[:3, 3]
    if count:
        rows, centre = _rows(source, target, pairs, T)
        weights = np.maximum(1.0 - (pairs.distance / (2.0 * config.kernel)) ** 2, 0.0) ** 2
        information = rows.T @ (rows * weights[:, None]) / (config.alike * config.sigma**2)
    return Alignment(
        T=T,
        fitness=count / max(len(source), 1),
        rmse=float(np.sqrt(np.mean(pairs.distance**2))) if count else float("inf"),
        pairs=count,
        information=information,
        centre=np.asarray(centre, np.float64),
        tilt=tilt,
    )


def _as_open3d(o3d: Any, cloud: Cloud) -> Any:
    result = o3d.geometry.PointCloud()
    result.points = o3d.utility.Vector3dVector(cloud.points.astype(np.float64))
    result.normals = o3d.utility.Vector3dVector(cloud.normals.astype(np.float64))
    return result
