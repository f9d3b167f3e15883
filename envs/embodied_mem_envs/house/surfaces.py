"""Free places for small objects on and in furniture."""

from collections.abc import Iterable, Iterator
from math import cos, sin

import numpy as np

from embodied_mem_envs.house.catalogue import SurfaceSpec, catalogue
from embodied_mem_envs.house.footprint import Footprint, overlap
from embodied_mem_envs.house.objects import HouseObject

Position = tuple[float, float, float]

_EDGE = 0.01
_GAP = 0.02
_DRAWS = 40


def usable(support: HouseObject, zone: str) -> list[SurfaceSpec]:
    """Returns the surfaces of a support that a zone means; `head` ones only when asked for."""
    surfaces = catalogue().category(support.category).surfaces
    named = [surface for surface in surfaces if zone and surface.zone == zone]
    return named or [surface for surface in surfaces if surface.zone != "head"]


def stand_on(
    support: HouseObject,
    size: Position,
    others: Iterable[HouseObject],
    rng: np.random.Generator,
    zone: str = "",
    turn: float = 0.3,
) -> tuple[Position, float] | None:
    """Draws a free place for a box of `size` on a support.

    Args:
        support: What it shall stand on.
        size: Depth, width and height of the object, metres.
        others: All objects that may be in the way.
        rng: The source of chance.
        zone: A zone of the surface, or `back` or `front` for that half of it.
        turn: Largest drawn turn against the yaw of the support, rad.

    Returns:
        The centre of the box and its yaw, or None where nothing is free.
    """
    near = [o for o in others if o.id != support.id and overlap(o.footprint, support.footprint)]
    surfaces = usable(support, zone)
    for index in rng.permutation(len(surfaces)):
        surface = surfaces[index]
        if size[2] > surface.clearance - 0.01:
            continue
        for pose in _draws(support, surface, size, rng, zone, turn):
            if _is_free(pose, size, near):
                return pose
    return None


def _draws(
    support: HouseObject,
    surface: SurfaceSpec,
    size: Position,
    rng: np.random.Generator,
    zone: str,
    turn: float,
) -> Iterator[tuple[Position, float]]:
    """Yields poses whose turned box lies inside the surface rectangle."""
    lo = (np.array(surface.lo) - 0.5) * support.size[:2] + _EDGE
    hi = (np.array(surface.hi) - 0.5) * support.size[:2] - _EDGE
    if zone == "back" or surface.zone == "seat":
        hi[0] = min(hi[0], lo[0] + size[0] + 0.06)
    elif zone == "front":
        lo[0] = max(lo[0], hi[0] - size[0] - 0.12)
    z = support.base + surface.z * support.size[2] + size[2] / 2 + 0.001
    for attempt in range(_DRAWS):
        angle = float(rng.uniform(-turn, turn)) if attempt < _DRAWS // 2 else 0.0
        ex = abs(cos(angle)) * size[0] / 2 + abs(sin(angle)) * size[1] / 2
        ey = abs(sin(angle)) * size[0] / 2 + abs(cos(angle)) * size[1] / 2
        if hi[0] - lo[0] < 2 * ex or hi[1] - lo[1] < 2 * ey:
            continue
        u = float(rng.uniform(lo[0] + ex, hi[0] - ex))
        v = float(rng.uniform(lo[1] + ey, hi[1] - ey))
        c, s = cos(support.yaw), sin(support.yaw)
        x = support.position[0] + c * u - s * v
        y = support.position[1] + s * u + c * v
        yield (x, y, z), support.yaw + angle


def _is_free(pose: tuple[Position, float], size: Position, near: list[HouseObject]) -> bool:
    """Tells whether a box keeps clear of all objects that share its heights."""
    (x, y, z), yaw = pose
    piece = Footprint(x, y, size[0] / 2, size[1] / 2, yaw)
    low, high = z - size[2] / 2, z + size[2] / 2
    return not any(
        other.base < high and other.top > low and overlap(piece, other.footprint, _GAP)
        for other in near
    )
