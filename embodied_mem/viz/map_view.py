"""The map of a memory from above: what was seen, walked, kept, and is still unknown."""

from pathlib import Path

import numpy as np

from embodied_mem.files import write_bytes
from embodied_mem.memory.store import MemoryStore
from embodied_mem.types import UInt8Array
from embodied_mem.viz.map_frame import MapFrame, frame_around
from embodied_mem.viz.map_labels import MapLabels
from embodied_mem.viz.map_layers import (
    draw_frontier,
    draw_ground,
    draw_objects,
    draw_path,
    draw_wedge,
    empty_ground,
    soften,
)
from embodied_mem.viz.map_legend import draw_legend, draw_scale_bar
from embodied_mem.viz.reading import (
    FloorMap,
    MemoryView,
    ObjectEntry,
    SnapshotEntry,
    encode_rgb,
    read_view,
)


def draw_map(memory: MemoryStore, path: Path) -> None:
    """Writes the map as a PNG, one panel a floor.

    Walks and frontiers carry no floor yet; they are drawn on the lowest.

    Raises:
        MemoryFileError: If the payload of a map is not a picture.
    """
    write_bytes(path, encode_rgb(render_map(read_view(memory)), ".png"))


def render_map(view: MemoryView) -> UInt8Array:
    """Draws the map of a memory that was read; returns (H, W, 3) RGB."""
    floors: list[FloorMap | None] = [*sorted(view.maps, key=lambda each: each.fact.floor)]
    panels = [_panel(view, floor, index == 0) for index, floor in enumerate(floors or [None])]
    width = max(panel.shape[1] for panel in panels)
    padded = [
        np.pad(panel, ((0, 0), (0, width - panel.shape[1]), (0, 0)), constant_values=255)
        for panel in panels
    ]
    return np.vstack(padded)


def _panel(view: MemoryView, floor: FloorMap | None, lowest: bool) -> UInt8Array:
    level = floor.fact.floor if floor is not None else 0
    objects = [entry for entry in view.objects if view.floor_of(entry.place) == level]
    snapshots = [e for e in view.snapshots if view.floor_of(e.place) == level]
    walk = [point for fact in view.walks for point in fact.path] if lowest else []
    frame = frame_around(floor, objects, np.array(walk).reshape(-1, 2))
    canvas = empty_ground(frame)
    ground = np.zeros((frame.height, frame.width), np.uint8)
    if floor is not None:
        ground = draw_ground(canvas, frame, floor, view)
        soften(canvas)
    draw_objects(canvas, frame, objects)
    for entry in snapshots:
        if entry.heading is not None:
            draw_wedge(canvas, frame, entry.heading)
    if lowest:
        for fact in view.walks:
            draw_path(canvas, frame, fact.path)
        for frontier in view.frontiers:
            draw_frontier(canvas, frame, frontier)
    draw_scale_bar(canvas, frame)
    labels = _label(MapLabels(canvas, frame), view, level, objects, snapshots, ground, lowest)
    missing = any(entry.fact.state == "missing" for entry in objects)
    title = "map" if len(view.maps) < 2 else f"floor {level}"
    legend = draw_legend(frame.height, title, labels, missing).picture
    return _beside(canvas.picture, legend, frame)


def _label(
    labels: MapLabels,
    view: MemoryView,
    level: int,
    objects: list[ObjectEntry],
    snapshots: list[SnapshotEntry],
    ground: UInt8Array,
    lowest: bool,
) -> list[tuple[int, ObjectEntry]]:
    if lowest:
        ends = [
            point for fact in view.walks if fact.path for point in (fact.path[0], fact.path[-1])
        ]
        labels.block_points(np.array(ends).reshape(-1, 2), 9)
        centres = [frontier.centroid for frontier in view.frontiers]
        labels.block_points(np.array(centres).reshape(-1, 2), 10)
    labels.number_snapshots(snapshots)
    labels.name_rooms(view, level, ground)
    return labels.name_objects(objects)


def _beside(picture: UInt8Array, legend: UInt8Array, frame: MapFrame) -> UInt8Array:
    height = max(frame.height, legend.shape[0])
    sheet = np.full((height, frame.width + legend.shape[1], 3), 255, np.uint8)
    sheet[: frame.height, : frame.width] = picture
    sheet[: legend.shape[0], frame.width :] = legend
    return sheet
