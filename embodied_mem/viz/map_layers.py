"""What lies on a drawn map below its labels: ground, rooms, objects, path, views, frontiers."""

import cv2
import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.memory.facts import FrontierFact
from embodied_mem.perception import UNKNOWN_CATEGORY
from embodied_mem.scene.geometry import footprint as footprint_cells
from embodied_mem.types import Float64Array, UInt8Array
from embodied_mem.viz.canvas import Canvas
from embodied_mem.viz.map_frame import MapFrame
from embodied_mem.viz.palette import Rgb, colour_of, tint
from embodied_mem.viz.reading import FloorMap, MemoryView, ObjectEntry
from embodied_mem.viz.room_regions import room_regions

UNKNOWN: Rgb = (233, 235, 239)
FREE: Rgb = (252, 252, 250)
OCCUPIED: Rgb = (78, 84, 98)
VIEW: Rgb = (37, 84, 199)
FRONTIER: Rgb = (226, 95, 18)
START: Rgb = (22, 145, 84)
END: Rgb = (190, 36, 68)
PATH_EARLY: Rgb = (28, 166, 150)
PATH_LATE: Rgb = (168, 40, 150)
WEDGE_HALF_ANGLE = 0.5
_WEDGE_METRES = 0.55
_THIN = 0.2
_LARGE = 0.5
"""Square metres of its box from which an object's own shape may be drawn."""
_FILLED = 0.55
"""Share of its box that an object must fill for the box to stand for it."""
FIRST_ROOM = 3


def draw_ground(canvas: Canvas, frame: MapFrame, floor: FloorMap, view: MemoryView) -> UInt8Array:
    """Paints unknown, free and occupied space, free space in the tint of its room.

    Returns:
        (H, W) what each pixel shows: 0 unknown, 1 free, 2 occupied, `FIRST_ROOM` and up the free
        space of the place with that index.
    """
    bare = without_furniture(floor, view.objects)
    regions = room_regions(bare, floor.fact.cell, _room_seeds(floor, view))
    regions = np.where(floor.grid == 1, regions, -1)
    # One byte a cell; beyond 250 rooms the codes come round again.
    codes = np.where(regions >= 0, FIRST_ROOM + regions % 250, floor.grid).astype(np.uint8)
    table = np.zeros((256, 3), np.uint8)
    table[:3] = (UNKNOWN, FREE, OCCUPIED)
    table[FIRST_ROOM:] = [tint(index) for index in range(256 - FIRST_ROOM)]
    ground = frame.raster(floor, codes, 0)
    canvas.picture[:] = table[ground]
    return ground


def without_furniture(floor: FloorMap, objects: list[ObjectEntry]) -> UInt8Array:
    """Returns a floor's grid with the space under furniture free, so that only walls part it.

    Thin things hang on walls; opening the cells behind them would join rooms.
    """
    grid = floor.grid.copy()
    origin, cell = np.asarray(floor.fact.origin), floor.fact.cell
    for entry in objects:
        low, high = np.array(entry.fact.box_min[:2]), np.array(entry.fact.box_max[:2])
        if (high - low).min() < _THIN:
            continue
        x0, y0 = np.maximum(np.floor((low - origin) / cell).astype(int), 0)
        x1, y1 = np.maximum(np.ceil((high - origin) / cell).astype(int), 0)
        patch = grid[y0:y1, x0:x1]
        patch[patch == 2] = 1
    return grid


def _room_seeds(floor: FloorMap, view: MemoryView) -> list[tuple[int, Float64Array]]:
    """Each room's centre and what stands in it, metres from the grid's corner."""
    seeds = []
    for index, place in enumerate(view.places):
        if place.floor != floor.fact.floor:
            continue
        inside = [o.fact.position[:2] for o in view.objects if o.place == place.place_id]
        seeds.append((index, np.array([place.centroid, *inside]) - floor.fact.origin))
    return seeds


def footprint(frame: MapFrame, entry: ObjectEntry) -> Float64Array:
    """Returns the four corners of an object's box from above, pixels."""
    (x0, y0, _), (x1, y1, _) = entry.fact.box_min, entry.fact.box_max
    return frame.pixels([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def draw_objects(canvas: Canvas, frame: MapFrame, objects: list[ObjectEntry]) -> None:
    """Paints footprints in the objects' own colours, the lower ones first; dashed if missing."""
    for entry in sorted(objects, key=lambda e: (e.fact.box_max[2], e.fact.object_id)):
        corners = footprint(frame, entry)
        paint = np.array(colour_of(entry.fact.colour))
        edge: Rgb = tuple(int(v) for v in paint * 0.45)  # type: ignore[assignment]
        if entry.fact.state == "missing":
            canvas.polygon(corners, FREE, 0.6)
            canvas.dashes(corners, edge, 2)
            continue
        fill: Rgb = tuple(int(v) for v in paint)  # type: ignore[assignment]
        for outline in _hollow_outlines(frame, entry) or [corners]:
            canvas.polygon(outline, fill, 0.5 if entry.fact.state == "unknown" else 0.92)
            canvas.line(outline, edge, 1, closed=True)


def _hollow_outlines(frame: MapFrame, entry: ObjectEntry) -> list[Float64Array]:
    """Returns the outlines of a large thing that leaves much of its box bare, such as an L.

    Where the box is filled well enough it is the better drawing, and the list is empty; so it is
    for a thing with a name, whose unseen back and top make its shape look hollow.
    """
    width, depth, _ = entry.fact.size
    nameless = entry.fact.category == UNKNOWN_CATEGORY
    if not nameless or width * depth < _LARGE or not entry.geometry:
        return []
    centres, size = footprint_cells(entry.geometry)
    if len(centres) * size * size > _FILLED * width * depth:
        return []
    low = centres.min(axis=0)
    column, row = np.rint((centres - low) / size).astype(int).T + 1
    cells = np.zeros((row.max() + 2, column.max() + 2), np.uint8)
    cells[row, column] = 1
    zoomed = cv2.resize(cells, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    zoomed = cv2.morphologyEx(zoomed, cv2.MORPH_CLOSE, np.ones((13, 13), np.uint8))
    found, _ = cv2.findContours(zoomed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [
        frame.pixels(low + ((contour[:, 0] + 0.5) / 4 - 1.5) * size)
        for contour in found
        if len(contour) > 3
    ]


def blend(early: Rgb, late: Rgb, share: float) -> Rgb:
    """Returns the colour at a share (0 to 1) of the way between two."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(early, late, strict=True))
    return red, green, blue


def draw_path(canvas: Canvas, frame: MapFrame, path: ArrayLike) -> None:
    """Draws the way walked, from its early to its late colour, with its start and its end."""
    pixels = frame.pixels(path)
    if not len(pixels):
        return
    count = len(pixels) - 1
    for index in range(count):
        ink = blend(PATH_EARLY, PATH_LATE, index / max(count - 1, 1))
        canvas.line(pixels[index : index + 2], ink, 2)
    white: Rgb = (255, 255, 255)
    canvas.disc(pixels[0], 7, START, white)
    x, y = pixels[-1]
    square = np.array([(x - 6, y - 6), (x + 6, y - 6), (x + 6, y + 6), (x - 6, y + 6)])
    canvas.polygon(square + 1.5 * np.sign(square - (x, y)), white)
    canvas.polygon(square, END)


def draw_wedge(canvas: Canvas, frame: MapFrame, heading: tuple[float, float, float]) -> None:
    """Draws where a snapshot was taken and which way it looks."""
    x, y, yaw = heading
    angles = yaw + np.linspace(-WEDGE_HALF_ANGLE, WEDGE_HALF_ANGLE, 9)
    arc = np.column_stack([x + _WEDGE_METRES * np.cos(angles), y + _WEDGE_METRES * np.sin(angles)])
    corners = frame.pixels(np.vstack([[(x, y)], arc]))
    canvas.polygon(corners, VIEW, 0.28)
    canvas.line(corners, VIEW, 1, closed=True, alpha=0.8)


def draw_frontier(canvas: Canvas, frame: MapFrame, fact: FrontierFact) -> None:
    """Draws the edge of the known as a bar, with an arrow into the unknown."""
    centre, direction = np.asarray(fact.centroid), np.asarray(fact.direction)
    across = np.array([-direction[1], direction[0]]) * fact.length / 2
    canvas.line(frame.pixels([centre - across, centre + across]), FRONTIER, 4)
    draw_arrow(canvas, frame.pixels(centre), direction * (1, -1), FRONTIER)


def draw_arrow(canvas: Canvas, tail: Float64Array, direction: Float64Array, ink: Rgb) -> None:
    """Draws an arrow of fixed size; `direction` is a unit vector in pixels."""
    side = np.array([-direction[1], direction[0]])
    neck, tip = tail + 14 * direction, tail + 24 * direction
    canvas.line([tail, neck], ink, 2)
    canvas.polygon([tip, neck + 6 * side, neck - 6 * side], ink)


def empty_ground(frame: MapFrame) -> Canvas:
    """Returns a map on which all is unknown."""
    return Canvas(np.full((frame.height, frame.width, 3), UNKNOWN, np.uint8))


def soften(picture: Canvas) -> None:
    """Smooths the staircase edges of the grid a little; call before drawing anything sharp."""
    picture.picture[:] = cv2.GaussianBlur(picture.picture, (0, 0), 0.7)
