"""What a patch shows: the nearest of many looks that were learned from pictures of single things.

The looks are `assets/tabletop/appearance.npz`, made by `embodied_mem_envs.tabletop_appearance`.
Numbers that vary much between views of one thing count little: they are projected by Fisher's
linear discriminant (Fisher, The use of multiple measurements in taxonomic problems, 1936), in
which the views of one look are a unit cloud, and the nearest sample there decides (Cover and
Hart, Nearest neighbor pattern classification, 1967).
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, final

import numpy as np

from embodied_mem.assets import asset_path
from embodied_mem.errors import ConfigError
from embodied_mem.types import Float32Array, Float64Array, Int64Array

UNKNOWN: Final = "thing"
"""Category of what looks like nothing that was learned."""
STRANGE: Final = 1.8
"""Misfit from which on a look is none of those learned."""
_FIELDS: Final = ("mean", "projection", "samples", "look", "names", "sizes", "shifts", "reach")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Recognition:
    """What a patch most probably shows."""

    category: str
    """`thing` where it looks like nothing known."""
    colour: str
    """Empty where it looks like nothing known."""
    confidence: float
    """From 0 to 1."""
    misfit: float
    """Distance to the nearest look, 1 at the rim of what was seen of it."""
    size: Float64Array | None
    """(3,) extent of such a thing, m; None for an unknown one."""
    lying: bool
    """Whether it lies on its side."""
    shift: Float64Array
    """(3,) from the middle of what is seen to the middle of the thing: away from the camera,
    to its right, up; m."""


@final
class Appearance:
    """Looks with names.

    Args:
        path: The file that holds them.

    Raises:
        ConfigError: If it holds something else.
    """

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as file:
            missing = [name for name in _FIELDS if name not in file.files]
            if missing:
                raise ConfigError(f"{path} is no appearance file: it lacks {', '.join(missing)}")
            self._mean: Float32Array = file["mean"].astype(np.float32)
            self._projection: Float32Array = file["projection"].astype(np.float32)
            self._samples: Float32Array = file["samples"].astype(np.float32)
            look: Int64Array = file["look"].astype(np.int64)
            self._sizes: Float64Array = file["sizes"].astype(np.float64)
            self._shifts: Float64Array = file["shifts"].astype(np.float64)
            self._reach: Float32Array = file["reach"].astype(np.float32)
            names = [str(name).split() for name in file["names"]]
        self._colours = [name[0] for name in names]
        self._categories = [name[1] for name in names]
        self._lying = [name[2].endswith("lying") for name in names]
        self._starts = np.searchsorted(look, np.arange(len(names)))
        self._squares = np.einsum("ij,ij->i", self._samples, self._samples)
        categories = sorted(set(self._categories))
        self._category_of = np.array([categories.index(each) for each in self._categories])

    @property
    def categories(self) -> tuple[str, ...]:
        """All categories, sorted."""
        return tuple(sorted(set(self._categories)))

    @property
    def heights(self) -> Float64Array:
        """(k,) different heights of all looks, m."""
        return np.unique(np.round(self._sizes[:, 2], 3))

    def recognise(self, looks: Float32Array) -> Recognition:
        """Names the numbers that `looks.describe` gives.

        Args:
            looks: (LOOKS,).
        """
        at = (looks - self._mean) @ self._projection
        squares = self._squares - 2.0 * (self._samples @ at) + at @ at
        nearest = np.sqrt(np.maximum(np.minimum.reduceat(squares, self._starts), 0.0))
        best = int(np.argmin(nearest))
        misfit = float(nearest[best] / self._reach[best])
        if misfit > STRANGE:
            return Recognition(
                category=UNKNOWN, colour="", confidence=0.0, misfit=misfit, size=None,
                lying=False,
                shift=np.zeros(3),
            )  # fmt: skip
        others = nearest[self._category_of != self._category_of[best]]
        second = float(others.min() / self._reach[best]) if len(others) else np.inf
        margin = 1.0 - (misfit / max(second, 1e-6)) ** 2
        certain = np.clip(1.0 - 0.6 * (misfit - 1.0) / (STRANGE - 1.0), 0.4, 1.0)
        return Recognition(
            category=self._categories[best],
            colour=self._colours[best],
            confidence=float(certain * (0.5 + 0.5 * margin)),
            misfit=misfit,
            size=self._sizes[best],
            lying=self._lying[best],
            shift=self._shifts[best],
        )


@lru_cache(maxsize=1)
def learned_appearance() -> Appearance:
    """Returns the looks that ship with the package.

    Raises:
        FileNotFoundError: If they are not there.
    """
    return Appearance(asset_path("tabletop/appearance.npz"))
