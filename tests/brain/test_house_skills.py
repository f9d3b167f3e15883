"""Mobile skills carried out as steps of a plan, in the real house."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from embodied_mem.brain.brain import Brain
from embodied_mem.brain.build import build_hippocampus
from embodied_mem.brain.exploration import InformationGain
from embodied_mem.brain.house_belief import START, HouseBelief
from embodied_mem.brain.house_skills import house_skills
from embodied_mem.brain.plan.checks import check_plan
from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.executor import PlanExecutor
from embodied_mem.brain.plan.schema import Handler, Plan, Step, Task
from embodied_mem.brain.skill import SkillLibrary, Status
from embodied_mem.brain.skills import Senses
from embodied_mem.brain.state import State
from embodied_mem.errors import ConfigError
from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house


@dataclass
class Visit:
    """A body in a house with everything that drives it."""

    brain: Brain
    belief: HouseBelief
    library: SkillLibrary

    def look(self) -> tuple[Senses, State]:
        """Observes once, remembers it, and tells what is believed."""
        observation = self.brain.brainstem.observe()
        self.brain.hippocampus.observe(observation)
        self._seen = observation
        scene = self.brain.hippocampus.scene
        senses = Senses.of(observation, scene.occupancy, scene.frontiers)
        return senses, self.belief.state(observation)

    def run(self, plan: Plan, ticks: int = 600) -> PlanExecutor:
        executor = PlanExecutor(
            plan,
            self.library,
            rng=np.random.default_rng(0),
            seconds_per_tick=self.brain.body.seconds_per_tick,
        )
        for _ in range(ticks):
            command = executor.tick(*self.look())
            if executor.status is not Status.RUNNING:
                return executor
            self.brain.brainstem.step(command, self._seen)
        raise AssertionError(executor.report.text())


@pytest.fixture(scope="module")
def visit() -> Iterator[Visit]:
    """Returns a house that was explored by a plan's own skills."""
    house = generate_house(3, HouseConfig(rooms=4))
    brain = Brain(HouseBody(house, CameraConfig(width=160, height=120)), build_hippocampus(seed=3))
    belief = HouseBelief(brain.hippocampus)
    brain.connect()
    visit = Visit(brain, belief, house_skills(belief, brain.cerebellum))
    executor = visit.run(
        plan("Explore", Step(id="turn", skill="look_around"), step("all", "explore", timeout=900.0))
    )
    assert executor.status is Status.SUCCEEDED, executor.report.text()
    belief.name_rooms()
    yield visit
    brain.close()


def step(id: str, skill: str, *, timeout: float = 120.0, post: str = "", **args: object) -> Step:
    posts = (post,) if post else ()
    return Step(id=id, skill=skill, args=args, timeout=timeout, post=posts)  # type: ignore[arg-type]


def plan(instruction: str, *children: Step, post: tuple[str, ...] = ()) -> Plan:
    root = Task(id="root", goal=instruction, children=children, post=post)
    return Plan(instruction=instruction, root=root)


def test_exploring_by_a_plan_finds_things_and_rooms_with_readable_names(visit: Visit) -> None:
    senses, state = visit.look()
    assert {"sofa", "refrigerator", START} <= set(state.entities)
    rooms = [entity for entity in state.entities.values() if entity.kind == "room"]
    assert len(rooms) >= 4
    assert visit.belief.find("refrigerator").place in {room.id for room in rooms}
    assert all(parse_condition(f"known({name})").evaluate(state) for name in state.entities)
    # Nothing is left that is worth a visit.
    strategy = InformationGain(visit.brain.cerebellum.navigator)
    assert strategy.choose(senses.occupancy, senses.frontiers, senses.pose) is None


def test_there_and_back_again(visit: Visit) -> None:
    start = visit.belief.find(START).position[:2]
    errand = plan(
        "Go to the sofa, then look at the fridge, and come back",
        step("sofa", "go_to", target="sofa", post="reached(sofa)"),
        step("fridge", "inspect", target="refrigerator", post="visible(refrigerator)"),
        step("back", "go_to", target=START, post="reached(start)"),
        post=("reached(start)", "age(refrigerator) < 200"),
    )
    _, state = visit.look()
    check_plan(errand, visit.library, state.entities.keys())
    executor = visit.run(errand)
    assert executor.status is Status.SUCCEEDED, executor.report.text()
    assert executor.report.verified
    done = [event.node for event in executor.report.events if event.what == "done"]
    assert done == ["sofa", "fridge", "back", "root"]
    senses, _ = visit.look()
    assert np.hypot(*(senses.pose.xy - start)) < 0.3


def test_a_room_and_a_point_can_be_walked_to(visit: Visit) -> None:
    kitchen = visit.belief.find("refrigerator").place
    point = tuple(map(float, visit.belief.find(START).position[:2]))
    errand = plan(
        "Into the kitchen and to a point",
        step("in", "go_to", target=kitchen, post=f"reached({kitchen})"),
        Step(id="point", skill="go_to", args={"point": point}),
    )
    executor = visit.run(errand)
    assert executor.status is Status.SUCCEEDED, executor.report.text()
    senses, _ = visit.look()
    assert np.hypot(*(senses.pose.xy - point)) < 0.3


def test_what_is_not_there_ends_badly_and_says_so(visit: Visit) -> None:
    stop = (Handler(level="stop"),)
    for args, reason in (
        ({"target": "unicorn"}, "nothing in the house is called 'unicorn'"),
        ({}, "neither a target nor a point"),
        ({"point": (50.0, 50.0)}, "cannot do its work here"),
    ):
        errand = plan("x", Step(id="a", skill="go_to", args=args, handlers=stop))  # type: ignore[arg-type]
        executor = visit.run(errand)
        assert executor.status is Status.FAILED
        assert reason in executor.reason


def test_names_stay_and_entities_are_shared_while_nothing_new_is_seen(visit: Visit) -> None:
    _, one = visit.look()
    _, two = visit.look()
    assert set(one.entities) == set(two.entities)
    same = sum(two.entities[name] is entity for name, entity in one.entities.items())
    assert same > len(one.entities) // 2
    assert two.base is not None and two.hand is None


def test_nothing_is_believed_before_anything_was_seen() -> None:
    hippocampus = build_hippocampus(seed=1)
    body = HouseBody(generate_house(1, HouseConfig(rooms=3)), CameraConfig(width=64, height=48))
    body.connect()
    with pytest.raises(ConfigError, match="nothing was observed yet"):
        HouseBelief(hippocampus).state(body.observe())
    body.close()
