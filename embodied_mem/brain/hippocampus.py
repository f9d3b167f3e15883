"""The hippocampus: the one door to scene and memory.

Each observation goes through the scene, and what changed there becomes operations on the store.
The store is what lasts: it alone is saved, and questions are answered from it alone.
"""

import dataclasses
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from embodied_mem.allocation import (
    AllocationContext,
    Allocator,
    DemandProfile,
    LeastValuePerByte,
)
from embodied_mem.allocation.demand import describe_question
from embodied_mem.brain.language.answers import Answer, answer_question
from embodied_mem.brain.language.by_meaning import Meaning
from embodied_mem.brain.remember.corrections import correction_of
from embodied_mem.brain.remember.earlier_floors import EarlierFloors
from embodied_mem.brain.remember.keeper import Keeper
from embodied_mem.brain.remember.maker import RecordMaker
from embodied_mem.brain.remember.objects import ObjectRecords
from embodied_mem.brain.remember.snapshots import SnapshotRecords
from embodied_mem.brain.remember.surroundings import (
    FrontierRecords,
    PlaceRecords,
    WalkRecords,
    map_fact,
)
from embodied_mem.brain.walk import Walk
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import MapFact
from embodied_mem.memory.forgetting import Lost, attach
from embodied_mem.memory.record import Operation, Visibility
from embodied_mem.scene.graph import SceneChange, SceneGraph
from embodied_mem.types import Observation

if TYPE_CHECKING:
    from embodied_mem.memory.consolidation import Consolidator
    from embodied_mem.scene.drift.protocol import PoseCorrector

MOST_WAITING: Final = 8
"""Pictures that may wait for a quiet frame to be measured in."""

_ASKED_AS: Final = {"how_many": "count", "moved": "moved", "before": "at_time"}
"""Kinds of answers that are kinds of questions to an allocator too; see `QUESTION_KINDS`."""


class Hippocampus:
    """Takes observations in, keeps the store in step with the scene, and recalls.

    Args:
        scene: The spatial view; a fresh one.
        store: What lasts; where it holds earlier visits, the scene goes on from them.
        allocator: Decides which records are given up where the store's budget is too small for
            all of them even at their lowest fidelity.
        visibility: Whether anybody may be told of what is seen, or nobody but the robot itself.
        consolidator: Of the same store; joins, links and sums up at the end of `consolidate`.
            Nothing of that is done where None.
        corrector: Corrects poses that drift, such as `scene.drift.corrector.DriftCorrector`; poses
            are taken for true where None.
    """

    def __init__(
        self,
        scene: SceneGraph,
        store: MemoryStore,
        allocator: Allocator | None = None,
        *,
        visibility: Visibility = "private",
        consolidator: "Consolidator | None" = None,
        corrector: "PoseCorrector | None" = None,
    ) -> None:
        self.scene = scene
        self.store = store
        self.consolidator = consolidator
        self.corrector = corrector
        self.walk = Walk()
        self.latest: Observation | None = None
        """The observation taken in last; None before the first."""
        self.meaning: Meaning | None = None
        """Reads words of questions that no list holds; such words are not understood if None."""
        self.demand = DemandProfile()
        """What was asked of it, and how well pictures could answer."""
        self.visits: dict[str, int] = {}
        """How often the body came into each place, by the place's id."""
        self._place: str | None = None
        self._maker = RecordMaker(store.seed, store.session, visibility)
        self._keeper = Keeper(store, allocator or LeastValuePerByte())
        self._objects = ObjectRecords(scene, self._maker)
        self._snapshots = SnapshotRecords(scene, self._maker, self._objects, store)
        self._frontiers = FrontierRecords(scene, self._maker)
        self._places = PlaceRecords(scene, self._maker)
        self._walk = WalkRecords(scene, self._maker, self.walk)
        self._ledgers = (
            self._objects.ledger,
            self._snapshots.ledger,
            self._frontiers.ledger,
            self._places.ledger,
            self._walk.map_ledger,
            self._walk.walk_ledger,
        )
        self._offset = 0
        self._restore()
        attach(store, self)
        if consolidator is not None:
            attach(store, consolidator)

    def observe(self, observation: Observation) -> SceneChange:
        """Takes one observation in, from pixels to stored records.

        Raises:
            StoreFullError: If the disk is full or read-only; nothing stored before is lost.
        """
        if self._offset:
            observation = dataclasses.replace(observation, tick=observation.tick + self._offset)
        self._maker.tick, self._maker.observer = observation.tick, observation.agent
        if self.corrector is not None:
            observation = self.corrector.correct(observation)
            self._move(self.corrector)
        self.latest = observation
        self.walk.add(observation)
        self._note_place(observation)
        change = self.scene.update(observation)
        if self.corrector is not None:
            self.corrector.note(observation.tick, change.seen)
        operations = [
            *self._earlier.forget((floor.index for floor in self.scene.floors), self.store),
            *self._objects.follow(change),
            *self._snapshots.follow(),
            *self._frontiers.follow(observation),
        ]
        if not operations or self._snapshots.waiting > MOST_WAITING:
            operations += self._snapshots.measure()
        self._apply(operations)
        return change

    def placed(self, observation: Observation) -> Observation:
        """Returns the observation taken in last with its poses as they are on the map.

        The same one where nothing corrects poses; otherwise what drives the body needs these.
        """
        if self.corrector is None or self.latest is None:
            return observation
        return dataclasses.replace(
            observation,
            T_world_camera=self.latest.T_world_camera,
            T_world_body=self.latest.T_world_body,
        )

    def settle_visit(self) -> None:
        """Hears that the exploration is complete, and draws what follows from that."""
        operations = self._objects.follow(self.scene.settle_visit())
        self._apply([*operations, *self._snapshots.follow()])

    def consolidate(self) -> None:
        """Brings every record up to date: places, all facts, frontiers, the map and the walk."""
        if self.latest is not None:
            self.scene.snapshots.update(self.scene.required(), afresh=True)
            self._apply(
                [
                    *self._places.refresh(),
                    *self._objects.refresh(),
                    *self._snapshots.follow(refresh=True),
                    *self._frontiers.refresh(),
                    *self._walk.refresh(),
                ]
            )
        while operations := self._snapshots.measure():
            self._apply(operations)
        if self.consolidator is not None:
            self.consolidator.finish()

    def recall(self, question: str) -> Answer:
        """Answers a question from the store; call `consolidate` first to have it all."""
        here = None if self.latest is None else self.latest.T_world_body[:2, 3].tolist()
        answer = answer_question(question, self.store, here=here, meaning=self.meaning)
        cited = {citation.snapshot for citation in answer.citations}
        self._note_demand(answer)
        self.store.note_reads(sorted(cited), self._maker.tick, cited=True)
        return answer

    def save(self, path: Path) -> None:
        """Consolidates, and writes everything to one file.

        Nothing is left to write where `path` is the folder that the store keeps itself in: it
        holds whatever `observe` and `consolidate` returned from.
        """
        self.consolidate()
        if self.store.path is None or path.resolve() != self.store.path.resolve():
            self.store.export(path)

    def let_go(self, ids: Collection[str]) -> None:
        """Hears what is to be forgotten: this visit does not write it again from the scene."""
        for ledger in self._ledgers:
            ledger.forget(ids)

    def rebuild(self, lost: Sequence[Lost]) -> Sequence[str]:
        """Derives nothing: what is seen again is observed."""
        return ()

    def map_fact(self) -> MapFact:
        """Returns where the occupancy's cells lie; the cells are `scene.occupancy.states`."""
        return map_fact(self.scene.storeys.current)

    def _move(self, corrector: "PoseCorrector") -> None:
        """Moves what is remembered with the map, in the scene and in the store."""
        moves = corrector.move(self.scene)
        if moves is None:
            return
        self.walk.move(lambda points: points + moves.at(points))
        operations = [*self._objects.correct(), *self._snapshots.follow(refresh=True)]
        self._apply([*operations, *correction_of(operations, moves.longest, self._maker)])

    def _apply(self, operations: Sequence[Operation]) -> None:
        """Applies what the records ask for, and lets them hear what became of it."""
        if not operations:
            return
        try:
            outcome = self._keeper.apply(operations, self._context())
        except BaseException:
            for ledger in self._ledgers:
                ledger.take_back(self.store)
            raise
        for ledger in self._ledgers:
            ledger.settle(outcome, self._maker.tick)

    def _context(self) -> AllocationContext:
        if self.latest is None:
            return AllocationContext(tick=self._maker.tick)
        x, y, z = map(float, self.latest.T_world_body[:3, 3])
        return AllocationContext(
            tick=self._maker.tick,
            place=self.scene.place_at((x, y, z)),
            position=(x, y, z),
            protected_ids=frozenset(self._walk.ids()),
            visits=self.visits,
            demand=self.demand,
        )

    def _note_place(self, observation: Observation) -> None:
        """Counts how often the body comes into each place, once places are known."""
        place = self.scene.place_at(observation.T_world_body[:3, 3])
        if place is not None and place != self._place:
            self.visits[place] = self.visits.get(place, 0) + 1
            self._place = place

    def _note_demand(self, answer: Answer) -> None:
        """Notes what was asked for; it was met as far as pictures of that are held."""
        if not answer.objects:
            return
        shown = {citation.object for citation in answer.citations} & set(answer.objects)
        described = describe_question(
            self.store,
            self._maker.tick,
            answer.objects,
            [citation.snapshot for citation in answer.citations],
            visits=self.visits,
            kind=_ASKED_AS.get(answer.kind),
        )
        self.demand.note(described, len(shown) / len(set(answer.objects)))

    def _restore(self) -> None:
        """Rebuilds the scene's objects and snapshots from the records of earlier visits."""
        columns = self.store.columns
        recorded = columns.recorded_at[columns.slots()]
        self._offset = int(recorded.max(initial=-1)) + 1
        self._maker.tick = self._offset
        rows = self._objects.restore(self.store)
        self._snapshots.restore(self.store, rows)
        self._earlier = EarlierFloors(self.store)
        self.scene.storeys.expect(self._earlier.heights)
        self.scene.storeys.place_numbers.next = self._earlier.first["place"]
        self.scene.storeys.frontier_numbers.next = self._earlier.first["frontier"]
        self.scene.objects.visit_start = self._offset
        self.scene.snapshots.update(self.scene.required())
