"""The brain of an arm: plans once, acts at every tick, notices what goes wrong, learns what worked.

```text
instruction -> known plan? -> else cortex (one model call) -> cerebellum -> brainstem -> arm
                  ^                                              |
                  +------- hippocampus: pictures, belief, memory <+
```
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar, final

import numpy as np

from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.control.clock import Clock
from embodied_mem.brain.control.reflexes import ReflexEvent
from embodied_mem.brain.modules import (
    BrainstemModule,
    CerebellumModule,
    CortexModule,
    HippocampusModule,
)
from embodied_mem.brain.plan.report import ExecutionReport
from embodied_mem.brain.plan.schema import Plan
from embodied_mem.brain.skill import Status
from embodied_mem.brain.state import State
from embodied_mem.brain.surprise import Surprise
from embodied_mem.errors import EmbodiedMemError, ModelTimeout
from embodied_mem.robots.arm import Arm, ArmState
from embodied_mem.types import Command, Observation

_HOLD: Final = Command()
_STILL: Final = 0.05

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmBrainConfig:
    """How often an arm's brain looks, and how long it tries."""

    picture_every: float = 0.3
    """Seconds between two pictures of the main camera."""
    watch: float = 0.65
    """Seconds for which it looks, holding still, before it believes what it sees."""
    limit: float = 240.0
    """Seconds after which an instruction is given up."""
    model_tries: int = 3
    """How often a model is asked the same before it is given up, where it does not answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What became of one instruction."""

    instruction: str
    succeeded: bool
    """Whether the brain itself believes that it did what was asked."""
    reason: str = ""
    """Why it did not."""
    answer: str = ""
    plan: Plan | None = None
    report: ExecutionReport | None = None
    model_calls: int = 0
    known: bool = False
    """Whether the plan came out of the skill pool, without a model."""
    ticks: int = 0
    reflexes: tuple[ReflexEvent, ...] = ()
    """What the brainstem did by itself."""
    noticed: tuple[Surprise, ...] = ()
    """What was not expected, whether or not it got in the way."""

    def text(self) -> str:
        """Returns the story for a person."""
        if self.report is None:
            return f"{self.instruction!r}: not tried, {self.reason}"
        return "\n".join([self.report.text(), *map(str, self.reflexes), *map(str, self.noticed)])


@dataclass(frozen=True, slots=True)
class _Answered(Generic[T]):
    """A model's answer with what it cost, as a simulated clock wants it."""

    value: T
    seconds: float


@final
class ArmBrain:
    """Does what it is told with one arm, and remembers.

    Args:
        arm: A connected arm, real or simulated.
        cortex: Plans.
        hippocampus: Perceives and remembers.
        brainstem: Drives the arm.
        cerebellum: Makes one that carries a plan out.
        clock: Who pays for the time that a model takes.
    """

    def __init__(
        self,
        arm: Arm,
        *,
        cortex: CortexModule,
        hippocampus: HippocampusModule,
        brainstem: BrainstemModule,
        cerebellum: Callable[[Plan], CerebellumModule],
        clock: Clock | None = None,
        config: ArmBrainConfig | None = None,
    ) -> None:
        self.arm, self.cortex = arm, cortex
        self.hippocampus, self.brainstem = hippocampus, brainstem
        self.clock = clock or Clock(rate=1.0 / arm.seconds_per_tick)
        self.config = config or ArmBrainConfig()
        self.on_tick: Callable[[ArmBrain], None] | None = None
        """Called after every tick, for displays."""
        self.on_see: Callable[[Observation], None] | None = None
        """Called with every picture."""
        self.running: CerebellumModule | None = None
        """What carries out the present plan."""
        self.believed: State | None = None
        """The belief of the newest tick."""
        self._make_cerebellum = cerebellum
        self._every = round(self.config.picture_every / arm.seconds_per_tick)
        self._next_picture = 0
        self._next_deadline = 0.0
        self._followed = 0
        self._unanswered: list[Surprise] = []

    def watch(self, seconds: float | None = None) -> State:
        """Looks for a while without moving, beginning with a fresh picture; returns the belief."""
        self._next_picture = 0
        ticks = round((seconds or self.config.watch) / self.arm.seconds_per_tick)
        for _ in range(max(1, ticks)):
            state = self._tick(None)
        return state

    def do(self, instruction: str) -> Done:
        """Carries out one instruction; whatever goes wrong, the arm is at rest in the end."""
        before = self.watch()
        calls, start = self.cortex.calls, before.tick
        noticed = len(self.hippocampus.noticed)
        self._unanswered = []
        plan = self.hippocampus.known_plan(instruction, before)
        known, reason, report = plan is not None, "", None
        try:
            if plan is None:
                situation = self.hippocampus.situation(instruction, before)
                plan = self._think(lambda: self.cortex.plan(situation))
            done = self._carry_out(plan, instruction)
            plan, report = done.plan, done.report
            self.hippocampus.learn(instruction, before, plan, report)
        except EmbodiedMemError as error:
            reason = f"{type(error).__name__}: {error}"
        finally:
            self._rest()
        return Done(
            instruction=instruction,
            succeeded=report is not None and report.outcome == "succeeded",
            reason=reason or ("" if report is None else report.reason),
            answer="" if report is None else report.answer,
            plan=plan,
            report=report,
            model_calls=self.cortex.calls - calls,
            known=known,
            ticks=(self.believed or before).tick - start,
            reflexes=tuple(self.brainstem.since(start + 1)),
            noticed=(*self._unanswered, *self.hippocampus.noticed[noticed:]),
        )

    def _carry_out(self, plan: Plan, instruction: str) -> CerebellumModule:
        running = self.running = self._make_cerebellum(plan)
        self._followed = 0
        end = round(self.config.limit / self.arm.seconds_per_tick)
        for _ in range(end):
            state = self._tick(running)
            if running.status is not Status.RUNNING:
                break
            if running.wants is not None:
                self._replan(running, instruction, state)
        else:
            running.stop(f"not done after {self.config.limit:g} s")
        return running

    def _replan(self, running: CerebellumModule, instruction: str, state: State) -> None:
        """Asks the cortex for another way; the arm holds still meanwhile, with its reflexes."""
        request = running.wants
        assert request is not None
        situation = self.hippocampus.situation(instruction, state)
        try:
            task = self._think(lambda: self.cortex.replan(request, situation))
        except EmbodiedMemError as error:
            running.give(None, str(error))
            return
        running.give(task)

    def _think(self, call: Callable[[], T]) -> T:
        """Runs a model call, again where it does not answer; the arm holds, with its reflexes."""
        for _ in range(self.config.model_tries - 1):
            try:
                return self._think_once(call)
            except ModelTimeout as error:
                tick = 0 if self.believed is None else self.believed.tick
                silence = Surprise(tick=tick, kind="no_answer", detail=f"{error}; asked again")
                self._unanswered.append(silence)
        return self._think_once(call)

    def _think_once(self, call: Callable[[], T]) -> T:
        """Runs a model call; ticks pass as the clock says, and none without reflexes."""
        spent = self.cortex.seconds

        def timed() -> _Answered[T]:
            value = call()
            return _Answered(value, self.cortex.seconds - spent)

        tick = 0 if self.believed is None else self.believed.tick
        thought = self.clock.think(timed, tick=tick)
        while not thought.done(tick):
            tick = self._tick(None).tick
        return thought.result().value

    def _tick(self, running: CerebellumModule | None) -> State:
        """One tick: sense, believe, decide, act."""
        arm = self.brainstem.sense()
        self.hippocampus.feel(arm)
        if arm.tick >= self._next_picture:
            self._take_pictures(arm)
        state = self.believed = self.hippocampus.state(arm)
        command = _HOLD if running is None else running.tick(ArmSenses(arm, state), state)
        self.brainstem.tick(command)
        if running is not None and len(running.report.events) != self._followed:
            self._followed = len(running.report.events)
            self.hippocampus.follow(running.report, state)
        if self.brainstem.stopped and running is not None:
            running.interrupt(self.brainstem.stopped)
            self.brainstem.clear()
        if self.on_tick is not None:
            self.on_tick(self)
        if self.clock.mode == "wall":
            self._keep_time()
        return state

    def _take_pictures(self, arm: ArmState) -> None:
        """Looks with the main camera, and with those that move where they stand still."""
        self._next_picture = arm.tick + self._every
        still = bool(np.abs(arm.velocities).max() < _STILL)
        for number, camera in enumerate(self.arm.cameras):
            if number == 0 or still:
                picture = self.arm.observe(camera)
                self.hippocampus.see(picture, arm)
                if self.on_see is not None:
                    self.on_see(picture)

    def _rest(self) -> None:
        """Lets the arm come to rest."""
        for _ in range(round(0.3 / self.arm.seconds_per_tick)):
            self._tick(None)
        self.running = None

    def _keep_time(self) -> None:
        """In wall time, waits for the next tick."""
        now = time.monotonic()
        self._next_deadline = max(self._next_deadline + self.arm.seconds_per_tick, now - 0.1)
        time.sleep(max(0.0, self._next_deadline - now))
