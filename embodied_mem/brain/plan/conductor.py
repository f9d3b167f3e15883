"""Leads a compiled plan: begins attempts, hears what they notice, and finds a handler for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, final

from py_trees.common import Status
from py_trees.composites import Composite

from embodied_mem.brain.plan.arguments import entity_arguments
from embodied_mem.brain.plan.handlers import Ladder
from embodied_mem.brain.plan.life import HOLD, Life, Notice, Progress, StepLife, TaskLife
from embodied_mem.brain.plan.nodes import Leaf, TaskNode, compile_task, path_to, resume_at
from embodied_mem.brain.plan.recovery import task_to_replan
from embodied_mem.brain.plan.remedies import Remedies, planned
from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.plan.report import Event, ExecutionReport, What
from embodied_mem.brain.plan.schema import Handler, Node, Step, Task
from embodied_mem.brain.plan.settling import Pace, first_false
from embodied_mem.brain.plan.walk import walk
from embodied_mem.brain.skill import Skill, SkillLibrary
from embodied_mem.brain.state import State

NodeState = Literal["running", "done", "skipped", "failed"]
"""Where a node stands, for those that were entered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """What ends a run that would go on for ever."""

    anomalies: int
    replans: int
    patience: int
    """Ticks that another plan is waited for."""


@dataclass(frozen=True, slots=True)
class _Noticed:
    """An anomaly that is not handled yet."""

    leaf: Leaf
    notice: Notice
    state: State
    """What was believed when it was noticed."""


@dataclass(slots=True)
class _Request:
    """A replan that is being waited for."""

    noticed: _Noticed
    old: TaskNode
    waited: int = 0


@final
class PlanConductor:
    """What the nodes of one compiled plan turn to."""

    def __init__(
        self,
        library: SkillLibrary,
        remedies: Remedies,
        report: ExecutionReport,
        *,
        pace: Pace,
        seconds_per_tick: float,
        bounds: Bounds,
    ) -> None:
        self.command = HOLD
        self.stop_reason = ""
        self.leaf: Leaf | None = None
        """The leaf that was ticked last."""
        self.moved: int | None = None
        """The last tick at which a skill gave a command."""
        self.wants: ReplanRequest | None = None
        self.states: dict[str, NodeState] = {}
        self._library, self._remedies, self._report = library, remedies, report
        self._pace, self._bounds = pace, bounds
        self._seconds_per_tick = seconds_per_tick
        self._senses: Any = None
        self._state: State | None = None
        self._noticed: _Noticed | None = None
        self._request: _Request | None = None
        self._interruption = ""
        self._done: list[str] = []
        self._ladder = Ladder(lambda step: entity_arguments(step, library[step.skill]))

    @property
    def state(self) -> State:
        """What is believed at this tick."""
        assert self._state is not None
        return self._state

    @property
    def stopping(self) -> bool:
        """Whether nothing may run any more."""
        return self.stop_reason != ""

    def perceive(self, senses: Any, state: State) -> None:
        """Takes in what this tick is decided on."""
        self._senses, self._state, self.command = senses, state, HOLD

    def fail(self, reason: str) -> None:
        """Ends the run at the next look of the guard."""
        self.stop_reason = self.stop_reason or reason

    def interrupt(self, reason: str) -> None:
        """Brings the skill that runs to a bad end at the next tick, if one does."""
        life = None if self.leaf is None else self.leaf.life
        self._interruption = reason if life is not None and life.acting else ""

    def live(self, leaf: Leaf) -> Life:
        """Begins an attempt at a leaf."""
        if not isinstance(leaf.node, Step):
            return TaskLife(leaf.conditions, pace=self._pace, moved=self.moved)
        step = leaf.node
        attempt = leaf.attempt or planned(step, self._library, leaf.conditions)

        def make() -> Skill[Any]:
            self._mark("started", step, skill=str(attempt))
            return attempt.spec.make(attempt.arguments)

        self._enter(leaf)
        ticks = max(1, round(step.timeout / self._seconds_per_tick))
        return StepLife(attempt.conditions, make, timeout=ticks, pace=self._pace)

    def advance(self, leaf: Leaf) -> Status:
        """Lives one tick of a leaf's attempt."""
        if self.stopping:
            return Status.RUNNING  # the guard ends the tree in this very tick
        self.leaf = leaf
        if self._request is not None:
            return self._wait(self._request)
        if self._noticed is not None:
            return self._look(self._noticed)
        assert leaf.life is not None
        progress = self._progress(leaf.life)
        if progress == "running":
            return Status.RUNNING
        if isinstance(progress, Notice):
            self.states[leaf.node.id] = "failed"
            return self._look(_Noticed(leaf, progress, self.state))
        self._finish(leaf, progress)
        return Status.SUCCESS

    def _progress(self, life: Life) -> Progress:
        """Lives one tick of an attempt, or ends it where something else stopped the body."""
        reason, self._interruption = self._interruption, ""
        if reason:
            life.halt()
            return Notice("bad_end", reason, self.state.tick)
        progress = life.tick(self._senses, self.state)
        self.command = life.command
        if life.command is not HOLD:
            self.moved = self.state.tick
        return progress

    def complete(self, task: TaskNode) -> None:
        """Hears that all children of a task are done, and the check after them if there is one."""
        if not task.task.post:
            self.states[task.task.id] = "done"
            self._mark("done", task.task)

    def is_reached(self, task: TaskNode) -> bool:
        """Tells whether a task need not be carried out, for what it is for holds already."""
        post = task.conditions.post
        if self.stopping:
            return False
        if not post or first_false(post, self.state) is not None:
            self.states[task.task.id] = "running"
            return False
        for node in walk(task.task):
            if self.states.get(node.id) != "done":
                self.states[node.id] = "skipped"
        self._mark("skipped", task.task, detail="it is reached already")
        return True

    def apply_jump(self) -> None:
        """Goes where a handler said that the plan is to go on."""
        target, self._remedies.jump = self._remedies.jump, None
        if target is not None and not self.stopping:
            resume_at(target)

    def give(self, task: Task | None, reason: str) -> None:
        """Takes the answer to a replan request; None where there is none, with why."""
        request, self.wants = self._request, None
        assert request is not None
        if task is None:
            detail = f"no other plan came: {reason}"
            self._mark("replanned", request.old.task, detail=detail)
            # The next tick goes on with the handlers that are left.
            request.waited = -1
            return
        self._request = None
        self._ladder.forget(walk(task))
        new = compile_task(task, self)
        new.is_replanned = True
        parent = request.old.parent
        assert isinstance(parent, Composite)
        for node in walk(request.old.task):
            self.states.pop(node.id, None)
        parent.replace_child(request.old, new)
        resume_at(new)
        self._report.replans += 1
        self._mark("replanned", task, detail=f"another way to {task.goal!r}")

    def _look(self, noticed: _Noticed) -> Status:
        """Handles an anomaly once there is a picture of how things stand after it."""
        since = noticed.notice.since or 0
        waited = self.state.tick - since >= self._pace.settle
        if self.state.camera_tick > since or waited:
            self._noticed = None
            return self._handle(noticed)
        self._noticed = noticed
        return Status.RUNNING

    def _handle(self, noticed: _Noticed) -> Status:
        """Lets the first handler that can do something take an anomaly."""
        leaf, notice = noticed.leaf, noticed.notice
        if len(self._report.anomalies) >= self._bounds.anomalies:
            return self._give_up(noticed, "; too much went wrong")
        for rung in self._ladder.rungs(list(_outwards(leaf)), notice, self.state):
            if rung.handler.level == "stop":
                break
            action = self._apply(rung.handler, noticed)
            if action is not None:
                self._ladder.use(rung)
                self._log(noticed, rung.handler.level, action)
                return Status.RUNNING
        return self._give_up(noticed)

    def _apply(self, handler: Handler, noticed: _Noticed) -> str | None:
        remedies, state = self._remedies, self.state
        leaf, notice = noticed.leaf, noticed.notice
        if handler.level == "retry":
            return remedies.retry(leaf)
        if handler.level == "backtrack":
            return remedies.backtrack(leaf, handler, state)
        if handler.level == "alternative":
            return remedies.alternative(leaf, self._senses)
        if handler.level == "recall":
            return remedies.recall(leaf, notice, state)
        return self._ask(noticed)

    def _ask(self, noticed: _Noticed) -> str | None:
        """Asks the cortex for another plan."""
        leaf, notice = noticed.leaf, noticed.notice
        number = self._asked() + 1
        if number > self._bounds.replans:
            return None
        old = task_to_replan(leaf)
        goals = [task.task.goal for task in path_to(leaf)]
        self._request = _Request(noticed, old)
        self.wants = ReplanRequest(
            task=old.task,
            node=leaf.node.id,
            step=leaf.node if isinstance(leaf.node, Step) else None,
            anomaly=notice.anomaly,
            detail=notice.detail,
            goals=tuple(goals[: path_to(leaf).index(old) + 1]),
            done=tuple(dict.fromkeys(self._done)),
            number=number,
        )
        return f"asked for another way to {old.task.goal!r}"

    def _asked(self) -> int:
        return sum(event.level == "replan" for event in self._report.anomalies)

    def _wait(self, request: _Request) -> Status:
        """Holds still until an answer is given; goes on without one after a while."""
        if request.waited >= 0:
            request.waited += 1
            if request.waited <= self._bounds.patience:
                return Status.RUNNING
            self.give(None, "nobody answered in time")
        self._request = None
        return self._handle(request.noticed)

    def _give_up(self, noticed: _Noticed, why: str = "") -> Status:
        self._log(noticed, "stop", "stopped")
        notice = noticed.notice
        self.fail(f"{noticed.leaf.node.id}: {notice.anomaly}, {notice.detail}{why}")
        return Status.FAILURE

    def _finish(self, leaf: Leaf, progress: Literal["done", "skipped", "running"]) -> None:
        skipped = progress == "skipped"
        self.states[leaf.node.id] = "skipped" if skipped else "done"
        if isinstance(leaf.node, Step):
            self._done.append(leaf.node.id)
        detail = "what it is for holds already" if skipped else ""
        self._mark("skipped" if skipped else "done", leaf.node, detail=detail)

    def _enter(self, leaf: Leaf) -> None:
        self.states[leaf.node.id] = "running"
        for task in path_to(leaf):
            self.states[task.task.id] = "running"

    def _log(self, noticed: _Noticed, level: str, action: str) -> None:
        node, notice = noticed.leaf.node, noticed.notice
        self._mark(
            "anomaly",
            node,
            noticed.state,
            skill=node.skill if isinstance(node, Step) else "",
            anomaly=notice.anomaly,
            level=level,
            detail=notice.detail,
            action=action,
        )

    def _mark(self, what: What, node: Node, at: State | None = None, **fields: str) -> None:
        state = at or self.state
        event = Event(tick=state.tick, seconds=state.seconds, node=node.id, what=what, **fields)
        self._report.events.append(event)


def _outwards(leaf: Leaf) -> Iterator[Node]:
    """Yields the node of a leaf, then the tasks around it, the innermost first."""
    yield leaf.node
    for task in reversed(path_to(leaf)):
        if task.task is not leaf.node:
            yield task.task
