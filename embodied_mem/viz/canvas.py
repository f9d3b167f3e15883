"""A picture to draw on with smooth shapes at sub-pixel positions."""

from typing import final

import cv2
import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.types import IntArray, UInt8Array
from embodied_mem.viz.palette import Rgb
from embodied_mem.viz.text import draw_text, text_size

_SHIFT = 4


@final
class Canvas:
    """Draws into one RGB picture; positions are float pixels x, y."""

    def __init__(self, picture: UInt8Array) -> None:
        self.picture = picture

    def polygon(self, points: ArrayLike, fill: Rgb, alpha: float = 1.0) -> None:
        """Fills a polygon of (N, 2) points."""
        fixed = _fixed(points)
        with _Blend(self.picture, np.asarray(points), alpha) as target:
            cv2.fillPoly(target, [fixed], fill, cv2.LINE_AA, _SHIFT)

    def line(
        self,
        points: ArrayLike,
        ink: Rgb,
        width: int = 1,
        *,
        closed: bool = False,
        alpha: float = 1.0,
    ) -> None:
        """Draws a polyline through (N, 2) points."""
        with _Blend(self.picture, np.asarray(points), alpha, margin=width) as target:
            cv2.polylines(target, [_fixed(points)], closed, ink, width, cv2.LINE_AA, _SHIFT)

    def dashes(self, points: ArrayLike, ink: Rgb, width: int = 1, dash: float = 6.0) -> None:
        """Draws a closed outline of (N, 2) points in dashes of `dash` pixels."""
        corners = np.asarray(points, dtype=np.float64)
        for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            length = float(np.linalg.norm(end - start))
            cuts = np.arange(0, max(length, 1e-9), 2 * dash)
            for cut in cuts:
                ends = np.array([cut, min(cut + dash, length)])[:, None] / max(length, 1e-9)
                self.line(start + ends * (end - start), ink, width)

    def disc(self, centre: ArrayLike, radius: float, fill: Rgb, edge: Rgb | None = None) -> None:
        """Fills a disc, with an edge of one and a half pixels where a colour is given."""
        x, y = _fixed(centre)[0]
        if edge is not None:
            outer = round((radius + 1.5) * 2**_SHIFT)
            cv2.circle(self.picture, (x, y), outer, edge, -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(self.picture, (x, y), round(radius * 2**_SHIFT), fill, -1, cv2.LINE_AA, _SHIFT)

    def plate(self, rectangle: tuple[float, float, float, float], fill: Rgb, alpha: float) -> None:
        """Fills an upright rectangle x0, y0, x1, y1 on whole pixels."""
        x0, y0, x1, y1 = (max(0, round(v)) for v in rectangle)
        patch = self.picture[y0:y1, x0:x1]
        patch[:] = np.rint(patch * (1 - alpha) + np.asarray(fill, np.float32) * alpha)

    def text(
        self, text: str, at: tuple[float, float], size: int, ink: Rgb, *, bold: bool = False
    ) -> None:
        """Writes a line of text; `at` is its upper left corner."""
        draw_text(self.picture, text, (round(at[0]), round(at[1])), size, ink, bold=bold)

    def text_centred(
        self, text: str, centre: tuple[float, float], size: int, ink: Rgb, *, bold: bool = False
    ) -> None:
        """Writes a line of text around a point."""
        width, height = text_size(text, size, bold=bold)
        self.text(text, (centre[0] - width / 2, centre[1] - height / 2), size, ink, bold=bold)


def _fixed(points: ArrayLike) -> IntArray:
    """Fixed-point coordinates as OpenCV takes them."""
    array = np.atleast_2d(np.asarray(points, dtype=np.float64))
    fixed: IntArray = np.rint(array * 2**_SHIFT).astype(np.int32)
    return fixed


class _Blend:
    """Lends a copy of the picture to draw on and lays it over with an opacity."""

    def __init__(self, picture: UInt8Array, points: np.ndarray, alpha: float, margin: int = 2):
        low = np.floor(points.min(axis=0)).astype(int) - margin - 2
        high = np.ceil(points.max(axis=0)).astype(int) + margin + 3
        self._area = tuple(slice(max(0, low[axis]), max(0, high[axis])) for axis in (1, 0))
        self._picture = picture
        self._alpha = alpha
        self._copy: UInt8Array | None = None

    def __enter__(self) -> UInt8Array:
        if self._alpha < 1:
            self._copy = self._picture[self._area].copy()
        return self._picture

    def __exit__(self, *_: object) -> None:
        if self._copy is not None:
            patch = self._picture[self._area]
            mixed = self._alpha * patch.astype(np.float32) + (1 - self._alpha) * self._copy
            patch[:] = np.rint(mixed)
