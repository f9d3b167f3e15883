"""A hippocampus that also keeps what the robot did: carries, stays and visits as events."""

from collections.abc import Sequence
from typing import Final, final

import msgspec

from embodied_mem.allocation import AllocationContext, LeastValuePerByte
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.recall.facts import CarryFact, Lying, StayFact, VisitFact
from embodied_mem.brain.recall.noticing import HandWatcher, Taken
from embodied_mem.brain.remember.keeper import Keeper
from embodied_mem.brain.remember.maker import pose_at
from embodied_mem.memory import Add, Delete, MemoryRecord
from embodied_mem.memory.record import Operation, RecordIds
from embodied_mem.types import Observation

_SALT: Final = 15_485_863
"""Keeps the ids of these records apart from those that others make of the store's seed."""

Step = tuple[int, int, float, float, float]
"""Visit, tick, x, y, z."""


@final
class EventMemory:
    """Keeps events beside what a hippocampus keeps, in the same store.

    Args:
        hippocampus: Takes every observation in.
        moment: A place that fewer observations in a row lie in was passed by, not entered.
    """

    def __init__(self, hippocampus: Hippocampus, *, moment: int = 2) -> None:
        self._moment = moment
        self.hippocampus = hippocampus
        self.visit = 0
        self._keeper = Keeper(hippocampus.store, LeastValuePerByte())
        self._hand = HandWatcher(hippocampus.scene)
        self._ids = RecordIds(hippocampus.store.seed + _SALT)
        self._track: list[Step] = []
        self._stays: list[str] = []

    def observe(self, observation: Observation) -> None:
        """Takes one observation in.

        Raises:
            StoreFullError: If the disk is full or read-only.
        """
        self._hand.before(observation)
        self.hippocampus.observe(observation)
        x, y, z = map(float, observation.T_world_body[:3, 3])
        self._track.append((self.visit, observation.tick, x, y, z))
        done = self._hand.after(observation)
        if done is not None:
            self._write_carry(*done, tick=observation.tick)

    def new_visit(self) -> None:
        """Hears that time went by: things may lie elsewhere."""
        self.hippocampus.settle_visit()
        self.consolidate()
        last = self._track[-1][1] if self._track else 0
        fact = VisitFact(visit=self.visit, last_tick=last)
        self._apply([Add(record=self._event(fact, last, last))])
        self.visit += 1
        self.hippocampus.scene.objects.visit_start = last + 1

    def consolidate(self) -> None:
        """Brings everything up to date: what the hippocampus keeps, and in which rooms it was."""
        self.hippocampus.consolidate()
        held = [each for each in self._stays if each in self.hippocampus.store]
        removed = [Delete(id=each) for each in held]
        records = [self._event(fact, start, fact.last_tick) for start, fact in self._stays_of()]
        self._apply([*removed, *(Add(record=record) for record in records)])
        self._stays = [record.id for record in records if record.id in self.hippocampus.store]

    # -- inside --------------------------------------------------------------------------------

    def _write_carry(self, taken: Taken, target: Lying, on: Lying | None, *, tick: int) -> None:
        fact = CarryFact(
            visit=self.visit, source=taken.source, target=target, source_on=taken.on, target_on=on
        )
        middle = [0.5 * (a + b) for a, b in zip(target.low, target.high, strict=True)]
        record = msgspec.structs.replace(
            self._event(fact, taken.tick, tick),
            about=(taken.object_id,) if taken.object_id else (),
            place=target.place,
            pose=pose_at(*middle),
        )
        self._apply([Add(record=record)])

    def _event(self, fact: CarryFact | StayFact | VisitFact, start: int, end: int) -> MemoryRecord:
        about = (fact.place_id,) if isinstance(fact, StayFact) else ()
        return MemoryRecord(
            id=self._ids.new(start),
            kind="event",
            content=msgspec.to_builtins(fact),
            about=about,
            session=f"visit-{fact.visit}",
            valid_from=start,
            valid_to=end,
            recorded_at=end,
        )

    def _apply(self, operations: Sequence[Operation]) -> None:
        tick = self._track[-1][1] if self._track else 0
        self._keeper.apply(operations, AllocationContext(tick=tick))

    def _stays_of(self) -> list[tuple[int, StayFact]]:
        """Reads the rooms off the way, as places are known now."""
        runs: list[list[tuple[Step, str]]] = []
        for step in self._track:
            place = self.hippocampus.scene.place_at(step[2:])
            if place is None:
                continue
            if runs and runs[-1][-1][1] == place and runs[-1][-1][0][0] == step[0]:
                runs[-1].append((step, place))
            else:
                runs.append([(step, place)])
        return [_stay(run) for run in _joined([run for run in runs if len(run) >= self._moment])]


def _joined(runs: list[list[tuple[Step, str]]]) -> list[list[tuple[Step, str]]]:
    """Joins runs in one place that nothing but a moment elsewhere came between."""
    joined: list[list[tuple[Step, str]]] = []
    for run in runs:
        (step, place) = run[0]
        if joined and joined[-1][-1][1] == place and joined[-1][-1][0][0] == step[0]:
            joined[-1].extend(run)
        else:
            joined.append(list(run))
    return joined


def _stay(run: list[tuple[Step, str]]) -> tuple[int, StayFact]:
    (visit, start, *_), place = run[0]
    middle = run[len(run) // 2][0]
    fact = StayFact(
        visit=visit,
        place_id=place,
        last_tick=run[-1][0][1],
        point=(round(middle[2], 3), round(middle[3], 3)),
    )
    return start, fact
