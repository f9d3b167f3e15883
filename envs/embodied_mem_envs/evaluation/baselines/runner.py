"""What all baselines share: they carry one plan out step by step, as a cerebellum does."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from embodied_mem.brain.plan.checks import check_plan
from embodied_mem.brain.plan.executor import answer
from embodied_mem.brain.plan.life import HOLD, Conditions, Notice, Progress, StepLife
from embodied_mem.brain.plan.remedies import planned
from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.plan.report import Event, ExecutionReport, What
from embodied_mem.brain.plan.schema import Plan, Step, Task
from embodied_mem.brain.plan.settling import Pace
from embodied_mem.brain.plan.walk import walk
from embodied_mem.brain.skill import Skill, SkillLibrary, Status
from embodied_mem.brain.state import State
from embodied_mem.errors import PlanError
from embodied_mem.types import Command

NO_CONDITIONS: Final = Conditions((), (), ())


class PlanRunner(ABC):
    """Implements `CerebellumModule`; a baseline decides in `advance` what runs next."""

    notices: ClassVar[bool] = True
    """Whether it takes notice of how a step ended."""

    def __init__(self, plan: Plan, library: SkillLibrary, *, seconds_per_tick: float) -> None:
        """Checks a plan; nothing runs before the first tick.

        Raises:
            PlanError: If the plan cannot be carried out as it is written.
        """
        check_plan(plan, library)
        self.plan = plan
        self.status = Status.RUNNING
        self.report = ExecutionReport(instruction=plan.instruction, events=[])
        self.command = HOLD
        """What the body is to do at this tick."""
        self.library = library
        self.pace = pace_of(seconds_per_tick)
        """The executor's own times, in ticks."""
        self._seconds_per_tick = seconds_per_tick
        self._step: Step | None = None
        self._life: StepLife | None = None
        self._interruption = ""
        self._started: float | None = None
        self._state: State | None = None

    @property
    def reason(self) -> str:
        """Why it failed, in words."""
        return self.report.reason

    @property
    def wants(self) -> ReplanRequest | None:
        """What the cortex must be asked before it can go on."""
        return None

    @property
    def active(self) -> tuple[str, ...]:
        """Ids of the root and of the step that runs."""
        return () if self._step is None else (self.plan.root.id, self._step.id)

    def tick(self, senses: Any, state: State) -> Command:
        """Returns this tick's command; holds still after the end."""
        if self.status is not Status.RUNNING:
            return HOLD
        if self._started is None:
            self._started = state.seconds
        self._state, self.command = state, HOLD
        self.report.ticks += 1
        self.report.seconds = state.seconds - self._started
        self.advance(senses, state)
        return self.command

    def give(self, task: Task | None, reason: str = "") -> None:
        """Hands it what it wanted.

        Raises:
            PlanError: If it never wants anything.
        """
        raise PlanError(f"{type(self).__name__} asks for no other plan")

    def interrupt(self, reason: str) -> None:
        """Hears that a reflex stopped the arm: the running step has come to a bad end."""
        self._interruption = reason

    def stop(self, reason: str) -> None:
        """Ends the plan."""
        if self.status is Status.RUNNING:
            self._leave()
            self.end(Status.FAILED, reason)

    @abstractmethod
    def advance(self, senses: Any, state: State) -> None:
        """Does one tick; sets `command`."""

    def begin(self, step: Step, conditions: Conditions = NO_CONDITIONS) -> None:
        """Begins a step."""
        self._leave()
        attempt = planned(step, self.library, conditions)

        def make() -> Skill[Any]:
            self.mark("started", step, skill=str(attempt))
            return attempt.spec.make(attempt.arguments)

        ticks = max(1, round(step.timeout / self._seconds_per_tick))
        self._step, self._interruption = step, ""
        self._life = StepLife(conditions, make, timeout=ticks, pace=self.pace)

    def live(self, senses: Any, state: State) -> Progress:
        """Lives one tick of the step that was begun; its end is recorded."""
        life, step = self._life, self._step
        assert life is not None
        assert step is not None
        if self._interruption:
            life.halt()
            progress: Progress = Notice("bad_end", self._interruption, state.tick)
            self._interruption = ""
        else:
            progress = life.tick(senses, state)
            self.command = life.command
        if isinstance(progress, Notice) and not self.notices:
            self.mark("done", step, detail=progress.detail)
        elif isinstance(progress, Notice):
            self.mark("anomaly", step, anomaly=progress.anomaly, detail=progress.detail)
        elif progress != "running":
            self.mark("skipped" if progress == "skipped" else "done", step)
        if progress != "running":
            self._life = self._step = None
        return progress

    def halt_step(self) -> None:
        """Ends the step that runs, if one does."""
        self._leave()

    def end(self, status: Status, reason: str = "") -> None:
        """Ends the run; a success says what there is to answer."""
        self.status = status
        succeeded = status is Status.SUCCEEDED
        self.report.outcome = "succeeded" if succeeded else "failed"
        self.report.reason = reason
        if succeeded and self._state is not None:
            self.report.answer = answer(self.plan, self._state)
        self.mark("ended", self.plan.root, detail=self.report.outcome, action=reason)

    def mark(self, what: What, node: Step | Task, **fields: str) -> None:
        """Records something that happened."""
        state = self._state
        tick, seconds = (0, 0.0) if state is None else (state.tick, state.seconds)
        self.report.events.append(
            Event(tick=tick, seconds=seconds, node=node.id, what=what, **fields)
        )

    def _leave(self) -> None:
        if self._life is not None:
            self._life.halt()
        self._life = self._step = None


def steps_of(task: Task) -> Iterator[Step]:
    """Yields the steps of a task in their order."""
    return (node for node in walk(task) if isinstance(node, Step))


def pace_of(seconds_per_tick: float) -> Pace:
    """Returns the times that the executor has by default, in ticks."""
    return Pace(
        debounce=3,
        settle=max(2, round(0.6 / seconds_per_tick)),
        blind=max(2, round(2.0 / seconds_per_tick)),
    )
