"""A behaviour tree without memory: reactive conditions and bounded retries."""

from typing import Any, Final, final

from py_trees.behaviour import Behaviour
from py_trees.common import Status as TreeStatus
from py_trees.composites import Selector, Sequence
from py_trees.decorators import Retry

from embodied_mem.brain.plan.life import Conditions
from embodied_mem.brain.plan.schema import Node, Plan, Step, Task
from embodied_mem.brain.plan.settling import Settling
from embodied_mem.brain.skill import SkillLibrary, Status
from embodied_mem.brain.state import State
from embodied_mem_envs.evaluation.baselines.runner import PlanRunner

TRIES: Final = 3
"""How often a task, and within it a step, is tried."""


@final
class BehaviourTree(PlanRunner):
    """Runs a plan as the tree that an engineer would write by hand.

    Every step is guarded: it is passed over where what it is for holds, refuses to begin where its
    precondition does not, ends when its invariant breaks, and is checked afterwards (the pattern of
    postcondition, precondition and action of Colledanchise and Oegren, "Behavior Trees in Robotics
    and AI", 2018, section 3.5). Steps and tasks are retried; a task that is retried begins with the
    first step whose purpose is not served. Nothing else: no perturbed arguments, no other skill,
    no recall and no other plan.
    """

    def __init__(self, plan: Plan, library: SkillLibrary, *, seconds_per_tick: float) -> None:
        super().__init__(plan, library, seconds_per_tick=seconds_per_tick)
        self.senses: Any = None
        self.state: State | None = None
        self.tree = _task(plan.root, self)

    def advance(self, senses: Any, state: State) -> None:
        """Ticks the tree."""
        self.senses, self.state = senses, state
        self.tree.tick_once()
        if self.tree.status is TreeStatus.SUCCESS:
            self.end(Status.SUCCEEDED)
        elif self.tree.status is TreeStatus.FAILURE:
            self.end(Status.FAILED, f"{self.plan.root.id}: failed {TRIES} times")


def _task(task: Task, runner: BehaviourTree) -> Behaviour:
    """Compiles a task: done already, or its children one after the other and then its check."""
    children = [_node(child, runner) for child in task.children]
    conditions = Conditions.of(task)
    if conditions.post:
        children.append(_Check(f"{task.id} reached?", conditions, runner, patient=True))
    work = Retry(f"{task.id} retried", Sequence(task.id, True, children), TRIES)
    if not conditions.post:
        return work
    done = _Check(f"{task.id} done already?", conditions, runner, patient=False)
    return Selector(f"have {task.id}", True, [done, work])


def _node(node: Node, runner: BehaviourTree) -> Behaviour:
    if isinstance(node, Task):
        return _task(node, runner)
    return Retry(f"{node.id} retried", _Action(node, runner), TRIES)


@final
class _Action(Behaviour):
    """One step with its conditions."""

    def __init__(self, step: Step, runner: BehaviourTree) -> None:
        super().__init__(step.id)
        self._step, self._runner = step, runner
        self._conditions = Conditions.of(step)

    def initialise(self) -> None:
        self._runner.begin(self._step, self._conditions)

    def update(self) -> TreeStatus:
        assert self._runner.state is not None
        progress = self._runner.live(self._runner.senses, self._runner.state)
        if progress == "running":
            return TreeStatus.RUNNING
        return TreeStatus.SUCCESS if progress in ("done", "skipped") else TreeStatus.FAILURE

    def terminate(self, new_status: TreeStatus) -> None:
        if new_status is TreeStatus.INVALID:
            self._runner.halt_step()


@final
class _Check(Behaviour):
    """Whether conditions hold; a patient one waits for a picture that was taken afterwards."""

    def __init__(
        self, name: str, conditions: Conditions, runner: BehaviourTree, *, patient: bool
    ) -> None:
        super().__init__(name)
        self._conditions, self._runner, self._patient = conditions.post, runner, patient
        self._settling: Settling | None = None

    def initialise(self) -> None:
        self._settling = Settling(self._conditions)

    def update(self) -> TreeStatus:
        state = self._runner.state
        assert state is not None
        assert self._settling is not None
        if not self._patient:
            holds = all(condition.evaluate(state) for condition in self._conditions)
            return TreeStatus.SUCCESS if holds else TreeStatus.FAILURE
        verdict = self._settling.after(state, self._runner.pace)
        if verdict == "wait":
            return TreeStatus.RUNNING
        return TreeStatus.SUCCESS if verdict == "holds" else TreeStatus.FAILURE
