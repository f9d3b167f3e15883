"""A snapshot record of every frame that the scene chooses to keep."""

from collections import deque
from collections.abc import Mapping
from typing import Final, final

import msgspec
import numpy as np

from embodied_mem.brain.remember.ledger import Entry, Ledger
from embodied_mem.brain.remember.maker import RecordMaker
from embodied_mem.brain.remember.objects import ObjectRecords
from embodied_mem.memory import Link, MemoryRecord, MemoryStore
from embodied_mem.memory.codec.pictures import Layers, cut_jpeg, measure_layers
from embodied_mem.memory.facts import SnapshotFact, active
from embodied_mem.memory.record import Operation, pose_of
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.scene.snapshots import KeptFrame
from embodied_mem.types import Float64Array

PRESSED: Final = 0.5
"""Share of its budget from which on a store may soon have to give up layers."""


@final
class SnapshotRecords:
    """Follows the snapshots that a scene chooses."""

    def __init__(
        self,
        scene: SceneGraph,
        maker: RecordMaker,
        objects: ObjectRecords,
        store: MemoryStore,
    ) -> None:
        self.ledger: Ledger[KeptFrame, SnapshotFact] = Ledger()
        self._scene = scene
        self._maker = maker
        self._objects = objects
        self._store = store
        self._unmeasured: deque[KeptFrame] = deque()

    def follow(self, *, refresh: bool = False) -> list[Operation]:
        """Returns what makes the stored snapshots those that the scene chooses now.

        Args:
            refresh: Bring those up to date too whose cluster is as it was.
        """
        selector = self._scene.snapshots
        chosen = {selector.frame(column): column for column in selector.columns()}
        operations = self.ledger.prune(chosen)
        for frame, column in chosen.items():
            cluster = self._names(selector.cluster(column))
            if frame not in self.ledger:
                operations += self._add(frame, column, cluster)
            elif refresh or self.ledger[frame].fact.cluster != cluster:
                operations += self._change(frame, column, cluster)
        return operations

    @property
    def waiting(self) -> int:
        """How many pictures have not been measured yet, about."""
        return len(self._unmeasured)

    def restore(self, store: MemoryStore, rows: Mapping[str, int]) -> None:
        """Gives the scene the snapshots of earlier visits.

        Args:
            store: Where they are.
            rows: Row of each object by its id.
        """
        for record, fact in active(store, SnapshotFact):
            boxes = {rows[name]: box for name, box in fact.boxes.items() if name in rows}
            if not boxes:
                continue
            frame = KeptFrame(
                tick=fact.tick,
                T_world_camera=_transform(record),
                jpeg=b"",
                layers=record.payload,
                width=fact.width,
                height=fact.height,
                boxes=boxes,
                losses=record.losses,
            )
            names = {row: name for name, row in rows.items()}
            quality = np.array([fact.quality.get(names[row], 0.5) for row in boxes], np.float32)
            column = self._scene.snapshots.add(frame, np.array(list(boxes)), quality)
            self._scene.snapshots.chosen[column] = True
            self.ledger.adopt(frame, Entry(record, fact))
            self._unmeasured.append(frame)

    def measure(self) -> list[Operation]:
        """Returns what measures the picture that has waited longest for it.

        It takes longer than all else that is done with a picture, so it has to wait for frames
        that bring little; until then the store gives up the picture's layers last. Where the
        budget is nearly spent, pictures are measured before they are stored.
        """
        while self._unmeasured:
            frame = self._unmeasured.popleft()
            operations = self._measured(frame) if frame in self.ledger else []
            if operations:
                return operations
        return []

    def _measured(self, frame: KeptFrame) -> list[Operation]:
        record, fact = self.ledger[frame]
        if record.losses or len(record.payload) < 2:
            return []
        losses = measure_layers(record.payload).losses
        entry = Entry(msgspec.structs.replace(record, losses=losses), fact)
        return self.ledger.change(frame, entry, self._maker.tick)

    def _add(self, frame: KeptFrame, column: int, cluster: tuple[str, ...]) -> list[Operation]:
        if self.ledger.withheld(frame, self._maker.tick):
            return []
        picture = Layers(frame.layers or cut_jpeg(frame.jpeg), frame.losses)
        if not picture.losses and len(picture.layers) > 1 and self._pressed():
            picture = measure_layers(picture.layers)
        if not picture.losses:
            self._unmeasured.append(frame)
        return self.ledger.add(frame, self._entry(self._maker.new_id(), column, cluster, picture))

    def _change(self, frame: KeptFrame, column: int, cluster: tuple[str, ...]) -> list[Operation]:
        held = self.ledger[frame].record
        picture = Layers(held.payload, held.losses)
        entry = self._entry(held.id, column, cluster, picture)
        return self.ledger.change(frame, entry, self._maker.tick)

    def _entry(
        self, record_id: str, column: int, cluster: tuple[str, ...], picture: Layers
    ) -> Entry[SnapshotFact]:
        selector, ids = self._scene.snapshots, self._scene.objects.ids
        frame = selector.frame(column)
        fact = SnapshotFact(
            tick=frame.tick,
            cluster=cluster,
            boxes={ids[row]: box for row, box in sorted(frame.boxes.items())},
            width=frame.width,
            height=frame.height,
            quality={
                ids[row]: round(float(selector.quality[row, column]), 4)
                for row in sorted(frame.boxes)
            },
        )
        shown = (self._objects.ledger.id_of(row) for row in selector.cluster(column))
        record = self._maker.make(
            record_id,
            fact,
            about=cluster,
            pose=pose_of(frame.T_world_camera),
            place=self._scene.place_at(frame.T_world_camera[:3, 3]),
            valid_from=frame.tick,
            payload=picture.layers,
            losses=picture.losses,
            links=tuple(Link("shows", fact_id) for fact_id in shown if fact_id is not None),
        )
        return Entry(record, fact)

    def _pressed(self) -> bool:
        """Tells whether the store may soon have to give up layers."""
        budget = self._store.budget_bytes
        return budget is not None and self._store.disk_bytes > PRESSED * budget

    def _names(self, rows: list[int]) -> tuple[str, ...]:
        return tuple(self._scene.objects.ids[row] for row in rows)


def _transform(record: MemoryRecord) -> Float64Array:
    from scipy.spatial.transform import Rotation

    transform = np.eye(4)
    if record.pose is not None:
        x, y, z, qw, qx, qy, qz = record.pose
        transform[:3, :3] = Rotation.from_quat((qx, qy, qz, qw)).as_matrix()
        transform[:3, 3] = x, y, z
    return transform
