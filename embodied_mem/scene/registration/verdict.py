"""Whether to believe that a visit lies where it was laid: what speaks for it, and what against.

Three things are held against a place: surfaces seen where floor is remembered to be free,
remembered surfaces that are looked through, and what is seen but not remembered where the map is
known. Rooms that look alike agree in most of what they show, so it is contradictions, not
agreement, that tell them apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.spatial import KDTree

from embodied_mem.errors import ConfigError
from embodied_mem.scene.registration.align import AlignConfig, Alignment, pair_up
from embodied_mem.scene.registration.clouds import Cloud, inverse_of
from embodied_mem.scene.registration.map_cloud import FloorSpace, MapCloud
from embodied_mem.scene.registration.views import View, looked_at
from embodied_mem.types import BoolArray, Float64Array

__all__ = ["Evidence", "VerdictConfig", "objections", "weigh"]

_BODY_HEIGHTS = (0.12, 1.5)
"""Surfaces so high above free floor contradict it, m."""


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class VerdictConfig:
    """When a place is believed."""

    min_area: float = 8.0
    """Upright surface that must be found again, m2."""
    min_known: float = 0.6
    """Share of what is seen that must lie where the map is known."""
    min_explained: float = 0.72
    """Share of what is seen there that must be found again."""
    max_through: float = 0.012
    """Share of the remembered surfaces in view that may be looked through: things moved away."""
    max_intruding: float = 0.02
    """Share of the upright surfaces that may stand on remembered free floor: things moved in."""
    max_tilt: float = 0.03
    """How far off gravity it may lie if it is free to, rad."""
    max_sigma: float = 0.03
    """Standard deviation of the shift in its weakest direction, m."""
    doubt: float = 3.0
    """Another place is a rival unless it fails by so many times what is allowed."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a share is not one, or rivals would be held to less than the best.
        """
        shares = (self.min_known, self.min_explained, self.max_through, self.max_intruding)
        if not all(0.0 <= share <= 1.0 for share in shares):
            raise ConfigError(f"shares of a verdict must lie in 0 to 1, got {shares}")
        if self.doubt < 1.0:
            raise ConfigError(f"doubt is {self.doubt}; expected 1 or more")


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What speaks for and against one place."""

    area: float
    """Upright surface that is found again, m2."""
    known: float
    """Share of what is seen that lies where the map is known."""
    explained: float
    """Share of that which is found again."""
    through: float
    """Share of the remembered surfaces in view that are looked through."""
    intruding: float
    """Share of the upright surfaces that stand on remembered free floor."""
    tilt: float
    """How far off gravity it would lie, rad."""
    sigma: float
    """Standard deviation of the shift in its weakest direction, m."""

    @property
    def merit(self) -> float:
        """One number to sort places by."""
        return self.known * self.explained - 5.0 * self.through - 2.0 * self.intruding


def weigh(
    seen: Cloud,
    views: Sequence[View],
    remembered: MapCloud,
    tree: KDTree,
    alignment: Alignment,
    *,
    voxel: float,
) -> Evidence:
    """Gathers what speaks for and against a place.

    Args:
        seen: The cloud of the visit in its odometry's frame, thinned to `voxel`.
        views: Its frames.
        remembered: The map.
        tree: Of the map's points.
        alignment: How `seen` lies in the map.
        voxel: Edge, m.
    """
    near = AlignConfig(reach=2.0 * remembered.voxel, close=0.1)
    pairs = pair_up(seen, remembered.cloud, tree, alignment.T, near)
    found = np.zeros(len(seen), np.bool_)
    found[pairs.source] = True
    placed = seen.moved(alignment.T)
    upright = np.abs(placed.normals[:, 2]) < 0.5
    known, intruding = _on_floor(placed, remembered, _body_floor(remembered, alignment, seen))
    back = inverse_of(alignment.T)
    confirmed, through = looked_at(remembered.cloud.moved(back), views)
    judged = int(confirmed.sum() + through.sum())
    return Evidence(
        area=float(np.count_nonzero(found & upright)) * voxel**2,
        known=float(known.mean()),
        explained=float(found[known].mean()) if known.any() else 0.0,
        through=float(through.sum()) / max(judged, 1),
        intruding=float(intruding.sum()) / max(int(upright.sum()), 1),
        tilt=alignment.tilt,
        sigma=weakest(alignment.covariance),
    )


def weakest(covariance: Float64Array) -> float:
    """Returns the standard deviation of the shift along the ground in its weakest direction, m."""
    return float(np.sqrt(np.linalg.eigvalsh(covariance[3:5, 3:5]).max()))


def objections(evidence: Evidence, config: VerdictConfig, *, doubt: float = 1.0) -> list[str]:
    """Returns in words what speaks against a place; [] where nothing does.

    Args:
        evidence: Of the place.
        config: What is allowed.
        doubt: How many times more is allowed, for a rival that is to be ruled out.
    """
    missing = 1.0 - (1.0 - config.min_explained) * doubt**0.5
    tests = (
        (
            evidence.area < config.min_area / doubt,
            f"only {evidence.area:.1f} m2 of walls and things are found again",
        ),
        (
            evidence.known < config.min_known / doubt,
            f"{1.0 - evidence.known:.0%} of what is seen lies where nothing was ever seen",
        ),
        (
            evidence.explained < missing,
            f"{1.0 - evidence.explained:.0%} of what is seen is not remembered there",
        ),
        (
            evidence.through > config.max_through * doubt,
            f"{evidence.through:.1%} of the remembered surfaces in view are looked through",
        ),
        (
            evidence.intruding > config.max_intruding * doubt,
            f"{evidence.intruding:.1%} of what is seen stands on floor remembered as free",
        ),
        (
            evidence.tilt > config.max_tilt * doubt,
            f"it would lie {np.degrees(evidence.tilt):.1f} degrees off gravity",
        ),
        (
            evidence.sigma > config.max_sigma * doubt,
            f"it could slide by {evidence.sigma:.2f} m without a difference",
        ),
    )
    return [words for failed, words in tests if failed]


def _body_floor(remembered: MapCloud, alignment: Alignment, seen: Cloud) -> FloorSpace | None:
    """Returns the floor of the map whose height is nearest below what is seen."""
    if not remembered.floors:
        return None
    heights = seen.points[:, 2] + alignment.T[2, 3]
    middle = float(np.median(heights)) - 1.0
    return min(remembered.floors, key=lambda floor: abs(floor.height - middle))


def _on_floor(
    placed: Cloud, remembered: MapCloud, floor: FloorSpace | None
) -> tuple[BoolArray, BoolArray]:
    """Tells which points lie where the map is known, and which stand on free floor."""
    if floor is None:
        return np.ones(len(placed), np.bool_), np.zeros(len(placed), np.bool_)
    xy = placed.points[:, :2].astype(np.float64)
    height = placed.points[:, 2] - floor.height
    standing = (height > _BODY_HEIGHTS[0]) & (height < _BODY_HEIGHTS[1])
    return floor.at(xy, floor.states > 0), standing & floor.at(xy, floor.free())
