"""A peer's memory as the seeker draws on it: its own map, and what it keeps."""

from pathlib import Path
from typing import Final, final

import numpy as np

from embodied_mem.brain.language.answers import Answer, answer_question
from embodied_mem.brain.seeking.description import fitting
from embodied_mem.brain.seeking.enough import Enough, how_far
from embodied_mem.brain.seeking.explored import Explored
from embodied_mem.brain.seeking.explored import Thing as NearThing
from embodied_mem.brain.seeking.memory import Candidate
from embodied_mem.brain.seeking.search import Known
from embodied_mem.brain.seeking.searched import Searched
from embodied_mem.brain.seeking.target import Target
from embodied_mem.scene.frontiers import Frontier, FrontierTracker
from embodied_mem.scene.occupancy import Occupancy, OccupancyConfig
from embodied_mem.scene.places import PlaceFinder
from embodied_mem.scene.room_types import room_category
from embodied_mem.types import Observation
from embodied_mem_envs.evaluation.agents.peers.kept import (
    KeptMemory,
    Place,
    Stored,
    Thing,
    save,
)
from embodied_mem_envs.evaluation.agents.peers.look import Eye, Look
from embodied_mem_envs.evaluation.agents.peers.showing import store_of
from embodied_mem_envs.evaluation.elsewhere import stored_bytes

_THINK_TICKS: Final = 3
_PLACES_TICKS: Final = 6
_FITS: Final = {"wholly": 0.9, "perhaps": 0.5, "partly": 0.09}


@final
class PeerMemory:
    """Implements `SeekingMemory` over a `KeptMemory`.

    It never notices that a thing is gone: none of the published memories does.

    Args:
        kept: The method.
        folder: Where its memory goes.
        reach: From how near floor counts as explored, m.
    """

    def __init__(self, kept: KeptMemory, folder: Path, reach: float) -> None:
        self.kept = kept
        self._folder = folder
        self.searched = Searched()
        self._eye = Eye()
        self._frontiers: tuple[Frontier, ...] = ()
        self._occupancy = Occupancy(OccupancyConfig(reach=reach))
        self._tracker = FrontierTracker()
        self._places = PlaceFinder()
        self._look: Look | None = None
        self._end = (0.0, 0.0)
        self._ticks = 0
        self._thought = self._placed = -100
        self._enough = Enough(settled=False)

    @property
    def checks(self) -> bool:
        """It does not: what it goes to is taken to be there."""
        return False

    @property
    def occupancy(self) -> Occupancy:
        """Its own map."""
        return self._occupancy

    @property
    def frontiers(self) -> tuple[Frontier, ...]:
        """The frontiers of its own map."""
        return self._frontiers

    def observe(self, observation: Observation) -> None:
        """Takes one observation in."""
        frame = self._eye.frame(observation)
        self._occupancy.integrate(frame)
        here = observation.T_world_body[:2, 3]
        self._frontiers = self._tracker.update(self._occupancy, here, observation.tick)
        self._look = self._eye.look(frame)
        self.kept.take_in(self._look)
        self._end = (float(here[0]), float(here[1]))
        self._ticks += 1

    def retire_frontier(self, frontier_id: str) -> None:
        """Gives up a frontier that cannot be reached."""
        self._tracker.retire(frontier_id)
        self._frontiers = tuple(f for f in self._frontiers if f.id != frontier_id)

    def new_visit(self) -> None:
        """Hears that time went by."""
        self._eye.visit += 1
        self.kept.new_visit()

    def known(self) -> Known:
        """Returns what it believes to stand around."""
        things = self.kept.things()
        low = np.array([thing.low[:2] for thing in things], np.float64).reshape(-1, 2)
        high = np.array([thing.high[:2] for thing in things], np.float64).reshape(-1, 2)
        return Known(
            centres=0.5 * (low + high),
            low=low,
            high=high,
            categories=tuple(thing.category for thing in things),
            weights=np.ones(len(things)),
        )

    def candidates(self, target: Target) -> list[Candidate]:
        """Returns the places of what it shows for a description, all equally likely."""
        things = self.kept.chosen(self.kept.things(), target)
        named = target.categories
        if named and not any(thing.category in named for thing in things):
            return []
        shown = {thing.id: thing for thing in things}
        store = store_of(self.stored(), things)
        found = []
        for fit in fitting(target, store):
            thing = shown[fit.seen.id]
            found.append(
                Candidate(
                    id=thing.id,
                    low=np.array(thing.low),
                    high=np.array(thing.high),
                    likelihood=_FITS[fit.fits],
                    colour=thing.colour,
                    fresh=thing.visit == self._eye.visit,
                )
            )
        return found

    def in_view(self, candidate: Candidate) -> bool:
        """Never asked: it does not check."""
        return True

    def answer(self, text: str, target: Target) -> Answer:
        """Returns what would be answered now from what is shown for a question."""
        things = self.kept.chosen(self.kept.things(), target)
        return answer_question(text, store_of(self.stored(), things), here=self._end)

    def enough(self, target: Target, text: str) -> Enough:
        """Tells whether what would be answered now is sure; thought over every few ticks."""
        things = self.kept.things()
        named = target.categories
        if self._frontiers and named and not any(thing.category in named for thing in things):
            return Enough(settled=False)
        if self._ticks - self._thought < _THINK_TICKS and self._thought >= 0:
            return self._enough
        self._thought = self._ticks
        self._enough = how_far(target.question, self.answer(text, target), self._explored())
        return self._enough

    def stored(self) -> Stored:
        """Returns all that it keeps beside pictures."""
        things = tuple(self.kept.things())
        if self._ticks - self._placed >= _PLACES_TICKS:
            self._placed = self._ticks
            self._places.find(self._occupancy)
        places_of = {thing.id: self._place_of(thing) for thing in things}
        return Stored(
            things=things,
            places=_named(self._places, things, places_of),
            places_of={name: place for name, place in places_of.items() if place is not None},
            end=self._end,
            notes=self.kept.notes(),
        )

    def save(self) -> None:
        """Writes its memory to its folder."""
        self._placed = -100
        save(self._folder, self.stored(), self.kept.pictures())

    def memory_bytes(self) -> int:
        """What its memory takes as files."""
        self.save()
        return stored_bytes(self._folder)

    def _explored(self) -> Explored:
        stored = self.stored()
        things = {
            thing.id: NearThing(
                low=np.array(thing.low[:2]),
                high=np.array(thing.high[:2]),
                category=thing.category,
                weight=1.0,
                place=stored.places_of.get(thing.id),
            )
            for thing in stored.things
        }
        return Explored(frontiers=self._frontiers, things=things, place_at=self._places.place_at)

    def _place_of(self, thing: Thing) -> str | None:
        """Returns the room that a thing stands in, as the product finds it."""
        (x0, y0, _), (x1, y1, _) = thing.low, thing.high
        x, y = 0.5 * (x0 + x1), 0.5 * (y0 + y1)
        rim = [(x0, y), (x1, y), (x, y0), (x, y1)]
        found = [self._places.place_at((x, y))] * 2 + [self._places.place_at(p) for p in rim]
        places = sorted(place for place in found if place is not None)
        return max(places, key=places.count, default=None)


def _named(
    finder: PlaceFinder, things: tuple[Thing, ...], places_of: dict[str, str | None]
) -> tuple[Place, ...]:
    """Names the rooms by what stands in them, as the product does."""
    kinds: dict[str, str] = {}
    for place in finder.places:
        seen: dict[str, float] = {}
        for thing in things:
            if places_of[thing.id] == place.id:
                seen[thing.category] = seen.get(thing.category, 0.0) + 1.0
        kinds[place.id] = room_category(seen)[0]
    named = []
    for place in finder.places:
        alike = [name for name, kind in kinds.items() if kind == kinds[place.id]]
        number = f" {alike.index(place.id) + 1}" if len(alike) > 1 else ""
        named.append(
            Place(
                id=place.id,
                category=kinds[place.id],
                name=kinds[place.id] + number,
                centroid=place.centroid,
                area=place.area,
                floor=place.floor,
            )
        )
    return tuple(named)
