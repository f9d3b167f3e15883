"""What the arm must not hit, as upright boxes: measured fixtures and believed things."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from embodied_mem.brain.state import State
from embodied_mem.robots.arm import Fixture, WorkCell
from embodied_mem.types import BoolArray, Float64Array

WALL = 0.008
"""Thickness taken for the walls of bins, trays and drawers, m."""
OVER_WALL = -0.002
"""How much higher than measured walls and chests are taken: less, since they are measured better
than the things from which the palm keeps its distance, m."""
FLOOR = 0.005
"""Thickness taken for the floors of bins and trays, m."""
FRONT_ABOVE_HANDLE = 0.016
"""How far a drawer's front reaches above the middle of its handle, m."""
HANDLE_HALF = (0.007, 0.062, 0.008)
"""Half extent taken for a handle, m."""

_Row = tuple[str, Float64Array, Float64Array, float]


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Upright boxes, turned about the vertical."""

    names: tuple[str, ...]
    """Of which thing or fixture each is a part."""
    centre: Float64Array
    """(B, 3) m."""
    half: Float64Array
    """(B, 3) half extents along their own axes, m."""
    yaw: Float64Array
    """(B,) rad."""

    @classmethod
    def of(cls, rows: Iterable[_Row]) -> "Boxes":
        """Stacks (name, centre, half extent, yaw) rows."""
        rows = list(rows)
        return cls(
            tuple(row[0] for row in rows),
            np.array([row[1] for row in rows], dtype=np.float64).reshape(-1, 3),
            np.array([row[2] for row in rows], dtype=np.float64).reshape(-1, 3),
            np.array([row[3] for row in rows], dtype=np.float64),
        )

    def keep(self, mask: BoolArray) -> "Boxes":
        """Returns the boxes where a (B,) mask is true."""
        names = tuple(name for name, kept in zip(self.names, mask, strict=True) if kept)
        return Boxes(names, self.centre[mask], self.half[mask], self.yaw[mask])

    def and_also(self, other: "Boxes") -> "Boxes":
        """Returns these boxes and others."""
        return Boxes(
            self.names + other.names,
            np.concatenate([self.centre, other.centre]),
            np.concatenate([self.half, other.half]),
            np.concatenate([self.yaw, other.yaw]),
        )

    def without(self, names: Collection[str]) -> "Boxes":
        """Returns the boxes that are not parts of these."""
        return self.keep(np.array([name not in names for name in self.names], dtype=bool))

    def near(self, low: Float64Array, high: Float64Array) -> "Boxes":
        """Returns the boxes that may reach into the (3,) corners of an upright region."""
        flat = np.linalg.norm(self.half[:, :2], axis=1)
        reach = np.stack([flat, flat, self.half[:, 2]], axis=1)
        inside = (self.centre + reach > low) & (self.centre - reach < high)
        return self.keep(inside.all(axis=1))

    def gaps(self, spheres: Float64Array) -> Float64Array:
        """Returns (N, B) signed distances from (N, 4) spheres to the boxes, m."""
        offset = spheres[:, None, :3] - self.centre
        cosine, sine = np.cos(self.yaw), np.sin(self.yaw)
        x = cosine * offset[..., 0] + sine * offset[..., 1]
        y = cosine * offset[..., 1] - sine * offset[..., 0]
        beyond = np.abs(np.stack([x, y, offset[..., 2]], axis=-1)) - self.half
        outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=-1)
        return np.asarray(outside + np.minimum(beyond.max(axis=-1), 0.0) - spheres[:, None, 3])


def world_boxes(cell: WorkCell, state: State, *, leave_out: Collection[str] = ()) -> Boxes:
    """Returns all that stands in the way: the cell's fixtures and the believed objects.

    Args:
        cell: The fixtures.
        state: Where objects are believed to be and how far drawers are open.
        leave_out: Ids of things and fixtures that may be touched.
    """
    rows: list[_Row] = []
    for name, fixture in cell.items():
        if name not in leave_out:
            rows += _fixture_rows(name, fixture, opened_share(state, name))
    for name, entity in state.entities.items():
        hidden = entity.missing or entity.place == "hand" or name in leave_out
        if entity.kind == "object" and not hidden:
            rows.append((name, entity.position, 0.5 * entity.size, entity.yaw))
    return Boxes.of(rows)


def opened_share(state: State, drawer: str) -> float:
    """Returns how far a drawer is believed to be open, from 0 to 1."""
    entity = state.entities.get(drawer)
    return entity.opened if entity is not None else 0.0


def drawer_shift(fixture: Fixture, opened: float) -> Float64Array:
    """Returns the (3,) way that a drawer has slid, m."""
    slides = np.array(fixture.slides if fixture.slides is not None else (0.0, 0.0, 0.0))
    return np.asarray(slides * fixture.travel * opened)


def inside_of(fixture: Fixture, opened: float = 0.0) -> tuple[Float64Array, Float64Array]:
    """Returns the (3,) corners of the room in or on a fixture, its floor being the low z, m."""
    low, high = np.array(fixture.low), np.array(fixture.high)
    if fixture.kind == "table":
        low[2] = high[2]
    elif fixture.kind in ("bin", "tray"):
        low += np.array([WALL, WALL, FLOOR])
        high -= np.array([WALL, WALL, 0.0])
    elif fixture.kind == "drawer":
        low, high = low + drawer_shift(fixture, opened), high + drawer_shift(fixture, opened)
    return low, high


def _fixture_rows(name: str, fixture: Fixture, opened: float) -> list[_Row]:
    low, high = np.array(fixture.low), np.array(fixture.high)
    if fixture.kind == "zone":
        return []
    if fixture.kind in ("bin", "tray"):
        return _open_box(name, low, high, high[2], FLOOR)
    if fixture.kind == "drawer":
        return _drawer_rows(name, fixture, opened)
    over = 0.0 if fixture.kind == "table" else OVER_WALL
    return [_between(name, low, high + np.array([0.0, 0.0, over]))]


def _drawer_rows(name: str, fixture: Fixture, opened: float) -> list[_Row]:
    low, high = inside_of(fixture, opened)
    low, high = low - WALL, high + np.array([WALL, WALL, 0.0])
    rows = _open_box(name, low, high, high[2], WALL)
    if fixture.handle is None:
        return rows
    handle = np.array(fixture.handle) + drawer_shift(fixture, opened)
    rows.append((name, handle, np.array(HANDLE_HALF), 0.0))
    outer = 2 * WALL
    front_low = np.array([low[0] - outer + WALL, low[1] - WALL, low[2]])
    front_high = np.array(
        [low[0] + WALL, high[1] + WALL, handle[2] + FRONT_ABOVE_HANDLE + OVER_WALL]
    )
    rows.append(_between(name, front_low, front_high))
    return rows


def _open_box(
    name: str, low: Float64Array, high: Float64Array, top: float, floor: float
) -> list[_Row]:
    """A floor and four walls that fill the corners' rim."""
    x0, y0, z0 = low
    x1, y1, _ = high
    top += OVER_WALL
    corners = (
        ((x0, y0, z0), (x1, y1, z0 + floor)),
        ((x0, y0, z0), (x0 + WALL, y1, top)),
        ((x1 - WALL, y0, z0), (x1, y1, top)),
        ((x0, y0, z0), (x1, y0 + WALL, top)),
        ((x0, y1 - WALL, z0), (x1, y1, top)),
    )
    return [_between(name, np.array(a), np.array(b)) for a, b in corners]


def _between(name: str, low: Float64Array, high: Float64Array) -> _Row:
    return name, 0.5 * (low + high), 0.5 * (high - low), 0.0
