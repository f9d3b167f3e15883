"""The solids that kinds are drawn with, each from its underside up."""

from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np

from embodied_mem_envs.tabletop.parts import SIDES, Part, Triple

COLOURS = ("red", "green", "blue", "yellow", "orange", "purple")
BRIGHT_COLOURS = ("red", "green", "blue", "yellow")


@dataclass(frozen=True, kw_only=True, slots=True)
class Raw:
    """A kind before its box is known; the origin is on its underside."""

    parts: tuple[Part, ...]
    """Its solids; seen from above, most of it has the colour that it is called by."""
    colours: tuple[str, ...]
    """Colours that it comes in; the first is the usual one."""
    mass: float
    """kg."""
    height: float
    """Of the point between the finger tips in a grasp, m."""
    across: str = ""
    """Axis along which the fingers close; the shorter side of the box where empty."""
    width: float = 0.0
    """Distance of the fingers in a grasp; that side where 0, m."""
    rolling: float = 0.0
    """Rolling friction, m."""
    friction: float = 0.6
    """Against the table."""


def box(size: Triple, at: Triple, colour: str = "", turn: Triple = (0.0, 0.0, 0.0)) -> Part:
    """Returns a box around a point."""
    return Part(shape="box", size=size, at=at, colour=colour, turn=turn)


def cylinder(
    width: float, height: float, base: float, colour: str = "", at: Triple = (0.0, 0.0, 0.0)
) -> Part:
    """Returns an upright cylinder whose underside is `base` above a point."""
    return Part(
        shape="cylinder", size=(width, width, height), colour=colour,
        at=(at[0], at[1], at[2] + base + 0.5 * height),
    )  # fmt: skip


def mark(size: Triple, at: Triple, colour: str) -> Part:
    """Returns a mark that is seen but not felt."""
    return Part(shape="box", size=size, at=at, colour=colour, solid=False)


def egg(size: Triple, at: Triple, colour: str = "") -> Part:
    """Returns an ellipsoid as the hull of rings of points."""
    points = [
        (0.5 * size[0] * cos(a) * sin(b), 0.5 * size[1] * sin(a) * sin(b), 0.5 * size[2] * cos(b))
        for b in (pi * k / 10 for k in range(1, 10))
        for a in (2 * pi * k / 20 for k in range(20))
    ]
    ends = [(0.0, 0.0, -0.5 * size[2]), (0.0, 0.0, 0.5 * size[2])]
    return Part(shape="hull", size=size, at=at, colour=colour, points=(*points, *ends))


def frustum(
    *,
    lower: float,
    upper: float,
    height: float,
    at: Triple,
    colour: str = "",
    turn: Triple = (0.0, 0.0, 0.0),
) -> Part:
    """Returns a round part whose diameter goes from `lower` to `upper` along its height."""
    angles = 2 * pi * np.arange(SIDES) / SIDES
    points = [
        (0.5 * width * cos(a), 0.5 * width * sin(a), z)
        for width, z in ((lower, -0.5 * height), (upper, 0.5 * height))
        for a in angles.tolist()
    ]
    widest = max(lower, upper)
    return Part(
        shape="hull", size=(widest, widest, height), at=at, turn=turn, colour=colour,
        points=tuple(points),
    )  # fmt: skip


def ring(
    *, outer: float, wall: float, height: float, base: float, colour: str = "", pieces: int = 16
) -> tuple[Part, ...]:
    """Returns a round upright wall made of boxes, its lower edge at `base`."""
    middle = 0.5 * outer - 0.5 * wall
    # Each box reaches as far as its neighbours' outer corners, so that no light falls through.
    width = 2 * (middle + 0.5 * wall) * np.tan(pi / pieces)
    return tuple(
        Part(
            shape="box", size=(wall, float(width), height), colour=colour,
            at=(middle * cos(a), middle * sin(a), base + 0.5 * height), turn=(0.0, 0.0, a),
        )
        for a in (2 * pi * np.arange(pieces) / pieces).tolist()
    )  # fmt: skip


def mesh(file: str, size: Triple) -> tuple[Part, ...]:
    """Returns a mesh of `pybullet_data` that stands on the origin."""
    return (Part(shape="mesh", size=size, at=(0.0, 0.0, 0.5 * size[2]), file=file),)


def one(shape: str, size: Triple) -> tuple[Part, ...]:
    """Returns a single `box`, `ball` or `egg` that stands on the origin."""
    at = (0.0, 0.0, 0.5 * size[2])
    if shape == "egg":
        return (egg(size, at),)
    return (Part(shape="ball" if shape == "ball" else "box", size=size, at=at),)
