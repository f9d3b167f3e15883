"""What stands beside a drawn map: the meaning of its signs and the key of its numbers."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from embodied_mem.viz.canvas import Canvas
from embodied_mem.viz.map_frame import MapFrame
from embodied_mem.viz.map_labels import INK, NUMBER_TEXT
from embodied_mem.viz.map_layers import (
    END,
    FREE,
    FRONTIER,
    OCCUPIED,
    PATH_EARLY,
    PATH_LATE,
    START,
    UNKNOWN,
    VIEW,
    blend,
    draw_arrow,
)
from embodied_mem.viz.palette import Rgb, colour_of
from embodied_mem.viz.reading import ObjectEntry
from embodied_mem.viz.text import shorten

WIDTH = 260
_TEXT = 14
_LINE = 24
_GROUND: Rgb = (255, 255, 255)
_DIM: Rgb = (100, 106, 120)
_EDGE: Rgb = (180, 184, 194)

_Sign = Callable[[Canvas, float, float], None]


def draw_legend(
    height: int, title: str, numbered: list[tuple[int, ObjectEntry]], missing: bool
) -> Canvas:
    """Draws the column beside a map.

    Args:
        height: Of the map, pixels; the column grows to the right where the key is long.
        title: First line.
        numbered: Objects that carry a number on the map.
        missing: Whether the map shows objects that are no longer where they were.
    """
    signs = _signs(missing)
    top = 52 + _LINE * len(signs)
    first = max(0, (height - top - 64) // (_LINE - 2))
    each = max(1, (height - 48) // (_LINE - 2))
    extra = max(0, -(-(len(numbered) - first) // each))
    canvas = Canvas(np.full((max(height, top), WIDTH * (1 + extra), 3), _GROUND, np.uint8))
    canvas.text(title, (16, 14), _TEXT + 3, INK, bold=True)
    for index, (name, sign) in enumerate(signs):
        y = 52 + _LINE * index
        sign(canvas, 32, y + 9)
        canvas.text(name, (64, y), _TEXT, INK)
    if numbered:
        _key(canvas, numbered, top, first, each)
    return canvas


def _key(
    canvas: Canvas, numbered: list[tuple[int, ObjectEntry]], top: int, first: int, each: int
) -> None:
    if first:
        canvas.text("small objects", (16, top + 14), _TEXT - 1, _DIM, bold=True)
    for index, (number, entry) in enumerate(numbered):
        column = 0 if index < first else 1 + (index - first) // each
        row = index if index < first else (index - first) % each
        x = WIDTH * column
        y = (top + 40 if column == 0 else 16) + (_LINE - 2) * row
        canvas.plate((x + 16, y, x + 40, y + 17), INK, 0.85)
        canvas.text_centred(str(number), (x + 28, y + 8), NUMBER_TEXT, _GROUND, bold=True)
        canvas.disc((x + 52, y + 8), 5, colour_of(entry.fact.colour), _EDGE)
        name = shorten(entry.label, _TEXT - 1, WIDTH - 74)
        canvas.text(name, (x + 64, y), _TEXT - 1, INK)


def _swatch(fill: Rgb) -> _Sign:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.plate((x - 12, y - 8, x + 12, y + 8), _EDGE, 1)
        canvas.plate((x - 11, y - 7, x + 11, y + 7), fill, 1)

    return draw


def _path(canvas: Canvas, x: float, y: float) -> None:
    ends = np.linspace(x - 16, x + 16, 9)
    for index, (a, b) in enumerate(pairwise(ends)):
        canvas.line([(a, y), (b, y)], blend(PATH_EARLY, PATH_LATE, index / 7), 3)


def _view(canvas: Canvas, x: float, y: float) -> None:
    angles = np.linspace(-0.5, 0.5, 7)
    arc = np.column_stack([x - 6 + 26 * np.cos(angles), y + 26 * np.sin(angles)])
    canvas.polygon(np.vstack([[(x - 6, y)], arc]), VIEW, 0.28)
    canvas.disc((x - 6, y), 8, VIEW, _GROUND)
    canvas.text_centred("1", (x - 6, y), NUMBER_TEXT, _GROUND, bold=True)


def _frontier(canvas: Canvas, x: float, y: float) -> None:
    canvas.line([(x - 10, y - 8), (x - 10, y + 8)], FRONTIER, 4)
    draw_arrow(canvas, np.array([x - 10, y]), np.array([1.0, 0.0]), FRONTIER)


def _object(canvas: Canvas, x: float, y: float) -> None:
    for offset, term in ((-12, "red"), (-4, "yellow"), (4, "blue")):
        canvas.plate((x + offset, y - 7, x + offset + 8, y + 7), colour_of(term), 1)
    corners = [(x - 12, y - 7), (x + 12, y - 7), (x + 12, y + 7), (x - 12, y + 7)]
    canvas.line(corners, (70, 70, 70), 1, closed=True)


def _missing(canvas: Canvas, x: float, y: float) -> None:
    corners = [(x - 12, y - 7), (x + 12, y - 7), (x + 12, y + 7), (x - 12, y + 7)]
    canvas.dashes(corners, (90, 40, 40), 2, dash=4)


def _signs(missing: bool) -> list[tuple[str, _Sign]]:
    signs: list[tuple[str, _Sign]] = [
        ("free floor, room by tint", _swatch(FREE)),
        ("occupied", _swatch(OCCUPIED)),
        ("not seen", _swatch(UNKNOWN)),
        ("object in its own colour", _object),
    ]
    if missing:
        signs.append(("object gone from here", _missing))
    return [
        *signs,
        ("snapshot and its view", _view),
        ("walk, early to late", _path),
        ("start", lambda canvas, x, y: canvas.disc((x, y), 7, START, _EDGE)),
        ("end", lambda canvas, x, y: canvas.plate((x - 6, y - 6, x + 6, y + 6), END, 1)),
        ("frontier to the unknown", _frontier),
    ]


def draw_scale_bar(canvas: Canvas, frame: MapFrame) -> None:
    """Draws a bar of a round number of metres into the lower left corner of a map."""
    metres = max((m for m in (1, 2, 5, 10) if m * frame.scale <= 0.3 * frame.width), default=1)
    x0, y = 18.0, frame.height - 18.0
    x1 = x0 + metres * frame.scale
    canvas.plate((x0 - 8, y - 28, x1 + 8, y + 10), _GROUND, 0.8)
    canvas.line([(x0, y - 6), (x0, y), (x1, y), (x1, y - 6)], INK, 2)
    canvas.text_centred(f"{metres} m", ((x0 + x1) / 2, y - 14), _TEXT, INK, bold=True)
