"""The baselines: each does what its source does, and no more."""

import pytest

from embodied_mem.brain.modules import CerebellumModule
from embodied_mem.brain.plan.schema import Plan, Step, Task
from embodied_mem.brain.skill import Status
from embodied_mem.errors import PlanError
from embodied_mem.types import Command
from embodied_mem_envs.evaluation.baselines.agents import BASELINES
from embodied_mem_envs.evaluation.baselines.every_step import EveryStep
from embodied_mem_envs.evaluation.baselines.rekep import MOST_BACKTRACKS
from scripted_skills import SECONDS_PER_TICK, Act, Stage, World

ALL = sorted(BASELINES)


def put(thing: str, place: str) -> Task:
    return Task(
        id=f"put_{thing}",
        goal=f"put the {thing} into the {place}",
        children=(
            Step(id=f"pick_{thing}", skill="pick", args={"target": thing}, pre=("hand_empty()",),
                 post=(f"holding({thing})",)),
            Step(id=f"place_{thing}", skill="place", args={"target": place},
                 pre=(f"holding({thing})",),
                 invariant=(f"holding({thing}) or inside({thing}, {place})",),
                 post=(f"inside({thing}, {place})",)),
        ),
        post=(f"inside({thing}, {place})",),
    )  # fmt: skip


def plan_of(*tasks: Task) -> Plan:
    posts = tuple(text for task in tasks for text in task.post)
    return Plan(
        instruction="Tidy up",
        root=Task(id="root", goal="tidy up", children=tasks, post=posts),
        answer="{count(place=red_bin)} in the bin",
    )


class Room:
    """Two things, a bin, and skills of which single attempts can go wrong."""

    def __init__(self, **scripts: list[str]) -> None:
        self.world = World("mug", "duck")
        self.stage = Stage(self.world)
        for name, effect in (("pick", self._pick), ("place", self._place)):
            outcomes = [*scripts.get(name, []), "works"]
            self.stage.scripts[name] = [
                Act(
                    effect=effect if outcome == "works" else None,
                    ends=Status.FAILED if outcome == "fails" else Status.SUCCEEDED,
                    ticks=12 if outcome == "drops" else 3,
                    during=self._drop if outcome == "drops" else None,
                )
                for outcome in outcomes
            ]

    def run(self, name: str, *tasks: Task, limit: int = 3000) -> CerebellumModule:
        runner = BASELINES[name].runner(
            plan_of(*tasks), self.stage.library(), seconds_per_tick=SECONDS_PER_TICK
        )
        for _ in range(limit):
            if runner.status is not Status.RUNNING:
                break
            if runner.wants is not None:
                runner.give(plan_of(*tasks).root)
            runner.tick(None, self.world.state())  # type: ignore[arg-type]
            self.world.tick += 1
        else:
            raise AssertionError(runner.report.text())
        assert self.stage.all_left()
        return runner

    @property
    def names(self) -> list[str]:
        return [f"{skill.name} {skill.arguments['target']}" for skill in self.stage.entered]

    def _pick(self, world: World) -> None:
        world.take(self.stage.entered[-1].arguments["target"])

    def _place(self, world: World) -> None:
        world.put(self.stage.entered[-1].arguments["target"])

    def _drop(self, world: World, step: int) -> None:
        if step == 1:
            world.put("table")


BOTH = (put("mug", "red_bin"), put("duck", "red_bin"))
CLEAN = ["pick mug", "place red_bin", "pick duck", "place red_bin"]


@pytest.mark.parametrize("name", ALL)
def test_all_do_a_clean_task(name: str) -> None:
    room = Room()
    runner = room.run(name, *BOTH)
    assert runner.status is Status.SUCCEEDED
    assert room.names == CLEAN
    assert room.world.places == {"mug": "red_bin", "duck": "red_bin"}
    assert runner.report.answer == "2 in the bin"
    assert runner.report.outcome == "succeeded"
    assert runner.active == ()


def test_open_loop_notices_nothing() -> None:
    room = Room(pick=["misses"], place=["fails"])
    runner = room.run("open_loop", *BOTH)
    assert runner.status is Status.SUCCEEDED
    assert room.names == CLEAN
    assert room.world.places["mug"] == "table"
    assert not runner.report.anomalies


@pytest.mark.parametrize("name", ["rekep", "tree", "every_step"])
def test_the_others_notice_a_missed_grasp(name: str) -> None:
    room = Room(pick=["misses", "fails"])
    runner = room.run(name, *BOTH)
    assert runner.status is Status.SUCCEEDED
    assert set(room.world.places.values()) == {"red_bin"}
    assert [event.what for event in runner.report.events].count("anomaly") >= 1


@pytest.mark.parametrize("name", ["rekep", "tree", "every_step"])
def test_the_others_notice_what_is_dropped_on_the_way(name: str) -> None:
    room = Room(place=["drops"])
    assert room.run(name, *BOTH).status is Status.SUCCEEDED
    assert room.names[:4] == ["pick mug", "place red_bin", "pick mug", "place red_bin"]
    assert set(room.world.places.values()) == {"red_bin"}


@pytest.mark.parametrize("name", ["rekep", "tree", "every_step"])
def test_none_goes_on_for_ever(name: str) -> None:
    room = Room(pick=["misses"] * 400)
    runner = room.run(name, put("mug", "red_bin"), limit=20_000)
    assert runner.status is Status.FAILED
    assert runner.report.reason
    assert len(room.names) <= 3 * MOST_BACKTRACKS + 3


def test_the_tree_passes_over_what_is_done_and_asks_nobody() -> None:
    room = Room()
    room.world.places["mug"] = "red_bin"
    runner = room.run("tree", *BOTH)
    assert room.names == CLEAN[2:]
    with pytest.raises(PlanError):
        runner.give(None)


def test_every_step_asks_once_a_step_and_gives_up_without_an_answer() -> None:
    room = Room()
    runner = room.run("every_step", *BOTH)
    assert isinstance(runner, EveryStep)
    assert runner._calls == 4
    alone = EveryStep(plan_of(*BOTH), room.stage.library(), seconds_per_tick=SECONDS_PER_TICK)
    alone._ask(BOTH[0].children[0], "done")  # type: ignore[arg-type]
    alone.give(None)
    assert alone.status is Status.FAILED


@pytest.mark.parametrize("name", ALL)
def test_a_reflex_ends_the_step_and_a_stop_the_run(name: str) -> None:
    room = Room()
    runner = BASELINES[name].runner(
        plan_of(*BOTH), room.stage.library(), seconds_per_tick=SECONDS_PER_TICK
    )

    def tick() -> Command:
        return runner.tick(None, room.world.state())  # type: ignore[arg-type]

    for _ in range(2):
        tick()
        room.world.tick += 1
    assert runner.active[0] == "root"
    runner.interrupt("contact")
    tick()
    assert "contact" in runner.report.text()
    runner.stop("enough")
    runner.stop("twice")
    assert runner.status is Status.FAILED
    assert runner.report.reason == "enough"
    assert room.stage.all_left()
    assert tick().joints is None


@pytest.mark.parametrize("name", ALL)
def test_a_plan_that_makes_no_sense_is_refused(name: str) -> None:
    step = Step(id="fly", skill="fly")
    root = Task(id="root", goal="", children=(step,))
    with pytest.raises(PlanError, match="fly"):
        BASELINES[name].runner(
            Plan(instruction="Fly", root=root), Room().stage.library(), seconds_per_tick=0.1
        )
