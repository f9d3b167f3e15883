"""Walks on behalf of the memory level: one skill to its end, within the ticks that are left."""

from typing import final

from embodied_mem.brain.brainstem import Brainstem
from embodied_mem.brain.cerebellum import Cerebellum
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.skill import Skill, Status
from embodied_mem.brain.skills import Senses
from embodied_mem.robots.body import Body, highest_step
from embodied_mem.types import Observation


@final
class Walker:
    """Moves a body by skills; whatever it sees goes into the memory."""

    def __init__(self, body: Body, hippocampus: Hippocampus) -> None:
        """Moves nothing yet.

        Args:
            body: A connected body.
            hippocampus: Takes in what the body sees.
        """
        self._brainstem = Brainstem(body)
        self.cerebellum = Cerebellum(
            seconds_per_tick=body.seconds_per_tick, max_step=highest_step(body)
        )
        self._hippocampus = hippocampus
        self._seen: Observation | None = None

    def look(self) -> Senses:
        """Returns what is sensed now; looks once a tick however often it is called."""
        if self._seen is None:
            self._seen = self._brainstem.observe()
            self._hippocampus.observe(self._seen)
        return Senses.in_scene(self._seen, self._hippocampus.scene)

    def forget_look(self) -> None:
        """Hears that the world, or the body's place in it, changed since the last look."""
        self._seen = None

    def run(self, skill: Skill[Senses], ticks: int) -> tuple[Status, int]:
        """Runs a skill to its end, or until the ticks are spent.

        Args:
            skill: A fresh one.
            ticks: How many there are.

        Returns:
            How it ended, RUNNING where the ticks were spent, and how many ticks are left.
        """
        self.cerebellum.start(skill)
        while True:
            senses = self.look()
            command = self.cerebellum.step(senses)
            if not self.cerebellum.busy:
                return self.cerebellum.status, ticks
            if ticks <= 0:
                self.cerebellum.stop()
                return Status.RUNNING, 0
            assert self._seen is not None
            self._brainstem.step(command, self._seen)
            ticks -= 1
            self._seen = None
