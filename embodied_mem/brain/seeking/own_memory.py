"""The hippocampus as a seeker sees it: beliefs, and how likely they still hold."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.language.answers import Answer, answer_question
from embodied_mem.brain.seeking.description import Fits, fitting
from embodied_mem.brain.seeking.enough import Enough, how_far
from embodied_mem.brain.seeking.explored import Explored, Thing
from embodied_mem.brain.seeking.floors import storey_count, unseen_floors
from embodied_mem.brain.seeking.likelihood import is_portable
from embodied_mem.brain.seeking.memory import Candidate
from embodied_mem.brain.seeking.search import Known
from embodied_mem.brain.seeking.searched import Searched
from embodied_mem.brain.seeking.target import Target
from embodied_mem.perception.colour import COLOUR_TERMS
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.types import Float64Array, Observation

_REFRESH_TICKS: Final = 6
_THINK_TICKS: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class BeliefConfig:
    """How likely it is that a remembered thing is still where it was."""

    seen: float = 0.97
    """Seen on this visit, well."""
    glimpsed: float = 0.6
    """Seen on this visit, once or hardly."""
    stays: float = 0.95
    """Not looked for since a new visit began: a heavy piece of furniture..."""
    portable: float = 0.6
    """...and a thing that is carried about."""
    restless: float = 0.8
    """Factor for every time that it was found elsewhere before."""
    came_back: float = 0.25
    """A thing that is gone may be where it was before."""
    doubtful: float = 0.6
    """Factor for a candidate that fits, but for words that memory cannot check."""
    inexact: float = 0.1
    """Factor for one that fits all but a colour, a room or a relation."""


@final
class OwnMemory:
    """What a `Seeker` draws on, over a hippocampus.

    Implements `SeekingMemory`, and `KnowsFloors`.
    """

    def __init__(
        self, hippocampus: Hippocampus, searched: Searched, config: BeliefConfig | None = None
    ) -> None:
        self.hippocampus = hippocampus
        self.config = config or BeliefConfig()
        self._searched = searched
        self._consolidated = -_REFRESH_TICKS
        self._tick = 0
        self._thought = -_THINK_TICKS
        self._enough = Enough(settled=False)

    @property
    def checks(self) -> bool:
        """It notices what is gone."""
        return True

    @property
    def scene(self) -> SceneGraph:
        """Knows the floors, and the stairs between them."""
        return self.hippocampus.scene

    @property
    def occupancy(self) -> Occupancy:
        """The map of the floor that the body is on."""
        return self.hippocampus.scene.occupancy

    @property
    def frontiers(self) -> tuple[Frontier, ...]:
        """Where the known floor ends."""
        return self.hippocampus.scene.frontiers

    def observe(self, observation: Observation) -> None:
        """Takes one observation in."""
        self.hippocampus.observe(observation)
        if not self.scene.storeys.between:
            self._searched.stand_on(self.scene.storeys.current.opened)
            self._searched.add(observation)
        self._tick += 1

    def retire_frontier(self, frontier_id: str) -> None:
        """Gives up a frontier that cannot be reached."""
        self.hippocampus.scene.retire_frontier(frontier_id)

    def new_visit(self) -> None:
        """Hears that time went by: things may lie elsewhere, and are to be looked for anew."""
        latest = self.hippocampus.latest
        if latest is not None:
            self.hippocampus.scene.objects.visit_start = latest.tick + 1
        self._searched.forget()

    def known(self) -> Known:
        """Returns what is believed to stand around, on this floor."""
        table = self.hippocampus.scene.objects
        rows = np.flatnonzero(table.live & ~table.missing)
        if storey_count(self.scene) > 1:
            here = self.scene.storeys.current.index
            rows = rows[[self.scene.floor_of(row) == here for row in rows.tolist()]]
        low, high = table.low[rows].astype(np.float64), table.high[rows].astype(np.float64)
        return Known(
            centres=0.5 * (low + high)[:, :2],
            low=low[:, :2],
            high=high[:, :2],
            categories=tuple(table.category[row] for row in rows),
            weights=np.array([table.confidence(int(row)) for row in rows], np.float64),
        )

    def candidates(self, target: Target) -> list[Candidate]:
        """Returns the places of all remembered things that fit a description, and old ones."""
        if not self._any_of(target):
            return []
        self._refresh(target)
        return [
            candidate
            for fit in fitting(target, self.hippocampus.store)
            for candidate in self._places_of(fit.seen.id, self._factor(fit.fits))
        ]

    def in_view(self, candidate: Candidate) -> bool:
        """Tells whether the last picture showed a thing where it is believed to be."""
        row = self._row(candidate.id.partition("@")[0])
        latest = self.hippocampus.latest
        if row is None or latest is None:
            return False
        table = self.hippocampus.scene.objects
        if table.missing[row] or int(table.last[row]) < latest.tick:
            return False
        middle = 0.5 * (table.low[row] + table.high[row])
        return bool(np.abs(middle - 0.5 * (candidate.low + candidate.high)).max() < 1.0)

    def answer(self, text: str) -> Answer:
        """Returns what would be answered now."""
        self._consolidate()
        return answer_question(text, self.hippocampus.store)

    def enough(self, target: Target, text: str) -> Enough:
        """Tells whether what would be answered now is sure; thought over every few ticks."""
        floors = target.question.floors
        unseen = self.scene.all_frontiers or unseen_floors(self.scene, floors)
        if unseen and target.categories and not self._any_of(target):
            return Enough(settled=False)
        if self._tick - self._thought < _THINK_TICKS and self._tick >= self._thought:
            return self._enough
        self._thought = self._tick
        self._enough = how_far(target.question, self.answer(text), self.explored(floors))
        return self._enough

    def explored(self, floors: tuple[int, ...] = ()) -> Explored:
        """Returns how far the exploration has come.

        Args:
            floors: Indices of the floors that matter; () for all.
        """
        scene = self.hippocampus.scene
        table = scene.objects
        several = storey_count(scene) > 1
        beyond = unseen_floors(scene, floors)
        # The way to a floor that was not found yet may begin anywhere.
        wanted = () if beyond else floors
        things = {
            table.ids[row]: Thing(
                low=table.low[row, :2].astype(np.float64),
                high=table.high[row, :2].astype(np.float64),
                category=table.category[row],
                weight=table.confidence(int(row)),
                place=scene.place_of(int(row)),
                floor=scene.floor_of(int(row)) if several else None,
            )
            for row in np.flatnonzero(table.confirmed()).tolist()
        }
        return Explored(
            frontiers=tuple(f for f in scene.all_frontiers if not wanted or f.floor in wanted),
            things=things,
            place_at=scene.place_at,
            beyond=beyond,
            heights={floor.index: floor.height for floor in scene.floors} if several else {},
        )

    # -- inside ------------------------------------------------------------------------------

    def _factor(self, fits: Fits) -> float:
        if fits == "wholly":
            return 1.0
        return self.config.doubtful if fits == "perhaps" else self.config.inexact

    def _any_of(self, target: Target) -> bool:
        """Whether anything was ever seen that the words may mean; cheap."""
        table = self.hippocampus.scene.objects
        named = target.categories
        return any(table.category[row] in named or not named for row in np.flatnonzero(table.live))

    def _refresh(self, target: Target) -> None:
        """Brings facts up to date where the description needs rooms or relations."""
        question = target.question
        told = question.room is not None or question.relation is not None or question.floors
        if told or question.extreme:
            self._consolidate()

    def _consolidate(self) -> None:
        if self._tick - self._consolidated >= _REFRESH_TICKS or self._tick == 0:
            self.hippocampus.consolidate()
            self._consolidated = self._tick

    def _row(self, object_id: str) -> int | None:
        table = self.hippocampus.scene.objects
        try:
            row = table.ids.index(object_id)
        except ValueError:
            return None
        return row if table.live[row] else None

    def _places_of(self, object_id: str, factor: float) -> list[Candidate]:
        """Returns where a thing may be: where it is believed, and where it was before."""
        row = self._row(object_id)
        if row is None:
            return []
        table = self.hippocampus.scene.objects
        low, high = table.low[row].astype(np.float64), table.high[row].astype(np.float64)
        if not table.missing[row]:
            fresh = int(table.last[row]) >= table.visit_start
            likelihood = factor * self._likelihood(row, fresh)
            return [self._candidate(row, object_id, low, high, likelihood, fresh)]
        half = 0.5 * (high - low)
        return [
            self._candidate(
                row,
                f"{object_id}@{index}",
                np.asarray(move.position) - half,
                np.asarray(move.position) + half,
                factor * self.config.came_back,
                False,
            )
            for index, move in enumerate(table.history[row])
        ]

    def _candidate(
        self,
        row: int,
        name: str,
        low: Float64Array,
        high: Float64Array,
        likelihood: float,
        fresh: bool,
    ) -> Candidate:
        colour = COLOUR_TERMS[int(self.hippocampus.scene.objects.colour[row].argmax())]
        return Candidate(
            id=name,
            low=low,
            high=high,
            likelihood=likelihood,
            colour=colour,
            fresh=fresh,
            floor=self.scene.storeys.index_at(float(low[2])),
        )

    def _likelihood(self, row: int, fresh: bool) -> float:
        table, config = self.hippocampus.scene.objects, self.config
        if fresh:
            return config.seen if table.views[row] >= 2 else config.glimpsed
        if not is_portable(table.category[row]):
            return config.stays
        return config.portable * config.restless ** len(table.history[row])
