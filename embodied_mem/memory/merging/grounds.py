"""The maps of all robots: what each has looked at, and the map of all of them together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, final

import numpy as np

from embodied_mem.errors import DamagedRecordError
from embodied_mem.memory.links import LinkType
from embodied_mem.memory.merging.classes import Source, believed, source_of, tells
from embodied_mem.memory.merging.held import Held, new_held
from embodied_mem.memory.migration.payloads import read_grid, write_grid
from embodied_mem.memory.record import Link, MemoryRecord
from embodied_mem.types import Float64Array, UInt8Array

UNITED: Final = "united"
"""Key in the content of a map that was made of others."""
_FREE, _OCCUPIED = 1, 2
_DERIVED: Final[LinkType] = "derived_from"


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """One map of one floor."""

    held: Held
    states: UInt8Array
    """(rows, cols): 0 unknown, 1 free, 2 occupied."""
    origin: tuple[float, float]
    cell: float

    def states_at(self, xy: Float64Array) -> UInt8Array:
        """Returns the (n,) states at (n, 2) points, metres; 0 outside."""
        index = np.floor((xy - np.array(self.origin)) / self.cell + 1e-6).astype(np.int64)
        inside = ((index >= 0) & (index < self.states.shape[::-1])).all(axis=1)
        found = np.zeros(len(xy), np.uint8)
        found[inside] = self.states[index[inside, 1], index[inside, 0]]
        return found


@final
class Grounds:
    """All maps that are believed."""

    def __init__(self, holdings: Sequence[Held]) -> None:
        self.all = [ground for held in holdings if (ground := _ground(held)) is not None]
        self._of: dict[Source, list[Ground]] = defaultdict(list)
        for ground in self.all:
            self._of[source_of(ground.held.record)].append(ground)
        self._begun: dict[Source, int] = {}
        """First tick of each source."""
        for held in holdings:
            source, tick = source_of(held.record), held.record.recorded_at
            self._begun[source] = min(tick, self._begun.get(source, tick))

    def looked_at(self, source: Source, point: Float64Array) -> bool:
        """Tells whether the map of a source knows the surroundings of a point."""
        xy = _disc(point[:2], 0.2)
        return any((ground.states_at(xy) > 0).mean() >= 0.5 for ground in self._of.get(source, ()))

    def height(self, held: Held) -> float:
        """Returns the height of the highest known floor below a thing, metres; 0 without any."""
        low = held.record.content["box_min"][2]
        heights = [g.held.record.pose[2] for g in self.all if g.held.record.pose is not None]
        return max((height for height in heights if height <= low + 0.3), default=0.0)

    def found_free(self, held: Held, low: Float64Array, high: Float64Array, tick: int) -> bool:
        """Tells whether a walk that began after a tick found floor where a thing stood.

        Args:
            held: The thing's record; only maps that all its readers may read are looked at.
            low: Its lowest x and y, metres.
            high: Its highest.
            tick: When it was last seen.
        """
        floor = self.height(held)
        for ground in self.all:
            record = ground.held.record
            later = self._begun[source_of(record)] > tick
            level = record.pose is None or abs(record.pose[2] - floor) < 0.5
            if not (later and level and tells(held.record, record)):
                continue
            # The rim may share a cell with what stands beside it.
            inner = np.linspace(low + 0.25 * (high - low), high - 0.25 * (high - low), 4)
            xy = np.stack(np.meshgrid(inner[:, 0], inner[:, 1]), axis=-1).reshape(-1, 2)
            if (ground.states_at(xy) == _FREE).all():
                return True
        return False

    def explored(self, held: Held) -> bool:
        """Tells whether another source's map knows all around a frontier."""
        content = held.record.content
        centre, direction = (np.array(content[key], float) for key in ("centroid", "direction"))
        xy = np.concatenate([_disc(centre, 0.25), _disc(centre + 0.4 * direction, 0.25)])
        own, floor = source_of(held.record), content.get("floor", 0)
        return any(
            source != own and (ground.states_at(xy) > 0).mean() >= 0.9
            for source, grounds in self._of.items()
            for ground in grounds
            if ground.held.record.content.get("floor", 0) == floor
        )

    def clear_between(self, a: Float64Array, b: Float64Array, floor: int) -> bool:
        """Tells whether no wall that is known stands between two points of a floor."""
        steps = max(2, int(np.linalg.norm(a - b) / 0.05))
        way = a + (b - a) * np.linspace(0.0, 1.0, steps)[:, None]
        return all(
            (ground.states_at(way) == _OCCUPIED).mean() < 0.2
            for ground in self.all
            if ground.held.record.content.get("floor", 0) == floor
        )

    def united(self) -> list[tuple[Held, list[Held]]]:
        """Returns the map of each floor that several maps make, with those that it is made of.

        Only maps that the same may read are put together.
        """
        groups: dict[tuple[int, str, float], list[Ground]] = defaultdict(list)
        for ground in self.all:
            record = ground.held.record
            reader = "" if record.visibility == "shared" else f"={record.observer}"
            groups[record.content.get("floor", 0), reader, ground.cell].append(ground)
        return [
            (_together(grounds), [ground.held for ground in grounds])
            for _, grounds in sorted(groups.items())
            if len({source_of(ground.held.record) for ground in grounds}) > 1
        ]


def _ground(held: Held) -> Ground | None:
    record = held.record
    if record.content.get("type") != "map" or not believed(record):
        return None
    try:
        x, y = record.content["origin"]
        return Ground(held, read_grid(b"".join(record.payload)), (x, y), record.content["cell"])
    except (DamagedRecordError, KeyError, TypeError, ValueError):
        return None


def _disc(centre: Float64Array, radius: float) -> Float64Array:
    steps = np.linspace(-radius, radius, 5)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    return np.asarray(centre + grid[np.linalg.norm(grid, axis=1) <= radius + 1e-9], np.float64)


def _together(grounds: Sequence[Ground]) -> Held:
    """Lays maps over each other, the latest on top, on the lattice of the first."""
    grounds = sorted(grounds, key=lambda g: (g.held.record.recorded_at, g.held.id))
    cell, anchor = grounds[0].cell, np.array(grounds[0].origin)
    corners = [
        (
            np.floor((np.array(g.origin) - anchor) / cell + 1e-6).astype(int),
            np.ceil(
                (np.array(g.origin) - anchor) / cell + np.array(g.states.shape[::-1]) - 1e-6
            ).astype(int),
        )
        for g in grounds
    ]
    low = np.min([each[0] for each in corners], axis=0)
    cols, rows = np.max([each[1] for each in corners], axis=0) - low
    row, col = np.indices((rows, cols))
    middle = anchor + (low + np.stack([col, row], axis=-1).reshape(-1, 2) + 0.5) * cell
    states = np.zeros(rows * cols, np.uint8)
    for ground in grounds:
        found = ground.states_at(middle)
        states = np.where(found > 0, found, states).astype(np.uint8)
    x, y = (anchor + low * cell).round(4).tolist()
    return new_held(_united_record(grounds, states.reshape(rows, cols), (x, y)))


def _united_record(
    grounds: Sequence[Ground], states: UInt8Array, origin: tuple[float, float]
) -> MemoryRecord:
    records = [ground.held.record for ground in grounds]
    ids = sorted(record.id for record in records)
    tick = max(max(record.recorded_at, record.valid_from) for record in records)
    mark = blake2b("".join(ids).encode(), digest_size=10).hexdigest()
    heights = [record.pose[2] for record in records if record.pose is not None]
    pose = (*origin, heights[-1], 1.0, 0.0, 0.0, 0.0) if heights else None
    return MemoryRecord(
        id=f"{max(tick, 0):012x}{mark}",
        kind="summary",
        content={
            "type": "map",
            "origin": list(origin),
            "cell": grounds[0].cell,
            "floor": records[0].content.get("floor", 0),
            UNITED: True,
        },
        pose=pose,
        observer=records[-1].observer,
        session=records[-1].session,
        valid_from=tick,
        recorded_at=tick,
        payload=(write_grid(states),),
        losses=(0.0,),
        links=tuple(Link(_DERIVED, record_id) for record_id in ids),
        provenance=tuple(ids),
        visibility=records[-1].visibility,
        level=1,
    )
