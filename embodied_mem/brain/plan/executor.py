"""Carries out a plan: one command a tick, anomalies noticed and handled on the way."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from py_trees.common import Status as TreeStatus
from py_trees.composites import Parallel

from embodied_mem.brain.plan.checks import answer_parts, check_plan, fill_answer
from embodied_mem.brain.plan.conditions import Condition, parse_condition
from embodied_mem.brain.plan.conductor import Bounds, NodeState, PlanConductor
from embodied_mem.brain.plan.life import HOLD, Conditions
from embodied_mem.brain.plan.nodes import compile_plan, path_to
from embodied_mem.brain.plan.remedies import Recall, Remedies
from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.plan.report import Event, ExecutionReport
from embodied_mem.brain.plan.schema import Plan, Task
from embodied_mem.brain.plan.settling import Pace, Settling
from embodied_mem.brain.plan.walk import replace, walk
from embodied_mem.brain.skill import SkillLibrary, Status
from embodied_mem.brain.state import State
from embodied_mem.errors import PlanError
from embodied_mem.types import Command


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecutorConfig:
    """Settings of a `PlanExecutor`."""

    debounce: int = 3
    """A condition must be false for so many ticks in a row before that counts as an anomaly; one
    about what is seen also in a second picture."""
    settle: float = 0.6
    """After a skill's end its post-conditions get so long to become true, s."""
    blind: float = 2.0
    """So long a newer picture is waited for before an old one must do, s."""
    max_anomalies: int = 40
    """After so many anomalies in one run it is stopped, whatever handlers are left."""
    max_replans: int = 3
    """So often, at most, another plan is asked for in one run."""
    replan_patience: float = 120.0
    """So long an answer to that is waited for, s."""
    max_seconds: float = 1800.0
    """A run that takes longer is stopped, s of the body's time."""


@final
class PlanExecutor:
    """Runs one plan once. Ticks only the active branch of its tree.

    ```
    executor = PlanExecutor(plan, library, rng=rng, seconds_per_tick=0.005)
    while executor.status is Status.RUNNING:
        command = executor.tick(senses, state)
        if executor.wants is not None:
            executor.give(cortex.replan(executor.wants, situation))
    print(executor.report.text())
    ```
    """

    def __init__(
        self,
        plan: Plan,
        library: SkillLibrary,
        *,
        rng: np.random.Generator,
        seconds_per_tick: float,
        recall: Recall | None = None,
        config: ExecutorConfig | None = None,
    ) -> None:
        """Checks and compiles a plan; nothing runs before the first tick.

        Args:
            plan: What to carry out.
            library: The skills that its steps use.
            rng: Draws the perturbed arguments of retries.
            seconds_per_tick: Length of a tick, s.
            recall: Asks memory for a step that helped before; never where None.
            config: Settings; the defaults where None.

        Raises:
            PlanError: If the plan cannot be carried out as it is written.
        """
        check_plan(plan, library)
        self.config = config or ExecutorConfig()
        self.plan = plan
        """The plan, with the parts that were planned anew in their places."""
        self.report = ExecutionReport(instruction=plan.instruction, events=[])
        self.status = Status.RUNNING
        self._library, self._seconds_per_tick = library, seconds_per_tick
        self._started: float | None = None
        self._pace = _pace(self.config, seconds_per_tick)
        self._promise: Settling | None = None
        self._conductor = PlanConductor(
            library,
            Remedies(library, rng, recall),
            self.report,
            pace=self._pace,
            seconds_per_tick=seconds_per_tick,
            bounds=_bounds(self.config, seconds_per_tick),
        )
        self.tree: Parallel = compile_plan(plan, self._conductor)
        """The py_trees tree, which py_trees' own displays draw."""

    @property
    def reason(self) -> str:
        """Why it failed, in words."""
        return self.report.reason

    @property
    def wants(self) -> ReplanRequest | None:
        """What another plan is needed for; the body holds still until `give`."""
        return self._conductor.wants

    @property
    def active(self) -> tuple[str, ...]:
        """Ids from the root down to the step or task that runs; empty after the end."""
        leaf = self._conductor.leaf
        if leaf is None or self.status is not Status.RUNNING:
            return ()
        path = [task.task.id for task in path_to(leaf)]
        return tuple(dict.fromkeys((*path, leaf.node.id)))

    @property
    def states(self) -> Mapping[str, NodeState]:
        """Where each node stands that was entered, by its id."""
        return dict(self._conductor.states)

    def tick(self, senses: Any, state: State) -> Command:
        """Returns the command of this tick; holds still after the end.

        Args:
            senses: What the skills are told.
            state: What is believed, which the conditions are about.
        """
        if self.status is not Status.RUNNING:
            return HOLD
        conductor = self._conductor
        conductor.perceive(senses, state)
        if self._started is None:
            self._started = state.seconds
        self.report.ticks += 1
        self.report.seconds = state.seconds - self._started
        if self.report.ticks * self._seconds_per_tick > self.config.max_seconds:
            conductor.fail(f"the plan took longer than {self.config.max_seconds:g} s")
        if self.tree.status is not TreeStatus.SUCCESS:
            self.tree.tick_once()
            conductor.apply_jump()
        if self.tree.status is TreeStatus.FAILURE or conductor.stopping:
            self._end(Status.FAILED, conductor.stop_reason)
        elif self.tree.status is TreeStatus.SUCCESS:
            self._verify(state)
        return conductor.command

    def give(self, task: Task | None, reason: str = "") -> None:
        """Answers `wants`.

        Args:
            task: Takes the place of `wants.task`; None where there is no other way, which lets
                the handlers that are left go on.
            reason: Why there is none.

        Raises:
            PlanError: If nothing was asked for.
        """
        request = self.wants
        if request is None:
            raise PlanError("no other plan was asked for: give one only while `wants` is set")
        if task is not None:
            plan = replace(self.plan, request.task.id, task)
            try:
                check_plan(plan, self._library)
                self.plan = plan
            except PlanError as error:
                task, reason = None, str(error)
        self._conductor.give(task, reason or "the cortex has none")

    def interrupt(self, reason: str) -> None:
        """Hears that a reflex stopped the body: the step that runs has come to a bad end."""
        if self.status is Status.RUNNING:
            self._conductor.interrupt(reason)

    def stop(self, reason: str) -> None:
        """Ends the run now; a skill that runs is left. Does nothing after the end."""
        if self.status is not Status.RUNNING:
            return
        self._conductor.fail(reason or "it was stopped")
        if self._started is not None:
            # One look of the guard, which ends everything beside it.
            self.tree.tick_once()
        self._end(Status.FAILED, reason)

    def _verify(self, state: State) -> None:
        """Ends a run in which all is done, once it is seen whether what was promised holds."""
        if self._promise is None:
            self._promise = Settling(promised(self.plan), self._conductor.moved)
        verdict = self._promise.after(state, self._pace)
        if verdict == "wait":
            return
        self.report.verified = verdict == "holds" and bool(promised(self.plan))
        self.report.answer = answer(self.plan, state)
        self._end(Status.SUCCEEDED, "")

    def _end(self, status: Status, reason: str) -> None:
        self.status = status
        succeeded = status is Status.SUCCEEDED
        self.report.outcome = "succeeded" if succeeded else "failed"
        self.report.reason = reason
        if self._started is None:
            return
        state = self._conductor.state
        self.report.events.append(
            Event(
                tick=state.tick,
                seconds=state.seconds,
                node=self.plan.root.id,
                what="ended",
                detail=self.report.outcome,
                action=reason,
            )
        )


def promised(plan: Plan) -> tuple[Condition, ...]:
    """Returns the conditions by which a finished plan is verified.

    They are those of the root; where it promises nothing, those of all its tasks. A plan without
    any is never verified.
    """
    if plan.root.post:
        return Conditions.of(plan.root).post
    tasks = [node for node in walk(plan.root) if isinstance(node, Task)]
    return tuple(condition for task in tasks for condition in Conditions.of(task).post)


def answer(plan: Plan, state: State) -> str:
    """Returns a plan's answer with the numbers of a state in the place of what is in braces."""
    parts = [parse_condition(part, type="number") for part in answer_parts(plan.answer)]
    return fill_answer(plan.answer, [f"{part.value(state):.4g}" for part in parts])


def _pace(config: ExecutorConfig, seconds_per_tick: float) -> Pace:
    # With ticks as long as the times, there must still be one in which a picture can come.
    return Pace(
        debounce=max(1, config.debounce),
        settle=max(2, math.ceil(config.settle / seconds_per_tick)),
        blind=max(2, math.ceil(config.blind / seconds_per_tick)),
    )


def _bounds(config: ExecutorConfig, seconds_per_tick: float) -> Bounds:
    return Bounds(
        anomalies=config.max_anomalies,
        replans=config.max_replans,
        patience=math.ceil(config.replan_patience / seconds_per_tick),
    )
