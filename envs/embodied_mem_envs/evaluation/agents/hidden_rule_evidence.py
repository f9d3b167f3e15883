"""What remembered calls say about the rules: cases of each trigger, and what was seen of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import final

from embodied_mem_envs.tasks.hidden_rule.calls import Call, Outcome
from embodied_mem_envs.tasks.hidden_rule.equivalence import NOTHING, Shown, shown_effect
from embodied_mem_envs.tasks.hidden_rule.grammar import MOST_ENERGY, REST
from embodied_mem_envs.tasks.hidden_rule.history import History
from embodied_mem_envs.tasks.hidden_rule.rooms import Rooms


@dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """One case of a trigger."""

    trigger: str
    values: dict[str, int]
    """Values of the variables that are known; others are missing."""
    seen: Shown


@final
class Evidence:
    """Replays remembered calls, and says what is known after them.

    Where the memory does not reach back to the start, visits and counts are unknown, what was used
    is known from the first remembered rest on, and what was last from the first activation on.
    """

    def __init__(self, rooms: Rooms, outcomes: Sequence[Outcome]) -> None:
        self.rooms = rooms
        self.cases: list[Observed] = []
        self.now = outcomes[-1]
        """What was sensed last."""
        self.history = History(rooms=len(rooms.names), kinds=len(rooms.kinds))
        self._whole = outcomes[0].step == 0
        self._rested = self._whole
        self.history.came_into(rooms.room(outcomes[0].room))
        for before, after in pairwise(outcomes):
            if after.call is not None and not after.error:
                self._replay(before, after, after.call)

    def known(self, values: dict[str, int]) -> dict[str, int]:
        """Leaves out the values of variables that the memory does not reach back to."""
        if self._whole:
            return values
        return {name: value for name, value in values.items() if self._is_known(name, value)}

    def _is_known(self, name: str, value: int) -> bool:
        if name == "last":
            return value > 0
        if name.startswith("used "):
            return self._rested or bool(value)
        return name in ("room", "energy", "step")

    def _replay(self, before: Outcome, after: Outcome, call: Call) -> None:
        plain = before.energy
        if call.tool == "move":
            self.history.came_into(self.rooms.room(after.room))
            plain -= move_cost(self.rooms, before, after.room)
            self._add("arrive", before, after, plain)
        elif call.tool == "rest":
            plain = min(MOST_ENERGY, plain + REST)
            self._add("rest", before, after, plain)
            self.history.rested()
            self._rested = True
        elif call.tool == "activate":
            self._add(f"activate {call.target}", before, after, plain)
            self.history.activated(self.rooms.kind(call.target))

    def _add(self, trigger: str, before: Outcome, after: Outcome, energy: int) -> None:
        room = self.rooms.room(after.room)
        values = {
            "room": room,
            "energy": energy,
            "step": after.step,
            **self.history.values(self.rooms.kinds, room),
        }
        seen = seen_between(before, after, energy)
        self.cases.append(Observed(trigger=trigger, values=self.known(values), seen=seen))


def move_cost(rooms: Rooms, before: Outcome, target: str) -> int:
    """Returns the energy that a move takes."""
    door = rooms.door_name(rooms.door(before.room, target))
    return 2 if door in before.shut else 1


def seen_between(before: Outcome, after: Outcome, energy: int) -> Shown:
    """Returns what a rule has visibly done; `energy` is what there was before it."""
    if after.score != before.score:
        return f"score {after.score - before.score:+d}", 0
    for door in set(after.shut) ^ set(before.shut):
        return f"toggle door {door}", 0
    for kind in set(after.lit) ^ set(before.lit):
        return f"toggle {kind}", 0
    return ("energy", after.energy - energy) if after.energy != energy else NOTHING


def would_show(effect: str, energy: int) -> Shown:
    """Returns how an effect shows at an energy; one that is not known yet is expected to show."""
    return shown_effect(effect or "unknown", energy)
