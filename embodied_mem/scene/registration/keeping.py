"""Keeps a memory's geometry beside what a hippocampus keeps, for later visits to be found in."""

from dataclasses import dataclass
from typing import Final, Protocol, final

import msgspec
import numpy as np

from embodied_mem.errors import BudgetError, ConfigError
from embodied_mem.memory.record import Add, MemoryRecord, Pose, RecordIds, Update
from embodied_mem.memory.store import MemoryStore
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.scene.registration.clouds import Cloud, empty, frame_cloud, joined
from embodied_mem.scene.registration.map_cloud import FloorSpace, MapCloud
from embodied_mem.scene.registration.map_record import encode_map, map_records, read_map
from embodied_mem.scene.registration.views import View, looked_at, view_of
from embodied_mem.types import Observation

__all__ = ["GeometryConfig", "GeometryMemory", "Rememberer"]

_SALT: Final = 49_979_687
"""Keeps the ids of these records apart from those that others make of the store's seed."""
_HERE: Final[Pose] = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
_AT_ONCE: Final = 8
"""Frames that are joined at a time."""


class Rememberer(Protocol):
    """What a `Hippocampus` is to its geometry."""

    @property
    def scene(self) -> SceneGraph:
        """Its spatial view."""

    @property
    def store(self) -> MemoryStore:
        """What lasts."""

    @property
    def latest(self) -> Observation | None:
        """What it took in last, with the tick that it counts."""

    def observe(self, observation: Observation, /) -> object:
        """Takes one observation in."""

    def consolidate(self) -> None:
        """Brings every record up to date."""


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class GeometryConfig:
    """How much geometry is kept."""

    max_bytes: int = 64 << 10
    """The record's payload at most; it gets coarser until it fits."""
    voxel: float = 0.12
    """Edge of a voxel of what is kept, m."""
    fine: float = 0.06
    """Edge of a voxel while observing, m."""
    max_depth: float = 4.0
    """Farther points are left out, m."""
    min_weight: float = 0.05
    """Voxels seen less than this (1 is one pixel at 1 m) are not kept."""
    coarsest: float = 0.4
    """Nothing is kept where even voxels of this edge do not fit, m."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If the lengths are not ordered or there is no room.
        """
        if not 0.0 < self.fine <= self.voxel <= self.coarsest or self.max_depth <= 0.0:
            raise ConfigError("voxels must be ordered 0 < fine <= voxel <= coarsest, m")
        if self.max_bytes < 1 or self.min_weight < 0.0:
            raise ConfigError("max_bytes must be 1 or more, and min_weight not negative")


@final
class GeometryMemory:
    """Takes observations in for a hippocampus, and keeps their surfaces as one record.

    What an earlier visit kept is gone on with; what is looked through since is let go. The record
    is written by `consolidate`, with a byte budget of its own within that of the store.

    Args:
        hippocampus: Takes every observation in.
        config: How much is kept.
    """

    def __init__(self, hippocampus: Rememberer, config: GeometryConfig | None = None) -> None:
        self.hippocampus = hippocampus
        self.config = config or GeometryConfig()
        self.kept_bytes = 0
        """Of the payload as last written; 0 where nothing was, for want of room or of frames."""
        self._ids = RecordIds(hippocampus.store.seed + _SALT)
        self._waiting: list[tuple[Cloud, View]] = []
        self._cloud = empty()
        self._earlier: tuple[FloorSpace, ...] = ()
        self._began = False

    def observe(self, observation: Observation) -> object:
        """Takes one observation in; returns what the hippocampus does.

        Raises:
            StoreFullError: If the disk is full or read-only.
        """
        if not self._began:
            self._begin(observation.agent)
        change = self.hippocampus.observe(observation)
        cloud = frame_cloud(observation, max_depth=self.config.max_depth, frame="world")
        self._waiting.append((cloud.thinned(self.config.fine), view_of(observation)))
        if len(self._waiting) == _AT_ONCE:
            self._take_in()
        return change

    def map(self, voxel: float = 0.0) -> MapCloud:
        """Returns what is known by now, with voxels of an edge; of the config's for 0."""
        self._take_in()
        config, voxel = self.config, voxel or self.config.voxel
        cloud = self._cloud.thinned(voxel)
        mapped = [floor.occupancy for floor in self.hippocampus.scene.floors]
        now = tuple(FloorSpace.of(one) for one in mapped if one.states.any())
        earlier = tuple(
            floor
            for floor in self._earlier
            if all(abs(floor.height - other.height) > 0.5 for other in now)
        )
        floors = now + earlier
        return MapCloud(
            cloud=cloud.only(cloud.weights >= config.min_weight),
            voxel=voxel,
            floors=floors,
            heights=tuple(floor.height for floor in floors) or (0.0,),
        )

    def consolidate(self) -> None:
        """Brings every record up to date, that of the geometry too.

        Raises:
            StoreFullError: If the disk is full or read-only.
        """
        self.hippocampus.consolidate()
        self.kept_bytes = 0
        if self.hippocampus.latest is None:
            return
        voxel = self.config.voxel
        while voxel <= self.config.coarsest:
            if self._write(self.map(voxel), self.hippocampus.latest):
                return
            voxel *= 1.25

    # -- inside --------------------------------------------------------------------------------

    def _begin(self, agent: str) -> None:
        """Goes on from what an earlier visit kept, as far as the one who looks may know it."""
        self._began = True
        known = read_map(self.hippocampus.store, viewer=agent)
        if known is not None:
            remembered, T = known
            self._cloud = remembered.cloud.moved(T)
            if np.allclose(T, np.eye(4)):
                self._earlier = remembered.floors

    def _take_in(self) -> None:
        """Joins the frames that wait, and lets go of what they look through."""
        if not self._waiting:
            return
        clouds, views = zip(*self._waiting, strict=True)
        self._waiting.clear()
        _, through = looked_at(self._cloud, views)
        rest = self._cloud.only(~through)
        self._cloud = joined((rest, *clouds)).thinned(self.config.fine)

    def _write(self, remembered: MapCloud, latest: Observation) -> bool:
        """Writes the record in place of the one that there is; tells whether it fits."""
        fact, layers = encode_map(remembered)
        size = sum(map(len, layers))
        if size > self.config.max_bytes:
            return False
        store, content = self.hippocampus.store, msgspec.to_builtins(fact)
        own = [one for one in map_records(store) if one.observer == latest.agent]
        try:
            if own:
                changes = {"content": content, "payload": layers, "pose": _HERE}
                store.apply([Update(id=own[0].id, tick=latest.tick, changes=changes)])
            else:
                store.apply([Add(record=self._record(content, layers, latest))])
        except BudgetError:
            return False
        self.kept_bytes = size
        return True

    def _record(
        self, content: dict[str, object], layers: tuple[bytes, ...], latest: Observation
    ) -> MemoryRecord:
        return MemoryRecord(
            id=self._ids.new(latest.tick),
            kind="summary",
            content=content,
            pose=_HERE,
            observer=latest.agent,
            session=self.hippocampus.store.session,
            valid_from=latest.tick,
            recorded_at=latest.tick,
            payload=layers,
        )
