"""The skills of a mobile body as a library that plans can use."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, final

import numpy as np

from embodied_mem.brain.brain import INSPECT_FROM
from embodied_mem.brain.cerebellum import Cerebellum
from embodied_mem.brain.entering import EnterRoom
from embodied_mem.brain.exploration import ExplorationStrategy, InformationGain
from embodied_mem.brain.floor_tour import FloorStep, FloorTour
from embodied_mem.brain.house_belief import HouseBelief
from embodied_mem.brain.skill import (
    Argument,
    Parameter,
    Skill,
    SkillLibrary,
    SkillSpec,
    Status,
)
from embodied_mem.brain.skills import STOP, FaceTowards, LookAround, Senses
from embodied_mem.brain.walking import FollowPath, GoToObject, VisitFrontier
from embodied_mem.errors import PlanError
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.types import Command, Float64Array

_NOWHERE: tuple[float, ...] = ()
_ATTEMPTS = 2
"""How often a frontier is tried before it is given up."""

_TARGET = Parameter(type="entity", help="a thing, a room, or `start`", default="")
_POINT = Parameter(type="point", help="x and y instead of a target, m", default=_NOWHERE)


@final
class Explore:
    """Visits frontiers until none is left that can be reached, on floor after floor."""

    def __init__(
        self, scene: SceneGraph, cerebellum: Cerebellum, strategy: ExplorationStrategy
    ) -> None:
        self.status, self.reason = Status.RUNNING, ""
        self._scene, self._cerebellum, self._strategy = scene, cerebellum, strategy
        self._visit: VisitFrontier | None = None
        self._tour = FloorTour(cerebellum.gait.max_step, _ATTEMPTS)
        self._looked = {scene.storeys.current}
        self._change: Skill[Senses] | None = None
        self._step: FloorStep | None = None
        self._failed: dict[str, int] = {}

    def can_execute(self, senses: Senses) -> float:
        """1 anywhere: where nothing is left to explore it is done at once."""
        return 1.0

    def enter(self, senses: Senses) -> None:
        """Nothing to get ready."""

    def step(self, senses: Senses) -> Command:
        """Walks to the frontier that the strategy chose; one that ends hands on to the next."""
        for _ in range(8):  # several may turn out to be out of reach at once
            if self._change is not None:
                command = self._change.step(senses)
                if self._change.status is Status.RUNNING:
                    return command
                self._end_change()
            visit = self._visit or self._next(senses)
            if visit is None:
                if self._start_change(senses):
                    continue
                self.status = Status.SUCCEEDED
                return STOP
            command = visit.step(senses)
            if visit.status is Status.RUNNING:
                return command
            visit.leave()
            self._visit = None
            if visit.status is Status.FAILED:
                self._note_failure(visit.frontier.id)
        return STOP

    def leave(self) -> None:
        """Leaves the visit, or the way to another floor, that is under way."""
        for skill in (self._visit, self._change):
            if skill is not None:
                skill.leave()

    def _start_change(self, senses: Senses) -> bool:
        """Starts the way to the next floor; false where none is left."""
        storeys = self._scene.storeys
        if storeys.between:
            self._step = self._tour.off_stairs(self._scene, senses.pose.xy)
        elif storeys.current not in self._looked:
            self._looked.add(storeys.current)
            self._step, self._change = None, LookAround(self._cerebellum.gait)
        else:
            self._step = self._tour.leave(self._scene)
        if self._step is not None:
            self._change = self._cerebellum.changing_floor(self._step)
        if self._change is None:
            return False
        self._change.enter(senses)
        return True

    def _end_change(self) -> None:
        """Leaves the way to another floor, and notes where it failed."""
        assert self._change is not None
        self._change.leave()
        if self._change.status is Status.FAILED and self._step is not None:
            self._tour.failed(self._step, self._scene)
        self._change, self._step = None, None

    def _next(self, senses: Senses) -> VisitFrontier | None:
        storeys = self._scene.storeys
        if storeys.between or storeys.current not in self._looked:
            return None
        frontiers = self._scene.frontiers
        chosen = self._strategy.choose(senses.occupancy, frontiers, senses.pose)
        if chosen is None:
            return None
        walk, gait = self._cerebellum.config.walk, self._cerebellum.gait
        self._visit = VisitFrontier(chosen, self._cerebellum.navigator, gait, walk)
        self._visit.enter(senses)
        return self._visit

    def _note_failure(self, frontier: str) -> None:
        self._failed[frontier] = self._failed.get(frontier, 0) + 1
        if self._failed[frontier] >= _ATTEMPTS:
            self._scene.retire_frontier(frontier)


def house_skills(
    belief: HouseBelief, cerebellum: Cerebellum, strategy: ExplorationStrategy | None = None
) -> SkillLibrary:
    """Returns `go_to`, `face`, `inspect`, `look_around` and `explore` for a body in a house.

    The skills take `Senses`; where things are is looked up when a skill is made, so that a retry
    knows what was seen in the meantime.

    Args:
        belief: Knows the things and rooms by name.
        cerebellum: Whose gait and navigation they use.
        strategy: What `explore` visits next; information gain where None.
    """
    strategy = strategy or InformationGain(cerebellum.navigator)
    makers = _Makers(belief, cerebellum, strategy)
    distance = Parameter(
        type="number", help="how far from a thing to stop, m", default=1.0, low=0.4, high=3.0
    )
    specs = [
        _spec(
            "go_to",
            "Walks to where a thing can be seen well and faces it, or to a room or point.",
            {"target": _TARGET, "point": _POINT, "distance": distance},
            makers.go_to,
            jitter={"distance": 0.2},
        ),
        _spec(
            "face",
            "Turns in place towards a thing or point.",
            {"target": _TARGET, "point": _POINT},
            makers.face,
        ),
        _spec(
            "inspect",
            "Walks close to a thing and looks at it.",
            {"target": Parameter(type="entity", help="the thing")},
            makers.inspect,
        ),
        _spec("look_around", "Turns once in place, to see every side.", {}, makers.look_around),
        _spec("explore", "Visits unknown floor until none is left.", {}, makers.explore),
    ]
    return {spec.name: spec for spec in specs}


def _spec(
    name: str,
    help: str,
    parameters: Mapping[str, Parameter],
    make: Callable[[Mapping[str, Argument]], Skill[Any]],
    jitter: Mapping[str, float] | None = None,
) -> SkillSpec:
    return SkillSpec(name=name, help=help, parameters=parameters, make=make, jitter=jitter)


@final
class _Makers:
    """Makes skills from arguments."""

    def __init__(
        self, belief: HouseBelief, cerebellum: Cerebellum, strategy: ExplorationStrategy
    ) -> None:
        self._belief, self._cerebellum, self._strategy = belief, cerebellum, strategy

    def go_to(self, arguments: Mapping[str, Argument]) -> Skill[Senses]:
        name = str(arguments.get("target", ""))
        point = self._belief.floor_of(name) if name else _point(arguments)
        if point is None:
            distance = arguments.get("distance", 1.0)
            assert isinstance(distance, float | int)
            return self._approach(name, float(distance))
        goal, body = point, self._cerebellum

        def walk() -> Skill[Senses]:
            if self._belief.is_room(name):
                inside = partial(self._belief.in_room, name)
                return EnterRoom(goal, inside, body.navigator, body.gait, body.config.walk)
            return FollowPath(goal, body.navigator, body.gait, body.config.walk)

        return body.on_floor(self._storey(name), walk)

    def face(self, arguments: Mapping[str, Argument]) -> Skill[Senses]:
        name = str(arguments.get("target", ""))
        point = self._belief.find(name).position[:2] if name else _point(arguments)
        return FaceTowards(self._cerebellum.gait, xy=point)

    def inspect(self, arguments: Mapping[str, Argument]) -> Skill[Senses]:
        return self._approach(str(arguments["target"]), INSPECT_FROM)

    def look_around(self, arguments: Mapping[str, Argument]) -> Skill[Senses]:
        return LookAround(self._cerebellum.gait)

    def explore(self, arguments: Mapping[str, Argument]) -> Skill[Senses]:
        return Explore(self._belief.hippocampus.scene, self._cerebellum, self._strategy)

    def _approach(self, name: str, distance: float) -> Skill[Senses]:
        thing = self._belief.find(name)
        low, high = thing.position - 0.5 * thing.size, thing.position + 0.5 * thing.size
        navigator, gait = self._cerebellum.navigator, self._cerebellum.gait

        def walk() -> Skill[Senses]:
            return GoToObject(low, high, navigator, gait, distance)

        return self._cerebellum.on_floor(self._storey(name), walk)

    def _storey(self, name: str) -> int | None:
        """Returns the floor of a thing, room or spot, where there is more than one."""
        several = len(self._belief.hippocampus.scene.floors) > 1
        return self._belief.storey_of(name) if several and name else None


def _point(arguments: Mapping[str, Argument]) -> Float64Array:
    point = arguments.get("point", _NOWHERE)
    if not isinstance(point, tuple) or len(point) < 2:
        raise PlanError("neither a target nor a point was given: give one of them")
    return np.asarray(point[:2], np.float64)
