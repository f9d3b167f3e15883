"""A tabletop without physics: plans are carried out on symbols, by the rules that real ones obey.

The truth and what is believed are kept apart: a thing in a closed drawer is not seen, and is
believed to be where it was last seen until that place is looked at.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.schema import Node, Plan, Step, Task
from embodied_mem.brain.planning.rules.footprint import Footprint, gap
from embodied_mem.brain.planning.rules.world import World
from embodied_mem.brain.planning.sections import FixtureView, SceneView
from embodied_mem.brain.skill import Parameter, SkillLibrary, SkillSpec
from embodied_mem.brain.state import Entity, Hand, State
from embodied_mem.robots.arm import Fixture, WorkCell

BLOCK = (0.04, 0.04, 0.04)
SIZES = {
    "block": BLOCK,
    "can": (0.045, 0.045, 0.07),
    "mug": (0.074, 0.056, 0.068),
    "duck": (0.07, 0.05, 0.06),
    "teddy": (0.05, 0.06, 0.08),
    "plate": (0.125, 0.125, 0.038),
    "fork": (0.14, 0.024, 0.02),
    "spoon": (0.14, 0.034, 0.02),
    "sponge": (0.08, 0.05, 0.03),
    "bowl": (0.068, 0.068, 0.04),
}


def cell() -> WorkCell:
    """The fixtures that the issue decides on, measured by hand."""

    def drawer(y: float) -> Fixture:
        low, high = sorted((math.copysign(0.0265, y), math.copysign(0.2385, y)))
        return Fixture(
            kind="drawer",
            low=(0.735, low, 0.02),
            high=(0.935, high, 0.075),
            handle=(0.675, y, 0.09),
            slides=(-1.0, 0.0, 0.0),
            travel=0.19,
        )

    def box(kind: str, colour: str, x: float, y: float, half: float, height: float) -> Fixture:
        return Fixture(
            kind=kind,
            colour=colour,
            low=(x - half, y - half, 0.0),
            high=(x + half, y + half, height),
        )

    return {
        "table": Fixture(kind="table", low=(0.10, -0.62, -0.04), high=(0.98, 0.62, 0.0)),
        "chest": Fixture(kind="chest", low=(0.72, -0.27, 0.0), high=(0.96, 0.27, 0.12)),
        "left_drawer": drawer(0.1325),
        "right_drawer": drawer(-0.1325),
        "red_bin": box("bin", "red", 0.32, 0.46, 0.096, 0.065),
        "green_bin": box("bin", "green", 0.56, 0.46, 0.096, 0.065),
        "blue_bin": box("bin", "blue", 0.32, -0.46, 0.096, 0.065),
        "tray": box("tray", "grey", 0.56, -0.46, 0.1, 0.01),
        "lane": Fixture(kind="zone", low=(0.36, -0.32, 0.0), high=(0.46, 0.32, 0.0)),
    }


def skills() -> SkillLibrary:
    """The skills of an arm by name, parameters and types; these are never run."""

    def spec(name: str, **parameters: tuple[str, object]) -> SkillSpec:
        def make(_: object) -> None:
            raise AssertionError("the symbolic table runs no skills")

        return SkillSpec(
            name=name,
            help=f"{name} something",
            parameters={
                key: Parameter(type=type, help=key, default=default)  # type: ignore[arg-type]
                for key, (type, default) in parameters.items()
            },
            make=make,  # type: ignore[arg-type]
        )

    thing = ("entity", None)
    found = (
        spec("pick", target=thing),
        spec(
            "place",
            target=thing,
            destination=("entity", ""),
            point=("point", ()),
            yaw=("number", 0.0),
        ),
        spec("push", target=thing, point=("point", None)),
        spec("open", drawer=thing),
        spec("close", drawer=thing),
        spec("tilt", target=thing, destination=thing),
        spec("wipe", zone=thing),
        spec("hand_over", target=thing),
        spec("look", place=("entity", "table")),
        spec("home"),
    )
    return {each.name: each for each in found}


def thing(
    name: str,
    category: str,
    colour: str = "",
    at: tuple[float, float] = (0.35, 0.0),
    *,
    bottom: float = 0.0,
    place: str = "table",
    yaw: float = 0.0,
    **about: object,
) -> Entity:
    """Makes a thing that stands somewhere."""
    size = np.array(SIZES.get(category, BLOCK))
    return Entity(
        id=name,
        kind="object",
        category=category,
        colour=colour,
        position=np.array([*at, bottom + 0.5 * size[2]]),
        size=size,
        yaw=yaw,
        place=place,
        **about,  # type: ignore[arg-type]
    )


class IllegalStepError(AssertionError):
    """A step that no arm could carry out, or whose conditions do not hold."""


class StuckError(AssertionError):
    """Conditions that should hold by now do not."""


@dataclass(slots=True)
class Table:
    """What is true and what is believed, changed step by step."""

    things: dict[str, Entity]
    """Truth."""
    believed: dict[str, Entity]
    opened: dict[str, float] = field(
        default_factory=lambda: {"left_drawer": 0.0, "right_drawer": 0.0}
    )
    holding: str = ""
    done: list[str] = field(default_factory=list)
    """Skills that were carried out, with what they were about."""
    before_step: Callable[["Table", Step], None] | None = None
    """Lets a test change the world before a step."""
    replan: Callable[["Table", Task, Step | None, str], Task] | None = None
    """Lets a test give another task in the place of one that failed, as a cortex would."""
    replans: int = 0
    _failed: Step | None = None

    @classmethod
    def of(cls, *entities: Entity, where: Mapping[str, Entity] | None = None) -> "Table":
        """Makes a table with things as they are believed; `where` tells where some truly are."""
        believed = {entity.id: entity for entity in entities}
        table = cls({**believed, **(where or {})}, believed)
        table.perceive()
        return table

    def state(self) -> State:
        """Returns what is believed."""
        entities = dict(self.believed)
        for name, fixture in cell().items():
            low, high = np.array(fixture.low), np.array(fixture.high)
            entities[name] = Entity(
                id=name,
                kind=fixture.kind,  # type: ignore[arg-type]
                category=fixture.kind,
                colour=fixture.colour,
                position=0.5 * (low + high),
                size=high - low,
                opened=self.opened.get(name, 0.0),
            )
        hand = Hand(
            position=np.zeros(3), yaw=0.0, opening=0.08, grip=0.0, contact=0.0, holding=self.holding
        )
        return State(tick=0, seconds=0.0, entities=entities, hand=hand)

    def hidden(self, entity: Entity) -> bool:
        """Whether a thing is where no camera sees it."""
        return entity.place in self.opened and self.opened[entity.place] < 0.5

    def perceive(self) -> None:
        """Brings belief up to date with all that can be seen."""
        for name, true in self.things.items():
            if not self.hidden(true):
                self.believed[name] = replace(true, visible=True, missing=False)
            elif name in self.believed:
                believed = self.believed[name]
                gone = not self.hidden(believed)
                self.believed[name] = replace(
                    believed, visible=False, missing=gone or believed.missing
                )

    def holds(self, text: str) -> bool:
        """Tells whether a condition holds as far as is believed."""
        return parse_condition(text).evaluate(self.state())

    # -- carrying out ------------------------------------------------------------------------------

    def run(self, plan: Plan | Task) -> None:
        """Carries a plan out; whatever an arm could not do is an error."""
        self._run(plan.root if isinstance(plan, Plan) else plan)

    def _run(self, node: Node) -> None:
        if isinstance(node, Step):
            self._step(node)
            return
        if node.post and all(map(self.holds, node.post)):
            return
        try:
            self._failed = None
            for child in node.children:
                self._run(child)
            self._require(node.post, node.id, StuckError)
        except (IllegalStepError, StuckError) as error:
            if self.replan is None or self.replans >= 3:
                raise
            self.replans += 1
            self._run(self.replan(self, node, self._failed, str(error)))

    def _require(
        self, conditions: tuple[str, ...], where: str, error: type[AssertionError]
    ) -> None:
        for condition in conditions:
            if not self.holds(condition):
                raise error(f"{where}: {condition} does not hold")

    def _step(self, step: Step) -> None:
        self._failed = step
        if self.before_step is not None:
            self.before_step(self, step)
        self._require((*step.pre, *step.invariant), step.id, IllegalStepError)
        getattr(self, f"_do_{step.skill}")(**step.args)
        self.done.append(" ".join((step.skill, *map(str, list(step.args.values())[:2]))))
        self.perceive()
        self._require(step.post, step.id, StuckError)

    def _refuse(self, why: str) -> None:
        raise IllegalStepError(f"{why}; done so far: {self.done}")

    def _world(self) -> World:
        """The truth in the terms of the planner's geometry."""
        fixtures = {
            name: FixtureView(kind=f.kind, low=f.low, high=f.high, slides=f.slides, travel=f.travel)
            for name, f in cell().items()
        }
        return World.of(SceneView(fixtures=fixtures, things={}))

    def _on_top(self, name: str) -> list[str]:
        base = self.things[name]
        top = base.position[2] + 0.5 * base.size[2]
        return [
            other.id
            for other in self.things.values()
            if other.id != name
            and other.place == base.place != "hand"
            and abs(other.position[2] - 0.5 * other.size[2] - top) < 0.01
            and np.hypot(*(other.position - base.position)[:2]) < 0.5 * max(base.size[:2])
        ]

    def _loose(self, but: str) -> list[Entity]:
        return [e for e in self.things.values() if e.id != but and e.place == "table"]

    def _do_pick(self, target: str) -> None:
        entity = self.things[target]
        if self.holding:
            self._refuse(f"the hand already holds {self.holding}")
        if self.hidden(entity):
            self._refuse(f"{target} is shut in {entity.place}")
        if self._on_top(target):
            self._refuse(f"{self._on_top(target)} lies on {target}")
        self.holding = target
        self.things[target] = replace(entity, place="hand")

    def _do_place(
        self,
        target: str,
        destination: str = "",
        point: tuple[float, ...] = (),
        yaw: float | None = None,
    ) -> None:
        if self.holding != target:
            self._refuse(f"{target} is not in the hand")
        entity = self.things[target]
        turn = entity.yaw if yaw is None else yaw
        half = 0.5 * entity.size[2]
        if point:
            place, spot = "table", np.array([point[0], point[1], half])
            self._free_spot(entity, spot, turn)
        elif destination in self.things:
            base = self.things[destination]
            if self._on_top(destination):
                self._refuse(f"{destination} is not clear")
            place = base.place
            top = base.position[2] + 0.5 * base.size[2]
            spot = np.array([*base.position[:2], top + half])
        else:
            place, spot = destination, self._spot_in(destination, half)
        self.holding = ""
        self.things[target] = replace(entity, place=place, position=spot, yaw=turn)

    def _free_spot(self, entity: Entity, spot: np.ndarray, yaw: float) -> None:
        print_ = footprint(entity).at(spot[0], spot[1], yaw)
        for other in self._loose(entity.id):
            if gap(print_, footprint(other)) < -0.002:
                self._refuse(f"{other.id} lies where {entity.id} is to go")
        for name, share in self.opened.items():
            if share >= 0.5 and gap(print_, self._world().sweep(name)) < -0.002:
                self._refuse(f"{name} stands open where {entity.id} is to go")

    def _spot_in(self, destination: str, half: float) -> np.ndarray:
        fixture = cell()[destination]
        if self.opened.get(destination, 1.0) < 0.5:
            self._refuse(f"{destination} is closed")
        inside = sum(e.place == destination for e in self.things.values())
        low, high = np.array(fixture.low), np.array(fixture.high)
        spot = 0.5 * (low + high) + [0.04 * (inside % 3 - 1), 0.04 * (inside // 3 % 3 - 1), 0.0]
        spot[2] = fixture.low[2] + half
        return np.asarray(spot)

    def _do_push(self, target: str, point: tuple[float, ...]) -> None:
        entity = self.things[target]
        if self.holding or entity.place != "table":
            self._refuse(f"{target} cannot be pushed")
        spot = np.array([point[0], point[1], entity.position[2]])
        self._free_spot(entity, spot, entity.yaw)
        self.things[target] = replace(entity, position=spot)

    def _do_open(self, drawer: str) -> None:
        if self.holding:
            self._refuse(f"the hand holds {self.holding}")
        if self.opened[drawer] < 0.5:
            for other in self._loose(""):
                if gap(footprint(other), self._world().sweep(drawer)) < -0.002:
                    self._refuse(f"{other.id} stands before {drawer}")
        self.opened[drawer] = 1.0

    def _do_close(self, drawer: str) -> None:
        if self.holding:
            self._refuse(f"the hand holds {self.holding}")
        self.opened[drawer] = 0.0

    def _do_look(self, place: str = "table") -> None:
        if place not in cell() and place not in self.things:
            self._refuse(f"{place} is not known")

    def _do_home(self) -> None:
        pass

    def _do_tilt(self, target: str, destination: str) -> None:
        if self.holding != target:
            self._refuse(f"{target} is not in the hand")

    def _do_wipe(self, zone: str) -> None:
        if zone not in cell():
            self._refuse(f"{zone} is no surface")

    def _do_hand_over(self, target: str) -> None:
        if self.holding != target:
            self._refuse(f"{target} is not in the hand")
        self.holding = ""
        spot = self._spot_in("tray", 0.5 * self.things[target].size[2])
        self.things[target] = replace(self.things[target], place="tray", position=spot)


def footprint(entity: Entity) -> Footprint:
    """A thing seen from above."""
    return Footprint(
        x=float(entity.position[0]),
        y=float(entity.position[1]),
        half_x=0.5 * float(entity.size[0]),
        half_y=0.5 * float(entity.size[1]),
        yaw=entity.yaw,
    )
