"""A hippocampus that also keeps moments of a stream without end, in constant memory."""

from collections.abc import Sequence
from typing import Final, final

import msgspec

from embodied_mem.allocation import AllocationContext, Allocator, LeastValuePerByte
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.remember.keeper import Keeper
from embodied_mem.brain.remember.surroundings import thumbnail
from embodied_mem.memory import Add, Delete, Filter, MemoryRecord, Update
from embodied_mem.memory.codec.pictures import Layers, progressive_picture
from embodied_mem.memory.record import Operation, Pose, RecordIds, pose_of
from embodied_mem.memory.stream import Novelty, NoveltyConfig, PictureCarrier, StreamBuffer
from embodied_mem.memory.stream.carrier import SPACE
from embodied_mem.memory.stream.moment import MOMENT_TAG, MomentFact
from embodied_mem.types import Float32Array, Observation

_SALT: Final = 32_452_843
"""Keeps the ids of these records apart from those that others make of the store's seed."""
_NOWHERE: Final[Pose] = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)


@final
class MomentMemory:
    """Keeps moments beside what a hippocampus keeps, in the same store, as events.

    Every frame goes through a `StreamBuffer`, and what that holds in the end is written by
    `consolidate`, a vector each. A frame becomes a candidate for the store at once, with its
    picture, only where it is new (`Novelty`); the allocator decides about it where room is short.

    Args:
        hippocampus: Takes every observation in.
        size: Slots of the buffer, 3 or more.
        novelty: When a frame is new.
        allocator: Decides what is given up for a picture.

    Raises:
        ConfigError: If the size is too small.
    """

    def __init__(
        self,
        hippocampus: Hippocampus,
        *,
        size: int = 64,
        novelty: NoveltyConfig | None = None,
        allocator: Allocator | None = None,
    ) -> None:
        self.hippocampus = hippocampus
        self._carrier = PictureCarrier()
        self.buffer = StreamBuffer(size, self._carrier.dimension)
        self.novelty = Novelty(self._carrier.dimension, novelty)
        self._poses: list[Pose] = [_NOWHERE] * size
        self._told = [""] * size
        """By slot: id of the record that tells of that moment."""
        self._written: list[str] = []
        """Records of moments that were not new, to go when the buffer lets go of them."""
        self._keeper = Keeper(hippocampus.store, allocator or LeastValuePerByte())
        self._ids = RecordIds(hippocampus.store.seed + _SALT)

    def observe(self, observation: Observation) -> None:
        """Takes one observation in.

        Raises:
            StoreFullError: If the disk is full or read-only.
        """
        self.hippocampus.observe(observation)
        latest = self.hippocampus.latest
        assert latest is not None
        vector, pose = self._carrier(latest.rgb), pose_of(latest.T_world_camera)
        slot = self.buffer.push(vector, latest.tick)
        self._told[slot], self._poses[slot] = "", pose
        if self.novelty.observe(vector, latest.tick):
            picture = progressive_picture(thumbnail(latest.rgb))
            record = self._moment(latest.tick, pose, vector, picture)
            self._apply([Add(record=record)])
            self._told[slot] = record.id

    def consolidate(self) -> None:
        """Brings everything up to date: what the hippocampus keeps, the moments and their places.

        Raises:
            StoreFullError: If the disk is full or read-only.
        """
        self.hippocampus.consolidate()
        store, ring = self.hippocampus.store, self.buffer
        told = {self._told[slot] for slot in ring.slots.tolist()}
        operations: list[Operation] = [
            Delete(id=old) for old in self._written if old not in told and old in store
        ]
        self._written = [old for old in self._written if old in told and old in store]
        rows = zip(ring.slots.tolist(), ring.ticks.tolist(), ring.vectors, strict=True)
        for slot, tick, vector in rows:
            if self._told[slot] not in store:
                record = self._moment(tick, self._poses[slot], vector, None)
                operations.append(Add(record=record))
                self._told[slot] = record.id
                self._written.append(record.id)
        self._apply([*operations, *self._placed()])

    # -- inside --------------------------------------------------------------------------------

    def _placed(self) -> list[Operation]:
        """Returns what gives moments the places that are known now."""
        scene, operations = self.hippocampus.scene, list[Operation]()
        for record in self.hippocampus.store.query(Filter(kind="event"), payload=False):
            if record.content.get("type") == MOMENT_TAG and record.pose is not None:
                place = scene.place_at(record.pose[:3])
                if place is not None and place != record.place:
                    change = {"place": place}
                    operations.append(Update(id=record.id, tick=self._tick, changes=change))
        return operations

    @property
    def _tick(self) -> int:
        latest = self.hippocampus.latest
        return 0 if latest is None else latest.tick

    def _moment(
        self, tick: int, pose: Pose, vector: Float32Array, picture: Layers | None
    ) -> MemoryRecord:
        return MemoryRecord(
            id=self._ids.new(tick),
            kind="event",
            content=msgspec.to_builtins(MomentFact(tick=tick, new=picture is not None)),
            place=self.hippocampus.scene.place_at(pose[:3]),
            pose=pose,
            session=self.hippocampus.store.session,
            valid_from=tick,
            valid_to=tick,
            recorded_at=self._tick,
            embedding=vector.astype("<f4").tobytes(),
            space=SPACE,
            payload=() if picture is None else picture.layers,
            losses=() if picture is None else picture.losses,
        )

    def _apply(self, operations: Sequence[Operation]) -> None:
        context = AllocationContext(tick=self._tick)
        latest = self.hippocampus.latest
        if latest is not None:
            x, y, z = map(float, latest.T_world_body[:3, 3])
            place = self.hippocampus.scene.place_at((x, y, z))
            context = AllocationContext(tick=latest.tick, place=place, position=(x, y, z))
        self._keeper.apply(operations, context)
