"""The agents that `eval manipulate` compares, by name: which modules of the brain each replaces."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from embodied_mem.brain.modules import CerebellumModule, HippocampusModule
from embodied_mem.brain.plan.schema import Plan
from embodied_mem.brain.skill import SkillLibrary
from embodied_mem_envs.evaluation.baselines.every_step import EveryStep
from embodied_mem_envs.evaluation.baselines.forgetful import Forgetful
from embodied_mem_envs.evaluation.baselines.open_loop import OpenLoop
from embodied_mem_envs.evaluation.baselines.rekep import ReKep
from embodied_mem_envs.evaluation.baselines.tree import BehaviourTree


class RunnerType(Protocol):
    """Makes what carries one plan out."""

    def __call__(
        self, plan: Plan, library: SkillLibrary, *, seconds_per_tick: float
    ) -> CerebellumModule:
        """Makes it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """What a baseline puts in the place of modules of the whole brain; the rest stays."""

    help: str
    runner: RunnerType
    remembers: bool = False
    """Whether it keeps the brain's memory."""

    def cerebellum(
        self, library: SkillLibrary, seconds_per_tick: float
    ) -> Callable[[Plan], CerebellumModule]:
        """Returns what `ArmBrain` makes a cerebellum with."""
        return lambda plan: self.runner(plan, library, seconds_per_tick=seconds_per_tick)

    def hippocampus(self, hippocampus: HippocampusModule) -> HippocampusModule:
        """Returns the hippocampus to use."""
        return hippocampus if self.remembers else Forgetful(hippocampus)


BASELINES: Final[dict[str, Baseline]] = {
    "open_loop": Baseline(help="a program of skill calls, run without looking", runner=OpenLoop),
    "rekep": Baseline(help="stage constraints and backtracking", runner=ReKep),
    "tree": Baseline(help="a behaviour tree with retries, without memory", runner=BehaviourTree),
    "every_step": Baseline(
        help="asks the model after each step",
        runner=EveryStep,
        remembers=True,
    ),
}
"""By the names that `eval manipulate --agent` takes; `full` is the whole brain."""
