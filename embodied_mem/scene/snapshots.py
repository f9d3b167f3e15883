"""Memory snapshots: the few frames that are kept because together they show every object.

The selection follows the walk: each frame either shows something that no kept frame shows as
well, or is dropped at once. What is chosen stays chosen (hysteresis) until a from-scratch
selection needs fewer frames, so snapshot ids are stable between steps.
"""

from dataclasses import dataclass, field

import numpy as np

from embodied_mem.scene.cover import redundant, select_cover
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Int64Array

Box = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class SnapshotConfig:
    """When a frame is worth keeping."""

    max_frames: int = 256
    """Candidate frames held at most; beyond it the one that shows least is dropped."""
    quality_slack: float = 0.25
    """A view must be better by this much (of 1) to count as better."""
    refresh_every: int = 24
    """Kept frames between two selections from scratch."""
    min_gain: float = 1.08
    """As few snapshots are exchanged for others only if those show the objects this much better."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class KeptFrame:
    """One candidate frame: enough of it to become a snapshot."""

    tick: int
    T_world_camera: Float64Array
    jpeg: bytes
    """The picture; empty where it is held in layers."""
    width: int
    height: int
    boxes: dict[int, Box] = field(default_factory=dict)
    """Object row to its pixel box x0, y0, x1, y1."""
    layers: tuple[bytes, ...] = ()
    """The picture as a store held it (see `memory.codec.pictures`)."""
    losses: tuple[float, ...] = ()
    """What each prefix of the layers loses, where that was measured."""


class SnapshotSelector:
    """Keeps candidate frames and chooses the snapshots among them.

    Objects are rows, frames are columns of one visibility matrix. Rows are given by the caller
    and stay what they are; columns are reused.
    """

    def __init__(self, config: SnapshotConfig | None = None) -> None:
        self.config = config or SnapshotConfig()
        self.sees: BoolArray = np.zeros((64, 64), dtype=bool)
        self.quality: Float32Array = np.zeros((64, 64), dtype=np.float32)
        self.assignment: Int64Array = np.full(64, -1)
        """(rows,) column of the snapshot that stands for the object, -1 for none."""
        self.chosen: BoolArray = np.zeros(64, dtype=bool)
        self._live: BoolArray = np.zeros(64, dtype=bool)
        self._views: Int64Array = np.zeros(64, np.int64)
        """(rows,) how many kept frames see each object."""
        self._settled: BoolArray | None = None
        """(rows,) what was required when clusters were last formed; None after a change."""
        self._frames: dict[int, KeptFrame] = {}
        self._added = 0

    def __len__(self) -> int:
        return len(self._frames)

    def frame(self, column: int) -> KeptFrame:
        """Returns the candidate frame of a column."""
        return self._frames[column]

    def frames(self) -> list[KeptFrame]:
        """Returns all candidate frames, chosen or not."""
        return list(self._frames.values())

    def columns(self) -> list[int]:
        """Returns the columns of the chosen frames, in ascending order."""
        return [int(column) for column in np.flatnonzero(self.chosen)]

    def cluster(self, column: int) -> list[int]:
        """Returns the object rows that a chosen frame stands for."""
        return [int(row) for row in np.flatnonzero(self.assignment == column)]

    def shows(self, row: int) -> list[int]:
        """Returns the columns of all kept frames that see an object."""
        return [int(column) for column in np.flatnonzero(self.sees[row])]

    def seen_together(self, first: int, second: int) -> bool:
        """Tells whether one kept frame shows both objects as separate things."""
        return bool((self.sees[first] & self.sees[second]).any())

    def wants(self, rows: Int64Array, quality: Float32Array) -> bool:
        """Tells whether a frame could win: no kept frame sees all that it sees as well."""
        if rows.size == 0:
            return False
        self._grow_rows(int(rows.max()) + 1)
        better = self.quality[rows] + self.config.quality_slack >= quality[:, None]
        return not bool((self.sees[rows] & better).all(axis=0).any())

    def add(self, frame: KeptFrame, rows: Int64Array, quality: Float32Array) -> int:
        """Takes a frame in and drops the candidates that it makes useless; returns its column."""
        self._grow_rows(int(rows.max()) + 1)
        self._drop_dominated(rows, quality)
        if len(self._frames) >= self.config.max_frames:
            self._drop_least()
        column = self._free_column()
        self.sees[rows, column] = True
        self._views[rows] += 1
        self.quality[rows, column] = quality
        self._live[column] = True
        self._frames[column] = frame
        self._added += 1
        return column

    def update(self, required: BoolArray, *, afresh: bool = False) -> None:
        """Adjusts the choice so that every required object that a kept frame sees is covered.

        Args:
            required: (rows,) which objects must be covered.
            afresh: Select from scratch too, though it may not be due yet.
        """
        self._grow_rows(len(required))
        needed = np.zeros(len(self.sees), dtype=bool)
        needed[: len(required)] = required
        needed &= self._views > 0
        self._extend(np.flatnonzero(needed & (self.assignment < 0)))
        if afresh or self._added >= self.config.refresh_every:
            self._refresh(needed)
        if self._settled is None or not np.array_equal(self._settled, needed):
            self._assign(needed)
            self._settled = needed

    def _extend(self, rows: Int64Array) -> None:
        """Chooses further frames for objects that have none, where no chosen frame shows them."""
        bare = rows[~self.sees[np.ix_(rows, np.flatnonzero(self.chosen))].any(axis=1)]
        if bare.size:
            wanted = np.zeros(len(self.sees), dtype=bool)
            wanted[bare] = True
            self.chosen[select_cover(self.sees, self.quality, wanted).frames] = True
            self._settled = None

    def merge_rows(self, gone: int, into: int) -> None:
        """Re-points all views of one object to another that turned out to be the same."""
        self._grow_rows(max(gone, into) + 1)
        self.sees[into] |= self.sees[gone]
        np.maximum(self.quality[into], self.quality[gone], out=self.quality[into])
        self._views[into] = np.count_nonzero(self.sees[into])
        for column in self.shows(gone):
            boxes = self._frames[column].boxes
            boxes.setdefault(into, boxes.pop(gone))
        self.forget_row(gone)

    def forget_row(self, row: int) -> None:
        """Forgets all views of an object: it moved or is gone, and old pictures mislead."""
        self._grow_rows(row + 1)
        for column in self.shows(row):
            self._frames[column].boxes.pop(row, None)
        self.sees[row] = False
        self.quality[row] = 0.0
        self.assignment[row] = -1
        self._views[row] = 0
        self._settled = None
        empty = self._live & ~self.chosen & ~self.sees.any(axis=0)
        for index in np.flatnonzero(empty):
            self._drop(int(index))

    def _refresh(self, needed: BoolArray) -> None:
        """Selects from scratch; takes fewer frames, or as few that show the objects better."""
        self._added = 0
        fresh = np.zeros_like(self.chosen)
        cover = select_cover(self.sees, self.quality, needed, self.chosen)
        fresh[cover.frames] = True
        spared = np.count_nonzero(self.chosen) - np.count_nonzero(fresh)
        better = self._shown_quality(needed, fresh) / self._shown_quality(needed, self.chosen)
        if spared > 0 or (spared == 0 and better > self.config.min_gain):
            self.chosen = fresh
            self._settled = None

    def _shown_quality(self, needed: BoolArray, chosen: BoolArray) -> float:
        """Returns the sum over objects of the quality of their best chosen view."""
        return float(self.quality[needed][:, chosen].max(axis=1, initial=1e-3).sum()) + 1e-6

    def _assign(self, needed: BoolArray) -> None:
        """Gives each object its best chosen frame; a chosen frame that gets none is let go."""
        columns = np.flatnonzero(self.chosen)
        self.assignment[~needed] = -1
        rows = np.flatnonzero(needed)
        if columns.size == 0 or rows.size == 0:
            self.chosen[:] = False
            return
        grid = np.ix_(rows, columns)
        value = np.where(self.sees[grid], self.quality[grid], np.float32(-np.inf))
        value += np.float32(self.config.quality_slack) * (
            self.assignment[rows][:, None] == columns[None, :]
        )
        value[:, redundant(np.isfinite(value))] = -np.inf
        self.assignment[rows] = columns[value.argmax(axis=1)]
        self.chosen[:] = False
        self.chosen[self.assignment[rows]] = True

    def _drop_dominated(self, rows: Int64Array, quality: Float32Array) -> None:
        touched = np.flatnonzero(self._live & ~self.chosen & self.sees[rows].any(axis=0))
        grid = np.ix_(rows, touched)
        subset = self.sees[grid].sum(axis=0) == self.sees[:, touched].sum(axis=0)
        better = self.quality[grid] <= quality[:, None] + self.config.quality_slack
        for column in touched[subset & better.all(axis=0)]:
            self._drop(int(column))

    def _drop_least(self) -> None:
        """Drops the unchosen candidate that shows least (the chosen ones cover all objects)."""
        spare = np.flatnonzero(self._live & ~self.chosen)
        if spare.size:
            self._drop(int(spare[self.sees[:, spare].sum(axis=0).argmin()]))

    def _drop(self, column: int) -> None:
        del self._frames[column]
        self._live[column] = False
        self._views -= self.sees[:, column]
        self.sees[:, column] = False
        self.quality[:, column] = 0.0

    def _free_column(self) -> int:
        free = np.flatnonzero(~self._live)
        if free.size:
            return int(free[0])
        column = len(self._live)
        self.sees = np.hstack([self.sees, np.zeros_like(self.sees)])
        self.quality = np.hstack([self.quality, np.zeros_like(self.quality)])
        self.chosen = np.concatenate([self.chosen, np.zeros_like(self.chosen)])
        self._live = np.concatenate([self._live, np.zeros_like(self._live)])
        return column

    def _grow_rows(self, count: int) -> None:
        while count > len(self.sees):
            self.sees = np.vstack([self.sees, np.zeros_like(self.sees)])
            self.quality = np.vstack([self.quality, np.zeros_like(self.quality)])
            self.assignment = np.concatenate([self.assignment, np.full_like(self.assignment, -1)])
            self._views = np.concatenate([self._views, np.zeros_like(self._views)])
            self._settled = None
