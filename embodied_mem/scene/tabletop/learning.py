"""Learns looks from patches whose things are known, and writes them to a file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import Float32Array, Float64Array, Int64Array

_AXES: Final = 24
"""Directions of the discriminant that are kept."""
_SHRINK: Final = 0.005
"""Share of the mean variance that is added to all, so that what never varied is not trusted."""
_FEWEST: Final = 8
"""Samples of a look from which its reach is measured rather than taken to be the usual one."""
_RIM: Final = 0.95
"""Share of the samples that lie within reach of their nearest neighbour of the same look."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sample:
    """One patch of a known thing."""

    colour: str
    category: str
    pose: str
    """Which side it stands on; sizes are learned for each."""
    looks: Float32Array
    """What `looks.describe` gives."""
    size: Float64Array
    """(3,) true extent, the longer horizontal one first, m."""
    shift: Float64Array
    """(3,) from the middle of the seen box to the true middle: away from the camera, to its
    right, up; m."""


@final
@dataclass(slots=True)
class AppearanceLearner:
    """Gathers samples, then fits the discriminant that `recognition` reads."""

    samples: list[Sample] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Fits and writes the file.

        Args:
            path: Where to; the folder must exist.

        Raises:
            ConfigError: If there are too few samples of every look.
        """
        keys = sorted({(s.colour, s.category, s.pose) for s in self.samples})
        row_of = {key: row for row, key in enumerate(keys)}
        look = np.array([row_of[s.colour, s.category, s.pose] for s in self.samples])
        order = np.argsort(look, kind="stable")
        look = look[order]
        samples = [self.samples[k] for k in order]
        raw = np.stack([s.looks for s in samples]).astype(np.float64)
        mean = raw.mean(axis=0)
        projection = discriminant(raw - mean, look)
        projected = ((raw - mean) @ projection).astype(np.float16)
        starts = np.searchsorted(look, np.arange(len(keys)))
        np.savez_compressed(
            path,
            mean=mean.astype(np.float32),
            projection=projection.astype(np.float32),
            samples=projected,
            look=look.astype(np.uint16),
            names=np.array([f"{colour} {category} {pose}" for colour, category, pose in keys]),
            sizes=_medians(np.stack([s.size for s in samples]), starts),
            shifts=_medians(np.stack([s.shift for s in samples]), starts),
            reach=_reach(projected.astype(np.float32), look),
        )


def discriminant(centred: Float64Array, look: Int64Array) -> Float64Array:
    """Returns the (numbers, axes) projection in which views of one look are a unit cloud.

    Args:
        centred: (m, numbers), mean 0.
        look: (m,) which look each is of.
    """
    count = int(look.max()) + 1
    sizes = np.bincount(look, minlength=count)
    sums = np.stack([np.bincount(look, column, minlength=count) for column in centred.T], axis=1)
    means: Float64Array = sums / sizes[:, None]
    within = centred - means[look]
    scatter = within.T @ within / len(centred)
    scatter += _SHRINK * np.trace(scatter) / len(scatter) * np.eye(len(scatter))
    values, vectors = np.linalg.eigh(scatter)
    whiten = vectors / np.sqrt(values)
    between = means @ whiten
    _, _, axes = np.linalg.svd(between, full_matrices=False)
    projection: Float64Array = whiten @ axes[:_AXES].T
    return projection


def _medians(rows: Float64Array, starts: Int64Array) -> Float32Array:
    parts = np.split(rows, starts[1:])
    return np.stack([np.median(part, axis=0) for part in parts]).astype(np.float32)


def _reach(projected: Float32Array, look: Int64Array) -> Float32Array:
    """Returns (looks,) how far from its nearest sample a view of each look may be."""
    reach = np.full(int(look.max()) + 1, np.nan, np.float32)
    for row in range(len(reach)):
        own = projected[look == row]
        if len(own) < _FEWEST:
            continue
        apart = np.sqrt(np.square(own[:, None] - own[None]).sum(axis=2))
        np.fill_diagonal(apart, np.inf)
        reach[row] = np.quantile(apart.min(axis=1), _RIM)
    if np.isnan(reach).all():
        raise ConfigError(f"no look has {_FEWEST} samples; gather more before they are written")
    usual = np.nanmedian(reach)
    reach = np.where(np.isnan(reach), usual, reach)
    bounded: Float32Array = np.clip(reach, 0.7 * usual, 4.0 * usual)
    return bounded
