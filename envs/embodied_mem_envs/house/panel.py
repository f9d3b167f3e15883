"""A rectangle of the structure of a house with its finish."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.types import Float64Array

Rgb = tuple[int, int, int]
Triple = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """A rectangle of the structure: a corner, two edges (normal = u x v) and a finish."""

    corner: Triple
    u: Triple
    v: Triple
    texture: str
    rgb: Rgb
    texel: float
    style: int


def panel_triangles(panel: Panel) -> Float64Array:
    """Returns the (2, 3, 3) triangles of a panel."""
    corner, u, v = np.array(panel.corner), np.array(panel.u), np.array(panel.v)
    a, b, c, d = corner, corner + u, corner + u + v, corner + v
    return np.array([[a, b, c], [a, c, d]])
