"""The hippocampus: the one door to scene and memory.

Each observation goes through the scene, and what changed there becomes operations on the store.
The store is what lasts: it alone is saved, and questions are answered from it alone.
"""

import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from embodied_mem.brain.language.answers import Answer, answer_question
from embodied_mem.brain.walk import Walk
from embodied_mem.memory import Add, Delete, Link, MemoryRecord, MemoryStore, RecordIds, Update
from embodied_mem.memory.facts import Fact, FrontierFact, MapFact, ObjectFact, SnapshotFact, active
from embodied_mem.memory.record import Operation, pose_of
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.graph import SceneChange, SceneGraph, encode_jpeg
from embodied_mem.scene.snapshots import KeptFrame
from embodied_mem.types import Observation

DRIFT = 0.05
"""Metres that an object's box may drift before its fact is brought up to date."""
THUMBNAIL = 160
"""Width in pixels of the picture that is kept of a frontier."""


class Hippocampus:
    """Takes observations in, keeps the store in step with the scene, and recalls."""

    def __init__(self, scene: SceneGraph, store: MemoryStore) -> None:
        self.scene = scene
        self.store = store
        self.walk = Walk()
        self._ids = RecordIds(store.seed)
        self._facts: dict[int, str] = {}
        self._written: dict[int, ObjectFact] = {}
        self._snapshots: dict[int, tuple[KeptFrame, str, tuple[int, ...]]] = {}
        self._frontiers: dict[str, str] = {}
        self._single: dict[str, str] = {}
        """Record id by the key of what there is one of: each place, the map, the walk."""
        self._offset = 0
        self._tick = 0
        self.latest: Observation | None = None
        """The observation taken in last; None before the first."""
        self._restore()

    def observe(self, observation: Observation) -> SceneChange:
        """Takes one observation in, from pixels to stored records."""
        if self._offset:
            observation = dataclasses.replace(observation, tick=observation.tick + self._offset)
        self._tick, self.latest = observation.tick, observation
        self.walk.add(observation)
        change = self.scene.update(observation)
        operations = [
            *self._object_operations(change),
            *self._snapshot_operations(),
            *self._frontier_operations(observation),
        ]
        if operations:
            self.store.apply(operations)
        return change

    def settle_visit(self) -> None:
        """Hears that the exploration is complete, and draws what follows from that."""
        operations = self._object_operations(self.scene.settle_visit())
        self.store.apply([*operations, *self._snapshot_operations()])

    def consolidate(self) -> None:
        """Brings every record up to date: places, all facts, frontiers, the map and the walk."""
        if self.latest is None:
            return
        self.scene.snapshots.update(self.scene.required(), afresh=True)
        self.store.apply(self._place_operations())
        self.store.apply(self._all_object_operations())
        operations = [*self._snapshot_operations(refresh=True), *self._frontier_refresh()]
        picture = _png(self.scene.occupancy.states)
        operations += self._single_operation("map", "summary", self.map_fact(), (picture,))
        operations += self._single_operation("walk", "event", self.walk.fact(self._tick), ())
        self.store.apply(operations)

    def recall(self, question: str) -> Answer:
        """Answers a question from the store; call `consolidate` first to have it all."""
        here = None if self.latest is None else self.latest.T_world_body[:2, 3].tolist()
        return answer_question(question, self.store, here=here)

    def save(self, path: Path) -> None:
        """Consolidates and writes the store to one file."""
        self.consolidate()
        self.store.export(path)

    # -- objects ------------------------------------------------------------------------------

    def _object_operations(self, change: SceneChange) -> list[Operation]:
        operations: list[Operation] = []
        believed = self.scene.required()
        for row in change.dropped:
            operations += self._drop_fact(row)
        for row in dict.fromkeys((*change.moved, *change.gone, *change.seen)):
            if not believed[row]:
                continue
            if row not in self._facts:
                operations.append(self._add_fact(row, self.scene.object_fact(row)))
            elif self._stale(row):
                operations.append(self._change_fact(row, self.scene.object_fact(row)))
        return operations

    def _stale(self, row: int) -> bool:
        """Tells whether an object's stored fact is wrong by more than it may be."""
        table, written = self.scene.objects, self._written[row]
        return (
            table.state(row) != written.state
            or table.category[row] != written.category
            or max(map(_apart, table.position(row), written.position)) > DRIFT
        )

    def _add_fact(self, row: int, fact: ObjectFact, place: str | None = None) -> Add:
        record_id = self._ids.new(self._tick)
        self._facts[row], self._written[row] = record_id, fact
        return Add(
            record=self._record(
                record_id,
                "fact",
                fact,
                about=(fact.object_id,),
                place=place,
                valid_from=fact.first_tick,
                embedding=self.scene.objects.embedding[row].astype("<f4").tobytes(),
                payload=(self.scene.objects.geometry(row),),
            )
        )

    def _change_fact(self, row: int, fact: ObjectFact, place: str | None = None) -> Update:
        """Changes a fact in place, or supersedes it when what it claims of the world ended."""
        old, written = self._facts[row], self._written[row]
        ended = fact.state != written.state and written.state != "unknown"
        self._written[row] = fact
        changes: dict[str, Any] = {
            "content": msgspec.to_builtins(fact),
            "embedding": self.scene.objects.embedding[row].astype("<f4").tobytes(),
            "payload": (self.scene.objects.geometry(row),),
        }
        if place is not None:
            changes["place"] = place
        if ended:
            self._facts[row] = self._ids.new(self._tick)
        return Update(
            id=old,
            tick=self._tick,
            changes=changes,
            supersede_as=self._facts[row] if ended else None,
        )

    def _drop_fact(self, row: int) -> list[Operation]:
        self._written.pop(row, None)
        record_id = self._facts.pop(row, None)
        return [] if record_id is None else [Delete(id=record_id)]

    def _all_object_operations(self) -> list[Operation]:
        carriers = self.scene.supports()
        operations: list[Operation] = []
        for row in map(int, self.scene.objects.rows()):
            on = carriers.get(row)
            fact = self.scene.object_fact(row, None if on is None else self.scene.objects.ids[on])
            place = self.scene.place_of(row)
            if row in self._facts:
                operations.append(self._change_fact(row, fact, place))
            else:
                operations.append(self._add_fact(row, fact, place))
        return operations

    # -- snapshots ----------------------------------------------------------------------------

    def _snapshot_operations(self, refresh: bool = False) -> list[Operation]:
        """Makes the stored snapshots those that the scene chooses now."""
        selector = self.scene.snapshots
        operations: list[Operation] = []
        chosen = {column: selector.frame(column) for column in selector.columns()}
        for column, (frame, record_id, _) in list(self._snapshots.items()):
            if chosen.get(column) is not frame:
                operations.append(Delete(id=record_id))
                del self._snapshots[column]
        for column, frame in chosen.items():
            cluster = tuple(selector.cluster(column))
            held = self._snapshots.get(column)
            if held is None:
                record_id = self._ids.new(self._tick)
                operations.append(Add(record=self._snapshot_record(record_id, column, cluster)))
            elif refresh or held[2] != cluster:
                record_id = held[1]
                record = self._snapshot_record(record_id, column, cluster)
                changes = {
                    "content": record.content,
                    "place": record.place,
                    "about": record.about,
                    "links": record.links,
                }
                operations.append(Update(id=record_id, tick=self._tick, changes=changes))
            else:
                continue
            self._snapshots[column] = (frame, record_id, cluster)
        return operations

    def _snapshot_record(
        self, record_id: str, column: int, cluster: tuple[int, ...]
    ) -> MemoryRecord:
        selector, ids = self.scene.snapshots, self.scene.objects.ids
        frame = selector.frame(column)
        fact = SnapshotFact(
            tick=frame.tick,
            cluster=tuple(ids[row] for row in cluster),
            boxes={ids[row]: box for row, box in sorted(frame.boxes.items())},
            width=frame.width,
            height=frame.height,
            quality={
                ids[row]: round(float(selector.quality[row, column]), 4)
                for row in sorted(frame.boxes)
            },
        )
        shown = (self._facts.get(row) for row in cluster)
        return self._record(
            record_id,
            "snapshot",
            fact,
            about=fact.cluster,
            pose=pose_of(frame.T_world_camera),
            place=self.scene.place_at(frame.T_world_camera[:2, 3]),
            valid_from=frame.tick,
            payload=(frame.jpeg,),
            links=tuple(Link("shows", fact_id) for fact_id in shown if fact_id is not None),
        )

    # -- frontiers, places, map, walk ---------------------------------------------------------

    def _frontier_operations(self, observation: Observation) -> list[Operation]:
        """Adds frontiers that appeared, with the view towards them, and forgets closed ones."""
        now = {frontier.id: frontier for frontier in self.scene.frontiers}
        operations: list[Operation] = []
        for frontier_id in [key for key in self._frontiers if key not in now]:
            operations.append(Delete(id=self._frontiers.pop(frontier_id)))
        new = [frontier for key, frontier in now.items() if key not in self._frontiers]
        picture = encode_jpeg(observation, 80, THUMBNAIL) if new else b""
        for frontier in new:
            record_id = self._frontiers[frontier.id] = self._ids.new(self._tick)
            record = self._record(
                record_id,
                "frontier",
                frontier_fact(frontier),
                pose=pose_of(observation.T_world_camera),
                payload=(picture,),
            )
            operations.append(Add(record=record))
        return operations

    def _frontier_refresh(self) -> list[Operation]:
        return [
            Update(
                id=self._frontiers[frontier.id],
                tick=self._tick,
                changes={"content": msgspec.to_builtins(frontier_fact(frontier))},
            )
            for frontier in self.scene.frontiers
            if frontier.id in self._frontiers
        ]

    def _place_operations(self) -> list[Operation]:
        places = self.scene.refresh_places()
        operations: list[Operation] = []
        known = {place.place_id for place in places}
        for key in [k for k in self._single if k.startswith("place-") and k not in known]:
            operations.append(Delete(id=self._single.pop(key)))
        for place in places:
            operations += self._single_operation(
                place.place_id, "summary", place, (), (place.place_id,)
            )
        return operations

    def map_fact(self) -> MapFact:
        """Returns where the occupancy's cells lie; the cells are `scene.occupancy.states`."""
        occupancy = self.scene.occupancy
        x, y = (round(float(value), 4) for value in occupancy.origin)
        return MapFact(origin=(x, y), cell=occupancy.cell, floor=occupancy.floor)

    def _single_operation(
        self,
        key: str,
        kind: Any,
        fact: Fact,
        payload: tuple[bytes, ...],
        about: tuple[str, ...] = (),
    ) -> list[Operation]:
        """Writes a record of which there is one: adds it once, then changes it in place."""
        if key in self._single:
            changes = {"content": msgspec.to_builtins(fact), "payload": payload, "about": about}
            return [Update(id=self._single[key], tick=self._tick, changes=changes)]
        record_id = self._single[key] = self._ids.new(self._tick)
        return [Add(record=self._record(record_id, kind, fact, payload=payload, about=about))]

    def _record(self, record_id: str, kind: Any, fact: Fact, **fields: Any) -> MemoryRecord:
        return MemoryRecord(
            id=record_id,
            kind=kind,
            content=msgspec.to_builtins(fact),
            observer="agent" if self.latest is None else self.latest.agent,
            session=self.store.session,
            recorded_at=self._tick,
            **{"valid_from": self._tick, **fields},
        )

    # -- coming back --------------------------------------------------------------------------

    def _restore(self) -> None:
        """Rebuilds the scene's objects and snapshots from the records of earlier sessions."""
        rows: dict[str, int] = {}
        for record, fact in active(self.store, ObjectFact):
            row = self.scene.objects.restore(fact, record.vector, record.payload[0])
            rows[fact.object_id] = row
            self._facts[row], self._written[row] = record.id, fact
        for record, shot in active(self.store, SnapshotFact):
            self._restore_snapshot(record, shot, rows)
        ticks = [record.recorded_at for record in self.store.records()]
        self._offset = max(ticks) + 1 if ticks else 0
        self.scene.objects.visit_start = self._offset
        stale = [r.id for r in self.store.records() if r.content.get("type") in _PER_VISIT]
        self.store.apply([Delete(id=record_id) for record_id in stale])
        self.scene.snapshots.update(self.scene.required())

    def _restore_snapshot(
        self, record: MemoryRecord, shot: SnapshotFact, rows: dict[str, int]
    ) -> None:
        boxes = {rows[name]: box for name, box in shot.boxes.items() if name in rows}
        if not boxes:
            return
        frame = KeptFrame(
            tick=shot.tick,
            T_world_camera=_transform(record),
            jpeg=record.payload[0],
            width=shot.width,
            height=shot.height,
            boxes=boxes,
        )
        names = {row: name for name, row in rows.items()}
        quality = np.array([shot.quality.get(names[row], 0.5) for row in boxes], np.float32)
        column = self.scene.snapshots.add(frame, np.array(list(boxes)), quality)
        self.scene.snapshots.chosen[column] = True
        cluster = tuple(sorted(rows[name] for name in shot.cluster if name in rows))
        self._snapshots[column] = (frame, record.id, cluster)


_PER_VISIT = ("frontier", "place", "map", "walk")
"""Facts that a new visit writes anew, because they come from its own occupancy."""


def _apart(first: float, second: float) -> float:
    return abs(first - second)


def frontier_fact(frontier: Frontier) -> FrontierFact:
    """Returns what is remembered of a frontier."""
    return FrontierFact(
        frontier_id=frontier.id,
        centroid=(round(float(frontier.centroid[0]), 3), round(float(frontier.centroid[1]), 3)),
        direction=(round(float(frontier.direction[0]), 3), round(float(frontier.direction[1]), 3)),
        length=round(float(frontier.length), 3),
    )


def _png(picture: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    import cv2

    _, data = cv2.imencode(".png", picture)
    return data.tobytes()


def _transform(record: MemoryRecord) -> np.ndarray[Any, np.dtype[np.float64]]:
    from scipy.spatial.transform import Rotation

    transform = np.eye(4)
    if record.pose is not None:
        x, y, z, qw, qx, qy, qz = record.pose
        transform[:3, :3] = Rotation.from_quat((qx, qy, qz, qw)).as_matrix()
        transform[:3, 3] = x, y, z
    return transform
