"""Records of what there is besides objects: frontiers, places, the map and the walk."""

from typing import Final, final

import cv2
import numpy as np

from embodied_mem.brain.remember.ledger import Entry, Ledger
from embodied_mem.brain.remember.maker import RecordMaker, pose_at
from embodied_mem.brain.walk import Walk
from embodied_mem.memory.codec.pictures import Layers, progressive_picture
from embodied_mem.memory.facts import FrontierFact, MapFact, PlaceFact, WalkFact
from embodied_mem.memory.record import Operation
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.scene.storeys import Floor
from embodied_mem.types import Observation, UInt8Array

THUMBNAIL: Final = 160
"""Width in pixels of the picture that is kept of a frontier."""


@final
class FrontierRecords:
    """Follows the frontiers of a scene, each with the view towards it when it appeared."""

    def __init__(self, scene: SceneGraph, maker: RecordMaker) -> None:
        self.ledger: Ledger[str, FrontierFact] = Ledger()
        self._scene = scene
        self._maker = maker

    def follow(self, observation: Observation) -> list[Operation]:
        """Returns what adds the frontiers that appeared and forgets those that closed."""
        now = {frontier.id: frontier for frontier in self._scene.all_frontiers}
        operations = self.ledger.prune(now)
        picture: Layers | None = None
        for key, frontier in now.items():
            if key in self.ledger or self.ledger.withheld(key, self._maker.tick):
                continue
            if picture is None:
                picture = progressive_picture(thumbnail(observation.rgb), 80)
            entry = self._entry(self._maker.new_id(), frontier, picture)
            operations += self.ledger.add(key, entry)
        return operations

    def refresh(self) -> list[Operation]:
        """Returns what brings the frontiers up to date."""
        operations: list[Operation] = []
        for frontier in self._scene.all_frontiers:
            if frontier.id in self.ledger:
                held = self.ledger[frontier.id].record
                picture = Layers(held.payload, held.losses)
                entry = self._entry(held.id, frontier, picture)
                operations += self.ledger.change(frontier.id, entry, self._maker.tick)
        return operations

    def _entry(self, record_id: str, frontier: Frontier, picture: Layers) -> Entry[FrontierFact]:
        fact = frontier_fact(frontier)
        height = _height(self._scene, fact.floor)
        record = self._maker.make(
            record_id,
            fact,
            pose=pose_at(*fact.centroid, height),
            place=self._scene.place_at((*frontier.centroid, height)),
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
            pose=pose_at(*fact.centroid, _height(self._scene, fact.floor)),
        )
        return Entry(record, fact)


@final
class WalkRecords:
    """The walk, of which there is one, and the maps, one a floor."""

    def __init__(self, scene: SceneGraph, maker: RecordMaker, walk: Walk) -> None:
        self.map_ledger: Ledger[str, MapFact] = Ledger()
        self.walk_ledger: Ledger[str, WalkFact] = Ledger()
        self._scene = scene
        self._maker = maker
        self._walk = walk

    def refresh(self) -> list[Operation]:
        """Returns what brings both up to date."""
        tick = self._maker.tick
        operations: list[Operation] = []
        for floor in self._scene.floors:
            operations += self.map_ledger.put(_map_key(floor), self._map(floor), tick)
        several = len(self._scene.storeys.heights) > 1
        way = self._walk.fact(tick, self._scene.storeys.index_at if several else None)
        record = self._maker.make(self.walk_ledger.id_of("walk") or self._maker.new_id(), way)
        return [*operations, *self.walk_ledger.put("walk", Entry(record, way), tick)]

    def ids(self) -> list[str]:
        """Returns the ids of the records of the maps and of the walk, as far as they are held."""
        keys = [self.map_ledger.id_of(_map_key(floor)) for floor in self._scene.floors]
        return [each for each in (*keys, self.walk_ledger.id_of("walk")) if each is not None]

    def _map(self, floor: Floor) -> Entry[MapFact]:
        fact = map_fact(floor)
        pose = pose_at(*fact.origin, floor.height) if len(self._scene.storeys.heights) > 1 else None
        record = self._maker.make(
            self.map_ledger.id_of(_map_key(floor)) or self._maker.new_id(),
            fact,
            pose=pose,
            payload=(_png(floor.occupancy.states),),
        )
        return Entry(record, fact)


def map_fact(floor: Floor) -> MapFact:
    """Returns where the cells of a floor lie; the cells are `floor.occupancy.states`."""
    occupancy = floor.occupancy
    x, y = (round(float(value), 4) for value in occupancy.origin)
    return MapFact(origin=(x, y), cell=occupancy.cell, floor=occupancy.floor)


def frontier_fact(frontier: Frontier) -> FrontierFact:
    """Returns what is remembered of a frontier."""
    return FrontierFact(
        frontier_id=frontier.id,
        centroid=(round(float(frontier.centroid[0]), 3), round(float(frontier.centroid[1]), 3)),
        direction=(round(float(frontier.direction[0]), 3), round(float(frontier.direction[1]), 3)),
        length=round(float(frontier.length), 3),
        floor=frontier.floor,
    )


def _map_key(floor: Floor) -> str:
    """Returns the key of a map, which stays when floors get other numbers."""
    return "map" if floor.opened == 0 else f"map {floor.opened}"


def _height(scene: SceneGraph, index: int) -> float:
    floor = scene.storeys.floor(index)
    return scene.occupancy.floor_height if floor is None else floor.height


def thumbnail(picture: UInt8Array) -> UInt8Array:
    """Returns a picture, (h, w, 3), at most `THUMBNAIL` pixels wide."""
    if picture.shape[1] <= THUMBNAIL:
        return picture
    height = max(1, round(picture.shape[0] * THUMBNAIL / picture.shape[1]))
    smaller = cv2.resize(picture, (THUMBNAIL, height), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8)


def _png(picture: UInt8Array) -> bytes:
    _, data = cv2.imencode(".png", picture)
    return data.tobytes()
