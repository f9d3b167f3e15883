"""What of a picture is a thing: neither table nor chest, bin, tray, drawer or arm."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.robots.arm import Fixture, WorkCell
from embodied_mem.scene.tabletop.drawers import Drawer
from embodied_mem.scene.tabletop.view import View
from embodied_mem.types import BoolArray, Float32Array, Float64Array

CLEARANCE: Final = 0.005
"""What is less than this above what carries it is no thing, m."""
_WALL: Final = 0.009
"""Thickness of the walls of bins, trays and drawers, with what their edges spread, m."""
_FLOORS: Final = {"bin": 0.005, "tray": 0.004}
"""Thickness of the floors of open boxes, m."""
_TALLEST: Final = 0.60
"""What is higher is no thing on the table, m."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Foreground:
    """The pixels that may show things."""

    mask: BoolArray
    """(H, W)"""
    level: Float32Array
    """(H, W) height of the fixture below, m; meaningless where `mask` is false."""


@final
class Fixtures:
    """The fixtures of a cell as carriers of things.

    Args:
        cell: The fixtures.
    """

    def __init__(self, cell: WorkCell) -> None:
        self.cell = cell
        self.drawers = {
            name: Drawer(name, each) for name, each in cell.items() if each.kind == "drawer"
        }
        self._open_boxes = {n: f for n, f in cell.items() if f.kind in ("bin", "tray")}
        self._blocks = [f for f in cell.values() if f.kind in ("chest", "block", "wall")]
        tables = [f for f in cell.values() if f.kind == "table"]
        self._low = np.array([f.low for f in tables]).min(axis=0)
        self._high = np.array([f.high for f in tables]).max(axis=0)
        self._middle = np.float32(0.5 * (self._low[1] + self._high[1]))
        self._half = np.float32(0.5 * (self._high[1] - self._low[1]))

    def foreground(self, view: View, arm: BoolArray, opened: Mapping[str, float]) -> Foreground:
        """Finds the pixels that show neither fixture nor arm.

        Args:
            view: A picture.
            arm: (H, W) pixels that show the arm.
            opened: How far each drawer is open, 0..1.
        """
        points, clearance = view.points, np.float32(CLEARANCE + 2.0 * view.noise)
        x, y, z = points[..., 0], points[..., 1], points[..., 2]
        candidate = view.valid & ~arm & (z > self._high[2] + clearance) & (z < _TALLEST)
        candidate &= (x > self._low[0]) & (np.abs(y - self._middle) < self._half)
        flat = np.flatnonzero(candidate)
        at = points.reshape(-1, 3)[flat]
        keep = at[:, 0] < self._high[0]
        level = np.full(len(flat), self._high[2], np.float32)
        for fixture in self._open_boxes.values():
            self._cut_open_box(fixture, at, keep, level)
        for name, drawer in self.drawers.items():
            if opened.get(name, 0.0) > 0.0:
                _cut_drawer(drawer, opened[name], at, keep, level)
            _cut_front(drawer, opened.get(name, 0.0), at, keep)
        for fixture in self._blocks:
            on = _within(at, np.array(fixture.low) - 0.006, np.array(fixture.high) + 0.006)
            level[on] = fixture.high[2]
        keep &= at[:, 2] > level + clearance
        mask = np.zeros(candidate.shape, bool)
        mask.ravel()[flat[keep]] = True
        levels = np.zeros(candidate.shape, np.float32)
        levels.ravel()[flat[keep]] = level[keep]
        return Foreground(mask=mask, level=levels)

    def _cut_open_box(
        self, fixture: Fixture, at: Float32Array, keep: BoolArray, level: Float32Array
    ) -> None:
        low, high = np.array(fixture.low), np.array(fixture.high)
        around = _within(at, low - 0.004, high + 0.004)
        inside = around & _within(at, low + _WALL, high - _WALL)
        keep &= ~around | inside | (at[:, 2] > high[2] + CLEARANCE)
        level[inside] = self._high[2] + _FLOORS[fixture.kind]

    def place_of(self, position: Float64Array, low: float, opened: Mapping[str, float]) -> str:
        """Returns the id of the fixture in or on which something is.

        Args:
            position: (3,) its middle, m.
            low: Height of its underside, m.
            opened: How far each drawer is open.
        """
        for name, drawer in self.drawers.items():
            inner, outer = drawer.inside(opened.get(name, 0.0))
            if low < outer[2] - 0.01 and _holds(position, inner - 0.008, outer + 0.008):
                return name
        for name, fixture in self._open_boxes.items():
            if _holds(position, np.array(fixture.low), np.array(fixture.high)):
                return name
        for name, fixture in self.cell.items():
            box = np.array(fixture.low), np.array(fixture.high)
            if fixture in self._blocks and low > fixture.high[2] - 0.02 and _holds(position, *box):
                return name
        return next(name for name, fixture in self.cell.items() if fixture.kind == "table")

    def floor_at(self, place: str) -> float:
        """Returns the height on which things in a place stand, m."""
        fixture = self.cell[place]
        if fixture.kind == "drawer":
            return fixture.low[2]
        if fixture.kind in ("bin", "tray"):
            return float(self._high[2]) + _FLOORS[fixture.kind]
        return fixture.high[2]


def _cut_drawer(
    drawer: Drawer, opened: float, at: Float32Array, keep: BoolArray, level: Float32Array
) -> None:
    """Takes away the walls of an open drawer, and raises the level to its floor."""
    low, high = drawer.inside(opened)
    around = _within(at, low - _WALL - 0.004, high + _WALL + 0.004)
    inside = around & _within(at, low + 0.003, high - 0.003)
    keep &= ~around | inside | (at[:, 2] > high[2] + CLEARANCE)
    level[around] = low[2]


def _cut_front(drawer: Drawer, opened: float, at: Float32Array, keep: BoolArray) -> None:
    """Takes away the front and the handle of a drawer."""
    fixture = drawer.fixture
    slides = np.array(fixture.slides or (0.0, 0.0, 0.0))
    low, high = drawer.inside(opened)
    ends = np.stack([low, high])
    nose = ends[np.argmax(ends @ slides)]
    top = (fixture.handle or fixture.high)[2] + 0.022
    ahead = at @ slides.astype(np.float32) - np.float32(nose @ slides)
    sideways = np.array([-slides[1], slides[0], 0.0]).astype(np.float32)
    aside = np.abs(at @ sideways - np.float32(0.5 * (low + high) @ sideways))
    half = 0.5 * abs(float((high - low) @ sideways))
    front = (ahead > -0.004) & (ahead < 0.022) & (aside < half + 0.02) & (at[:, 2] < top)
    if fixture.handle is not None:
        reach = float(np.dot(fixture.handle, slides)) - float(_closed_nose(fixture) @ slides)
        bar = (ahead > 0.0) & (ahead < reach + 0.014) & (aside < 0.068)
        front |= bar & (np.abs(at[:, 2] - fixture.handle[2]) < 0.018)
    keep &= ~front


def _closed_nose(fixture: Fixture) -> Float64Array:
    ends = np.array([fixture.low, fixture.high])
    nose: Float64Array = ends[np.argmax(ends @ np.array(fixture.slides))]
    return nose


def _within(at: Float32Array, low: Float64Array, high: Float64Array) -> BoolArray:
    """Tells which points are above a box, seen from above."""
    inside: BoolArray = (at[:, 0] > low[0]) & (at[:, 0] < high[0])
    inside &= (at[:, 1] > low[1]) & (at[:, 1] < high[1])
    return inside


def _holds(position: Float64Array, low: Float64Array, high: Float64Array) -> bool:
    return bool((position[:2] > low[:2]).all() and (position[:2] < high[:2]).all())
