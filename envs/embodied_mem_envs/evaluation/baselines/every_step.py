"""Plan every step: the model is asked again after each step, with what is believed then."""

from collections.abc import Sequence
from typing import Any, Final, final

import msgspec

from embodied_mem.brain.plan.life import Conditions, Notice
from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.plan.schema import Node, Plan, Step, Task
from embodied_mem.brain.plan.settling import first_false
from embodied_mem.brain.skill import SkillLibrary, Status
from embodied_mem.brain.state import State
from embodied_mem_envs.evaluation.baselines.runner import PlanRunner, steps_of

MOST_CALLS: Final = 40
"""A run that asks more often than this goes round in circles."""


@final
class EveryStep(PlanRunner):
    """Carries out the first step of each plan, then asks for the next plan.

    After Huang et al., "Inner Monologue" (2022): the model hears after each step what is seen then
    and says what to do next. What it is asked to reach is what the first plan promised, since
    "swap" means something else half way. It is done when that is seen to hold, or nothing is left.
    """

    def __init__(self, plan: Plan, library: SkillLibrary, *, seconds_per_tick: float) -> None:
        super().__init__(plan, library, seconds_per_tick=seconds_per_tick)
        self._goal = plan.root.post
        self._promise = Conditions.of(plan.root).post
        self._wants: ReplanRequest | None = None
        self._calls = 0
        self._done: list[Step] = []
        self._last: Step | None = None
        self._held = ""
        self._running = False

    @property
    def wants(self) -> ReplanRequest | None:
        """The next plan."""
        return self._wants

    def advance(self, senses: Any, state: State) -> None:
        """Carries out one step, then waits for a plan."""
        self._held = "" if state.hand is None else state.hand.holding
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
        """Hears the next plan; one that leaves in the hand what it holds is not followed."""
        self._wants = None
        if task is None:
            self.stop(reason or "the model knows no way to go on")
        else:
            root = msgspec.structs.replace(task, post=self._goal)
            self.plan = msgspec.structs.replace(self.plan, root=root)

    def _ask(self, step: Step, progress: object) -> None:
        failed = progress if isinstance(progress, Notice) else None
        self._last = step
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
        )

    def _next(self, state: State) -> Step | None:
        """Returns the first step of the plan that is still to do, or None where all is done."""
        if self._last is not None and self._is_reached(state):
            # Only a look from where the arm hides nothing is left.
            looks = [step for step in steps_of(self.plan.root) if not step.post]
            return looks[-1] if looks and self._last.post else None
        # A look changes nothing that conditions tell of: the model would ask for it for ever.
        recent = self._done[-1:] if self._promise else self._done
        tired_of = {_call(step) for step in recent if not step.post}
        for child in self.plan.root.children:
            for step in _open_steps(child, state):
                if _call(step) not in tired_of:
                    return step
        return None

    def _is_reached(self, state: State) -> bool:
        reached = bool(self._promise) and first_false(self._promise, state) is None
        return reached and not self._held


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
