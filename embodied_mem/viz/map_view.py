"""The map of a memory from above: what was seen, walked, kept, and is still unknown."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from embodied_mem.files import write_bytes
from embodied_mem.memory.facts import FrontierFact, WalkFact
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

Stretch = list[tuple[float, float]]
"""World x and y of the points of a part of a walk, metres."""


def draw_map(memory: MemoryStore, path: Path) -> None:
    """Writes the map as a PNG, one panel a floor, the lowest first.

    Raises:
        MemoryFileError: If the payload of a map is not a picture.
    """
    write_bytes(path, encode_rgb(render_map(read_view(memory)), ".png"))


def render_map(view: MemoryView) -> UInt8Array:
    """Draws the map of a memory that was read; returns (H, W, 3) RGB."""
    floors: list[FloorMap | None] = [*sorted(view.maps, key=lambda each: each.fact.floor)]
    panels = [_panel(view, floor) for floor in floors or [None]]
    width = max(panel.shape[1] for panel in panels)
    padded = [
        np.pad(panel, ((0, 0), (0, width - panel.shape[1]), (0, 0)), constant_values=255)
        for panel in panels
    ]
    return np.vstack(padded)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Level:
    """What lies on one floor."""

    index: int
    objects: list[ObjectEntry]
    snapshots: list[SnapshotEntry]
    frontiers: list[FrontierFact]
    walks: list[Stretch]


def _panel(view: MemoryView, floor: FloorMap | None) -> UInt8Array:
    level = _level(view, floor.fact.floor if floor is not None else 0)
    walk = [point for stretch in level.walks for point in stretch]
    frame = frame_around(floor, level.objects, np.array(walk).reshape(-1, 2))
    canvas = empty_ground(frame)
    ground = np.zeros((frame.height, frame.width), np.uint8)
    if floor is not None:
        ground = draw_ground(canvas, frame, floor, replace(view, objects=level.objects))
        soften(canvas)
    draw_objects(canvas, frame, level.objects)
    for entry in level.snapshots:
        if entry.heading is not None:
            draw_wedge(canvas, frame, entry.heading)
    for stretch in level.walks:
        draw_path(canvas, frame, stretch)
    for frontier in level.frontiers:
        draw_frontier(canvas, frame, frontier)
    draw_scale_bar(canvas, frame)
    labels = _label(MapLabels(canvas, frame), view, level, ground)
    missing = any(entry.fact.state == "missing" for entry in level.objects)
    title = "map" if len(view.maps) < 2 else f"floor {level.index}"
    legend = draw_legend(frame.height, title, labels, missing).picture
    return _beside(canvas.picture, legend, frame)


def _level(view: MemoryView, index: int) -> _Level:
    """Picks what lies on one floor."""
    lowest = min((each.fact.floor for each in view.maps), default=0)
    return _Level(
        index=index,
        objects=[e for e in view.objects if view.floor_at(e.place, e.fact.box_min[2]) == index],
        snapshots=[e for e in view.snapshots if view.floor_at(e.place, _height(e)) == index],
        frontiers=[each for each in view.frontiers if each.floor == index],
        walks=[s for fact in view.walks for s in stretches(fact, index, lowest)],
    )


def _height(entry: SnapshotEntry) -> float:
    return 0.0 if entry.record.pose is None else entry.record.pose[2]


def stretches(fact: WalkFact, floor: int, lowest: int = 0) -> list[Stretch]:
    """Returns the parts of a walk that lie on one floor, in order.

    Args:
        fact: The walk.
        floor: The floor.
        lowest: The floor of a walk that tells none.
    """
    if not fact.floors:
        return [list(fact.path)] if floor == lowest and fact.path else []
    found: list[Stretch] = []
    before = None
    for point, own in zip(fact.path, fact.floors, strict=True):
        if own == floor:
            if before != floor:
                found.append([])
            found[-1].append(point)
        before = own
    return found


def _label(
    labels: MapLabels, view: MemoryView, level: _Level, ground: UInt8Array
) -> list[tuple[int, ObjectEntry]]:
    ends = [point for stretch in level.walks for point in (stretch[0], stretch[-1])]
    labels.block_points(np.array(ends).reshape(-1, 2), 9)
    centres = [frontier.centroid for frontier in level.frontiers]
    labels.block_points(np.array(centres).reshape(-1, 2), 10)
    labels.number_snapshots(level.snapshots)
    labels.name_rooms(view, level.index, ground)
    return labels.name_objects(level.objects)


def _beside(picture: UInt8Array, legend: UInt8Array, frame: MapFrame) -> UInt8Array:
    height = max(frame.height, legend.shape[0])
    sheet = np.full((height, frame.width + legend.shape[1], 3), 255, np.uint8)
    sheet[: frame.height, : frame.width] = picture
    sheet[: legend.shape[0], frame.width :] = legend
    return sheet
