"""Finds things and goes to them, and looks into what a question asks."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, final

import numpy as np

from embodied_mem.brain.exploration import InformationGain
from embodied_mem.brain.language.questions import parse_question
from embodied_mem.brain.navigation import CostField
from embodied_mem.brain.seeking.approach import Approach, ApproachConfig, nearest_floor
from embodied_mem.brain.seeking.floors import Floors
from embodied_mem.brain.seeking.legs import Legs
from embodied_mem.brain.seeking.memory import Candidate, SeekingMemory
from embodied_mem.brain.seeking.picture import GoalPicture
from embodied_mem.brain.seeking.search import Search, SearchConfig, Step
from embodied_mem.brain.seeking.searched import Searched
from embodied_mem.brain.seeking.target import ANYTHING, Target, read_target, target_of
from embodied_mem.brain.skill import Skill, Status
from embodied_mem.brain.skills import FaceTowards, LookAround, Senses
from embodied_mem.brain.walking import FollowPath, VisitFrontier
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.types import UInt8Array

_ATTEMPTS: Final = 2
_DETOURS: Final = 40
"""After so many frontiers on the way to a candidate it is given up."""
_BESIDE: Final = 1.2
"""Floor within this of a thing is as near as one gets to it where nothing shows it, m."""
_SLACK: Final = 1.3
_SLACK_TICKS: Final = 10
"""How much longer than its way a walk may take: turns, and detours."""
_GLANCES: Final = (0.0, np.pi / 5, -2 * np.pi / 5)
"""Turns after which a thing that is not seen where it should be is taken for gone, rad."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SeekerConfig:
    """How a seeker decides."""

    believable: float = 0.12
    """Places less likely than this are not gone to before the search."""
    overhead: float = 2.0
    """Added to the way to a candidate, m: a sure one is worth a little more way."""
    rethink_ticks: int = 4
    """After so many ticks on the way it is decided anew."""
    switch: float = 1.4
    """Another candidate must be better by this factor to leave the way to one."""
    blocks: bool = True
    """Whether known floor and furniture are looked into from near by, too."""
    approach: ApproachConfig = field(default_factory=ApproachConfig)
    search: SearchConfig = field(default_factory=SearchConfig)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """How a search ended."""

    found: bool
    """Whether what is sought was seen from where the body stands now."""
    tried: int
    """To how many places it went."""
    name: str = ""
    """Id of the belief that it stopped at."""


@final
class Seeker:
    """Decides where a body goes to find something.

    Args:
        legs: Move the body; what they see goes into the memory.
        memory: What is believed.
        searched: What was looked into; the memory feeds it.
    """

    def __init__(
        self,
        legs: Legs,
        memory: SeekingMemory,
        searched: Searched,
        config: SeekerConfig | None = None,
    ) -> None:
        self.config = config or SeekerConfig()
        self.legs, self.memory = legs, memory
        self._searched = searched
        self._failed: dict[str, int] = {}
        self.floors = Floors(legs)
        """Lead to other floors."""
        self._looked: set[int | None] = set()
        self._tour = InformationGain(legs.cerebellum.navigator)

    def new_visit(self) -> None:
        """Hears that things may have moved: what was given up may be worth a look again."""
        self._failed.clear()
        self.legs.forget_look()

    # -- going to a thing ------------------------------------------------------------------------

    def find(self, text: str, max_ticks: int, picture: UInt8Array | None = None) -> Found:
        """Goes to a thing and stops where it is seen from near by.

        Args:
            text: What is sought, as it was said.
            max_ticks: Ticks that may be spent.
            picture: (H, W, 3) what is sought, where it is shown.
        """
        self.legs.left = max_ticks
        self.floors.start()
        target = read_target(text, storeys=self.floors.storeys_in(text))
        hunt = _Hunt(self, target, picture)
        return hunt.run()

    # -- looking into a question -----------------------------------------------------------------

    def look_into(self, text: str, max_ticks: int) -> None:
        """Explores towards what a question is about until it can be answered with confidence.

        Args:
            text: The question.
            max_ticks: Ticks that may be spent.
        """
        self.legs.left = max_ticks
        self.floors.start()
        target = target_of(parse_question(text, storeys=self.floors.storeys_in(text)))

        def settled() -> bool:
            return self.memory.enough(target, text).settled

        search = self._search()
        while not self.look_round(settled) and self.legs.left > 0:
            first = self.memory.enough(target, text).first
            away = self.floors.is_away(target) or self.floors.are_elsewhere(first)
            if away and self.floors.go_on(settled):
                continue
            step = self.step(search, target, first, blocks=False)
            if step is None and self.floors.has_more() and self.floors.go_on(settled):
                continue
            if step is None and self.floors.is_away(target):
                step = self.way_out()
            if step is None:
                step = self.step(search, target)
            if step is None or self.take(step, search, settled):
                return

    # -- what both are made of -------------------------------------------------------------------

    def look_round(self, until: Callable[[], bool]) -> bool:
        """Looks around once in a new place, and on each floor; tells whether that was enough."""
        if self.floors.current not in self._looked:
            self._looked.add(self.floors.current)
            self.legs.run(LookAround(self.legs.cerebellum.gait), until)
        return until()

    def looks_round(self) -> bool:
        """Looks around where it did not yet; tells whether it did."""
        if self.floors.current in self._looked:
            return False
        self.look_round(lambda: False)
        return True

    def search(self) -> Search:
        """Starts a search."""
        return self._search()

    def _search(self) -> Search:
        return Search(self.legs.cerebellum.navigator, self._searched, self.config.search)

    def step(
        self,
        search: Search,
        target: Target,
        first: frozenset[str] = frozenset(),
        *,
        blocks: bool = True,
    ) -> Step | None:
        """Returns where to look next; at the frontiers of `first` before others."""
        senses = self.legs.look()
        memory, known = self.memory, self.memory.known()
        if first and not self.config.search.nearest:
            chosen = tuple(f for f in memory.frontiers if f.id in first)
            everywhere = len(chosen) == len(memory.frontiers) and target.question.room is None
            if everywhere:  # all must be seen: then a tour is shortest
                stop = self._tour.choose(memory.occupancy, chosen, senses.pose)
                return None if stop is None else Step(frontier=stop)
            step = search.next_step(
                memory.occupancy, chosen, senses.pose, known, target, blocks=False
            )
            if step is not None:
                return step
        return search.next_step(
            memory.occupancy,
            memory.frontiers,
            senses.pose,
            known,
            target,
            blocks=blocks and self.config.blocks,
        )

    def way_out(self) -> Step | None:
        """Returns the nearest frontier, however little lies behind it: there may be stairs."""
        senses = self.legs.look()
        field = self.legs.cerebellum.navigator.field(senses.occupancy, senses.pose.xy)
        ways = [(field.cost_to(each.standpoint), each.id, each) for each in self.memory.frontiers]
        best = min(ways, default=None, key=lambda way: way[:2])
        return None if best is None or not np.isfinite(best[0]) else Step(frontier=best[2])

    def take(self, step: Step, search: Search, until: Callable[[], bool]) -> bool:
        """Looks where a step says; tells whether that was enough."""
        legs = self.legs
        gait, navigator = legs.cerebellum.gait, legs.cerebellum.navigator
        if step.frontier is not None:
            walk = legs.cerebellum.config.walk
            status = legs.run(VisitFrontier(step.frontier, navigator, gait, walk), until)
            if status is Status.FAILED:
                self._note_failure(step.frontier.id)
            return until()
        assert step.block is not None and step.standpoint is not None
        enough = self._pausing(until)
        status = legs.run(FollowPath(step.standpoint, navigator, gait), enough)
        if status is Status.SUCCEEDED:
            legs.run(FaceTowards(gait, xy=step.block), until)
        if status is not Status.RUNNING:
            search.give_up_block(step.block)
        return until()

    def _pausing(self, until: Callable[[], bool]) -> Callable[[], bool]:
        """Also ends a walk after a few ticks, so that it is decided anew."""
        start = self.legs.left

        def enough() -> bool:
            return until() or start - self.legs.left >= 2 * self.config.rethink_ticks

        return enough

    def _note_failure(self, frontier: str) -> None:
        self._failed[frontier] = self._failed.get(frontier, 0) + 1
        if self._failed[frontier] >= _ATTEMPTS:
            self.memory.retire_frontier(frontier)


@final
class _Hunt:
    """One search for one thing."""

    def __init__(self, seeker: Seeker, target: Target | None, picture: UInt8Array | None) -> None:
        self._seeker, self._legs, self._memory = seeker, seeker.legs, seeker.memory
        self._config, self._floors = seeker.config, seeker.floors
        self._target = target if target is not None else ANYTHING
        self._picture = GoalPicture(picture) if picture is not None else None
        self._excluded: set[str] = set()
        self._detours: dict[str, int] = {}
        self._search = seeker.search()
        self._tried = 0
        self._checked = -1

    def run(self) -> Found:
        """Goes to one candidate after the other, and searches where there is none."""
        self._legs.look()
        while self._legs.left > 0:
            candidate = self._best()
            if candidate is not None:
                if self._visit(candidate):
                    return Found(found=True, tried=self._tried, name=candidate.id)
                continue
            if self._seeker.look_round(self._something):
                continue
            if self._is_late():
                break
            away = self._floors.is_away(self._target)
            if away and self._floors.go_on(self._something):
                continue
            step = self._seeker.step(self._search, self._target, blocks=not away)
            if step is None and away:
                step = self._seeker.way_out() or self._seeker.step(self._search, self._target)
            if step is None:
                if self._floors.go_on(self._something):
                    continue
                break
            self._seeker.take(step, self._search, self._something)
        return self._last_resort()

    def _candidates(self) -> list[Candidate]:
        picture = self._picture
        found = [
            each if picture is None else _seen_alike(each, picture.likeness(each.colour))
            for each in self._memory.candidates(self._target)
            if each.id not in self._excluded
        ]
        if not any(self._floors.is_apart(each.floor) for each in found):
            return found
        field = self._field()
        return [each for each in found if np.isfinite(self._cost(field, each))]

    def _field(self) -> CostField:
        """Returns what it costs to go anywhere on this floor."""
        senses = self._legs.look()
        return self._legs.cerebellum.navigator.field(senses.occupancy, senses.pose.xy)

    def _best(self) -> Candidate | None:
        """Returns the candidate that promises most for its way."""
        rated = self._rated()
        return rated[0][1] if rated else None

    def _rated(self) -> list[tuple[float, Candidate]]:
        field = self._field()
        rated = []
        for each in self._candidates():
            if each.likelihood < self._config.believable:
                continue
            cost = self._cost(field, each)
            rated.append((each.likelihood**2 / (cost + self._config.overhead), each))
        return sorted(rated, key=lambda entry: (-entry[0], entry[1].id))

    def _cost(self, field: CostField, each: Candidate) -> float:
        """Returns the way to a candidate, m; where the floor is not known, a guess at it.

        Infinite where it stands on another floor to which no known stairs lead.
        """
        here, before = field.start, 0.0
        if each.floor is not None and self._floors.is_apart(each.floor):
            way = self._floors.way_to(each.floor, field)
            if way is None:
                return float(np.inf)
            before, here = way
        rim = np.clip(here, each.low[:2], each.high[:2])
        guess = before + 1.5 * float(np.hypot(*(rim - here)))
        if self._floors.is_apart(each.floor):
            return guess
        cost = min(field.cost_to(rim), field.cost_to(0.5 * (each.low + each.high)[:2]))
        return float(cost) if np.isfinite(cost) else guess

    def _something(self) -> bool:
        """Whether something to go to has come up; asked after each look, judged now and then."""
        if self._legs.left == self._checked:
            return False
        if (self._checked - self._legs.left) % self._config.rethink_ticks and self._checked >= 0:
            return False
        self._checked = self._legs.left
        return any(c.likelihood >= self._config.believable for c in self._candidates())

    def _visit(self, candidate: Candidate) -> bool:
        """Goes to a candidate; tells whether what is sought is there."""
        self._tried += 1
        skill = self._approach(candidate)
        begun = self._legs.left
        status = self._legs.run(skill, lambda: self._better_than(candidate, begun))
        if status is Status.RUNNING:
            return False  # something better came up, or the time is over
        if self._floors.is_apart(candidate.floor):
            self._note_far(candidate)
            return False
        if status is Status.FAILED:
            return self._walk_nearer(candidate)
        if not self._memory.checks:
            return True
        return self._is_there(candidate)

    def _better_than(self, candidate: Candidate, begun: int) -> bool:
        """Tells whether the way is to be left for another candidate, or a doubt."""
        spent = begun - self._legs.left
        if spent == 0 or spent % self._config.rethink_ticks:
            return False
        rated = self._rated()
        worth = {each.id: (rate, each) for rate, each in rated}
        if candidate.id not in worth:
            return True
        rate, now = worth[candidate.id]
        moved = float(np.abs(now.low - candidate.low).max()) > 0.5 or now.floor != candidate.floor
        best, other = rated[0]
        return moved or (other.id != candidate.id and best > self._config.switch * rate)

    def _note_far(self, candidate: Candidate) -> None:
        """Notes that the stairs to a candidate could not be taken."""
        tries = self._detours[candidate.id] = self._detours.get(candidate.id, 0) + 1
        if tries >= _ATTEMPTS:
            self._excluded.add(candidate.id)

    def _is_there(self, candidate: Candidate) -> bool:
        """Looks for a candidate from where it should be seen."""
        gait = self._legs.cerebellum.gait
        middle = 0.5 * (candidate.low + candidate.high)[:2]
        for turn in _GLANCES:
            senses = self._legs.look()
            if self._memory.in_view(candidate):
                return True
            if turn == 0.0:
                self._legs.run(FaceTowards(gait, xy=middle))
            else:
                yaw = senses.pose.yaw + turn
                self._legs.run(FaceTowards(gait, yaw=yaw), lambda: self._memory.in_view(candidate))
        self._legs.look()
        if self._memory.in_view(candidate):
            return True
        self._excluded.add(candidate.id)
        return False

    def _walk_nearer(self, candidate: Candidate) -> bool:
        """Goes on towards a candidate that no known floor leads to, or shows.

        Returns:
            Whether it got there, and the candidate is there as far as that is checked.
        """
        if self._seeker.looks_round():
            return False
        senses = self._legs.look()
        navigator, gait = self._legs.cerebellum.navigator, self._legs.cerebellum.gait
        field = navigator.field(senses.occupancy, senses.pose.xy)
        detours = self._detours.get(candidate.id, 0)
        self._detours[candidate.id] = detours + 1
        place = nearest_floor(field, candidate.low, candidate.high, _BESIDE)
        if place is not None:
            status = self._legs.run(FollowPath(place, navigator, gait))
            if status is Status.SUCCEEDED and not self._memory.checks:
                return True
            if status is Status.SUCCEEDED and self._is_there(candidate):
                return True
            self._excluded.add(candidate.id)
            return False
        frontier = self._frontier_towards(candidate, field)
        if frontier is not None and detours < _DETOURS:
            before = self._legs.left
            self._seeker.take(Step(frontier=frontier), self._search, lambda: False)
            if self._legs.left < before:
                return False
        self._excluded.add(candidate.id)
        return False

    def _frontier_towards(self, candidate: Candidate, field: CostField) -> Frontier | None:
        """Returns the frontier over which the way to a candidate seems shortest."""
        middle = 0.5 * (candidate.low + candidate.high)[:2]
        ways = [
            (field.cost_to(f.standpoint) + 1.5 * float(np.hypot(*(f.centroid - middle))), f.id, f)
            for f in self._memory.frontiers
        ]
        ways = [way for way in ways if np.isfinite(way[0])]
        return min(ways)[2] if ways else None

    def _is_late(self) -> bool:
        """Tells whether what fits best so far can just be reached in the ticks that are left."""
        rest = self._candidates()
        if not rest:
            return False
        best = max(rest, key=lambda each: (each.likelihood, each.id))
        cost = self._cost(self._field(), best)
        return self._legs.left <= _SLACK_TICKS + _SLACK * cost / self._legs.cerebellum.gait.stride

    def _last_resort(self) -> Found:
        """Goes to what fits partly, where nothing that fits was found, and stops there."""
        rest = self._candidates()
        if not rest or self._legs.left <= 0:
            return Found(found=False, tried=self._tried)
        best = max(rest, key=lambda each: (each.likelihood, each.id))
        self._legs.run(self._approach(best))
        return Found(found=False, tried=self._tried + 1, name=best.id)

    def _approach(self, candidate: Candidate) -> Skill[Senses]:
        body = self._legs.cerebellum
        low, high, config = candidate.low, candidate.high, self._config.approach

        def approach() -> Approach:
            return Approach(low, high, body.navigator, body.gait, config)

        return self._floors.over(candidate.floor, approach)


def _seen_alike(candidate: Candidate, likeness: float) -> Candidate:
    return replace(candidate, likelihood=candidate.likelihood * likeness)
