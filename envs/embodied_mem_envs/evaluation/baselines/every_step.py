"""Plan every step: the model is asked again after each step, with what is believed then."""

from collections.abc import Sequence
from typing import Any, Final, final

import msgspec

from embodied_mem.brain.modules import CortexModule
from embodied_mem.brain.plan.executor import promised
from embodied_mem.brain.plan.life import Conditions, Notice
from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.plan.schema import Node, Plan, Step, Task
from embodied_mem.brain.plan.settling import first_false
from embodied_mem.brain.planning.situation import Situation
from embodied_mem.brain.skill import SkillLibrary, Status
from embodied_mem.brain.state import State
from embodied_mem_envs.evaluation.baselines.runner import PlanRunner

MOST_CALLS: Final = 60
"""A run that asks more often than this goes round in circles."""


@final
class FreshPlans:
    """A cortex that plans anew whenever it is asked for another way; implements `CortexModule`."""

    def __init__(self, cortex: CortexModule) -> None:
        self._cortex = cortex

    @property
    def calls(self) -> int:
        """Model calls so far."""
        return self._cortex.calls

    @property
    def seconds(self) -> float:
        """What they took, s."""
        return self._cortex.seconds

    def plan(self, situation: Situation) -> Plan:
        """Plans."""
        return self._cortex.plan(situation)

    def replan(self, request: ReplanRequest, situation: Situation) -> Task:
        """Plans the whole instruction for how things are now."""
        return self._cortex.plan(situation).root


@final
class EveryStep(PlanRunner):
    """Carries out the first step of each plan, then asks for the next plan.

    After Huang et al., "Inner Monologue" (2022): the model hears after each step what is seen then,
    and says what to do next. It is done when a plan's promise holds, or nothing is left to do.
    """

    def __init__(self, plan: Plan, library: SkillLibrary, *, seconds_per_tick: float) -> None:
        super().__init__(plan, library, seconds_per_tick=seconds_per_tick)
        self._wants: ReplanRequest | None = None
        self._calls = 0
        self._done: list[Step] = []
        self._running = False

    @property
    def wants(self) -> ReplanRequest | None:
        """The next plan."""
        return self._wants

    def advance(self, senses: Any, state: State) -> None:
        """Carries out one step, then waits for a plan."""
        if self._wants is not None:
            return
        if not self._running:
            step = self._next(state)
            if step is None:
                self.end(Status.SUCCEEDED)
                return
            self.begin(step, Conditions.of(step))
        step = self._step
        assert step is not None
        progress = self.live(senses, state)
        self._running = progress == "running"
        if not self._running:
            self._ask(step, progress)

    def give(self, task: Task | None, reason: str = "") -> None:
        """Hears the next plan."""
        self._wants = None
        if task is None:
            self.stop(reason or "the model knows no way to go on")
        else:
            self.plan = msgspec.structs.replace(self.plan, root=task)

    def _ask(self, step: Step, progress: object) -> None:
        failed = progress if isinstance(progress, Notice) else None
        if failed is None:
            self._done.append(step)
        self._calls += 1
        if self._calls > MOST_CALLS:
            self.end(Status.FAILED, f"not done after {MOST_CALLS} plans")
            return
        self._wants = ReplanRequest(
            task=self.plan.root,
            node=step.id,
            step=step,
            anomaly="any" if failed is None else failed.anomaly,
            detail="" if failed is None else failed.detail,
            number=self._calls,
        )

    def _next(self, state: State) -> Step | None:
        """Returns the first step of the plan that is still to do, or None where all is done."""
        promise = promised(self.plan)
        if promise and self._done and first_false(promise, state) is None:
            return None
        steps = _open_steps(self.plan.root, state)
        # A look changes nothing that conditions tell of: the model would ask for it for ever.
        recent = self._done[-1:] if promise else self._done
        tired_of = {_call(step) for step in recent if not step.post}
        return next((step for step in steps if _call(step) not in tired_of), None)


def _open_steps(node: Node, state: State) -> Sequence[Step]:
    """Returns the steps that are to do, without those of tasks that are reached."""
    post = Conditions.of(node).post
    if post and first_false(post, state) is None:
        return ()
    if isinstance(node, Step):
        return (node,)
    return tuple(step for child in node.children for step in _open_steps(child, state))


def _call(step: Step) -> tuple[str, str]:
    """Returns what tells whether two steps do the same."""
    return step.skill, repr(sorted(step.args.items()))
