"""The brain: cortex, cerebellum, hippocampus and brainstem, one tick after the other."""

from collections.abc import Callable
from dataclasses import dataclass

from embodied_mem.brain.brainstem import Brainstem, Limits
from embodied_mem.brain.cerebellum import Cerebellum, CerebellumConfig
from embodied_mem.brain.cortex import Cortex, Goal
from embodied_mem.brain.exploration import ExplorationStrategy, InformationGain
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.language.answers import Answer
from embodied_mem.brain.skill import Status
from embodied_mem.brain.skills import STOP, Senses
from embodied_mem.robots import Body
from embodied_mem.robots.body import highest_step
from embodied_mem.timing import CpuTimer
from embodied_mem.types import Command, Observation

INSPECT_FROM = 0.8
"""Distance in metres from which an object is inspected."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exploration:
    """How far an exploration has come."""

    ticks: int = 0
    metres: float = 0.0
    finished: bool = False
    """Whether nothing was left to explore."""


class Brain:
    """Drives a body: observes, remembers, decides and acts, once a tick.

    The four modules know only their neighbours. The cortex picks a goal from the scene, the
    cerebellum turns it into one command a tick, the brainstem keeps that command within limits,
    and the hippocampus is the door to everything that is remembered.
    """

    def __init__(
        self,
        body: Body,
        hippocampus: Hippocampus,
        *,
        strategy: ExplorationStrategy | None = None,
        cortex: Cortex | None = None,
        limits: Limits | None = None,
        movement: CerebellumConfig | None = None,
    ) -> None:
        self.body = body
        self.hippocampus = hippocampus
        self.brainstem = Brainstem(body, limits)
        self.cerebellum = Cerebellum(
            movement, seconds_per_tick=body.seconds_per_tick, max_step=highest_step(body)
        )
        self.cortex = cortex or Cortex(
            strategy or InformationGain(self.cerebellum.navigator),
            max_step=self.cerebellum.gait.max_step,
        )
        hippocampus.scene.storeys.climbs = self.cerebellum.gait.max_step > 0.0
        self.timer = CpuTimer()
        """CPU time a tick by module: `body`, `memory`, `decide`, `act`."""
        self.exploration = Exploration()
        self._goal: Goal | None = None

    def connect(self) -> None:
        """Connects the body."""
        self.body.connect()

    def close(self) -> None:
        """Stops and releases the body; safe to call twice."""
        self.body.close()

    def explore(
        self,
        max_ticks: int,
        on_tick: Callable[[], None] | None = None,
        *,
        until: Callable[[], bool] | None = None,
    ) -> Exploration:
        """Walks until nothing is left to explore, for `max_ticks` ticks at most.

        Args:
            max_ticks: Bound on the number of observations.
            on_tick: Called after each tick.
            until: Asked after each tick whether to end early.
        """
        self._live(self._tick, max_ticks, on_tick, until)
        if self.exploration.finished:
            self.hippocampus.settle_visit()
        return self.exploration

    def watch(
        self,
        max_ticks: int,
        on_tick: Callable[[], None] | None = None,
        *,
        until: Callable[[], bool] | None = None,
    ) -> Exploration:
        """Remembers what the body sees while somebody else drives it; sends nothing.

        Args:
            max_ticks: Bound on the number of observations.
            on_tick: Called after each tick.
            until: Asked after each tick whether to end early.
        """
        self._live(self._perceive, max_ticks, on_tick, until)
        return self.exploration

    def ask(self, question: str) -> Answer:
        """Answers a question from all that is remembered."""
        self.hippocampus.consolidate()
        return self.hippocampus.recall(question)

    def _live(
        self,
        tick: Callable[[], bool],
        max_ticks: int,
        on_tick: Callable[[], None] | None,
        until: Callable[[], bool] | None,
    ) -> None:
        """Does ticks until one has nothing to do, or the end is asked for."""
        self.exploration = Exploration()
        while self.exploration.ticks < max_ticks and not self.exploration.finished:
            finished = not tick()
            self.exploration = Exploration(
                ticks=self.exploration.ticks + 1,
                metres=self.hippocampus.walk.length,
                finished=finished,
            )
            if on_tick is not None:
                on_tick()
            if until is not None and until():
                break

    def _perceive(self) -> bool:
        self._observe()
        return True

    def _observe(self) -> Observation:
        with self.timer("body"):
            observation = self.brainstem.observe()
        with self.timer("memory"):
            self.hippocampus.observe(observation)
        return self.hippocampus.placed(observation)

    def _tick(self) -> bool:
        """Does one tick; returns whether there was anything to do."""
        observation = self._observe()
        if observation.proprioception.get("held", 0.0) > 0.0:
            # A gate keeps the body where it is: standing still says nothing about the way ahead.
            self.brainstem.step(STOP, observation)
            return True
        senses = Senses.in_scene(observation, self.hippocampus.scene)
        with self.timer("decide"):
            command = self._decide(senses)
        if command is None:
            self.brainstem.stop()
            return False
        with self.timer("act"):
            self.brainstem.step(command, observation)
        return True

    def _decide(self, senses: Senses) -> Command | None:
        """Returns this tick's command; a skill that ends hands its tick on to the next goal."""
        command = self.cerebellum.step(senses)
        for _ in range(8):  # several goals may turn out to be reached or out of reach at once
            if self.cerebellum.busy:
                return command
            if self._goal is not None and self.cerebellum.status is Status.FAILED:
                self.cortex.failed(self._goal, self.hippocampus.scene)
            self._goal = self.cortex.next_goal(self.hippocampus.scene, senses.pose)
            if self._goal is None:
                self.cerebellum.stop()
                return None
            self._start(self._goal)
            command = self.cerebellum.step(senses)
        return command

    def _start(self, goal: Goal) -> None:
        if goal.frontier is not None:
            self.cerebellum.visit(goal.frontier)
        elif goal.change is not None:
            self.cerebellum.change_floor(goal.change)
        elif goal.place is not None:
            self.cerebellum.look_from(goal.place)
        elif goal.row is not None:
            table = self.hippocampus.scene.objects
            self.cerebellum.go_to_object(table.low[goal.row], table.high[goal.row], INSPECT_FROM)
        else:
            self.cerebellum.look_around()
