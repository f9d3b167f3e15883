"""Chooses the next calls: those whose outcomes would tell most about what is still open."""

from collections.abc import Mapping
from copy import deepcopy
from math import log2
from typing import Final, final

import numpy as np

from embodied_mem.types import Int64Array
from embodied_mem_envs.evaluation.agents.hidden_rule_evidence import Evidence, would_show
from embodied_mem_envs.evaluation.agents.hidden_rule_hypotheses import Hypotheses
from embodied_mem_envs.evaluation.agents.hidden_rule_vocabulary import hold
from embodied_mem_envs.tasks.hidden_rule.calls import Call
from embodied_mem_envs.tasks.hidden_rule.equivalence import NOTHING
from embodied_mem_envs.tasks.hidden_rule.grammar import MOST_ENERGY, REST

PLANS: Final = 60
"""Sequences of calls that are imagined before one is chosen."""
LONGEST: Final = 10
"""Calls of the longest."""
_RESTFUL: Final = (0.0, 0.0, 0.2, 0.5)
"""How often a plan rests: some plans spend all energy, which chance alone hardly does."""
_SAMPLE: Final = 200


@final
class Experimenter:
    """Imagines what would come of calls, by the plain effects that are known.

    Args:
        evidence: What is known.
        open_: Hypotheses of the triggers that are still to be found out.
        rng: Draws the plans.
    """

    def __init__(
        self, evidence: Evidence, open_: Mapping[str, Hypotheses], rng: np.random.Generator
    ) -> None:
        self._evidence = evidence
        self._open = open_
        self._rng = rng
        self._samples: dict[str, Int64Array] = {
            trigger: hypotheses.sample(_SAMPLE, rng) for trigger, hypotheses in open_.items()
        }

    def choose(self) -> tuple[list[Call], float]:
        """Returns the plan that promises most a call, and how many bits a call it promises."""
        best: list[Call] = []
        most = -1.0
        for _ in range(PLANS):
            calls, gains = self._imagine()
            for length in range(1, len(calls) + 1):
                worth = sum(gains[:length]) / length
                if worth > most:
                    best, most = calls[:length], worth
        return best, most

    def _imagine(self) -> tuple[list[Call], list[float]]:
        imagined = _Imagined(self._evidence)
        active, restful = self._rng.uniform(0.1, 0.8), self._rng.choice(_RESTFUL)
        calls: list[Call] = []
        gains: list[float] = []
        for _ in range(LONGEST):
            call = imagined.draw_call(active, restful, self._rng)
            trigger = imagined.do(call)
            calls.append(call)
            gains.append(self._gain(trigger, imagined))
            imagined.note(call)
        return calls, gains

    def _gain(self, trigger: str, imagined: "_Imagined") -> float:
        """Returns how many bits a case tells: the entropy of whether the rule fires in it.

        Nothing is told where the effect could not be seen. What most probably happens to the
        energy goes on in the imagined state.
        """
        if trigger not in self._open:
            return 0.0
        hypotheses = self._open[trigger]
        truth = hypotheses.vocabulary.truth([self._evidence.known(imagined.values())])
        chance = float(hold(self._samples[trigger], truth).mean())
        shown = would_show(hypotheses.effect, imagined.energy)
        if shown == NOTHING:
            return 0.0
        if shown[0] == "energy" and chance > 0.5:
            imagined.energy += shown[1]
        if not 0.0 < chance < 1.0:
            return 0.0
        return -chance * log2(chance) - (1.0 - chance) * log2(1.0 - chance)


@final
class _Imagined:
    """The state that calls would lead to."""

    def __init__(self, evidence: Evidence) -> None:
        self._rooms = evidence.rooms
        self._history = deepcopy(evidence.history)
        self._room = self._rooms.room(evidence.now.room)
        self._shut = set(evidence.now.shut)
        self._step = evidence.now.step
        self.energy = evidence.now.energy

    def draw_call(self, active: float, restful: float, rng: np.random.Generator) -> Call:
        """Draws a call that is possible.

        Args:
            active: How often something is activated where something stands.
            restful: How often the robot rests else, where it could move.
            rng: Draws.
        """
        rooms, room = self._rooms, self._room
        here = [
            kind for kind, where in zip(rooms.kinds, rooms.things, strict=True) if room in where
        ]
        if here and rng.random() < active:
            return Call(tool="activate", target=here[int(rng.integers(len(here)))])
        doors = [other for other in rooms.neighbours[room] if self._cost(other) <= self.energy]
        if not doors or rng.random() < restful:
            return Call(tool="rest")
        return Call(tool="move", target=rooms.names[doors[int(rng.integers(len(doors)))]])

    def do(self, call: Call) -> str:
        """Does what a call does without rules, and returns its trigger."""
        self._step += 1
        if call.tool == "move":
            room = self._rooms.room(call.target)
            self.energy -= self._cost(room)
            self._room = room
            self._history.came_into(room)
            return "arrive"
        if call.tool == "rest":
            self.energy = min(MOST_ENERGY, self.energy + REST)
            return "rest"
        return f"activate {call.target}"

    def note(self, call: Call) -> None:
        """Notes a call in the history, after the rules were asked."""
        if call.tool == "rest":
            self._history.rested()
        elif call.tool == "activate":
            self._history.activated(self._rooms.kind(call.target))

    def values(self) -> dict[str, int]:
        """Returns the state as rules see it."""
        return {
            "room": self._room,
            "energy": self.energy,
            "step": self._step,
            **self._history.values(self._rooms.kinds, self._room),
        }

    def _cost(self, room: int) -> int:
        pair = (min(room, self._room), max(room, self._room))
        door = self._rooms.door_name(self._rooms.doors.index(pair))
        return 2 if door in self._shut else 1
