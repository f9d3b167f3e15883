"""A 2.5-D occupancy map of one floor: free and occupied, built and unbuilt by what is seen.

Every cell is a column with a few height bands. A band gains log-odds where depth points fall into
it and loses them where the camera looks through all of it, so that what moves in appears and what
moves out vanishes. Only the cells within range of the camera are touched; the grid starts empty
and grows in blocks, without knowing how large the world is.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.errors import ConfigError
from embodied_mem.perception.frame import Frame
from embodied_mem.scene.bands import BODY, LUT_BASE, LUT_STEP, SAMPLES, Band, band_lut
from embodied_mem.scene.carving import (
    BLIND_LIMIT,
    SightTest,
    blind_radius,
    disc_offsets,
    view_sector,
)
from embodied_mem.scene.drops import Drops
from embodied_mem.types import (
    BoolArray,
    Float32Array,
    Float64Array,
    Int64Array,
    UInt8Array,
)

__all__ = ["FREE", "OCCUPIED", "UNKNOWN", "Band", "Occupancy", "OccupancyConfig"]

UNKNOWN, FREE, OCCUPIED = 0, 1, 2
"""Values of `Occupancy.states`."""


_ON_IT = 0.12
"""A body farther than this above or below the floor, m, does not show where floor is."""
_RIM = 6
"""The grid holds at least so many unknown cells beyond anything known, for its users."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OccupancyConfig:
    """Settings of an `Occupancy`."""

    cell: float = 0.1
    """Edge of a cell, m."""
    reach: float = 4.5
    """Horizontal distance from the camera within which the map is changed, m."""
    body_radius: float = 0.18
    """Radius of the body, whose own footprint is free, m."""
    hit: float = 0.9
    """Log-odds that a band gains in a frame with two or more points in it (half for one)."""
    miss: float = 0.7
    """Log-odds that a band loses in a frame that looks through it."""
    odds_min: float = -1.0
    """Lower clamp: a thing that moves in appears in two frames."""
    odds_max: float = 2.7
    """Upper clamp: a thing that moves out vanishes in four frames."""
    occupied_above: float = 0.4
    """A band counts as occupied above this."""
    free_below: float = -0.3
    """The lowest band counts as free below this."""
    margin: float = 0.04
    """A surface must lie this much behind a point that is looked through, m."""
    margin_per_metre: float = 0.012
    """Growth of that margin with depth, m per m."""
    block: float = 3.2
    """The grid grows by blocks of this edge, m."""

    def __post_init__(self) -> None:
        """Checks the ranges that the update relies on.

        Raises:
            ConfigError: If a length is not positive or the log-odds are not ordered.
        """
        if min(self.cell, self.reach, self.body_radius, self.block) <= 0.0:
            raise ConfigError("cell, reach, body_radius and block are lengths: give positive ones")
        ordered = self.odds_min < self.free_below < 0.0 < self.occupied_above < self.odds_max
        if not ordered:
            raise ConfigError(
                "log-odds must be ordered odds_min < free_below < 0 < occupied_above < odds_max"
            )


class Occupancy:
    """What is known of one floor: free, occupied and unknown cells on a lattice fixed in the world.

    Cell (row, col) covers x in `origin[0] + [col, col + 1) * cell` and y likewise by rows. The
    lattice is anchored at the world's origin: growth only adds rows and columns, and `corner`
    (the lattice index of cell [0, 0]) lets callers keep cells across growth.
    """

    def __init__(
        self,
        config: OccupancyConfig | None = None,
        *,
        floor: int = 0,
        height: float | None = None,
        climbed: bool = False,
        heading: Float64Array | None = None,
    ) -> None:
        """Makes an empty map.

        Args:
            config: Settings.
            floor: Index of the floor.
            height: World height of the floor, m; where the body stands at first if None.
            climbed: Whether the body came over stairs, and so arrives on a strip of floor.
            heading: (2,) unit vector along which the body came up or down to this floor: behind
                it lies the flight, which must not be taken for floor. None where it was put down.
        """
        self.config = config or OccupancyConfig()
        self.floor = floor
        """Index of the floor that this map shows."""
        self.floor_height = 0.0 if height is None else height
        """World height of the floor, m: where the body stood in the first frame."""
        self._measured = height is not None
        self.revision = 0
        """Grows by one whenever `states` or a layer changes."""
        self.frames = 0
        """Number of frames integrated."""
        self.corner = (0, 0)
        self.states: UInt8Array = np.zeros((0, 0), np.uint8)
        """(rows, cols): `UNKNOWN`, `FREE` or `OCCUPIED`."""
        self._odds: Float32Array = np.zeros((len(Band), 0, 0), np.float32)
        self._touched: BoolArray = np.zeros((0, 0), np.bool_)
        self._drops = Drops()
        self._climbed = climbed
        self._heading = heading
        self._clearance: tuple[int, Float32Array] | None = None
        self._lut = band_lut()
        self._last_xy: Float64Array | None = None
        self._arrival: Float64Array = np.zeros(2)
        self._first: Float64Array = np.zeros(2)

    @property
    def cell(self) -> float:
        """Edge of a cell, m."""
        return self.config.cell

    @property
    def origin(self) -> Float64Array:
        """World x and y of the lower corner of cell [0, 0], m."""
        return np.array([self.corner[1], self.corner[0]], np.float64) * self.cell

    @property
    def explored_area(self) -> float:
        """Area of all cells known to be free or occupied, m2."""
        return float(np.count_nonzero(self.states)) * self.cell**2

    def cells_of(self, xy: ArrayLike) -> Int64Array:
        """Returns the (n, 2) row and column of (n, 2) world points; may lie outside the grid."""
        points = np.atleast_2d(np.asarray(xy, np.float64))
        lattice = np.floor(points / self.cell).astype(np.int64)
        cells: Int64Array = lattice[:, ::-1] - np.array(self.corner)
        return cells

    def centres_of(self, cells: ArrayLike) -> Float64Array:
        """Returns the (n, 2) world x and y of the centres of (n, 2) cells."""
        lattice = np.atleast_2d(np.asarray(cells)) + np.array(self.corner)
        centres: Float64Array = (lattice[:, ::-1] + 0.5) * self.cell
        return centres

    def states_at(self, xy: ArrayLike) -> UInt8Array:
        """Returns the (n,) states of (n, 2) world points; `UNKNOWN` outside the grid."""
        cells = self.cells_of(xy)
        inside = ((cells >= 0) & (cells < self.states.shape)).all(axis=1)
        found = np.zeros(len(cells), np.uint8)
        found[inside] = self.states[cells[inside, 0], cells[inside, 1]]
        return found

    def known_window(self, rim: int = 2) -> tuple[slice, slice]:
        """Returns the rows and columns of everything known, with a rim; empty where nothing is."""
        x, y, width, height = cv2.boundingRect(self.states)
        if width == 0:
            return slice(0, 0), slice(0, 0)
        rows, cols = self.states.shape
        return (
            slice(max(y - rim, 0), min(y + height + rim, rows)),
            slice(max(x - rim, 0), min(x + width + rim, cols)),
        )

    def clearance(self) -> Float32Array:
        """Returns (rows, cols) distances to the nearest occupied cell centre, m.

        Outside `known_window` they are not measured but infinite.
        """
        if self._clearance is None or self._clearance[0] != self.revision:
            window = self.known_window()
            full = np.full(self.states.shape, np.inf, np.float32)
            open_cells = (self.states[window] != OCCUPIED).astype(np.uint8)
            if open_cells.size:
                distance = cv2.distanceTransform(open_cells, cv2.DIST_L2, cv2.DIST_MASK_5)
                np.multiply(distance, np.float32(self.cell), out=full[window])
            self._clearance = (self.revision, full)
        return self._clearance[1]

    def traversable(self, radius: float, margin: float = 0.02) -> BoolArray:
        """Returns the mask of free cells where a body's centre may be.

        Args:
            radius: Radius of the body, m.
            margin: Least space between the body and the centre of an occupied cell, m.
        """
        window = self.known_window()
        mask = np.zeros(self.states.shape, np.bool_)
        wide = self.clearance()[window] >= radius + margin - 1e-4
        np.logical_and(self.states[window] == FREE, wide, out=mask[window])
        return mask

    def layer(self, band: Band) -> BoolArray:
        """Returns the mask of cells that are occupied in one height band."""
        mask: BoolArray = self._odds[band] > self.config.occupied_above
        return mask

    def open_layer(self, band: Band) -> BoolArray:
        """Returns the mask of cells that were looked through in one height band."""
        mask: BoolArray = self._odds[band] < self.config.free_below
        return mask

    def wall_layer(self) -> BoolArray:
        """Returns the mask of cells with something at 1.6 to 1.95 m: walls and tall furniture."""
        return self.layer(Band.WALL)

    def opaque_layer(self) -> BoolArray:
        """Returns the mask of cells that block sight at the height of eyes (1.0 to 1.6 m)."""
        return self.layer(Band.TOP)

    def integrate(self, frame: Frame) -> None:
        """Adds one frame: points occupy, what is looked through is freed, the body stands free.

        Args:
            frame: Points and depth of one view; only what lies within `reach` is used.
        """
        body = frame.observation.T_world_body
        if self.frames == 0 and not self._measured:
            self.floor_height = float(body[2, 3])
        on_it = abs(float(body[2, 3]) - self.floor_height) <= _ON_IT
        self.frames += 1
        camera = frame.observation.T_world_camera[:2, 3]
        reach_cells = round(self.config.reach / self.cell)
        near_cells = int(np.ceil(BLIND_LIMIT / self.cell))
        self._cover(np.stack([camera, body[:2, 3]]), reach_cells + _RIM)
        centre = self.cells_of(camera)[0]
        cells = view_sector(frame, reach_cells) + centre
        low, high = cells.min(axis=0) - 1, cells.max(axis=0) + 2
        window = (slice(low[0], high[0]), slice(low[1], high[1]))
        hits = self._count_hits(frame, low, high)
        seen = self._look_through(frame, cells)
        self._update_odds(window, cells - low, hits, seen)
        corner_xy = (low + np.array(self.corner))[::-1] * self.cell
        self._drops.look(
            *(frame, self.floor_height, window, self.states.shape, corner_xy, self.cell),
            hits[Band.FLOOR],
        )
        if on_it:
            self._stand(frame, body[:2, 3])
        near = self.cells_of(np.stack([camera, body[:2, 3]]))
        low = np.minimum(low, near.min(axis=0) - near_cells)
        high = np.maximum(high, near.max(axis=0) + near_cells + 1)
        self._refresh((slice(low[0], high[0]), slice(low[1], high[1])))

    def warp(self, source: Float32Array) -> None:
        """Moves what is known, because the poses that it was seen from were wrong.

        Args:
            source: (2, rows, cols) column and row, which need not be whole, that each cell takes
                its evidence from.
        """
        for odds in self._odds:
            odds[...] = cv2.remap(odds, source[0], source[1], cv2.INTER_NEAREST)
        touched = self._touched.astype(np.uint8)
        self._touched = np.asarray(cv2.remap(touched, source[0], source[1], cv2.INTER_NEAREST)) > 0
        self._drops.warp(source)
        rows, cols = self.states.shape
        self._refresh((slice(0, rows), slice(0, cols)))

    def touch(self, xy: ArrayLike) -> None:
        """Records (n, 2) points where the body felt an obstacle that it had not seen."""
        cells = self.cells_of(xy)
        inside = ((cells >= 0) & (cells < self.states.shape)).all(axis=1)
        rows, cols = cells[inside].T
        if len(rows) == 0 or self._touched[rows, cols].all():
            return
        self._touched[rows, cols] = True
        self.states[rows, cols] = OCCUPIED
        self.revision += 1

    def mark_drop(self, xy: ArrayLike) -> None:
        """Records (n, 2) points where there is no floor; only floor seen there says otherwise."""
        points = np.atleast_2d(np.asarray(xy, np.float64))
        self._cover(points, _RIM)
        rows, cols = self.cells_of(points).T
        self._drops.mark(rows, cols, self.states.shape)
        self._refresh((slice(rows.min(), rows.max() + 1), slice(cols.min(), cols.max() + 1)))

    def _count_hits(self, frame: Frame, low: Int64Array, high: Int64Array) -> Int64Array:
        """Returns (bands, h, w) counts of the points that fall into a window of cells."""
        points = frame.points.reshape(-1, 3)
        shape = high - low
        # A surface on a cell's edge would flicker between two cells: points are put a little
        # (0.5 % of their distance) behind it, always into the solid.
        behind = 1.005
        camera = frame.observation.T_world_camera[:2, 3] * ((1.0 - behind) / self.cell)
        inverse = np.float32(behind / self.cell)
        # Truncation rounds towards zero, so the window's lower rim is shifted to 1 and back.
        shift = camera[::-1] - (low + np.array(self.corner) - 1)
        col = (points[:, 0] * inverse + np.float32(shift[1])).astype(np.int32) - 1
        row = (points[:, 1] * inverse + np.float32(shift[0])).astype(np.int32) - 1
        step = (points[:, 2] - np.float32(self.floor_height + LUT_BASE)) * np.float32(
            1.0 / LUT_STEP
        )
        band = self._lut.take(step.astype(np.int32) + 1, mode="clip")
        size = int(shape[0] * shape[1])
        flat = band * size + row * np.int32(shape[1]) + col
        keep = (row >= 0) & (row < shape[0]) & (col >= 0) & (col < shape[1])
        keep &= (band >= 0) & frame.valid.ravel()
        counts = np.bincount(flat[keep], minlength=len(Band) * size)
        return counts.reshape(len(Band), shape[0], shape[1])

    def _look_through(self, frame: Frame, cells: Int64Array) -> BoolArray:
        """Returns (bands, n) true where all of a cell's band is looked through."""
        test = SightTest(
            frame=frame, margin=self.config.margin, margin_per_metre=self.config.margin_per_metre
        )
        heights = np.array([h for band in SAMPLES for h in SAMPLES[band]]) + self.floor_height
        seen = test.columns_seen_through(self.centres_of(cells), heights)
        result = np.zeros((len(Band), len(cells)), np.bool_)
        first = 0
        for band, samples in SAMPLES.items():
            last = first + len(samples)
            result[band] = seen[first:last].all(axis=0)
            first = last
        return result

    def _update_odds(
        self, window: tuple[slice, slice], cells: Int64Array, hits: Int64Array, seen: BoolArray
    ) -> None:
        """Adds the evidence of one frame to a window of the log-odds."""
        odds = self._odds[:, window[0], window[1]]
        freed = np.zeros(odds.shape, np.bool_)
        freed[:, cells[:, 0], cells[:, 1]] = seen
        freed &= hits == 0
        gain = np.array([0.0, 0.5 * self.config.hit, self.config.hit], np.float32)
        odds += gain[np.minimum(hits, 2)]
        odds -= freed * np.float32(self.config.miss)
        np.clip(odds, self.config.odds_min, self.config.odds_max, out=odds)
        touched = self._touched[window]
        touched &= ~freed[Band.LOW] | ~freed[Band.MIDDLE]

    def _stand(self, frame: Frame, xy: Float64Array) -> None:
        """Frees the footprint of the body."""
        self._assume_near(frame, xy)
        centre = self.cells_of(xy)[0]
        rows, cols = (disc_offsets(max(1, int(self.config.body_radius / self.cell))) + centre).T
        self._odds[Band.FLOOR, rows, cols] = self.config.hit
        body = self._odds[BODY]
        body[:, rows, cols] = np.minimum(body[:, rows, cols], 0.0)
        self._touched[rows, cols] = False
        self._drops.clear(rows, cols)

    def _assume_near(self, frame: Frame, xy: Float64Array) -> None:
        """Takes the floor that the camera cannot see from where the body was put as free.

        A camera that looks ahead does not see the floor right at the wheels, so a body that starts
        (or is carried) somewhere would stand on an island. Round that spot, cells that are looked
        through at the camera's own height count as floor until something is seen or felt there.
        """
        if self._last_xy is None or np.linalg.norm(xy - self._last_xy) > 1.0:
            self._arrival = self._first = xy.copy()
        elif self._climbed and np.linalg.norm(xy - self._first) <= 1.0:
            self._arrival = xy.copy()
        self._last_xy = xy.copy()
        if np.linalg.norm(xy - self._arrival) > 2.0 * self.cell:
            return
        radius = blind_radius(frame, self.floor_height)
        cells = disc_offsets(int(np.ceil(radius / self.cell))) + self.cells_of(self._arrival)[0]
        test = SightTest(frame=frame, margin=self.config.margin, margin_per_metre=0.0)
        height = frame.observation.T_world_camera[2:3, 3]
        seen = test.columns_seen_through(self.centres_of(cells), height)[0]
        if self._heading is not None:
            seen &= (self.centres_of(cells) - self._arrival) @ self._heading > 0.0
        rows, cols = cells[seen].T
        floor = self._odds[Band.FLOOR, rows, cols]
        self._odds[Band.FLOOR, rows, cols] = np.maximum(floor, 0.1)

    def _refresh(self, window: tuple[slice, slice]) -> None:
        """Recomputes the states of a window from its log-odds."""
        odds = self._odds[:, window[0], window[1]]
        occupied = odds[BODY].max(axis=0) > self.config.occupied_above
        occupied |= self._touched[window]
        drops = self._drops.mask(window)
        if drops is not None:
            occupied |= drops
        seen = (odds[Band.LOW] < self.config.free_below) | (odds[Band.FLOOR] > 0.0)
        states = np.where(occupied, np.uint8(OCCUPIED), seen.astype(np.uint8))
        current = self.states[window]
        if not np.array_equal(states, current):
            current[...] = states
            self.revision += 1

    def _cover(self, points: Float64Array, margin: int) -> None:
        """Grows the grid by whole blocks until it holds the points with a margin of cells."""
        cells = np.floor(points / self.cell).astype(np.int64)[:, ::-1]
        low, high = cells.min(axis=0) - margin, cells.max(axis=0) + margin + 1
        corner = np.array(self.corner)
        shape = np.array(self.states.shape)
        if (low >= corner).all() and (high <= corner + shape).all():
            return
        block = round(self.config.block / self.cell)
        new_low = np.floor_divide(low, block) * block
        new_high = -np.floor_divide(-high, block) * block
        if self.states.size:
            new_low = np.minimum(new_low, corner)
            new_high = np.maximum(new_high, corner + shape)
        else:
            corner = new_low
        before, after = corner - new_low, new_high - (corner + shape)
        pad = ((before[0], after[0]), (before[1], after[1]))
        self.states = np.pad(self.states, pad)
        self._touched = np.pad(self._touched, pad)
        self._odds = np.pad(self._odds, ((0, 0), *pad))
        self._drops.pad(pad)
        self.corner = (int(new_low[0]), int(new_low[1]))
        self.revision += 1
