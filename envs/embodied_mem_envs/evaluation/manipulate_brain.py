"""The brain as an agent to be evaluated: whole, or with a baseline in the place of modules."""

import time
from pathlib import Path
from typing import final

from embodied_mem.brain.arm_build import ArmBrainBuilder, ArmBrainParts
from embodied_mem.brain.control.clock import Clock
from embodied_mem.brain.manipulation import ArmBrain, Done
from embodied_mem.brain.memory_folder import open_memory
from embodied_mem.memory import MemoryStore
from embodied_mem.models.scripted import Scripted
from embodied_mem.robots.arm import Arm
from embodied_mem_envs.evaluation.baselines.agents import BASELINES, Baseline
from embodied_mem_envs.evaluation.manipulate_agent import (
    AgentResult,
    AnomalyNote,
    EpisodeContext,
)
from embodied_mem_envs.evaluation.manipulate_border import ArmOnly


@final
class BrainAgent:
    """Drives a body by `ArmBrain`; a new session is a new brain over the same memory."""

    def __init__(self, baseline: Baseline | None = None) -> None:
        self._baseline = baseline
        self._visit = 0

    def start(self, body: Arm, context: EpisodeContext) -> None:
        """Builds the brain of the first visit."""
        self._body, self._context = body, context
        self._skills = self._open(context.skills) if context.skills is not None else None
        self._begin()

    def watch(self) -> None:
        """Looks for a while."""
        self.brain.watch()

    def new_session(self) -> None:
        """Ends the visit; the next one has the same memory and skills."""
        self._end()
        self._begin()

    def do(self, instruction: str) -> AgentResult:
        """Carries the instruction out."""
        simulator = self._body.simulator_cpu if isinstance(self._body, ArmOnly) else 0.0
        started = time.process_time()
        done = self.brain.do(instruction)
        spent = time.process_time() - started
        if isinstance(self._body, ArmOnly):
            spent -= self._body.simulator_cpu - simulator
        return AgentResult(
            success_claimed=done.succeeded,
            answer=done.answer,
            model_calls=done.model_calls,
            anomalies=_anomalies(done),
            report_text=done.text(),
            ticks=done.ticks,
            tick_cpu_ms=1e3 * spent / max(1, done.ticks),
        )

    def close(self) -> None:
        """Closes the stores."""
        self._end()
        if self._skills is not None:
            self._skills.close()

    def _begin(self) -> None:
        self._visit += 1
        context = self._context
        self._store = self._open(context.memory) if context.memory is not None else None
        parts = ArmBrainParts(
            model=context.wrap_model(Scripted()),
            store=self._store,
            skills=self._skills,
            session=f"visit-{self._visit}",
            memory=context.memory is not None,
            clock=Clock("simulated", rate=1.0 / self._body.seconds_per_tick),
            seed=context.seed,
        )
        self.brain = self._build(ArmBrainBuilder(self._body, context.cell, parts))

    def _build(self, builder: ArmBrainBuilder) -> ArmBrain:
        baseline = self._baseline
        if baseline is None:
            return builder.brain()
        return builder.brain(
            hippocampus=baseline.hippocampus(builder.hippocampus()),
            cerebellum=baseline.cerebellum(builder.library, self._body.seconds_per_tick),
        )

    def _end(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _open(self, path: Path) -> MemoryStore:
        return open_memory(
            path,
            session=f"visit-{self._visit}",
            seed=self._context.seed,
            seconds_per_tick=self._body.seconds_per_tick,
            resume=path if path.exists() and any(path.iterdir()) else None,
        )


def _anomalies(done: Done) -> tuple[AnomalyNote, ...]:
    noticed = [
        AnomalyNote(tick=event.tick, level=event.level, kind=event.anomaly)
        for event in (done.report.anomalies if done.report is not None else ())
    ]
    noticed += [
        AnomalyNote(tick=event.tick, level="reflex", kind=event.kind)
        for event in done.reflexes
        if event.kind not in ("stop", "clear")
    ]
    noticed += [
        AnomalyNote(tick=each.tick, level="noticed", kind=each.kind) for each in done.noticed
    ]
    return tuple(sorted(noticed, key=lambda note: note.tick))


def full() -> BrainAgent:
    """Returns the whole brain."""
    return BrainAgent()


def open_loop() -> BrainAgent:
    """Returns code-as-policies: a program of skill calls, run without looking."""
    return BrainAgent(BASELINES["open_loop"])


def rekep() -> BrainAgent:
    """Returns stage constraints with backtracking, after ReKep."""
    return BrainAgent(BASELINES["rekep"])


def tree() -> BrainAgent:
    """Returns a behaviour tree with retries and no memory."""
    return BrainAgent(BASELINES["tree"])


def every_step() -> BrainAgent:
    """Returns a planner that is asked after every step."""
    return BrainAgent(BASELINES["every_step"])
