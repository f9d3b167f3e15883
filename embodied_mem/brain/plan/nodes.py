"""The nodes of a compiled plan: py_trees behaviours, of which only the active branch is ticked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, final

from py_trees.behaviour import Behaviour
from py_trees.common import ParallelPolicy, Status
from py_trees.composites import Parallel, Sequence

from embodied_mem.brain.plan.arguments import shown
from embodied_mem.brain.plan.life import Conditions, Life
from embodied_mem.brain.plan.schema import Node, Plan, Step, Task
from embodied_mem.brain.skill import Argument, SkillSpec


class Conductor(Protocol):
    """What nodes ask of the executor that they belong to."""

    @property
    def stopping(self) -> bool:
        """Whether nothing may run any more."""

    def live(self, leaf: "Leaf") -> Life:
        """Begins an attempt at a leaf."""

    def advance(self, leaf: "Leaf") -> Status:
        """Lives one tick of a leaf's attempt."""

    def complete(self, task: "TaskNode") -> None:
        """Hears that a task is done."""

    def is_reached(self, task: "TaskNode") -> bool:
        """Tells whether a task need not be carried out, for what it is for holds already."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a step is tried."""

    spec: SkillSpec
    arguments: Mapping[str, Argument]
    conditions: Conditions

    def __str__(self) -> str:
        return shown(self.spec.name, self.arguments)


@final
class Leaf(Behaviour):
    """A step, or the check at the end of a task that its conditions hold."""

    def __init__(self, node: Node, conductor: Conductor) -> None:
        super().__init__(node.id if isinstance(node, Step) else f"{node.id} reached?")
        self.node = node
        self.conditions = Conditions.of(node)
        self.life: Life | None = None
        """The attempt that runs or ran last."""
        self.attempt: Attempt | None = None
        """How the step is tried, where that is not as planned."""
        self.tried: set[str] = set()
        """Skills that were tried in the place of the planned one."""
        self._conductor = conductor

    def initialise(self) -> None:
        """Begins an attempt, as planned."""
        self.attempt = None
        self.life = self._conductor.live(self)

    def update(self) -> Status:
        """Lives one tick."""
        return self._conductor.advance(self)

    def terminate(self, new_status: Status) -> None:
        """Ends the attempt, so that a skill that was entered is always left."""
        if self.life is not None:
            self.life.halt()

    def retry(self, attempt: Attempt) -> None:
        """Ends the attempt and begins another."""
        if self.life is not None:
            self.life.halt()
        self.attempt = attempt
        self.life = self._conductor.live(self)


@final
class TaskNode(Sequence):
    """A task: its children one after the other, with memory; skipped where it is reached."""

    def __init__(self, task: Task, conductor: Conductor) -> None:
        super().__init__(task.id, memory=True)
        self.task = task
        self.conditions = Conditions.of(task)
        self.is_replanned = False
        """Whether it took the place of another."""
        self._conductor = conductor

    def tick(self) -> Iterator[Behaviour]:
        """Ticks the active child only."""
        if self.status is not Status.RUNNING and self._conductor.is_reached(self):
            self.stop(Status.SUCCESS)
            yield self
            return
        yield from super().tick()

    def terminate(self, new_status: Status) -> None:
        """Tells when it is done."""
        if new_status is Status.SUCCESS:
            self._conductor.complete(self)


@final
class StopGuard(Behaviour):
    """Runs until the executor is to stop, and then fails."""

    def __init__(self, conductor: Conductor) -> None:
        super().__init__("not stopped")
        self._conductor = conductor

    def update(self) -> Status:
        """Looks at the executor."""
        return Status.FAILURE if self._conductor.stopping else Status.RUNNING


def compile_task(task: Task, conductor: Conductor) -> TaskNode:
    """Compiles a task with all that is below it.

    Raises:
        ConditionError: If a condition cannot be read.
    """
    node = TaskNode(task, conductor)
    for child in task.children:
        if isinstance(child, Step):
            node.add_child(Leaf(child, conductor))
        else:
            node.add_child(compile_task(child, conductor))
    if task.post:
        node.add_child(Leaf(task, conductor))
    return node


def compile_plan(plan: Plan, conductor: Conductor) -> Parallel:
    """Compiles a plan: a parallel of a guard, which ends everything, and the root.

    Raises:
        ConditionError: If a condition cannot be read.
    """
    # The root has a parent of its own, so that it can be replaced as any other task.
    holder = Sequence(plan.instruction, memory=True)
    holder.add_child(compile_task(plan.root, conductor))
    policy = ParallelPolicy.SuccessOnSelected(children=[holder], synchronise=False)
    return Parallel("guarded", policy=policy, children=[StopGuard(conductor), holder])


def leaves(tree: Behaviour) -> list[Leaf]:
    """Returns the leaves of a tree in the order in which they are carried out."""
    return [node for node in _down(tree) if isinstance(node, Leaf)]


def path_to(leaf: Behaviour) -> list[TaskNode]:
    """Returns the tasks around a node, from the root down."""
    tasks: list[TaskNode] = []
    node = leaf.parent
    while node is not None:
        if isinstance(node, TaskNode):
            tasks.append(node)
        node = node.parent
    return tasks[::-1]


def resume_at(node: Behaviour) -> None:
    """Lets the next tick enter a node, whatever ran before; what comes after it is reset."""
    child = node
    while isinstance(child.parent, Sequence):
        parent = child.parent
        for later in parent.children[parent.children.index(child) + 1 :]:
            if later.status is not Status.INVALID:
                later.stop(Status.INVALID)
        parent.status, parent.current_child = Status.RUNNING, child
        child = parent
    node.stop(Status.INVALID)


def _down(node: Behaviour) -> Iterator[Behaviour]:
    yield node
    for child in node.children:
        yield from _down(child)
