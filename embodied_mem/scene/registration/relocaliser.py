"""Where am I: lays the first frames of a visit from an unknown start over what is remembered."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import final

import numpy as np
from scipy.spatial import KDTree

from embodied_mem.errors import ConfigError
from embodied_mem.scene.registration.align import AlignConfig, Alignment, refine
from embodied_mem.scene.registration.clouds import Cloud, frame_cloud, joined
from embodied_mem.scene.registration.map_cloud import MapCloud
from embodied_mem.scene.registration.search import SearchConfig, SliceMap, same_place
from embodied_mem.scene.registration.verdict import Evidence, VerdictConfig, objections, weigh
from embodied_mem.scene.registration.views import View, view_of
from embodied_mem.types import Float64Array, Observation

__all__ = ["GivenUp", "Located", "Relocaliser", "RelocaliserConfig", "Unsure", "Whereabouts"]


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class RelocaliserConfig:
    """How a visit is laid over what is remembered."""

    voxel: float = 0.1
    """The visit's cloud is thinned to this, m."""
    max_depth: float = 4.0
    """Farther points are left out, m."""
    min_weight: float = 0.05
    """Voxels seen less than this (1 is one pixel at 1 m) are left out."""
    first: int = 6
    """Frames before the first try."""
    every: int = 3
    """Frames between two tries at least; they grow rarer, by `rarer`, the longer it takes."""
    rarer: float = 1.25
    """There are so many times as many frames at a try as at the one before, at least."""
    agreeing: int = 2
    """Tries in a row that must come to the same place."""
    patience: int = 60
    """Frames after which it gives up."""
    window: int = 40
    """Frames that are looked at, the latest; older ones have drifted off."""
    search: SearchConfig = field(default_factory=lambda: SearchConfig(places=6))
    align: AlignConfig = field(default_factory=AlignConfig)
    verdict: VerdictConfig = field(default_factory=VerdictConfig)

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a length or a count is not positive.
        """
        if self.voxel <= 0.0 or self.max_depth <= 0.0:
            raise ConfigError("voxel and max_depth are lengths: give positive ones")
        if min(self.first, self.every, self.agreeing, self.window) < 1:
            raise ConfigError("first, every, agreeing and window are counts: give 1 or more")
        if self.rarer < 1.0:
            raise ConfigError(f"rarer is {self.rarer}; expected 1 or more")
        if self.patience < self.first:
            raise ConfigError("patience must be at least as many frames as come before a try")


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Located:
    """Where a visit lies in what is remembered."""

    T_map_odometry: Float64Array
    """(4, 4): maps points of the visit's own world to the remembered one; upright."""
    covariance: Float64Array
    """(6, 6) of its error: rotation x, y, z in rad and shift x, y, z in m about `centre`."""
    centre: Float64Array
    """(3,) middle of what was laid over, m, in the remembered world."""
    evidence: Evidence
    frames: int
    """How many it took."""
    reasons: tuple[str, ...]
    """What speaks for it, in words."""


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Unsure:
    """Not sure yet: look around, or go on a little."""

    frames: int
    reasons: tuple[str, ...]


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class GivenUp:
    """What was seen in all the frames it had patience for fits nowhere, or in several places."""

    frames: int
    reasons: tuple[str, ...]


Whereabouts = Located | Unsure | GivenUp


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    alignment: Alignment
    evidence: Evidence


@final
class Relocaliser:
    """Takes the frames of a visit until it is sure where it began, or gives up.

    The visit's poses are its own odometry's, from any origin and yaw, with z up. A place is
    believed where nothing speaks against it, every other place is ruled out, and the next try with
    more frames comes to it again.

    Args:
        remembered: The geometry to find the visit in.
        config: Steps and thresholds.
    """

    def __init__(self, remembered: MapCloud, config: RelocaliserConfig | None = None) -> None:
        self.remembered = remembered
        self.config = config or RelocaliserConfig()
        self.frames = 0
        """Frames taken so far."""
        cloud = remembered.cloud
        self._tree = KDTree(cloud.points) if len(cloud) else None
        self._maps = [
            SliceMap(cloud, self.config.search, floor=height) for height in remembered.heights
        ]
        self._clouds: list[Cloud] = []
        self._views: list[View] = []
        self._floor: float | None = None
        self._next_try = self.config.first
        self._reasons: tuple[str, ...] = (
            ("too little is seen yet",) if len(cloud) else ("nothing is remembered",)
        )
        self._believed: list[Float64Array] = []
        self._answer: Whereabouts | None = None

    def observe(self, observation: Observation) -> Whereabouts:
        """Takes a frame, and says what is known by now; what was found or given up stays.

        Raises:
            MissingExtraError: If Open3D is not there.
        """
        if self._answer is not None:
            return self._answer
        config = self.config
        self.frames += 1
        if self._floor is None:
            self._floor = float(observation.T_world_body[2, 3])
        cloud = frame_cloud(observation, max_depth=config.max_depth, frame="world")
        self._clouds = [*self._clouds, cloud.thinned(config.voxel)][-config.window :]
        self._views = [*self._views, view_of(observation)][-config.window :]
        early = self.frames < self._next_try and self.frames < config.patience
        if self._tree is None or early:
            said: Whereabouts = Unsure(frames=self.frames, reasons=self._reasons)
        else:
            said = self._try()
            rarer = int(self.frames * config.rarer)
            self._next_try = max(self.frames + config.every, 0 if self._believed else rarer)
        if isinstance(said, Located):
            self._answer = said
            return said
        self._reasons = said.reasons
        if self.frames >= config.patience:
            said = self._answer = GivenUp(frames=self.frames, reasons=said.reasons)
        return said

    def locate(self, observations: Iterable[Observation]) -> Whereabouts:
        """Takes frames until it is sure or has given up; `Unsure` where they were too few."""
        said: Whereabouts = Unsure(frames=self.frames, reasons=("nothing is seen yet",))
        for observation in observations:
            said = self.observe(observation)
            if not isinstance(said, Unsure):
                break
        return said

    # -- inside --------------------------------------------------------------------------------

    def _try(self) -> Located | Unsure:
        """Tries every likely place with what is seen by now."""
        seen = joined(self._clouds).thinned(self.config.voxel)
        seen = seen.only(seen.weights >= self.config.min_weight)
        tried = self._candidates(seen)
        reasons = self._against(tried, seen)
        if reasons:
            self._believed.clear()
            return Unsure(frames=self.frames, reasons=tuple(reasons))
        best = tried[0]
        middle = _middle(seen)
        if self._believed and not same_place(
            self._believed[-1], best.alignment.T, at=middle, apart=0.1, turned=0.05
        ):
            self._believed.clear()
        self._believed.append(best.alignment.T)
        if len(self._believed) < self.config.agreeing:
            reason = "a place fits, and is to be looked at once more"
            return Unsure(frames=self.frames, reasons=(reason,))
        return Located(
            T_map_odometry=best.alignment.T,
            covariance=best.alignment.covariance,
            centre=best.alignment.centre,
            evidence=best.evidence,
            frames=self.frames,
            reasons=_for(best, len(tried) - 1),
        )

    def _candidates(self, seen: Cloud) -> list[_Candidate]:
        """Refines and weighs the likeliest places, each once, the best first."""
        assert self._tree is not None
        assert self._floor is not None
        config, middle = self.config, _middle(seen)
        places = [place for each in self._maps for place in each.search(seen, floor=self._floor)]
        places.sort(key=lambda place: -place.score)
        tried: list[_Candidate] = []
        for place in places[: config.search.places]:
            target = self.remembered.cloud
            alignment = refine(seen, target, place.T, config.align, tree=self._tree)
            if any(same_place(one.alignment.T, alignment.T, at=middle) for one in tried):
                continue
            evidence = weigh(
                seen, self._views, self.remembered, self._tree, alignment, voxel=config.voxel
            )
            tried.append(_Candidate(alignment, evidence))
        return sorted(tried, key=lambda one: -one.evidence.merit)

    def _against(self, tried: list[_Candidate], seen: Cloud) -> list[str]:
        """Returns what speaks against the best place, and which others are not ruled out."""
        if not tried:
            return ["nothing that is seen looks like anything remembered"]
        config = self.config.verdict
        reasons = objections(tried[0].evidence, config)
        for other in tried[1:]:
            if not objections(other.evidence, config, doubt=config.doubt):
                away = np.linalg.norm(
                    (other.alignment.T - tried[0].alignment.T)[:3] @ [*_middle(seen), 1.0]
                )
                reasons.append(f"a place {away:.1f} m away looks alike and is not ruled out")
        return reasons


def _middle(seen: Cloud) -> Float64Array:
    if not len(seen):
        return np.zeros(3)
    return np.asarray(seen.points.mean(axis=0), np.float64)


def _for(best: _Candidate, others: int) -> tuple[str, ...]:
    evidence = best.evidence
    return (
        f"{evidence.explained:.0%} of what is seen there is remembered, "
        f"{evidence.area:.0f} m2 of it upright",
        f"{evidence.through:.1%} of the remembered surfaces in view are looked through, "
        f"{evidence.intruding:.1%} of what is seen stands on free floor",
        f"{others} other places are ruled out",
    )
