"""Finds where a cloud may lie in another, by correlation of slices; both have z up.

Indoors what tells places apart are upright surfaces and which way they face. A slice is a grid of
the mean horizontal normal of what is upright in a band of heights, a complex number a cell, and the
correlation of two slices counts cells that face the same way and takes off those that face
against each other, so that the two sides of a wall are never taken for one. All shifts come at
once from one Fourier transform a yaw (Olson 2009, Real-time correlative scan matching, section 3,
without its pyramid; the sum over bands is taken before the way back).
"""

from dataclasses import dataclass
from typing import final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from embodied_mem.errors import ConfigError
from embodied_mem.scene.registration.clouds import Cloud
from embodied_mem.types import Float32Array, Float64Array

__all__ = ["Place", "SearchConfig", "SliceMap", "find_places", "same_place", "yaw_of"]

Field = NDArray[np.complex64]


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class SearchConfig:
    """How places are searched for."""

    cell: float = 0.1
    """Edge of a cell, m."""
    yaw_step: float = 0.07
    """Between two yaws that are tried, rad."""
    blur: float = 0.1
    """Standard deviation that the target's slices are blurred by, m."""
    bands: tuple[tuple[float, float], ...] = ((0.1, 0.5), (0.5, 1.0), (1.0, 1.6), (1.6, 2.3))
    """Heights of the slices above the floor, m."""
    upright: float = 0.5
    """What faces up or down by more than this (the normal's z) is not upright."""
    places: int = 12
    """How many places are returned at most."""
    least: float = 0.6
    """A place with less than this share of the best one's score is left out."""
    apart: float = 0.4
    """Two places closer than this with about the same yaw are one, m."""
    turned: float = 0.26
    """Two places at one spot that differ by more than this are two, rad."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a length or a step is not positive.
        """
        if min(self.cell, self.yaw_step, self.blur, self.apart, self.turned) <= 0.0:
            raise ConfigError("lengths and steps of a search must be positive")
        if self.places < 1 or not self.bands:
            raise ConfigError("a search needs at least one place and one band of heights")


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Place:
    """Where a source may lie."""

    T: Float64Array
    """(4, 4): maps points of the source to those of the target."""
    score: float
    """Mean agreement of the source's upright cells with the target, at most 1."""


@final
class SliceMap:
    """The slices of a target, ready to be searched."""

    def __init__(self, target: Cloud, config: SearchConfig, *, floor: float = 0.0) -> None:
        """Makes the slices of a target whose floor is at a height, m."""
        self.config = config
        self.floor = floor
        points = target.points
        low = points[:, :2].min(axis=0) if len(points) else np.zeros(2)
        high = points[:, :2].max(axis=0) if len(points) else np.zeros(2)
        self.corner = np.floor(low / config.cell).astype(np.int64)
        self.shape = tuple((np.ceil((high - low) / config.cell).astype(int) + 2)[::-1].tolist())
        self._slices = _slices(target, self.corner, self.shape, floor, config)
        sigma = config.blur / config.cell
        for one in self._slices:
            for part in (one.real, one.imag):
                part[...] = cv2.GaussianBlur(np.ascontiguousarray(part), (0, 0), sigma)
            # Blurred so, a straight wall still counts 1 at its own cells.
            one *= np.float32(sigma * np.sqrt(2.0 * np.pi))
            one /= np.maximum(np.abs(one), np.float32(1.0))

    def search(self, source: Cloud, *, floor: float = 0.0) -> list[Place]:
        """Returns the likeliest places of a source, the best first.

        Args:
            source: What is looked for; z up.
            floor: Height of the floor in the source, m.
        """
        config = self.config
        standing = source.only(np.abs(source.normals[:, 2]) < config.upright)
        if len(standing) == 0:
            return []
        centre = standing.points[:, :2].mean(axis=0)
        moved = Cloud.of(
            standing.points - np.array([*centre, floor - self.floor], np.float32),
            standing.normals,
        )
        radius = int(np.ceil(np.linalg.norm(moved.points[:, :2], axis=1).max() / config.cell)) + 1
        size = [fft.next_fast_len(extent + 2 * radius) for extent in self.shape]
        spectra = [np.conj(fft.fft2(one, size)) for one in self._slices]
        yaws = np.arange(0.0, 2.0 * np.pi, config.yaw_step)
        scores = np.stack([self._scores(moved, yaw, radius, size, spectra) for yaw in yaws])
        return self._peaks(scores, yaws, centre, radius, self.floor - floor)

    def _scores(
        self, source: Cloud, yaw: float, radius: int, size: list[int], spectra: list[Field]
    ) -> Float32Array:
        """Returns the agreement for each shift of a source that is turned by a yaw."""
        turned = source.moved(transform(yaw, 0.0, 0.0, 0.0))
        corner = np.array([-radius, -radius])
        side = 2 * radius + 1
        slices = _slices(turned, corner, (side, side), self.floor, self.config)
        filled = sum(int(np.count_nonzero(one)) for one in slices)
        total = np.zeros(size, np.complex64)
        for one, spectrum in zip(slices, spectra, strict=True):
            total += fft.fft2(one, size) * spectrum
        # The real part of sum(source * conj(target)) at a shift, by its place in the source.
        correlation = np.real(fft.ifft2(total)) / max(filled, 1)
        rows, cols = self.shape
        # What comes out is indexed by source minus target cell: turned round, by the shift.
        shifts = np.roll(correlation[::-1, ::-1], 1, axis=(0, 1))
        index = [
            (np.arange(n + 2 * radius) - 2 * radius) % s
            for n, s in zip((rows, cols), size, strict=True)
        ]
        result: Float32Array = shifts[np.ix_(*index)].astype(np.float32)
        return result

    def _peaks(
        self,
        scores: Float32Array,
        yaws: Float64Array,
        centre: Float32Array,
        radius: int,
        rise: float,
    ) -> list[Place]:
        """Returns the best shifts and yaws, apart from each other."""
        config = self.config
        near = max(1, round(config.apart / config.cell))
        wide = max(1, round(config.turned / config.yaw_step))
        places: list[Place] = []
        for _ in range(config.places):
            yaw, row, col = np.unravel_index(int(scores.argmax()), scores.shape)
            score = float(scores[yaw, row, col])
            if score <= 0.0 or (places and score < config.least * places[0].score):
                break
            shift = np.array([col, row]) - 2 * radius + self.corner + radius
            x, y = shift * config.cell
            T = transform(float(yaws[yaw]), x, y, rise)
            T[:2, 3] -= T[:2, :2] @ centre
            places.append(Place(T=T, score=score))
            turned = np.arange(yaw - wide, yaw + wide + 1) % len(yaws)
            rows = slice(max(row - near, 0), row + near + 1)
            cols = slice(max(col - near, 0), col + near + 1)
            scores[turned, rows, cols] = 0.0
        return places


def find_places(
    source: Cloud, target: Cloud, config: SearchConfig | None = None, *, floor: float = 0.0
) -> list[Place]:
    """Returns the likeliest places of a source in a target, the best first.

    Args:
        source: What is looked for; z up.
        target: Where.
        config: Cells, steps and heights.
        floor: Height of the floor in both, m.
    """
    return SliceMap(target, config or SearchConfig(), floor=floor).search(source, floor=floor)


def transform(yaw: float, x: float, y: float, z: float) -> Float64Array:
    """Returns the (4, 4) transform that turns about z and then shifts."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0.0, x], [s, c, 0.0, y], [0.0, 0.0, 1.0, z], [0.0, 0.0, 0.0, 1.0]])


def yaw_of(T: Float64Array) -> float:
    """Returns the yaw of a transform, rad."""
    return float(np.arctan2(T[1, 0], T[0, 0]))


def same_place(
    a: Float64Array,
    b: Float64Array,
    *,
    at: Float64Array | None = None,
    apart: float = 0.4,
    turned: float = 0.26,
) -> bool:
    """Tells whether two transforms put a point at about the same spot with about the same yaw.

    Args:
        a: (4, 4).
        b: (4, 4).
        at: (3,) the point, such as the middle of what is moved; the origin if None.
        apart: Largest distance, m.
        turned: Largest difference of yaw, rad.
    """
    point = np.zeros(3) if at is None else at
    away = (a[:3, :3] - b[:3, :3]) @ point + a[:3, 3] - b[:3, 3]
    turn = (yaw_of(a) - yaw_of(b) + np.pi) % (2.0 * np.pi) - np.pi
    return bool(np.linalg.norm(away) <= apart and abs(turn) <= turned)


def _slices(
    cloud: Cloud,
    corner: NDArray[np.int64],
    shape: tuple[int, ...],
    floor: float,
    config: SearchConfig,
) -> list[Field]:
    """Returns for each band the (rows, cols) mean horizontal normal, x + iy, of what is upright."""
    standing = np.abs(cloud.normals[:, 2]) < config.upright
    points, normals = cloud.points[standing], cloud.normals[standing]
    cells = np.floor(points[:, :2] / np.float32(config.cell)).astype(np.int64) - corner
    inside = ((cells >= 0) & (cells < np.array(shape)[::-1])).all(axis=1)
    flat = cells[:, 1] * shape[1] + cells[:, 0]
    size = shape[0] * shape[1]
    result = []
    for low, high in config.bands:
        height = points[:, 2] - floor
        use = inside & (height >= low) & (height < high)
        x = np.bincount(flat[use], normals[use, 0], size)
        y = np.bincount(flat[use], normals[use, 1], size)
        one = (x + 1j * y).astype(np.complex64)
        one /= np.maximum(np.abs(one), np.float32(1e-6))
        result.append(one.reshape(shape))
    return result
