"""Plain frames as memory: evenly spaced ones, or the last ones.

What a vision-language model with many frames is given, as in OpenEQA's multi-frame baseline
(Majumdar et al. 2024, "OpenEQA", section 5). In their favour: the model recognises everything that
a frame shows up to 5 m away, knows where each thing is, and never takes one thing for two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from embodied_mem.brain.seeking.target import Target
from embodied_mem.types import UInt8Array
from embodied_mem_envs.evaluation.agents.peers.detections import DetectionRules, ObjectMap
from embodied_mem_envs.evaluation.agents.peers.kept import Thing
from embodied_mem_envs.evaluation.agents.peers.look import Look


@dataclass(frozen=True, kw_only=True, slots=True)
class FramesConfig:
    """Which frames are kept."""

    count: int = 50
    """So many frames at most."""
    even: bool = True
    """Evenly spaced over everything seen, else the last ones."""


@final
class Frames:
    """Implements `KeptMemory`."""

    def __init__(self, config: FramesConfig | None = None) -> None:
        self.config = config or FramesConfig()
        self._looks: list[Look] = []
        self._stride = 1
        self._seen = 0
        self._things: list[Thing] | None = None

    def take_in(self, look: Look) -> None:
        """Keeps a frame, and gives one up where there are too many."""
        number, self._seen = self._seen, self._seen + 1
        if self.config.even and number % self._stride:
            return
        self._things = None
        self._looks.append(look)
        if len(self._looks) <= self.config.count:
            return
        if self.config.even:
            self._looks = self._looks[::2]
            self._stride *= 2
        else:
            self._looks.pop(0)

    def new_visit(self) -> None:
        """Frames stay."""

    def things(self) -> Sequence[Thing]:
        """Returns what the frames show."""
        if self._things is None:
            self._things = self._recognise()
        return self._things

    def chosen(self, things: Sequence[Thing], target: Target) -> Sequence[Thing]:
        """Returns all: the model is shown every frame."""
        return things

    def pictures(self) -> dict[int, UInt8Array]:
        """Returns the frames."""
        return {look.number: look.rgb for look in self._looks}

    def notes(self) -> tuple[str, ...]:
        """It keeps no texts."""
        return ()

    def _recognise(self) -> list[Thing]:
        table = ObjectMap(DetectionRules())
        visit = 0
        for look in self._looks:
            if look.visit != visit:
                visit = look.visit
                table.new_visit()
            for index in range(len(look.shown)):
                table.add(look, index)
        return [entry.thing() for entry in table.objects.values()]
