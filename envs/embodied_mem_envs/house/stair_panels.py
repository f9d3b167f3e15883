"""The visible rectangles of a flight of stairs, its handrail and the parapets above it."""

from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.panel import Panel, Rgb, Triple
from embodied_mem_envs.house.stairs import PARAPET, PARAPET_HEIGHT, TREAD, Stairs

_TREAD_RGB: Rgb = (142, 112, 84)
_NOSING_RGB: Rgb = (92, 72, 54)
_NOSING = 0.04
"""Depth of the dark front edge of a step, by which steps are told apart from above, metres."""
_RISER_RGB: Rgb = (206, 200, 190)
_WALL_RGB: Rgb = (204, 201, 194)
_CAP_RGB: Rgb = (128, 100, 76)
_CURB = 0.2
"""Height of the wall beside the flight above the front edges of its steps, metres."""
_RAIL = 0.9
"""Height of the handrail above the front edges of the steps, metres."""
_POST = 0.04
"""Thickness of the handrail and its posts, metres."""


def stair_panels(stairs: Stairs, config: HouseConfig) -> list[Panel]:
    """Returns every rectangle of a flight that can be seen, in world coordinates."""
    draw = _Draw(stairs)
    _steps(draw, stairs)
    _flight_side(draw, stairs, config.wall_height)
    _rail(draw, stairs, config.wall_height)
    _upper_parapet(draw, stairs, config.wall_height)
    return draw.panels


class _Draw:
    """Adds rectangles given as up, across and height in the frame of a flight."""

    def __init__(self, stairs: Stairs) -> None:
        self._stairs = stairs
        up, across = stairs.up, stairs.across
        self._mirrored = up[0] * across[1] - up[1] * across[0] < 0
        self.panels: list[Panel] = []

    def add(self, corner: Triple, u: Triple, v: Triple, rgb: Rgb, texture: str = "plain") -> None:
        """Adds one rectangle whose normal is u x v where up, across and height are right-handed."""
        x, y = self._stairs.world(corner[0], corner[1])
        first, second = self._turned(u), self._turned(v)
        if self._mirrored:
            first, second = second, first
        self.panels.append(
            Panel(
                corner=(x, y, corner[2]),
                u=first,
                v=second,
                texture=texture,
                rgb=rgb,
                texel=0.012,
                style=3,
            )
        )

    def box_face(self, first: Triple, last: Triple, rgb: Rgb, texture: str = "plain") -> None:
        """Adds the upright rectangle between two opposite corners; it faces right of that way.

        One of `up` and `across` is the same at both corners.
        """
        flat = (last[0] - first[0], last[1] - first[1], 0.0)
        self.add(first, flat, (0.0, 0.0, last[2] - first[2]), rgb, texture)

    def _turned(self, vector: Triple) -> Triple:
        up, across = self._stairs.up, self._stairs.across
        return (
            vector[0] * up[0] + vector[1] * across[0],
            vector[0] * up[1] + vector[1] * across[1],
            vector[2],
        )


def _steps(draw: _Draw, stairs: Stairs) -> None:
    width, rise = stairs.width, stairs.rise
    for step in range(stairs.steps):
        face, top = step * TREAD, (step + 1) * rise
        draw.box_face((face, width, top - rise), (face, 0.0, top), _RISER_RGB)
        if step < stairs.steps - 1:
            edge, rest = (_NOSING, 0.0, 0.0), (TREAD - _NOSING, 0.0, 0.0)
            across = (0.0, width, 0.0)
            draw.add((face, 0.0, top), edge, across, _NOSING_RGB)
            draw.add((face + _NOSING, 0.0, top), rest, across, _TREAD_RGB, "planks")


def _flight_side(draw: _Draw, stairs: Stairs, ceiling: float) -> None:
    """The low wall on the open side, solid down to the floor, and the back of the flight."""
    inner, outer, run = stairs.width, stairs.width + PARAPET, stairs.run
    slope = (run, 0.0, run * stairs.rise / TREAD)
    tall = (0.0, 0.0, stairs.rise + _CURB)
    backwards = (-slope[0], 0.0, -slope[2])
    draw.add((run, outer, slope[2]), backwards, tall, _WALL_RGB, "plaster")
    draw.add((0.0, inner, 0.0), slope, tall, _WALL_RGB, "plaster")
    draw.add((0.0, inner, tall[2]), slope, (0.0, PARAPET, 0.0), _CAP_RGB, "grain")
    draw.box_face((0.0, outer, 0.0), (0.0, inner, tall[2]), _WALL_RGB, "plaster")
    # Below the slope, a column under every step; where they overlap the slope, both look the same.
    for step in range(stairs.steps - 1):
        first, last = step * TREAD, (step + 1) * TREAD
        top = min((step + 1) * stairs.rise, ceiling)
        draw.box_face((last, outer, 0.0), (first, outer, top), _WALL_RGB, "plaster")
    draw.box_face((run, 0.0, 0.0), (run, outer, ceiling), _WALL_RGB, "plaster")


def _rail(draw: _Draw, stairs: Stairs, ceiling: float) -> None:
    """A handrail on posts, one a step, through which the steps show from the side."""
    slope = stairs.rise / TREAD
    near, far = (stairs.width + (PARAPET + k * _POST) / 2 for k in (-1, 1))
    end = min((ceiling - _RAIL) / slope - TREAD, stairs.run)
    bottom = stairs.rise + _RAIL - _POST
    along, up, across = (end, 0.0, end * slope), (0.0, 0.0, _POST), (0.0, _POST, 0.0)
    backwards = (-end, 0.0, -end * slope)
    draw.add((0.0, near, bottom + _POST), along, across, _CAP_RGB, "grain")
    draw.add((0.0, near, bottom), across, along, _CAP_RGB, "grain")
    draw.add((0.0, near, bottom), along, up, _CAP_RGB, "grain")
    draw.add((end, far, bottom + end * slope), backwards, up, _CAP_RGB, "grain")
    draw.box_face((0.0, far, bottom), (0.0, near, bottom + _POST), _CAP_RGB, "grain")
    for step in range(stairs.steps - 1):
        first = step * TREAD + _POST
        last, foot = first + _POST, (step + 1) * stairs.rise
        if last > end:
            break
        top = foot + _RAIL
        draw.box_face((first, near, foot), (last, near, top), _CAP_RGB, "grain")
        draw.box_face((last, far, foot), (first, far, top), _CAP_RGB, "grain")
        draw.box_face((first, far, foot), (first, near, top), _CAP_RGB, "grain")
        draw.box_face((last, near, foot), (last, far, top), _CAP_RGB, "grain")


def _upper_parapet(draw: _Draw, stairs: Stairs, ceiling: float) -> None:
    """The parapet round the opening; inside it goes down to the ceiling below, as the slab does."""
    inner, outer, run = stairs.width, stairs.width + PARAPET, stairs.run
    floor, top = stairs.height, stairs.height + PARAPET_HEIGHT
    draw.box_face((run, 0.0, ceiling), (0.0, 0.0, floor), _WALL_RGB, "plaster")  # beside the wall
    draw.box_face((0.0, inner, ceiling), (run, inner, top), _WALL_RGB, "plaster")
    draw.box_face((run, outer, floor), (-PARAPET, outer, top), _WALL_RGB, "plaster")
    draw.box_face((run, inner, floor), (run, outer, top), _WALL_RGB, "plaster")
    draw.box_face((0.0, 0.0, ceiling), (0.0, inner, top), _WALL_RGB, "plaster")
    draw.box_face((-PARAPET, outer, floor), (-PARAPET, 0.0, top), _WALL_RGB, "plaster")
    length = run + PARAPET
    caps = (((-PARAPET, inner), (length, PARAPET)), ((-PARAPET, 0.0), (PARAPET, inner)))
    for (along, across), (long, wide) in caps:
        draw.add((along, across, top), (long, 0.0, 0.0), (0.0, wide, 0.0), _CAP_RGB, "grain")
