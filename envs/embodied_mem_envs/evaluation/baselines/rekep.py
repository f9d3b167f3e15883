"""ReKep's control flow: stages with constraints, and one rule for what to do when they break."""

from typing import Any, Final, final

from embodied_mem.brain.plan.life import Conditions, Notice
from embodied_mem.brain.plan.schema import Plan, Step
from embodied_mem.brain.plan.settling import Settling, first_false
from embodied_mem.brain.skill import SkillLibrary, Status
from embodied_mem.brain.state import State
from embodied_mem_envs.evaluation.baselines.runner import PlanRunner, steps_of

MOST_BACKTRACKS: Final = 20
"""A run that goes back more often than this goes round in circles."""


@final
class ReKep(PlanRunner):
    """Runs stages in their order and goes back to the latest one whose constraints hold.

    The loop of `main.py` in the code of Huang et al., "ReKep" (2024), section III-D: before and
    while a stage but the first runs, its path constraints are evaluated; where one is violated, it
    goes back to the latest earlier stage whose constraints all hold, or to the first. A stage ends
    when its motion does; whether it reached its goal shows in the constraints of the next. Here a
    stage is a step of the plan, and its path constraints are what must hold before it (evaluated
    when it begins) and while it runs.
    """

    def __init__(self, plan: Plan, library: SkillLibrary, *, seconds_per_tick: float) -> None:
        super().__init__(plan, library, seconds_per_tick=seconds_per_tick)
        self._stages = tuple(steps_of(plan.root))
        self._conditions = tuple(map(Conditions.of, self._stages))
        self._index = -1
        self._before: Settling | None = None
        self._backtracks = 0
        self._go_to(0)

    def advance(self, senses: Any, state: State) -> None:
        """Judges the constraints of the present stage, then moves."""
        if self._index == len(self._stages):
            self.end(Status.SUCCEEDED)
            return
        if self._before is not None:
            self._judge(self._before, state)
            return
        progress = self.live(senses, state)
        if isinstance(progress, Notice) and progress.anomaly == "invariant":
            self._backtrack(progress.detail, state)
        elif progress != "running":
            self._go_to(self._index + 1)

    def _judge(self, before: Settling, state: State) -> None:
        """Begins the present stage if its constraints hold, which the first need not."""
        verdict = "holds" if self._index == 0 else before.before(state, self.pace)
        if verdict == "fails":
            self._backtrack(f"{before.false} does not hold", state)
        elif verdict == "holds":
            self._start()

    def _start(self) -> None:
        self._before = None
        invariant = self._conditions[self._index].invariant if self._index > 0 else ()
        self.begin(self._stages[self._index], Conditions((), invariant, ()))

    def _go_to(self, index: int) -> None:
        self.halt_step()
        self._index = index
        if index < len(self._stages):
            conditions = self._conditions[index]
            self._before = Settling((*conditions.pre, *conditions.invariant))

    def _backtrack(self, broken: str, state: State) -> None:
        self._backtracks += 1
        stage = self._stages[self._index]
        if self._backtracks > MOST_BACKTRACKS:
            self.halt_step()
            self.end(Status.FAILED, f"{stage.id}: {broken}, whatever is done again")
            return
        target = next(
            (index for index in range(self._index - 1, 0, -1) if self._holds(index, state)), 0
        )
        self._log(stage, broken, self._stages[target])
        self._go_to(target)

    def _holds(self, index: int, state: State) -> bool:
        conditions = self._conditions[index]
        return first_false((*conditions.pre, *conditions.invariant), state) is None

    def _log(self, stage: Step, broken: str, target: Step) -> None:
        self.mark(
            "anomaly",
            stage,
            anomaly="invariant",
            level="backtrack",
            detail=broken,
            action=f"went back to {target.id!r}",
        )
