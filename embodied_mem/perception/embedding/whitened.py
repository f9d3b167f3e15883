"""Descriptors in which what changes from view to view counts little: fitted on houses."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, final

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from embodied_mem.errors import ConfigError
from embodied_mem.files import write_bytes
from embodied_mem.perception.frame import Frame
from embodied_mem.perception.segmentation import Embedder, Segmentation
from embodied_mem.types import Float32Array, Float64Array, Int64Array

_SHRINKAGE: Final = 0.1
"""Of the mean variance, added to each direction, which a few houses measure poorly."""


@final
class WhitenedEmbedder:
    """Turns and stretches another embedder's vectors as `fit_whitening` found.

    Directions in which views of one thing differ are shortened; the mean of all things is taken
    off, so what has nothing in common lies at right angles. Cosines so reach from -1 to 1.
    """

    def __init__(self, embedder: Embedder, weights: Path) -> None:
        """Reads what was fitted.

        Args:
            embedder: The one that it was fitted to.
            weights: File that `save_whitening` wrote.

        Raises:
            ConfigError: If it was fitted to another space.
        """
        with safe_open(weights, "np") as file:
            told = file.metadata() or {}
            self._mean: Float32Array = file.get_tensor("mean")
            self._matrix: Float32Array = file.get_tensor("matrix")
        if told.get("space") != embedder.space:
            raise ConfigError(
                f"{weights} was fitted to {told.get('space')!r}; expected {embedder.space!r}"
            )
        self._embedder = embedder
        self._name = told.get("name", weights.stem)

    @property
    def space(self) -> str:
        """Name of the space: that of the embedder, and what it was whitened by."""
        return f"{self._embedder.space}/{self._name}"

    @property
    def dimension(self) -> int:
        """Length of a descriptor."""
        return int(self._matrix.shape[1])

    def embed(self, frame: Frame, segmentation: Segmentation) -> Float32Array:
        """Returns (n, dimension) descriptors, one row a mask, unit length."""
        rows = (self._embedder.embed(frame, segmentation) - self._mean) @ self._matrix
        unit: Float32Array = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return unit


def fit_whitening(
    vectors: Sequence[Float32Array], things: Sequence[Int64Array], dimension: int
) -> tuple[Float32Array, Float32Array]:
    """Finds the mean, and the matrix that makes views of one thing alike.

    Within-class covariance normalisation (Hatch, Kajarekar and Stolcke, Interspeech 2006), then
    the directions in which things differ most.

    Args:
        vectors: (n, d) of what was seen, one array a house.
        things: (n,) which thing it was, one array a house.
        dimension: How many directions are kept.

    Returns:
        (d,) and (d, dimension).

    Raises:
        ConfigError: If no thing was seen twice, or there are fewer directions than asked for.
    """
    spread, count = _within(vectors, things)
    size = len(spread)
    if not count or not 0 < dimension <= size:
        raise ConfigError(
            f"{dimension} of {size} directions from {count} second views; expected at least one "
            "second view, and no more directions than there are"
        )
    spread /= count
    spread += _SHRINKAGE * np.trace(spread) / size * np.eye(size)
    values, axes = np.linalg.eigh(spread)
    whitens = axes / np.sqrt(values)
    rows = np.concatenate(vectors).astype(np.float64)
    mean = rows.mean(axis=0)
    turned = np.linalg.eigh(np.cov((rows - mean) @ whitens, rowvar=False))[1]
    matrix = whitens @ turned[:, ::-1][:, :dimension]
    return mean.astype(np.float32), np.ascontiguousarray(matrix, np.float32)


def save_whitening(
    path: Path,
    fitted: tuple[Float32Array, Float32Array],
    *,
    name: str,
    space: str,
    source: str,
) -> None:
    """Writes what `fit_whitening` found, whole or not at all.

    Args:
        path: A `.safetensors` file.
        fitted: The mean and the matrix.
        name: What it is called behind the name of the space.
        space: That of the vectors that it was fitted to.
        source: On what, in words.
    """
    tensors = {"mean": fitted[0], "matrix": fitted[1]}
    told = {"name": name, "space": space, "source": source}
    write_bytes(path, save(tensors, told))


def _within(
    vectors: Sequence[Float32Array], things: Sequence[Int64Array]
) -> tuple[Float64Array, int]:
    """Returns the summed products of how views differ from their thing's mean, and how many."""
    size = vectors[0].shape[1]
    spread, count = np.zeros((size, size)), 0
    for rows, names in zip(vectors, things, strict=True):
        for name in np.unique(names):
            views = rows[names == name].astype(np.float64)
            apart = views - views.mean(axis=0)
            spread += apart.T @ apart
            count += len(views) - 1
    return spread, count
