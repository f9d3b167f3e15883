"""Every kind of thing that can lie on the tabletop: its solids, colours, weight and grasp.

All of them can be taken from straight above by a hand that opens 80 mm: the fingers close across
the middle of the thing's box, along `grasp_turn`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from embodied_mem.errors import unknown_name
from embodied_mem.types import Float64Array
from embodied_mem_envs.tabletop.kinds import OBSTACLE_KIND, RAW_KINDS
from embodied_mem_envs.tabletop.palette import PALETTE
from embodied_mem_envs.tabletop.parts import Part, Triple, part_triangles
from embodied_mem_envs.tabletop.solids import Raw

_KNOWN = {**RAW_KINDS, "obstacle": OBSTACLE_KIND}


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One kind of thing; its frame is the middle of its box, axes along the box."""

    name: str
    """What people call it."""
    parts: tuple[Part, ...]
    """Its solids."""
    size: Triple
    """Extent of its box, m."""
    colours: tuple[str, ...]
    """Colours that it comes in; the first is the usual one."""
    mass: float
    """kg."""
    grasp_width: float
    """How far apart the fingers are when they hold it, m."""
    grasp_turn: float
    """Direction along which the fingers close, from its x axis, rad."""
    grasp_height: float
    """Height of the point between the finger tips above its underside, m."""
    round: bool
    """Whether it looks alike from all sides."""
    rolling: float
    """Rolling friction, m; what is round would else roll off the table."""
    friction: float
    """Against the table; the rubber of the fingers adds its own."""


def kind(name: str) -> Kind:
    """Returns a kind by its name.

    Raises:
        ConfigError: If there is none of that name.
    """
    if name not in _KNOWN:
        raise unknown_name("kind of thing", name, RAW_KINDS)
    return _kind(name)


def kinds() -> Mapping[str, Kind]:
    """Returns the whole catalogue by name."""
    return MappingProxyType({name: _kind(name) for name in RAW_KINDS})


def colour_of(thing: Kind, colour: str) -> str:
    """Returns `colour`, or the kind's usual one where it is empty.

    Raises:
        ConfigError: If the kind does not come in that colour.
    """
    if not colour:
        return thing.colours[0]
    if colour not in thing.colours:
        raise unknown_name(f"colour of a {thing.name}", colour, thing.colours)
    return colour


def rgb_of(colour: str) -> tuple[int, int, int]:
    """Returns the RGB of a colour name.

    Raises:
        ConfigError: If the palette has none of that name.
    """
    if colour not in PALETTE:
        raise unknown_name("colour", colour, PALETTE)
    return PALETTE[colour]


@lru_cache(maxsize=64)
def _kind(name: str) -> Kind:
    raw: Raw = _KNOWN[name]
    corners = np.concatenate([part_triangles(part) for part in raw.parts if part.solid]).reshape(
        -1, 3
    )
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle, size = 0.5 * (low + high), high - low
    across = raw.across or ("x" if size[0] < size[1] else "y")
    return Kind(
        name=name,
        parts=tuple(_moved(part, -middle) for part in raw.parts),
        size=_triple(size),
        colours=raw.colours,
        mass=raw.mass,
        grasp_width=raw.width or float(size[0 if across == "x" else 1]),
        grasp_turn=0.0 if across == "x" else 0.5 * np.pi,
        grasp_height=raw.height,
        round=_round(corners - middle),
        rolling=raw.rolling,
        friction=raw.friction,
    )


def _round(corners: Float64Array) -> bool:
    """Tells whether the outline of (N, 3) corners reaches equally far in all directions."""
    angles = np.arange(0.0, np.pi, 0.1)
    ways = np.stack([np.cos(angles), np.sin(angles)])
    reach = (corners[:, :2] @ ways).max(axis=0)
    return bool(np.ptp(reach) < 0.03 * reach.max())


def _moved(part: Part, by: Float64Array) -> Part:
    return replace(part, at=_triple(np.array(part.at) + by))


def _triple(values: Float64Array) -> Triple:
    x, y, z = values.tolist()
    return (x, y, z)
