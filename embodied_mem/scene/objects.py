"""The objects of a scene: bounded geometry and evidence for each, in arrays by row.

A row is an object; its id never changes. Everything that a frame touches is vectorised over rows,
and no object holds more than `max_voxels` voxels, so the cost of a frame does not grow with time.
"""

from dataclasses import dataclass

import numpy as np

from embodied_mem.errors import MemoryFileError
from embodied_mem.memory.facts import ObjectFact, ObjectState
from embodied_mem.perception.colour import COLOUR_TERMS
from embodied_mem.scene import voxels
from embodied_mem.scene.geometry import pack_geometry, unpack_geometry
from embodied_mem.scene.sightings import Sightings
from embodied_mem.types import BoolArray, Float32Array, Int64Array

SAME_PLACE = 0.5
"""An object found again within this, metres, was not moved: the pose had drifted."""
_STRAY_VIEWS = (4, 10)
"""From so many views of an object on, its box leaves out voxels seen once, and twice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectConfig:
    """How objects are measured and believed."""

    voxel: float = 0.05
    """Edge of the finest voxel, metres."""
    max_voxels: int = 500
    """Voxels of one object; beyond it they are merged into ones of twice the size."""
    min_views: int = 2
    """Frames that must show an object before it is believed."""
    max_count: float = 12.0
    """How many views a voxel remembers; low, so that a place seen empty is soon believed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One past place of an object."""

    position: tuple[float, float, float]
    until: int
    """Last tick at which it was seen there."""


class ObjectTable:
    """Rows of objects, stored as arrays that double when full."""

    def __init__(self, config: ObjectConfig, embedding: int, colours: int) -> None:
        self.config = config
        self.count = 0
        """Rows ever given out; rows of merged or forgotten objects are not live."""
        self.visit_start = 0
        """First tick of this visit; objects last seen before it are remembered, not seen."""
        self._next_id = 1
        capacity = 64
        self.live: BoolArray = np.zeros(capacity, dtype=bool)
        self.low: Float32Array = np.zeros((capacity, 3), np.float32)
        self.high: Float32Array = np.zeros((capacity, 3), np.float32)
        self.embedding: Float32Array = np.zeros((capacity, embedding), np.float32)
        self.colour: Float32Array = np.zeros((capacity, colours), np.float32)
        self.views: Int64Array = np.zeros(capacity, np.int64)
        self.first: Int64Array = np.zeros(capacity, np.int64)
        self.last: Int64Array = np.zeros(capacity, np.int64)
        self.found: Int64Array = np.zeros(capacity, np.int64)
        """Frames that showed the object where it is now."""
        self.missed: Int64Array = np.zeros(capacity, np.int64)
        """Frames that should have shown it and did not, though it was found again later."""
        self.absent: Int64Array = np.zeros(capacity, np.int64)
        """Frames since it was last found that should have shown it and did not."""
        self.area: Float32Array = np.zeros(capacity, np.float32)
        """Square metres that it usually shows, facing the camera."""
        self.missing: BoolArray = np.zeros(capacity, dtype=bool)
        self.ids: list[str] = []
        self.votes: list[dict[str, float]] = []
        self.category: list[str] = []
        self.level: list[int] = []
        self.keys: list[Int64Array] = []
        self.counts: list[Float32Array] = []
        self.coarse: list[Int64Array] = []
        """The voxels once more at twice the size: what a noisy view is compared with."""
        self.history: list[list[Move]] = []
        self._envelope: list[tuple[Float32Array, Float32Array]] = []
        self._owed: dict[int, Float32Array] = {}
        """Of the rows that were shifted: what their voxels, which go by whole ones, still owe."""

    def rows(self) -> Int64Array:
        """Returns the live rows."""
        return np.flatnonzero(self.live)

    def confirmed(self) -> BoolArray:
        """Tells for each row whether it is believed to be there now."""
        return self.live & ~self.missing & (self.views >= self.config.min_views)

    def unsure(self) -> BoolArray:
        """Tells for each row whether a look at its place would settle what is believed."""
        doubtful = (self.views < self.config.min_views) | (self.last < self.visit_start)
        return self.live & ~self.missing & doubtful

    def state(self, row: int) -> ObjectState:
        """Returns what is believed of an object."""
        if self.missing[row]:
            return "missing"
        if self.views[row] < self.config.min_views:
            return "unknown"
        return "moved" if self.history[row] else "present"

    def confidence(self, row: int) -> float:
        """Returns the share of all votes that the object's category holds, less for few views."""
        votes = self.votes[row]
        views = float(self.views[row])
        return votes[self.category[row]] / sum(votes.values()) * views / (views + 1.0)

    def add(self, sightings: Sightings, index: int, tick: int) -> int:
        """Makes a new object from one sighting and returns its row."""
        row = self._new_row()
        self.first[row] = tick
        keys = sightings.keys[index]
        self.votes[row] = {}
        self.keys[row], self.counts[row], self.level[row] = keys, np.ones(len(keys), np.float32), 0
        self._envelope[row] = (sightings.low[index], sightings.high[index])
        self.live[row] = True
        self._note(row, sightings, index, tick)
        self._settle_geometry(row)
        return row

    def restore(self, fact: ObjectFact, embedding: Float32Array, geometry: bytes) -> int:
        """Brings a remembered object back and returns its row.

        Args:
            fact: What was known of it.
            embedding: Its descriptor.
            geometry: Its voxels, as `geometry` gave them.
        """
        row = self._new_row()
        self.ids[row] = fact.object_id
        self._next_id = max(self._next_id, int(fact.object_id.rpartition("-")[2]) + 1)
        self.live[row] = True
        level, voxel, self.keys[row], self.counts[row] = unpack_geometry(geometry)
        if abs(voxel - self.config.voxel) > 1e-6:
            raise MemoryFileError(
                f"objects were remembered in voxels of {voxel:g} m, not {self.config.voxel:g} m"
            )
        self.level[row] = level
        low = np.array(fact.box_min, np.float32)
        high = np.array(fact.box_max, np.float32)
        self._envelope[row] = (low, high)
        self.embedding[row] = embedding
        self.votes[row] = dict(fact.votes)
        self.category[row] = fact.category
        self.colour[row, COLOUR_TERMS.index(fact.colour)] = fact.views
        self.views[row], self.first[row], self.last[row] = (
            fact.views,
            fact.first_tick,
            fact.last_tick,
        )
        self.missing[row] = fact.state == "missing"
        self.found[row] = fact.views
        self.area[row] = _facing_area(low, high)
        self._settle_geometry(row)
        self.low[row], self.high[row] = low, high
        return row

    def geometry(self, row: int) -> bytes:
        """Packs an object's voxels into a few hundred bytes."""
        keys, counts = self.keys[row], self.counts[row]
        return pack_geometry(self.level[row], self.config.voxel, keys, counts)

    def update(self, row: int, sightings: Sightings, index: int, tick: int) -> None:
        """Adds one sighting to an object."""
        keys = sightings.keys[index]
        for _ in range(self.level[row]):
            keys = np.unique(voxels.coarsen(keys))
        merged, counts = voxels.add_counts(
            self.keys[row], self.counts[row], keys, np.ones(len(keys), np.float32)
        )
        self.keys[row] = merged
        self.counts[row] = np.minimum(counts, np.float32(self.config.max_count))
        low, high = self._envelope[row]
        self._envelope[row] = (
            np.minimum(low, sightings.low[index]),
            np.maximum(high, sightings.high[index]),
        )
        self._note(row, sightings, index, tick)
        self._settle_geometry(row)

    def see_through(self, row: int, gone: BoolArray) -> None:
        """Takes one view off each voxel that a frame saw through, and drops those with none."""
        counts = self.counts[row] - gone
        keep = counts > 0.0
        if keep.any():
            self.keys[row], self.counts[row] = self.keys[row][keep], counts[keep]
            self._settle_geometry(row)

    def absorb(self, gone: int, into: int) -> None:
        """Merges one object into another that turned out to be the same thing."""
        level = max(self.level[gone], self.level[into])
        self._coarsen_to(gone, level)
        self._coarsen_to(into, level)
        self.keys[into], counts = voxels.add_counts(
            self.keys[into], self.counts[into], self.keys[gone], self.counts[gone]
        )
        self.counts[into] = np.minimum(counts, np.float32(self.config.max_count))
        (low, high), (other_low, other_high) = self._envelope[into], self._envelope[gone]
        self._envelope[into] = (np.minimum(low, other_low), np.maximum(high, other_high))
        self._pool_evidence(gone, into)
        self._settle_geometry(into)

    def relocate(self, old: int, new: int) -> None:
        """Moves an object to where another row found it; the id and the history stay with it."""
        if np.linalg.norm(np.subtract(self.position(old), self.position(new))) > SAME_PLACE:
            move = Move(position=self.position(old), until=int(self.last[old]))
            self.history[old].append(move)
        self.keys[old], self.counts[old] = self.keys[new], self.counts[new]
        self.level[old], self._envelope[old] = self.level[new], self._envelope[new]
        self.views[old] = 0  # views count at the present place
        first = int(self.first[old])
        self._pool_evidence(new, old)
        self.first[old] = first
        self.missing[old] = False
        self.absent[old] = self.missed[old] = 0
        self.found[old], self.area[old] = self.found[new], self.area[new]
        self._settle_geometry(old)

    def shift(self, row: int, way: Float32Array) -> None:
        """Moves all that is known of a row, because the pose that it was seen from was wrong.

        Args:
            row: Which one.
            way: (3,) how far it is from where it was believed to where it is, m.
        """
        low, high = self._envelope[row]
        self._envelope[row] = (low + way, high + way)
        self.low[row] += way
        self.high[row] += way
        self.history[row] = [
            Move(position=_moved(move.position, way), until=move.until)
            for move in self.history[row]
        ]
        owed = self._owed.get(row, np.zeros(3, np.float32)) + way
        size = self.voxel_size(row)
        whole = np.rint(owed / size)
        self._owed[row] = (owed - whole * size).astype(np.float32)
        if whole.any():
            self.keys[row] = voxels.shifted(self.keys[row], whole.astype(np.int64))
        self._settle_geometry(row)

    def drop(self, row: int) -> None:
        """Takes a row out of use."""
        self.live[row] = False
        self.keys[row] = self.coarse[row] = np.empty(0, np.int64)
        self.counts[row] = np.empty(0, np.float32)

    def position(self, row: int) -> tuple[float, float, float]:
        """Returns the centre of an object's box."""
        x, y, z = (0.5 * (self.low[row] + self.high[row])).tolist()
        return (x, y, z)

    def voxel_size(self, row: int) -> float:
        """Returns the edge of an object's voxels in metres."""
        return float(self.config.voxel * 2 ** self.level[row])

    def _note(self, row: int, sightings: Sightings, index: int, tick: int) -> None:
        votes = self.votes[row]
        name = sightings.categories[index]
        votes[name] = votes.get(name, 0.0) + float(sightings.confidence[index])
        self.category[row] = max(votes, key=lambda c: (votes[c], c))
        weight = np.float32(1.0) / np.float32(min(self.views[row] + 1, 20))
        mean = self.embedding[row] * (1 - weight) + sightings.embedding[index] * weight
        self.embedding[row] = mean / max(float(np.linalg.norm(mean)), 1e-9)
        self.colour[row] += sightings.colour[index]
        self.area[row] = self.area[row] * (1 - weight) + sightings.area[index] * weight
        self.views[row] += 1
        self.last[row] = tick
        self.found[row] += 1
        self.missed[row] += self.absent[row]
        self.absent[row] = 0
        self.missing[row] = False

    def _pool_evidence(self, gone: int, into: int) -> None:
        for name, weight in self.votes[gone].items():
            self.votes[into][name] = self.votes[into].get(name, 0.0) + weight
        votes = self.votes[into]
        self.category[into] = max(votes, key=lambda c: (votes[c], c))
        self.colour[into] += self.colour[gone]
        mean = self.embedding[into] + self.embedding[gone]
        self.embedding[into] = mean / max(float(np.linalg.norm(mean)), 1e-9)
        self.views[into] += self.views[gone]
        self.first[into] = min(self.first[into], self.first[gone])
        self.last[into] = max(self.last[into], self.last[gone])
        self.drop(gone)

    def _settle_geometry(self, row: int) -> None:
        """Bounds the voxels, then takes the box from those that more than a stray view saw."""
        while len(self.keys[row]) > self.config.max_voxels:
            self._coarsen_to(row, self.level[row] + 1)
        self.coarse[row] = np.unique(voxels.coarsen(self.keys[row]))
        needed = 1 + np.searchsorted(_STRAY_VIEWS, self.views[row], side="right")
        solid = self.counts[row] >= needed
        if not solid.any():
            solid = np.ones(len(solid), dtype=bool)
        size = self.voxel_size(row)
        cells = voxels.unpack(self.keys[row][solid])
        low, high = self._envelope[row]
        self.low[row] = np.maximum(low, cells.min(axis=0) * size)
        self.high[row] = np.minimum(high, (cells.max(axis=0) + 1) * size)

    def _coarsen_to(self, row: int, level: int) -> None:
        while self.level[row] < level:
            keys, inverse = np.unique(voxels.coarsen(self.keys[row]), return_inverse=True)
            counts = np.zeros(len(keys), np.float32)
            np.maximum.at(counts, inverse, self.counts[row])
            self.keys[row], self.counts[row] = keys, counts
            self.level[row] += 1

    def _new_row(self) -> int:
        row = self.count
        if row == len(self.live):
            self._double()
        self.count += 1
        self.ids.append(f"object-{self._next_id:04d}")
        self._next_id += 1
        empty = np.empty(0, np.int64)
        self.votes.append({})
        self.category.append("")
        self.level.append(0)
        self.keys.append(empty)
        self.coarse.append(empty)
        self.counts.append(np.empty(0, np.float32))
        self.history.append([])
        zero = np.zeros(3, np.float32)
        self._envelope.append((zero, zero))
        return row

    def _double(self) -> None:
        for name in (
            *("live", "low", "high", "embedding", "colour"),
            *("views", "first", "last", "missing", "area"),
            *("found", "missed", "absent"),
        ):
            array = getattr(self, name)
            setattr(self, name, np.concatenate([array, np.zeros_like(array)]))


def _moved(position: tuple[float, float, float], way: Float32Array) -> tuple[float, float, float]:
    x, y, z = (np.array(position) + way).tolist()
    return (x, y, z)


def _facing_area(low: Float32Array, high: Float32Array) -> float:
    """Guesses the area that a box shows: half of its largest face, since few things fill it."""
    longest = np.sort(high - low)[1:]
    return 0.5 * float(longest.prod())
