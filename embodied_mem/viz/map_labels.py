"""The labels of a drawn map: rooms, snapshot numbers, objects; none on top of another."""

import cv2
import numpy as np

from embodied_mem.perception import UNKNOWN_CATEGORY
from embodied_mem.types import BoolArray, Float64Array, UInt8Array
from embodied_mem.viz.canvas import Canvas
from embodied_mem.viz.map_frame import MapFrame
from embodied_mem.viz.map_layers import FIRST_ROOM, VIEW, footprint
from embodied_mem.viz.palette import Rgb
from embodied_mem.viz.placement import LabelPlacer, Rectangle, around_point
from embodied_mem.viz.reading import MemoryView, ObjectEntry, SnapshotEntry
from embodied_mem.viz.text import label_size, text_size

ROOM_TEXT = 21
OBJECT_TEXT = 14
NUMBER_TEXT = 12
INK: Rgb = (30, 33, 41)
_ROOM_INK: Rgb = (74, 84, 110)
_WHITE: Rgb = (255, 255, 255)
_LEADER: Rgb = (96, 102, 116)
_REACHES = (3.0, 9.0, 18.0, 30.0, 46.0)
_BADGE = 10.0


class MapLabels:
    """Places labels on one floor's map, those that matter most first."""

    def __init__(self, canvas: Canvas, frame: MapFrame) -> None:
        self._canvas = canvas
        self._frame = frame
        self._placer = LabelPlacer((2, 2, frame.width - 2, frame.height - 2))

    def block_points(self, points: Float64Array, half: float) -> None:
        """Keeps labels off markers: (N, 2) metres, `half` their half size in pixels."""
        for x, y in self._frame.pixels(points).reshape(-1, 2):
            self._placer.block((x - half, y - half, x + half, y + half))

    def number_snapshots(self, snapshots: list[SnapshotEntry]) -> None:
        """Writes each snapshot's number by its pose."""
        for entry in snapshots:
            if entry.heading is None:
                continue
            x, y = self._frame.pixels(entry.heading[:2])
            size = (2 * _BADGE, 2 * _BADGE)
            # The pose itself first: the rings are for snapshots taken from one spot.
            here = np.array([[x - _BADGE, y - _BADGE, x + _BADGE, y + _BADGE]])
            rings = around_point((x, y), size, (-_BADGE, 0.0, 12.0, 24.0, 36.0))
            place = self._placer.place(np.vstack([here, rings]), must=True)
            assert place is not None
            centre = _centre(place)
            if np.hypot(centre[0] - x, centre[1] - y) > _BADGE:
                self._canvas.line([(x, y), centre], VIEW, 1)
            self._canvas.disc(centre, _BADGE - 1, VIEW, _WHITE)
            self._canvas.text_centred(str(entry.number), centre, NUMBER_TEXT, _WHITE, bold=True)

    def name_rooms(self, view: MemoryView, floor: int, ground: UInt8Array) -> None:
        """Writes the rooms' names where their floor is bare, near their centres.

        Args:
            view: Holds the rooms.
            floor: Which floor's rooms to name.
            ground: (H, W) what each pixel shows, as `draw_ground` returns it.
        """
        for index, place in enumerate(view.places):
            if place.floor != floor:
                continue
            size = text_size(place.name, ROOM_TEXT, bold=True)
            x, y = self._frame.pixels(place.centroid)
            candidates = _steps_around((x, y), size)
            bare = _share_of(ground == FIRST_ROOM + index % 250, candidates)
            best = candidates[bare >= min(0.98, float(bare.max()))]
            spot = self._placer.place(best, must=True)
            assert spot is not None
            self._canvas.text(place.name, spot[:2], ROOM_TEXT, _ROOM_INK, bold=True)

    def name_objects(self, objects: list[ObjectEntry]) -> list[tuple[int, ObjectEntry]]:
        """Writes the objects' categories, large objects first; one without a category has none.

        Returns:
            The objects that had no room for their name and carry a number instead.
        """
        boxes = [footprint(self._frame, entry) for entry in objects]
        areas = [float(np.prod(np.ptp(box, axis=0))) for box in boxes]
        for box, area in zip(boxes, areas, strict=True):
            if area < 45**2:
                (x0, y0), (x1, y1) = box.min(axis=0), box.max(axis=0)
                self._placer.block((x0, y0, x1, y1))
        named = [i for i, o in enumerate(objects) if o.fact.category != UNKNOWN_CATEGORY]
        order = sorted(named, key=lambda i: (-areas[i], objects[i].fact.object_id))
        crowded = [i for i in order if not self._name(objects[i], boxes[i], boxes)]
        numbered = []
        for number, index in enumerate(crowded, start=1):
            self._number(number, boxes[index])
            numbered.append((number, objects[index]))
        return numbered

    def _name(self, entry: ObjectEntry, box: Float64Array, boxes: list[Float64Array]) -> bool:
        text = entry.fact.category
        size = label_size(text, OBJECT_TEXT)
        low, high = box.min(axis=0), box.max(axis=0)
        centre = (low + high) / 2
        rings = around_point((centre[0], centre[1]), size, _REACHES, tuple((high - low) / 2))
        inside = np.array([[*(centre - np.array(size) / 2), *(centre + np.array(size) / 2)]])
        fits = bool((high - low >= size).all())
        candidates = np.vstack([inside, rings]) if fits else rings
        # A name on a stranger's box would be read as the stranger's.
        strangers = [b for b in boxes if not _holds(b, centre)]
        astray = np.any(
            [np.zeros(len(candidates), bool), *(_covers(candidates, b) for b in strangers)], axis=0
        )
        place = None if astray.all() else self._placer.place(candidates[~astray])
        if place is None:
            place = self._placer.place(candidates[:9])
        if place is None:
            return False
        self._leader(place, low, high)
        self._canvas.plate(place, _WHITE, 0.78)
        self._canvas.text(text, (place[0] + 4, place[1] + 1), OBJECT_TEXT, INK)
        return True

    def _number(self, number: int, box: Float64Array) -> None:
        text = str(number)
        size = label_size(text, NUMBER_TEXT, bold=True)
        low, high = box.min(axis=0), box.max(axis=0)
        centre = (low + high) / 2
        reaches = (1.0, 6.0, 14.0, 24.0, 36.0, 50.0)
        rings = around_point((centre[0], centre[1]), size, reaches, tuple((high - low) / 2))
        place = self._placer.place(rings, must=True)
        assert place is not None
        self._leader(place, low, high)
        self._canvas.plate(place, INK, 0.85)
        at = (place[0] + 4, place[1] + 1)
        self._canvas.text(text, at, NUMBER_TEXT, _WHITE, bold=True)

    def _leader(self, place: Rectangle, low: Float64Array, high: Float64Array) -> None:
        """A thin line from a label to its object, where they do not touch."""
        start = np.clip(_centre(place), low, high)
        end = np.clip(start, place[:2], place[2:])
        if np.hypot(*(end - start)) > 7:
            self._canvas.line([start, end], _LEADER, 1)


def _centre(place: Rectangle) -> tuple[float, float]:
    return (place[0] + place[2]) / 2, (place[1] + place[3]) / 2


def _covers(candidates: Float64Array, box: Float64Array) -> np.ndarray:
    """(K,) whether each candidate rectangle touches a box given by its corners."""
    touches: np.ndarray = (candidates[:, :2] < box.max(axis=0)).all(axis=1)
    touches &= (candidates[:, 2:] > box.min(axis=0)).all(axis=1)
    return touches


def _steps_around(point: tuple[float, float], size: tuple[int, int]) -> Float64Array:
    """(K, 4) rectangles of a size on a lattice around a point, nearest first."""
    width, height = size
    steps = sorted(
        ((row, column) for row in range(-9, 10) for column in range(-4, 5)),
        key=lambda step: (abs(step[0]) + 1.5 * abs(step[1]), step),
    )
    low = np.array(
        [
            (point[0] + (0.35 * column - 0.5) * width, point[1] + (0.8 * row - 0.5) * height)
            for row, column in steps
        ]
    )
    return np.hstack([low, low + np.array(size)])


def _share_of(mask: BoolArray, rectangles: Float64Array) -> Float64Array:
    """(K,) share of each rectangle's pixels that are set in a (H, W) mask."""
    sums = cv2.integral(mask.astype(np.uint8))
    limits = np.array([mask.shape[1], mask.shape[0]] * 2)
    x0, y0, x1, y1 = np.clip(np.rint(rectangles), 0, limits).astype(int).T
    inside = sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]
    area = np.prod(rectangles[:, 2:] - rectangles[:, :2], axis=1)
    share: Float64Array = inside / area
    return share


def _holds(box: Float64Array, point: Float64Array) -> bool:
    """Whether a point lies in a box given by its corners."""
    return bool((box.min(axis=0) <= point).all() and (point <= box.max(axis=0)).all())
