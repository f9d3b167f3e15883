"""Puts the brain of an arm together: the four modules as they ship, any of them replaceable."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, final

import numpy as np

from embodied_mem.brain.arm.library import arm_skills
from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.brain.arm_hippocampus import ArmHippocampus
from embodied_mem.brain.belief import Belief
from embodied_mem.brain.control.clock import Clock
from embodied_mem.brain.control.loop import ControlLoop
from embodied_mem.brain.learning.episode_log import EpisodeLog
from embodied_mem.brain.learning.skill_pool import SkillPool
from embodied_mem.brain.learning.skill_window import SkillWindow
from embodied_mem.brain.manipulation import ArmBrain, ArmBrainConfig
from embodied_mem.brain.modules import CerebellumModule, CortexModule, HippocampusModule
from embodied_mem.brain.plan.executor import PlanExecutor
from embodied_mem.brain.plan.schema import Plan
from embodied_mem.brain.planning.cortex import PlanningCortex
from embodied_mem.brain.skill import SkillLibrary
from embodied_mem.memory import MemoryStore
from embodied_mem.models.client import ModelClient
from embodied_mem.models.roles import Roles
from embodied_mem.models.scripted import Scripted
from embodied_mem.robots.arm import Arm, WorkCell
from embodied_mem.robots.safety.joint_limits import JointLimits


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmBrainParts:
    """What an arm's brain is made of."""

    model: ModelClient | Roles = field(default_factory=Scripted)
    """What the cortex asks, or one for each role."""
    store: MemoryStore | None = None
    """What lasts of beliefs and deeds; nothing does where None."""
    skills: MemoryStore | None = None
    """Where learned skills are kept; none are learned where None."""
    session: str = ""
    """Name of this visit."""
    memory: bool = True
    """Whether anything is kept in mind that is not in view."""
    window: Literal["autonomous", "workflow", "hybrid"] = "hybrid"
    """Who decides which skills a planner sees."""
    clock: Clock | None = None
    """Who pays for the model's time; nobody where None."""
    config: ArmBrainConfig = field(default_factory=ArmBrainConfig)
    """How often it looks, and how long it tries."""
    seed: int = 0
    """For its own chance, such as by how much a retry is perturbed."""


@final
class ArmBrainBuilder:
    """Builds an arm's modules one by one, so that each can be wrapped or replaced.

    ```python
    builder = ArmBrainBuilder(body, body.cell, ArmBrainParts(store=store))
    brain = builder.brain()
    print(brain.do("Put the duck away in the left drawer").text())
    ```
    """

    def __init__(self, arm: Arm, cell: WorkCell, parts: ArmBrainParts | None = None) -> None:
        self.arm, self.cell = arm, cell
        self.parts = parts or ArmBrainParts()
        self.model = ArmModel(arm.description)
        self.library: SkillLibrary = arm_skills(self.model, cell)
        self._rng = np.random.default_rng(self.parts.seed)

    def cortex(self) -> PlanningCortex:
        """Returns the cortex."""
        return PlanningCortex(self.parts.model)

    def hippocampus(self) -> ArmHippocampus:
        """Returns the hippocampus."""
        parts = self.parts
        belief = Belief(
            self.cell,
            self.model,
            parts.store,
            parts.session,
            memory=parts.memory,
            seconds_per_tick=self.arm.seconds_per_tick,
        )
        return ArmHippocampus(
            belief,
            self.cell,
            SkillWindow(self.library, parts.window, always=("home", "look")),
            pool=self._pool(),
            log=EpisodeLog(parts.store) if parts.store is not None else None,
        )

    def _pool(self) -> SkillPool | None:
        if self.parts.skills is None:
            return None
        return SkillPool(self.parts.skills, self.library, self.cell)

    def brainstem(self) -> ControlLoop:
        """Returns the brainstem."""
        description = self.arm.description
        return ControlLoop(self.arm, JointLimits.of_urdf(description.urdf, description.joints))

    def cerebellum(self, hippocampus: HippocampusModule) -> Callable[[Plan], CerebellumModule]:
        """Returns what makes a cerebellum for a plan."""

        def make(plan: Plan) -> PlanExecutor:
            return PlanExecutor(
                plan,
                self.library,
                rng=self._rng,
                seconds_per_tick=self.arm.seconds_per_tick,
                recall=hippocampus.recall,
            )

        return make

    def brain(
        self,
        *,
        cortex: CortexModule | None = None,
        hippocampus: HippocampusModule | None = None,
        cerebellum: Callable[[Plan], CerebellumModule] | None = None,
    ) -> ArmBrain:
        """Returns the whole brain, with the given modules in the place of those that ship."""
        remembers = hippocampus or self.hippocampus()
        return ArmBrain(
            self.arm,
            cortex=cortex or self.cortex(),
            hippocampus=remembers,
            brainstem=self.brainstem(),
            cerebellum=cerebellum or self.cerebellum(remembers),
            clock=self.parts.clock,
            config=self.parts.config,
        )
