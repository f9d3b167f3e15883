"""Ground truth of the floor: what blocks a body, where it can stand and what it can reach."""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy import ndimage

from embodied_mem.errors import HouseError
from embodied_mem.types import BoolArray, Float64Array
from embodied_mem_envs.house.footprint import Footprint
from embodied_mem_envs.house.layout import Door, Room
from embodied_mem_envs.house.objects import HouseObject
from embodied_mem_envs.house.solids import unit_mesh

BODY_HEIGHT = 1.4
"""Parts whose lower side is above this do not touch the body."""
FAR = 1.5
"""Clearance on a grid is not told apart beyond this, metres."""
_DOOR_DEPTH = 0.2
"""Half of how far a doorway reaches into the rooms; more than half of any wall."""


def obstacles(
    walls: Iterable[Footprint], objects: Iterable[HouseObject], level: float = 0.0
) -> Float64Array:
    """Returns the solid rectangles that stop a body: walls and the parts of all low objects.

    Args:
        walls: The walls.
        objects: The objects; what stands on another object is within its outline already only
            if it does not stick out, so all of them count.
        level: Height of the floor that all of this stands on, metres.

    Returns:
        (N, 6): centre x, y, half sizes along its own axes, cosine and sine of the yaw.
    """
    rows = [[w.x, w.y, w.half_x, w.half_y, np.cos(w.yaw), np.sin(w.yaw)] for w in walls]
    blocks = [np.array(rows).reshape(-1, 6)]
    for thing in objects:
        mesh = unit_mesh(thing.category)
        low = thing.base - level + mesh.part_lo[:, 2] * thing.size[2]
        solid = low < BODY_HEIGHT
        if not solid.any():
            continue
        lo, hi = mesh.part_lo[solid], mesh.part_hi[solid]
        centre = thing.from_unit((lo + hi) / 2)[:, :2]
        half = (hi - lo)[:, :2] / 2 * thing.size[:2]
        block = np.empty((len(lo), 6))
        block[:, :2], block[:, 2:4] = centre, half
        block[:, 4], block[:, 5] = np.cos(thing.yaw), np.sin(thing.yaw)
        blocks.append(block)
    return np.concatenate(blocks)


def clearance(points: Float64Array, blocks: Float64Array) -> Float64Array:
    """Returns the distance of (N, 2) points to the nearest of the blocks, 0 inside one."""
    nearest = np.full(len(points), np.inf)
    for x, y, half_x, half_y, c, s in blocks.tolist():
        dx, dy = points[:, 0] - x, points[:, 1] - y
        u = np.maximum(np.abs(c * dx + s * dy) - half_x, 0.0)
        v = np.maximum(np.abs(c * dy - s * dx) - half_y, 0.0)
        np.minimum(nearest, u * u + v * v, out=nearest)
    result: Float64Array = np.sqrt(nearest)
    return result


def is_in(
    mask: BoolArray, origin: tuple[float, float], point: tuple[float, float], cell: float
) -> bool:
    """Tells whether the cell of a mask that holds a world point is set; False off the mask."""
    row, column = int((point[1] - origin[1]) // cell), int((point[0] - origin[0]) // cell)
    inside = 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]
    return inside and bool(mask[row, column])


class FreeFloor:
    """One floor of a house with its objects as they were when this was made.

    Steps, and the opening over them, are no floor: `walls` has to cover them.
    """

    def __init__(
        self,
        rooms: Sequence[Room],
        doors: Sequence[Door],
        walls: Sequence[Footprint],
        objects: Sequence[HouseObject],
        level: float = 0.0,
    ) -> None:
        self._rooms = rooms
        self._doors = doors
        self._blocks = obstacles(walls, objects, level)

    def clearance(self, points: Float64Array) -> Float64Array:
        """Returns the free distance around (N, 2) floor points, metres; 0 outside the house."""
        inside = self._inside(points[:, 0], points[:, 1])
        result = np.zeros(len(points))
        result[inside] = clearance(points[inside], self._blocks)
        return result

    def grid(self, cell: float) -> tuple[Float64Array, tuple[float, float]]:
        """Returns the clearance of the cells of a grid over the house, and its lower corner.

        Clearance beyond `FAR` is given as `FAR`.
        """
        low = np.array([room.min for room in self._rooms]).min(axis=0) - cell
        high = np.array([room.max for room in self._rooms]).max(axis=0) + cell
        columns, rows = np.ceil((high - low) / cell - 1e-9).astype(int)
        xs = low[0] + (np.arange(columns) + 0.5) * cell
        ys = low[1] + (np.arange(rows) + 0.5) * cell
        squared = np.full((rows, columns), FAR * FAR)
        for x, y, half_x, half_y, c, s in self._blocks.tolist():
            reach_x = abs(c) * half_x + abs(s) * half_y + FAR
            reach_y = abs(s) * half_x + abs(c) * half_y + FAR
            across = slice(*np.searchsorted(xs, (x - reach_x, x + reach_x)).tolist())
            along = slice(*np.searchsorted(ys, (y - reach_y, y + reach_y)).tolist())
            dx, dy = xs[None, across] - x, ys[along, None] - y
            u = np.maximum(np.abs(c * dx + s * dy) - half_x, 0.0)
            v = np.maximum(np.abs(c * dy - s * dx) - half_y, 0.0)
            window = squared[along, across]
            np.minimum(window, u * u + v * v, out=window)
        inside = self._inside(xs[None, :], ys[:, None])
        return np.where(inside, np.sqrt(squared), 0.0), (float(low[0]), float(low[1]))

    def _inside(self, x: Float64Array, y: Float64Array) -> BoolArray:
        """Tells which points lie in a room or a doorway."""
        result = np.zeros(np.broadcast_shapes(x.shape, y.shape), bool)
        for room in self._rooms:
            (x0, y0), (x1, y1) = room.min, room.max
            result |= (x > x0) & (x < x1) & (y > y0) & (y < y1)
        for door in self._doors:
            half = [door.width / 2, door.width / 2]
            half[door.axis] = _DOOR_DEPTH
            result |= (np.abs(x - door.centre[0]) < half[0]) & (
                np.abs(y - door.centre[1]) < half[1]
            )
        return result

    def start(self) -> tuple[float, float, float]:
        """Returns (x, y, yaw) at the widest place of the largest room, turned to its middle.

        Raises:
            HouseError: If no place is wide enough for a body.
        """
        free, origin = self.grid(0.1)
        room = max(self._rooms, key=lambda r: r.area)
        rows, columns = np.indices(free.shape)
        xs, ys = origin[0] + (columns + 0.5) * 0.1, origin[1] + (rows + 0.5) * 0.1
        inside = (xs > room.min[0]) & (xs < room.max[0]) & (ys > room.min[1]) & (ys < room.max[1])
        best = int(np.where(inside, free, -1.0).argmax())
        if free.flat[best] < 0.25:
            raise HouseError("no free floor to start on; generate the house with less clutter")
        x, y = float(xs.flat[best]), float(ys.flat[best])
        cx, cy = room.centre
        yaw = float(np.arctan2(cy - y, cx - x))
        return round(x, 3), round(y, 3), round(yaw, 3)

    def reachable(
        self, start: tuple[float, float], radius: float, cell: float
    ) -> tuple[BoolArray, tuple[float, float]]:
        """Returns the cells that a body of a radius reaches from a start, and the lower corner.

        Raises:
            HouseError: If the body does not fit at the start.
        """
        free, origin = self.grid(cell)
        labels, _ = ndimage.label(free >= radius)
        row, column = int((start[1] - origin[1]) / cell), int((start[0] - origin[0]) / cell)
        here = labels[row, column]
        if here == 0:
            raise HouseError(
                f"a body of radius {radius:g} m does not fit at the start {start}; "
                "choose a smaller radius or a start on free floor"
            )
        mask: BoolArray = labels == here
        return mask, origin
