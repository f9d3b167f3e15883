"""Where labels go so that they do not cover each other: greedy, first come first served."""

from collections.abc import Sequence

import numpy as np

from embodied_mem.types import Float64Array

Rectangle = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""


class LabelPlacer:
    """Gives each label the first candidate rectangle that overlaps nothing placed before.

    Place the labels that matter most first. The rectangles of things that no label may cover
    are given by `block`.
    """

    def __init__(self, bounds: Rectangle) -> None:
        self._bounds = np.asarray(bounds, dtype=np.float64)
        self._taken: Float64Array = np.empty((0, 4))

    def block(self, rectangle: Rectangle) -> None:
        """Keeps a rectangle free of labels."""
        self._taken = np.vstack([self._taken, rectangle])

    def place(self, candidates: Float64Array, *, must: bool = False) -> Rectangle | None:
        """Takes a free place for one label.

        Args:
            candidates: (K, 4) rectangles, best first.
            must: Take the candidate that overlaps least where none is free.

        Returns:
            The rectangle taken, or None if no candidate is free and the label can be left out.
        """
        covered = self._covered(candidates)
        best = int(np.argmax(covered == 0)) if (covered == 0).any() else int(np.argmin(covered))
        if covered[best] > 0 and not must:
            return None
        x0, y0, x1, y1 = (float(v) for v in candidates[best])
        self.block((x0, y0, x1, y1))
        return x0, y0, x1, y1

    def _covered(self, candidates: Float64Array) -> Float64Array:
        """(K,) area of each candidate that is taken or lies outside the bounds."""
        low = np.maximum(candidates[:, None, :2], self._taken[None, :, :2])
        high = np.minimum(candidates[:, None, 2:], self._taken[None, :, 2:])
        taken: Float64Array = np.prod(np.clip(high - low, 0, None), axis=2).sum(axis=1)
        low = np.maximum(candidates[:, :2], self._bounds[:2])
        high = np.minimum(candidates[:, 2:], self._bounds[2:])
        area = np.prod(candidates[:, 2:] - candidates[:, :2], axis=1)
        inside = np.prod(np.clip(high - low, 0, None), axis=1)
        # A label half outside cannot be read at all, so that counts far more than an overlap.
        outside: Float64Array = 10 * np.clip(area - inside - 1e-6, 0, None)
        return taken + outside


def around_box(box: Rectangle, size: tuple[float, float]) -> Float64Array:
    """Candidates for the label of a box in a picture: on its edges, inside first at the top.

    Args:
        box: Pixel box of the thing.
        size: Width and height of the label.

    Returns:
        (K, 4) rectangles, best first.
    """
    x0, y0, x1, y1 = box
    width, height = size
    corners: list[tuple[float, float]] = []
    for x in (x0, x1 - width, 0.5 * (x0 + x1 - width)):
        corners += [(x, y0 - height), (x, y1), (x, y0), (x, y1 - height)]
    corners += [(x1, y0), (x0 - width, y0), (x1, y1 - height), (x0 - width, y1 - height)]
    for step in (1.0, 2.0, 3.0):
        for x in (x0, x1 - width, x1, x0 - width):
            corners += [(x, y0 - (1 + step) * height), (x, y1 + step * height)]
    return _rectangles(corners, size)


def around_point(
    point: tuple[float, float],
    size: tuple[float, float],
    reaches: Sequence[float],
    clear: tuple[float, float] = (0.0, 0.0),
) -> Float64Array:
    """Candidates for the label of a point on a map, on rings of growing reach.

    Args:
        point: Pixel position.
        size: Width and height of the label.
        reaches: Gap in pixels between the thing and the label, nearest first.
        clear: Half width and half height of the thing, which the label stays off.

    Returns:
        (K, 4) rectangles, best first: right, left, above, below, then the diagonals.
    """
    width, height = size
    directions = np.array(
        [(1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1)], dtype=np.float64
    )
    half = np.array([width, height]) / 2 + clear
    corners = [
        (float(x), float(y))
        for reach in reaches
        for x, y in np.asarray(point) + directions * (half + reach) - (width / 2, height / 2)
    ]
    return _rectangles(corners, size)


def _rectangles(corners: list[tuple[float, float]], size: tuple[float, float]) -> Float64Array:
    low = np.asarray(corners, dtype=np.float64)
    return np.hstack([low, low + size])
