"""Each module of an arm's brain can be replaced by whatever keeps to its border."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.arm_build import ArmBrainBuilder, ArmBrainParts
from embodied_mem.brain.control.clock import Clock
from embodied_mem.brain.control.reflexes import ReflexEvent
from embodied_mem.brain.fixtures import fixture_entities
from embodied_mem.brain.manipulation import ArmBrain, ArmBrainConfig
from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.plan.report import ExecutionReport
from embodied_mem.brain.plan.schema import Anomaly, Plan, Step, Task
from embodied_mem.brain.planning.situation import Situation
from embodied_mem.brain.skill import Status
from embodied_mem.brain.state import Hand, State
from embodied_mem.brain.surprise import Surprise
from embodied_mem.errors import ModelTimeout, PlanError
from embodied_mem.memory import MemoryStore
from embodied_mem.robots.arm import Arm, ArmState
from embodied_mem.types import Command, Observation
from embodied_mem_envs.tabletop import Placed, TabletopBody, default_cell

HOME = Plan(
    instruction="Go home.",
    root=Task(
        id="root",
        goal="be at home",
        children=(Step(id="go_home", skill="home", post=("hand_empty()",)),),
        post=("hand_empty()",),
    ),
)


@pytest.fixture
def body() -> Iterator[TabletopBody]:
    block = Placed(kind="block", colour="red", position=(0.4, 0.1, 0.0005))
    body = TabletopBody([block], seed=0)
    body.connect()
    body.settle()
    yield body
    body.close()


def builder(body: TabletopBody, **parts: object) -> ArmBrainBuilder:
    return ArmBrainBuilder(body, default_cell(), ArmBrainParts(**parts))  # type: ignore[arg-type]


class FixedCortex:
    """Always has the same plan; implements `CortexModule`."""

    def __init__(self, plan: Plan | Exception) -> None:
        self.calls, self.seconds = 0, 0.0
        self._plan = plan

    def plan(self, situation: Situation) -> Plan:
        self.calls += 1
        self.seconds += 0.5
        if isinstance(self._plan, Exception):
            raise self._plan
        return self._plan

    def replan(self, request: ReplanRequest, situation: Situation) -> Task:
        raise PlanError("there is one plan only")


class LazyCerebellum:
    """Reports success without doing anything; implements `CerebellumModule`."""

    wants = None
    active: Sequence[str] = ()

    def __init__(self, plan: Plan) -> None:
        self.plan, self.status = plan, Status.RUNNING
        self.report = ExecutionReport(instruction=plan.instruction, events=[])

    def tick(self, senses: ArmSenses, state: State) -> Command:
        self.status = Status.SUCCEEDED
        self.report.outcome, self.report.verified = "succeeded", True
        return Command()

    def give(self, task: Task | None, reason: str = "") -> None:
        raise AssertionError("it wants nothing")

    def interrupt(self, reason: str) -> None:
        raise AssertionError("nothing moves")

    def stop(self, reason: str) -> None:
        self.status = Status.FAILED


class BlindHippocampus:
    """Knows the fixtures only; implements `HippocampusModule`."""

    noticed: Sequence[Surprise] = ()

    def __init__(self) -> None:
        self.pictures, self.learned = 0, 0

    def see(self, observation: Observation, arm: ArmState) -> None:
        self.pictures += 1

    def feel(self, arm: ArmState) -> None:
        pass

    def state(self, arm: ArmState) -> State:
        hand = Hand(
            position=np.zeros(3), yaw=0.0, opening=arm.opening, grip=arm.grip, contact=arm.contact
        )
        entities = fixture_entities(default_cell(), {}, arm.tick)
        return State(
            tick=arm.tick,
            seconds=0.005 * arm.tick,
            entities=entities,
            hand=hand,
            camera_tick=arm.tick,
        )

    def situation(self, instruction: str, state: State) -> Situation:
        return Situation(instruction=instruction, state=state, cell=default_cell(), skills={})

    def known_plan(self, instruction: str, state: State) -> Plan | None:
        return None

    def recall(self, step: Step, anomaly: Anomaly, state: State) -> Step | None:
        return None

    def follow(self, report: ExecutionReport, state: State) -> None:
        pass

    def learn(self, instruction: str, before: State, plan: Plan, report: ExecutionReport) -> None:
        self.learned += report.verified


class BareBrainstem:
    """Hands every command to the arm as it is; implements `BrainstemModule`."""

    stopped = ""

    def __init__(self, arm: Arm) -> None:
        self._arm, self.commands = arm, 0

    def since(self, tick: int) -> Sequence[ReflexEvent]:
        return ()

    def sense(self) -> ArmState:
        return self._arm.sense()

    def tick(self, command: Command | None) -> Command:
        self.commands += 1
        return self._arm.act(command or Command())

    def stop(self, reason: str) -> None:
        raise AssertionError("nothing goes wrong here")

    def clear(self) -> None:
        raise AssertionError("nothing goes wrong here")


def test_any_cortex_can_plan(body: TabletopBody) -> None:
    cortex = FixedCortex(HOME)
    done = builder(body).brain(cortex=cortex).do("Whatever you like.")
    assert done.succeeded and done.model_calls == cortex.calls == 1
    assert done.report is not None and done.report.verified


def test_any_cerebellum_can_act(body: TabletopBody) -> None:
    before = body.sense().joints
    done = builder(body).brain(cerebellum=LazyCerebellum).do("Put the red block in the red bin.")
    assert done.succeeded and done.plan is not None
    np.testing.assert_allclose(body.sense().joints, before, atol=1e-3)


def test_any_hippocampus_can_remember(body: TabletopBody) -> None:
    hippocampus = BlindHippocampus()
    brain = builder(body).brain(cortex=FixedCortex(HOME), hippocampus=hippocampus)
    assert brain.do("Go home.").succeeded
    assert hippocampus.pictures > 1 and hippocampus.learned == 1


def test_any_brainstem_can_drive(body: TabletopBody) -> None:
    made = builder(body)
    stem, hippocampus = BareBrainstem(body), made.hippocampus()
    brain = ArmBrain(
        body,
        cortex=FixedCortex(HOME),
        hippocampus=hippocampus,
        brainstem=stem,
        cerebellum=made.cerebellum(hippocampus),
    )
    done = brain.do("Go home.")
    assert done.succeeded and stem.commands >= done.ticks


def test_a_known_task_needs_no_model(body: TabletopBody) -> None:
    with MemoryStore() as skills:
        brain = builder(body, skills=skills).brain()
        first = brain.do("Put the red block into the red bin.")
        assert first.succeeded and first.model_calls == 1 and not first.known
        body.place_object("red_block", (0.35, -0.15, 0.0005), 0.4)
        body.settle()
        again = brain.do("The red block belongs in the red bin, please.")
        assert again.succeeded and again.model_calls == 0 and again.known
    truth = body.truth().things["red_block"]
    assert np.abs(truth.position[:2] - (0.32, 0.46)).max() < 0.09


def test_a_simulated_clock_charges_the_model(body: TabletopBody) -> None:
    paused = builder(body).brain(cortex=FixedCortex(HOME)).do("Go home.")
    clock = Clock("simulated", rate=200.0)
    charged = builder(body, clock=clock).brain(cortex=FixedCortex(HOME)).do("Go home.")
    assert clock.charged == 100
    assert charged.ticks == pytest.approx(paused.ticks + 100, abs=3)


def test_a_silent_model_is_asked_again_and_given_up(body: TabletopBody) -> None:
    cortex = FixedCortex(ModelTimeout("no answer within 30 s"))
    config = ArmBrainConfig(model_tries=3)
    done = builder(body, config=config).brain(cortex=cortex).do("Go home.")
    assert not done.succeeded and cortex.calls == 3
    assert [each.kind for each in done.noticed] == ["no_answer"] * 2
    assert "no answer" in done.reason and done.plan is None
