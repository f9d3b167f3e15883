"""Where metres of the world fall on a drawn map."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.types import Float64Array, UInt8Array
from embodied_mem.viz.reading import FloorMap, ObjectEntry

_LARGEST, _SMALLEST = 2800, 760
_USUAL_SCALE, _CLOSEST_SCALE = 110.0, 240.0
_MARGIN = 0.6


@dataclass(frozen=True, kw_only=True, slots=True)
class MapFrame:
    """An upright map: x to the right, y up, `scale` pixels a metre."""

    x_min: float
    y_max: float
    scale: float
    width: int
    height: int

    def pixels(self, points: ArrayLike) -> Float64Array:
        """Turns (..., 2) metres into pixels x, y."""
        metres = np.asarray(points, dtype=np.float64)
        x = (metres[..., 0] - self.x_min) * self.scale
        y = (self.y_max - metres[..., 1]) * self.scale
        return np.stack([x, y], axis=-1)

    def raster(self, floor: FloorMap, cells: UInt8Array, outside: int) -> UInt8Array:
        """Resamples a (rows, columns) layer of a floor's grid to the map's pixels.

        Args:
            floor: Says where the grid lies.
            cells: What to resample, nearest neighbour.
            outside: Value of the pixels that lie off the grid.
        """
        cell = floor.fact.cell
        # Destination pixel centre -> metres -> source cell centre, as warpAffine wants it.
        step = 1 / (self.scale * cell)
        matrix = np.array(
            [
                [step, 0, (self.x_min - floor.fact.origin[0]) / cell + 0.5 * step - 0.5],
                [0, -step, (self.y_max - floor.fact.origin[1]) / cell - 0.5 * step - 0.5],
            ]
        )
        return cv2.warpAffine(
            cells,
            matrix,
            (self.width, self.height),
            flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=[outside],
        ).astype(np.uint8, copy=False)


def frame_around(
    floor: FloorMap | None, objects: list[ObjectEntry], points: Float64Array
) -> MapFrame:
    """Fits a map around what is known: seen cells, objects and (N, 2) points, in metres."""
    corners = [points, *(np.array([o.fact.box_min, o.fact.box_max])[:, :2] for o in objects)]
    if floor is not None and floor.grid.any():
        rows, columns = np.flatnonzero(floor.grid.any(1)), np.flatnonzero(floor.grid.any(0))
        ends = np.array([[columns[0], rows[0]], [columns[-1] + 1, rows[-1] + 1]])
        corners.append(np.asarray(floor.fact.origin) + ends * floor.fact.cell)
    extent = np.vstack(corners)
    if not len(extent):
        extent = np.zeros((1, 2))
    low, high = extent.min(axis=0) - _MARGIN, extent.max(axis=0) + _MARGIN
    longest = float((high - low).max())
    scale = min(max(_USUAL_SCALE, _SMALLEST / longest), _CLOSEST_SCALE, _LARGEST / longest)
    width, height = (int(v) for v in np.ceil((high - low) * scale))
    return MapFrame(
        x_min=float(low[0]), y_max=float(high[1]), scale=scale, width=width, height=height
    )
