"""Moves a body by skills, one observation and one command a tick, within so many ticks."""

from collections.abc import Callable
from typing import Protocol, final, runtime_checkable

from embodied_mem.brain.brainstem import Brainstem
from embodied_mem.brain.cerebellum import Cerebellum
from embodied_mem.brain.skill import Skill, Status
from embodied_mem.brain.skills import STOP, Senses
from embodied_mem.robots.body import Body, highest_step
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.types import Observation


class Surroundings(Protocol):
    """Takes in what a body sees, and knows the floor around it."""

    @property
    def occupancy(self) -> Occupancy:
        """The map of the floor that the body is on."""

    @property
    def frontiers(self) -> tuple[Frontier, ...]:
        """Where the known floor ends."""

    def observe(self, observation: Observation) -> None:
        """Takes one observation in."""

    def retire_frontier(self, frontier_id: str) -> None:
        """Gives up a frontier that cannot be reached."""


@runtime_checkable
class KnowsFloors(Protocol):
    """What is around a body that keeps apart the floors of a house, and knows its stairs."""

    @property
    def scene(self) -> SceneGraph:
        """The scene that takes in what the body sees."""


@final
class Legs:
    """Runs one skill after the other on a body until its ticks are spent.

    They take stairs only where what is around them is `KnowsFloors` too.

    Args:
        body: A connected body.
        around: Sees whatever the body sees.
    """

    def __init__(self, body: Body, around: Surroundings) -> None:
        self.around = around
        self.brainstem = Brainstem(body)
        self.scene = around.scene if isinstance(around, KnowsFloors) else None
        """Knows floors and stairs; None where only one floor is known of."""
        max_step = 0.0 if self.scene is None else highest_step(body)
        self.cerebellum = Cerebellum(seconds_per_tick=body.seconds_per_tick, max_step=max_step)
        if self.scene is not None:
            self.scene.storeys.climbs = max_step > 0.0
        self.left = 0
        """Ticks that may still be spent."""
        self._senses: Senses | None = None
        self._observation: Observation | None = None

    def look(self) -> Senses:
        """Returns what is sensed now; looks once a tick however often it is called."""
        if self._senses is None:
            observation = self.brainstem.observe()
            self.around.observe(observation)
            self._observation = observation
            self._senses = self._sense(observation)
        return self._senses

    def forget_look(self) -> None:
        """Hears that the world changed since the last look."""
        self._senses = None

    def run(self, skill: Skill[Senses], until: Callable[[], bool] | None = None) -> Status:
        """Runs a skill to its end, or until a look shows that it is no longer wanted.

        Args:
            skill: A fresh one.
            until: Asked after each look whether to leave the skill; not on stairs, which are
                left at one of their ends.

        Returns:
            How it ended; RUNNING where it was left, or the ticks are spent.
        """
        self.cerebellum.start(skill)
        while True:
            senses = self.look()
            if until is not None and not senses.between and until():
                self.cerebellum.stop()
                return Status.RUNNING
            command = self.cerebellum.step(senses)
            if not self.cerebellum.busy:
                return self.cerebellum.status
            if self.left <= 0:
                self.cerebellum.stop()
                return Status.RUNNING
            held = self._observation
            assert held is not None
            # A gate may keep the body where it is; standing still then says nothing.
            gated = held.proprioception.get("held", 0.0) > 0.0
            self.brainstem.step(STOP if gated else command, held)
            self.left -= 1
            self._senses = None

    def _sense(self, observation: Observation) -> Senses:
        if self.scene is not None:
            return Senses.in_scene(observation, self.scene)
        return Senses.of(observation, self.around.occupancy, self.around.frontiers)
