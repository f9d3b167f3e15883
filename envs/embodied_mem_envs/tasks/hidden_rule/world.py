"""The world of hidden rules: what a call does by itself, and what the rules add to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

from embodied_mem.errors import ConfigError
from embodied_mem_envs.tasks.hidden_rule.calls import Call, Outcome
from embodied_mem_envs.tasks.hidden_rule.grammar import MOST_ENERGY, REST, Literal, Rule
from embodied_mem_envs.tasks.hidden_rule.history import History
from embodied_mem_envs.tasks.hidden_rule.rooms import Rooms

START_ENERGY: Final = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """Something that a rule may be about, as it was when the rules were asked."""

    trigger: str
    values: dict[str, int]
    """By the names of the grammar's variables."""


def holds(literal: Literal, values: dict[str, int]) -> bool:
    """Tells whether a literal holds; steps, visits and counts go round."""
    return literal.holds[values[literal.variable] % len(literal.holds)]


def rule_fires(rule: Rule, values: dict[str, int]) -> bool:
    """Tells whether a rule fires in a case of its trigger."""
    cases = [holds(literal, values) for literal in rule.condition.literals]
    return any(cases) if rule.condition.joint == "or" else all(cases)


@final
class World:
    """A robot among rooms, doors and things.

    Every call takes one step. A move into a room behind a door takes one energy, two through a
    door that is shut; a rest gives three, up to nine. Then the rule of the trigger, if there is
    one, is asked about the state as it now is: visits count this arrival, the history of the
    things does not count this activation or rest yet.
    """

    def __init__(self, rooms: Rooms, rules: Sequence[Rule], start: int) -> None:
        self.rooms = rooms
        self.rules = {rule.trigger: rule for rule in rules}
        self.room = start
        self.energy = START_ENERGY
        self.step = 0
        self.score = 0
        self.shut: set[int] = set()
        """Doors by index."""
        self.lit: set[int] = set()
        """Kinds of things by index."""
        self.history = History(rooms=len(rooms.names), kinds=len(rooms.kinds))
        self.history.came_into(start)
        self.cases: list[Case] = []
        """All triggers that happened."""

    def outcome(self, call: Call | None = None, error: str = "", told: str = "") -> Outcome:
        """Returns what the robot senses."""
        return Outcome(
            call=call,
            step=self.step,
            room=self.rooms.names[self.room],
            energy=self.energy,
            score=self.score,
            shut=tuple(self.rooms.door_name(door) for door in sorted(self.shut)),
            lit=tuple(self.rooms.kinds[kind] for kind in sorted(self.lit)),
            error=error,
            told=told,
        )

    def wait(self, steps: int) -> Outcome:
        """Lets steps go by while the robot thinks."""
        self.step += steps
        return self.outcome()

    def do(self, call: Call) -> Outcome:
        """Carries out a call; one that is not possible takes its step and changes nothing."""
        self.step += 1
        try:
            trigger = self._plainly(call)
        except ConfigError as error:
            return self.outcome(call, error=str(error))
        if trigger:
            self._ask(Case(trigger=trigger, values=self.values()))
        self._note(call)
        return self.outcome(call, told=self._look() if call.tool == "look" else "")

    def possible(self, call: Call) -> bool:
        """Tells whether a call would do something now."""
        try:
            self._check(call)
        except ConfigError:
            return False
        return True

    def values(self) -> dict[str, int]:
        """Returns the state as rules see it, by the names of the grammar's variables."""
        return {
            "room": self.room,
            "energy": self.energy,
            "step": self.step,
            **self.history.values(self.rooms.kinds, self.room),
        }

    # -- inside --------------------------------------------------------------------------------

    def _plainly(self, call: Call) -> str:
        """Does what a call does without rules, and returns its trigger.

        Raises:
            ConfigError: If it is not possible; nothing has changed then.
        """
        self._check(call)
        if call.tool == "move":
            room = self.rooms.room(call.target)
            self.energy -= self._cost(room)
            self.room = room
            self.history.came_into(room)
            return "arrive"
        if call.tool == "rest":
            self.energy = min(MOST_ENERGY, self.energy + REST)
            return "rest"
        return f"activate {call.target}" if call.tool == "activate" else ""

    def _check(self, call: Call) -> None:
        """Raises ConfigError where a call is not possible now."""
        if call.tool == "activate":
            if self.room not in self.rooms.things[self.rooms.kind(call.target)]:
                raise ConfigError(f"there is no {call.target} in this room")
        elif call.tool == "move":
            room = self.rooms.room(call.target)
            if room not in self.rooms.neighbours[self.room]:
                raise ConfigError(f"no door leads to {call.target} from here")
            cost = self._cost(room)
            if self.energy < cost:
                raise ConfigError(f"that takes {cost} energy, and there is {self.energy}")

    def _cost(self, room: int) -> int:
        door = self.rooms.doors.index((min(room, self.room), max(room, self.room)))
        return 2 if door in self.shut else 1

    def _ask(self, case: Case) -> None:
        self.cases.append(case)
        rule = self.rules.get(case.trigger)
        if rule is not None and rule_fires(rule, case.values):
            self._bring_about(rule.effect.split())

    def _bring_about(self, effect: list[str]) -> None:
        if effect[0] == "score":
            self.score += int(effect[1])
        elif effect[0] == "energy":
            self.energy = min(MOST_ENERGY, max(0, self.energy + int(effect[1])))
        elif effect[1] == "door":
            self.shut ^= {self.rooms.door(effect[2], effect[3])}
        else:
            self.lit ^= {self.rooms.kind(effect[1])}

    def _note(self, call: Call) -> None:
        if call.tool == "activate":
            self.history.activated(self.rooms.kind(call.target))
        elif call.tool == "rest":
            self.history.rested()

    def _look(self) -> str:
        doors = ", ".join(self.rooms.names[room] for room in self.rooms.neighbours[self.room])
        here = [
            kind
            for kind, rooms in zip(self.rooms.kinds, self.rooms.things, strict=True)
            if self.room in rooms
        ]
        return f"doors to {doors}; here: {', '.join(here) or 'nothing to activate'}"
