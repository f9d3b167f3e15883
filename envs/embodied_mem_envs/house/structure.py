"""Walls, floors, ceilings and door frames as rectangles, and the solid walls that stop a body."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.footprint import Footprint
from embodied_mem_envs.house.layout import Door, Room
from embodied_mem_envs.house.panel import Panel, Rgb
from embodied_mem_envs.house.stair_panels import stair_panels
from embodied_mem_envs.house.stairs import Stairs

Bounds = tuple[float, float, float, float]
"""min x, min y, max x, max y, metres."""

_FLOORS: dict[str, tuple[Rgb, ...]] = {
    "planks": ((150, 128, 104), (168, 148, 124), (134, 114, 96)),
    "tiles": ((172, 172, 166), (158, 164, 164), (178, 170, 158)),
    "checker": ((160, 162, 160), (172, 166, 156)),
    "carpet": ((148, 146, 140), (140, 146, 150), (156, 146, 140)),
    "concrete": ((142, 142, 140),),
}
_WALLS: tuple[Rgb, ...] = (
    (206, 203, 196),
    (200, 204, 200),
    (204, 198, 190),
    (196, 200, 206),
    (208, 206, 202),
)
_CEILING: Rgb = (224, 224, 222)
_FRAME: Rgb = (186, 180, 172)
_SKIRTING: Rgb = (188, 186, 182)
_SKIRTING_HEIGHT = 0.08


def panels(
    rooms: tuple[Room, ...],
    doors: tuple[Door, ...],
    config: HouseConfig,
    seed: int,
    stairs: Stairs | None = None,
) -> list[Panel]:
    """Returns every rectangle that can be seen from inside the house."""
    result: list[Panel] = []
    for index, room in enumerate(rooms):
        rng = np.random.default_rng([seed, 11, index])
        opening = stairs.flight().bounds() if stairs and room.id in stairs.rooms else None
        drawn = _room_panels(room, doors, config, rng, opening)
        result += _lifted(drawn, config.levels[room.floor])
    for door in doors:
        result += _lifted(_frame_panels(door, config), config.levels[door.floor])
    if stairs is not None:
        result += stair_panels(stairs, config)
    return result


def _lifted(drawn: list[Panel], level: float) -> list[Panel]:
    """Returns panels drawn at height 0 on the floor where they belong."""
    if level == 0.0:
        return drawn
    return [replace(p, corner=(p.corner[0], p.corner[1], p.corner[2] + level)) for p in drawn]


def _room_panels(
    room: Room,
    doors: tuple[Door, ...],
    config: HouseConfig,
    rng: np.random.Generator,
    opening: Bounds | None,
) -> list[Panel]:
    (x0, y0), (x1, y1), height = room.min, room.max, config.wall_height
    floors = catalogue().rooms[room.category].floor
    texture = floors[int(rng.integers(len(floors)))]
    tones = _FLOORS[texture]
    style = int(rng.integers(1 << 31))
    floor = tones[int(rng.integers(len(tones)))]
    wall = _WALLS[int(rng.integers(len(_WALLS)))]
    whole = (x0, y0, x1, y1)
    result = []
    for a0, b0, a1, b1 in _without(whole, opening if room.floor == 1 else None):
        result.append(
            Panel(
                corner=(a0, b0, 0.0),
                u=(a1 - a0, 0.0, 0.0),
                v=(0.0, b1 - b0, 0.0),
                texture=texture,
                rgb=floor,
                texel=0.02,
                style=style,
            )
        )
    for a0, b0, a1, b1 in _without(whole, opening if room.floor == 0 else None):
        result.append(
            Panel(
                corner=(a0, b0, height),
                u=(0.0, b1 - b0, 0.0),
                v=(a1 - a0, 0.0, 0.0),
                texture="plain",
                rgb=_CEILING,
                texel=0.02,
                style=1,
            )
        )
    for side in range(4):
        for start, stop, low in wall_pieces(room, side, doors):
            for bottom, top, rgb in (
                (low, min(_SKIRTING_HEIGHT, height), _SKIRTING),
                (max(low, _SKIRTING_HEIGHT), height, wall),
            ):
                if top > bottom:
                    result.append(_wall_panel(room, side, (start, stop, bottom, top), rgb, style))
    return result


def _without(whole: Bounds, opening: Bounds | None) -> list[Bounds]:
    """Cuts an opening out of a rectangle and returns the up to four rectangles round it."""
    if opening is None:
        return [whole]
    x0, y0, x1, y1 = whole
    a0, b0, a1, b1 = opening
    round_it = [(x0, y0, a0, y1), (a1, y0, x1, y1), (a0, y0, a1, b0), (a0, b1, a1, y1)]
    return [box for box in round_it if box[2] - box[0] > 1e-6 and box[3] - box[1] > 1e-6]


def wall_pieces(room: Room, side: int, doors: tuple[Door, ...]) -> list[tuple[float, float, float]]:
    """Cuts one wall of a room at its doors into (from, to, lower edge) pieces.

    Sides count x-low, y-low, x-high, y-high. A piece over a door starts at the lintel.
    """
    axis = 0 if side in (0, 2) else 1
    other = 1 - axis
    openings = []
    for door in doors:
        at = room.min[axis] if side < 2 else room.max[axis]
        if room.id in door.rooms and door.axis == axis and abs(door.centre[axis] - at) < 0.2:
            middle = door.centre[other]
            openings.append((middle - door.width / 2, middle + door.width / 2, door.height))
    result, here = [], room.min[other]
    for start, stop, height in sorted(openings):
        result.append((here, start, 0.0))
        result.append((start, stop, height))
        here = stop
    result.append((here, room.max[other], 0.0))
    return result


def _wall_panel(
    room: Room, side: int, extent: tuple[float, float, float, float], rgb: Rgb, style: int
) -> Panel:
    """One rectangle of a wall; its normal points into the room."""
    start, stop, low, high = extent
    length, rise = stop - start, (0.0, 0.0, high - low)
    if side == 0:
        corner, u = (room.min[0], start, low), (0.0, length, 0.0)
    elif side == 1:
        corner, u = (stop, room.min[1], low), (-length, 0.0, 0.0)
    elif side == 2:
        corner, u = (room.max[0], stop, low), (0.0, -length, 0.0)
    else:
        corner, u = (start, room.max[1], low), (length, 0.0, 0.0)
    return Panel(corner=corner, u=u, v=rise, texture="plaster", rgb=rgb, texel=0.012, style=style)


def _frame_panels(door: Door, config: HouseConfig) -> list[Panel]:
    """The two jambs, the lintel and the threshold inside the thickness of a wall."""
    half, thick, height = door.width / 2, config.wall_thickness, door.height
    cx, cy = door.centre
    quads: list[tuple[tuple[float, float, float], ...]]
    if door.axis == 0:
        x = cx - thick / 2
        along, across = (thick, 0.0, 0.0), (0.0, door.width, 0.0)
        quads = [
            ((x + thick, cy - half, 0.0), (-thick, 0.0, 0.0), (0.0, 0.0, height)),
            ((x, cy + half, 0.0), along, (0.0, 0.0, height)),
            ((x, cy - half, height), across, along),
            ((x, cy - half, 0.0), along, across),
        ]
    else:
        y = cy - thick / 2
        along, across = (0.0, thick, 0.0), (door.width, 0.0, 0.0)
        quads = [
            ((cx - half, y, 0.0), along, (0.0, 0.0, height)),
            ((cx + half, y + thick, 0.0), (0.0, -thick, 0.0), (0.0, 0.0, height)),
            ((cx - half, y, height), along, across),
            ((cx - half, y, 0.0), across, along),
        ]
    return [
        Panel(corner=c, u=u, v=v, texture="plain", rgb=_FRAME, texel=0.01, style=2)
        for c, u, v in quads
    ]


def walls(rooms: Sequence[Room], doors: tuple[Door, ...], config: HouseConfig) -> list[Footprint]:
    """Returns the solid rectangles of all walls, each half as thick as a wall between rooms."""
    half = config.wall_thickness / 2
    result = []
    for room in rooms:
        for side in range(4):
            for start, stop, low in wall_pieces(room, side, doors):
                if low > 0.0:
                    continue
                at = (room.min if side < 2 else room.max)[0 if side in (0, 2) else 1]
                at += half / 2 if side >= 2 else -half / 2
                # A wall that ends at a corner closes it; one that ends at a door must not.
                first = start - half if start in (room.min[0], room.min[1]) else start
                last = stop + half if stop in (room.max[0], room.max[1]) else stop
                middle, reach = (first + last) / 2, (last - first) / 2
                if side in (0, 2):
                    result.append(Footprint(at, middle, half / 2, reach))
                else:
                    result.append(Footprint(middle, at, reach, half / 2))
    return result
