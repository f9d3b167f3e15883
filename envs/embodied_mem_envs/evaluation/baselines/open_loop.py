"""Open-loop code-as-policies: a program of skill calls, written once, run without looking."""

from typing import Any, final

from embodied_mem.brain.plan.schema import Plan
from embodied_mem.brain.skill import SkillLibrary, Status
from embodied_mem.brain.state import State
from embodied_mem_envs.evaluation.baselines.runner import PlanRunner, steps_of


@final
class OpenLoop(PlanRunner):
    """Calls the skills of a plan one after the other, whatever comes of them.

    After Liang et al., "Code as Policies" (2023): a model writes a program over an API of skills.
    The skills are closed loops in themselves; the program has no conditions, so that what one call
    leaves undone the next does not know.
    """

    notices = False

    def __init__(self, plan: Plan, library: SkillLibrary, *, seconds_per_tick: float) -> None:
        super().__init__(plan, library, seconds_per_tick=seconds_per_tick)
        self._steps = steps_of(plan.root)
        self._running = False

    def advance(self, senses: Any, state: State) -> None:
        """Goes on to the next call when one has returned."""
        if not self._running:
            step = next(self._steps, None)
            if step is None:
                self.end(Status.SUCCEEDED)
                return
            self.begin(step)
        self._running = self.live(senses, state) == "running"
