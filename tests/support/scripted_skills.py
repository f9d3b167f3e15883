"""Skills that follow a script: they stand for the motions of a robot, which take seconds to run.

The executor cannot tell them from real ones; what a motion would change in the world is an effect
on `World`, from which the states are made that conditions speak of.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from embodied_mem.brain.plan.executor import PlanExecutor
from embodied_mem.brain.plan.schema import Plan, Task
from embodied_mem.brain.skill import Parameter, SkillSpec, Status
from embodied_mem.brain.state import Entity, Hand, State
from embodied_mem.types import Command

SECONDS_PER_TICK = 0.1


class World:
    """A few things, a hand, and a camera that takes a picture every second tick."""

    def __init__(self, *things: str) -> None:
        self.tick = 0
        self.holding = ""
        self.places = dict.fromkeys(things, "table")
        self.missing: set[str] = set()
        self.opened = {"drawer": 0.0}
        self.blind = False
        self.camera_tick = 0

    def state(self) -> State:
        if self.tick % 2 == 0 and not self.blind:
            self.camera_tick = self.tick
        fixtures = {"drawer": "drawer", "red_bin": "bin", "blue_bin": "bin"}
        names = [*self.places, *fixtures]
        entities = {
            name: _entity(name, "object", names.index(name), place, missing=name in self.missing)
            for name, place in self.places.items()
        }
        for name, kind in fixtures.items():
            opened = self.opened.get(name, 0.0)
            entities[name] = _entity(name, kind, names.index(name), "table", opened=opened)
        return State(
            tick=self.tick,
            seconds=self.tick * SECONDS_PER_TICK,
            entities=entities,
            hand=Hand(
                position=np.zeros(3), yaw=0.0, opening=0.04, grip=0.0, contact=0.0,
                holding=self.holding,
            ),
            camera_tick=self.camera_tick,
        )  # fmt: skip

    def take(self, name: str) -> None:
        self.holding = name
        self.places[name] = "hand"

    def put(self, place: str) -> None:
        if self.holding:
            self.places[self.holding] = place
        self.holding = ""


def _entity(name: str, kind: str, column: int, place: str, **fields: object) -> Entity:
    """Returns an entity; they stand in a row, so that only their places relate them."""
    return Entity(
        id=name, kind=kind, category=name, position=np.array([column, 0.0, 0.02]),
        size=np.full(3, 0.04), place=place, **fields,
    )  # fmt: skip


@dataclass
class Act:
    """What one attempt at a skill does."""

    ticks: int = 3
    ends: Status = Status.SUCCEEDED
    effect: Callable[[World], None] | None = None
    """What the motion changes when it ends."""
    during: Callable[[World, int], None] | None = None
    """What happens at each tick of it."""
    can: float = 1.0
    reason: str = "the script says so"


class ScriptedSkill:
    """One attempt; checks that it is led through its life as the contract says."""

    def __init__(self, name: str, arguments: dict, act: Act, world: World) -> None:
        self.name, self.arguments = name, dict(arguments)
        self.status, self.reason = Status.RUNNING, ""
        self.entered = self.left = self.steps = 0
        self._act, self._world = act, world

    def can_execute(self, senses: object) -> float:
        return self._act.can

    def enter(self, senses: object) -> None:
        assert self.entered == 0 and self.left == 0
        self.entered += 1

    def step(self, senses: object) -> Command:
        assert self.entered == 1 and self.left == 0 and self.status is Status.RUNNING
        if self._act.during is not None:
            self._act.during(self._world, self.steps)
        self.steps += 1
        if self.steps < self._act.ticks:
            return Command(forward=0.1)
        if self._act.effect is not None:
            self._act.effect(self._world)
        self.status = self._act.ends
        self.reason = self._act.reason if self._act.ends is Status.FAILED else ""
        return Command()

    def leave(self) -> None:
        assert self.entered == 1 and self.left == 0
        self.left += 1


@dataclass
class Stage:
    """A world, the skills that act in it, and everything that was tried."""

    world: World
    scripts: dict[str, list[Act]] = field(default_factory=dict)
    """What the first, second... attempt at each skill does; the last is repeated."""
    instead: dict[str, tuple[str, ...]] = field(default_factory=dict)
    made: list[ScriptedSkill] = field(default_factory=list)
    _count: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def library(self) -> dict[str, SkillSpec]:
        return {name: self._spec(name) for name in self.scripts}

    def _spec(self, name: str) -> SkillSpec:
        def make(arguments: dict) -> ScriptedSkill:
            acts = self.scripts[name]
            act = acts[min(self._count[name], len(acts) - 1)]
            self._count[name] += 1
            skill = ScriptedSkill(name, arguments, act, self.world)
            self.made.append(skill)
            return skill

        return SkillSpec(
            name=name,
            help=f"does what the script of {name} says",
            parameters={
                "target": Parameter(type="entity", help="what it is done to", default=""),
                "offset": Parameter(type="number", help="m", default=0.0, low=-0.05, high=0.05),
                "point": Parameter(type="point", help="where", default=(0.0, 0.0)),
            },
            make=make,
            instead=self.instead.get(name, ()),
            jitter={"offset": 0.01, "point": 0.02},
        )

    @property
    def entered(self) -> list[ScriptedSkill]:
        return [skill for skill in self.made if skill.entered]

    @property
    def names(self) -> list[str]:
        return [skill.name for skill in self.entered]

    def all_left(self) -> bool:
        return all(skill.left == skill.entered for skill in self.made)

    def executor(self, *children, post=(), handlers=(), answer="", **options) -> PlanExecutor:
        root = Task(id="root", goal="all", children=children, post=post, handlers=handlers)
        plan = Plan(instruction="Do it", root=root, answer=answer)
        options.setdefault("rng", np.random.default_rng(0))
        return PlanExecutor(plan, self.library(), seconds_per_tick=SECONDS_PER_TICK, **options)

    def tick(self, executor: PlanExecutor) -> Command:
        command = executor.tick(None, self.world.state())
        self.world.tick += 1
        return command

    def run(self, executor: PlanExecutor, limit: int = 5000, until=None) -> PlanExecutor:
        for _ in range(limit):
            if executor.status is not Status.RUNNING or (until is not None and until()):
                return executor
            self.tick(executor)
        raise AssertionError(f"no end after {limit} ticks:\n{executor.report.text()}")
