"""Records of what there is besides objects: frontiers, places, the map and the walk."""

from typing import Final, final

import cv2
import numpy as np

from embodied_mem.brain.remember.ledger import Entry, Ledger
from embodied_mem.brain.remember.maker import RecordMaker, pose_at
from embodied_mem.brain.walk import Walk
from embodied_mem.memory import Delete, MemoryStore
from embodied_mem.memory.codec.pictures import Layers, progressive_picture
from embodied_mem.memory.facts import FrontierFact, MapFact, PlaceFact, WalkFact
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import Operation
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.types import Observation, UInt8Array

THUMBNAIL: Final = 160
"""Width in pixels of the picture that is kept of a frontier."""
_PER_VISIT: Final = frozenset({"frontier", "place", "map", "walk"})


def forget_surroundings(store: MemoryStore) -> None:
    """Forgets what a new visit writes anew, because it comes from its own occupancy."""
    told = store.query(Filter(kind=("frontier", "summary", "event")), payload=False)
    stale = [record.id for record in told if record.content.get("type") in _PER_VISIT]
    if stale:
        store.apply([Delete(id=record_id) for record_id in stale])


@final
class FrontierRecords:
    """Follows the frontiers of a scene, each with the view towards it when it appeared."""

    def __init__(self, scene: SceneGraph, maker: RecordMaker) -> None:
        self.ledger: Ledger[str, FrontierFact] = Ledger()
        self._scene = scene
        self._maker = maker

    def follow(self, observation: Observation) -> list[Operation]:
        """Returns what adds the frontiers that appeared and forgets those that closed."""
        now = {frontier.id: frontier for frontier in self._scene.frontiers}
        operations = self.ledger.prune(now)
        picture: Layers | None = None
        for key, frontier in now.items():
            if key in self.ledger or self.ledger.withheld(key, self._maker.tick):
                continue
            if picture is None:
                picture = progressive_picture(_thumbnail(observation.rgb), 80)
            entry = self._entry(self._maker.new_id(), frontier, picture)
            operations += self.ledger.add(key, entry)
        return operations

    def refresh(self) -> list[Operation]:
        """Returns what brings the frontiers up to date."""
        operations: list[Operation] = []
        for frontier in self._scene.frontiers:
            if frontier.id in self.ledger:
                held = self.ledger[frontier.id].record
                picture = Layers(held.payload, held.losses)
                entry = self._entry(held.id, frontier, picture)
                operations += self.ledger.change(frontier.id, entry, self._maker.tick)
        return operations

    def _entry(self, record_id: str, frontier: Frontier, picture: Layers) -> Entry[FrontierFact]:
        fact = frontier_fact(frontier)
        record = self._maker.make(
            record_id,
            fact,
            pose=pose_at(*fact.centroid, self._scene.occupancy.floor_height),
            place=self._scene.place_at(frontier.centroid),
            payload=picture.layers,
            losses=picture.losses,
        )
        return Entry(record, fact)


@final
class PlaceRecords:
    """Follows the rooms of a scene."""

    def __init__(self, scene: SceneGraph, maker: RecordMaker) -> None:
        self.ledger: Ledger[str, PlaceFact] = Ledger()
        self._scene = scene
        self._maker = maker

    def refresh(self) -> list[Operation]:
        """Finds the rooms anew and returns what makes the records of them true."""
        places = {place.place_id: place for place in self._scene.refresh_places()}
        operations = self.ledger.prune(places)
        for key, place in places.items():
            operations += self.ledger.put(key, self._entry(key, place), self._maker.tick)
        return operations

    def _entry(self, key: str, fact: PlaceFact) -> Entry[PlaceFact]:
        record = self._maker.make(
            self.ledger.id_of(key) or self._maker.new_id(),
            fact,
            about=(key,),
            place=key,
            pose=pose_at(*fact.centroid, self._scene.occupancy.floor_height),
        )
        return Entry(record, fact)


@final
class WalkRecords:
    """The map and the walk, of which there is one each."""

    def __init__(self, scene: SceneGraph, maker: RecordMaker, walk: Walk) -> None:
        self.map_ledger: Ledger[str, MapFact] = Ledger()
        self.walk_ledger: Ledger[str, WalkFact] = Ledger()
        self._scene = scene
        self._maker = maker
        self._walk = walk

    def refresh(self) -> list[Operation]:
        """Returns what brings both up to date."""
        tick = self._maker.tick
        floor = map_fact(self._scene)
        record = self._maker.make(
            self.map_ledger.id_of("map") or self._maker.new_id(),
            floor,
            payload=(_png(self._scene.occupancy.states),),
        )
        operations = self.map_ledger.put("map", Entry(record, floor), tick)
        way = self._walk.fact(tick)
        record = self._maker.make(self.walk_ledger.id_of("walk") or self._maker.new_id(), way)
        return [*operations, *self.walk_ledger.put("walk", Entry(record, way), tick)]


def map_fact(scene: SceneGraph) -> MapFact:
    """Returns where the occupancy's cells lie; the cells are `scene.occupancy.states`."""
    occupancy = scene.occupancy
    x, y = (round(float(value), 4) for value in occupancy.origin)
    return MapFact(origin=(x, y), cell=occupancy.cell, floor=occupancy.floor)


def frontier_fact(frontier: Frontier) -> FrontierFact:
    """Returns what is remembered of a frontier."""
    return FrontierFact(
        frontier_id=frontier.id,
        centroid=(round(float(frontier.centroid[0]), 3), round(float(frontier.centroid[1]), 3)),
        direction=(round(float(frontier.direction[0]), 3), round(float(frontier.direction[1]), 3)),
        length=round(float(frontier.length), 3),
    )


def _thumbnail(picture: UInt8Array) -> UInt8Array:
    if picture.shape[1] <= THUMBNAIL:
        return picture
    height = max(1, round(picture.shape[0] * THUMBNAIL / picture.shape[1]))
    smaller = cv2.resize(picture, (THUMBNAIL, height), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8)


def _png(picture: UInt8Array) -> bytes:
    _, data = cv2.imencode(".png", picture)
    return data.tobytes()
