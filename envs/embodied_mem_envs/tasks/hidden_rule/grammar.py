"""The typed grammar that hidden rules are drawn from and answers are written in.

    rule      = "when" trigger "if" condition "then" effect
    trigger   = "activate" kind | "arrive" | "rest"
    condition = literal | literal "and" literal | literal "or" literal
    literal   = ["not"] atom
    atom      = "room is" room | "room is beside" room         position
              | "energy >=" number                             energy
              | "step mod" number "is" number                  number of the step
              | "visits mod" number "is" number                visits to this room
              | "last is" kind | "used" kind                   history of the things
              | "count" kind "mod" number "is" number
    effect    = "score" sign number | "energy" sign number
              | "toggle door" room room | "toggle" kind

A literal says of one variable at which of its finitely many values it holds, and so do two
literals together of two variables: that is why programs can be compared exactly.
"""

from dataclasses import dataclass, field
from typing import Final
from typing import Literal as OneOf

import numpy as np

from embodied_mem.types import BoolArray
from embodied_mem_envs.tasks.hidden_rule.rooms import Rooms

MOST_ENERGY: Final = 9
STEP_CYCLE: Final = 60
"""After so many steps all remainders that rules ask for come again."""
VISIT_CYCLE: Final = 12
COUNT_CYCLE: Final = 6
STEP_MODULI: Final = (2, 3, 4, 5)
VISIT_MODULI: Final = (2, 3, 4)
COUNT_MODULI: Final = (2, 3)
SCORES: Final = (-3, -2, -1, 1, 2, 3)
ENERGIES: Final = (-3, -2, 2, 3)
REST: Final = 3
"""Energy that a rest gives."""

Joint = OneOf["", "and", "or"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Literal:
    """A condition on one variable."""

    text: str
    variable: str
    """`room`, `energy`, `step`, `visits`, `last`, `count <kind>` or `used <kind>`."""
    holds: tuple[bool, ...]
    """At which values of the variable, from 0 on."""

    def negated(self) -> "Literal":
        """Returns the opposite."""
        bare = self.text.removeprefix("not ")
        text = bare if bare != self.text else f"not {bare}"
        return Literal(
            text=text, variable=self.variable, holds=tuple(not each for each in self.holds)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One literal, or two that are joined."""

    literals: tuple[Literal, ...]
    joint: Joint = ""

    @property
    def text(self) -> str:
        """As the grammar has it."""
        return f" {self.joint} ".join(literal.text for literal in self.literals)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """When what happens, if what holds."""

    trigger: str
    condition: Condition
    effect: str

    @property
    def text(self) -> str:
        """As the grammar has it."""
        return f"when {self.trigger} if {self.condition.text} then {self.effect}"


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """The grammar over the rooms, doors and things of one house."""

    rooms: Rooms
    _tables: dict[str, tuple[Literal, ...]] = field(default_factory=dict, compare=False)

    # -- types ---------------------------------------------------------------------------------

    @property
    def triggers(self) -> tuple[str, ...]:
        """All triggers."""
        return (*(f"activate {kind}" for kind in self.rooms.kinds), "arrive", "rest")

    @property
    def effects(self) -> tuple[str, ...]:
        """All effects; see also `effects_of`."""
        return (
            *(f"score {number:+d}" for number in SCORES),
            *(f"energy {number:+d}" for number in ENERGIES),
            *(f"toggle door {self.rooms.door_name(i)}" for i in range(len(self.rooms.doors))),
            *(f"toggle {kind}" for kind in self.rooms.kinds),
        )

    def effects_of(self, trigger: str) -> tuple[str, ...]:
        """Returns the effects that a rule of a trigger may have.

        Only activations change the energy: a rest that takes it, or arrivals that always give it,
        would leave the robot without a way on, or cases that nothing leads to.
        """
        if trigger.startswith("activate "):
            return self.effects
        return tuple(each for each in self.effects if not each.startswith("energy "))

    def size(self, variable: str) -> int:
        """Returns how many values a variable has."""
        fixed = {
            "room": len(self.rooms.names),
            "energy": MOST_ENERGY + 1,
            "step": STEP_CYCLE,
            "visits": VISIT_CYCLE,
            "last": len(self.rooms.kinds) + 1,
        }
        if variable in fixed:
            return fixed[variable]
        return COUNT_CYCLE if variable.startswith("count ") else 2

    def domain(self, variable: str, trigger: str) -> BoolArray:
        """Returns at which values of a variable a trigger can happen, over all its values.

        A thing can be activated only where it stands; who arrives has spent energy; who rested has
        gained some; and `last` is nothing only until the first thing was activated.
        """
        open_ = np.ones(self.size(variable), bool)
        if variable == "room" and trigger.startswith("activate "):
            kind = self.rooms.kind(trigger.removeprefix("activate "))
            open_[:] = False
            open_[list(self.rooms.things[kind])] = True
        elif variable == "energy" and trigger == "arrive":
            open_[MOST_ENERGY:] = False
        elif variable == "energy" and trigger == "rest":
            open_[:REST] = False
        elif variable == "last":
            open_[0] = False
        return open_

    # -- literals ------------------------------------------------------------------------------

    def atoms(self) -> tuple[Literal, ...]:
        """Returns all atoms in a fixed order, equal ones too."""
        if "atoms" not in self._tables:
            self._tables["atoms"] = self._all_atoms()
        return self._tables["atoms"]

    def literals(self, trigger: str) -> tuple[Literal, ...]:
        """Returns the literals that can tell cases of a trigger apart, each meaning once."""
        if trigger not in self._tables:
            found: dict[object, Literal] = {}
            for atom in self.atoms():
                for literal in (atom, atom.negated()):
                    key = self.meaning(literal, trigger)
                    if len(set(key[1])) > 1:
                        found.setdefault(key, literal)
            self._tables[trigger] = tuple(found.values())
        return self._tables[trigger]

    def meaning(self, literal: Literal, trigger: str) -> tuple[str, tuple[bool, ...]]:
        """Returns what two literals have in common that mean the same at a trigger."""
        open_ = self.domain(literal.variable, trigger)
        kept = (holds for holds, each in zip(literal.holds, open_, strict=True) if each)
        return literal.variable, tuple(kept)

    def canonical(self, rule: Rule) -> str:
        """Returns one text for all rules that are written differently but mean the same."""
        meanings = (self.meaning(one, rule.trigger) for one in rule.condition.literals)
        keys = sorted(
            f"{variable}:{''.join('01'[each] for each in holds)}" for variable, holds in meanings
        )
        return "|".join((rule.trigger, rule.condition.joint, *keys, rule.effect))

    def _all_atoms(self) -> tuple[Literal, ...]:
        rooms, kinds = self.rooms.names, self.rooms.kinds
        return (
            *(self._where("room", f"room is {name}", {i}) for i, name in enumerate(rooms)),
            *(
                self._where("room", f"room is beside {name}", set(self.rooms.neighbours[i]))
                for i, name in enumerate(rooms)
            ),
            *(
                self._where("energy", f"energy >= {least}", set(range(least, MOST_ENERGY + 1)))
                for least in range(2, MOST_ENERGY)
            ),
            *self._remainders("step", STEP_MODULI),
            *self._remainders("visits", VISIT_MODULI),
            *(self._where("last", f"last is {kind}", {i + 1}) for i, kind in enumerate(kinds)),
            *(self._where(f"used {kind}", f"used {kind}", {1}) for kind in kinds),
            *(each for kind in kinds for each in self._remainders(f"count {kind}", COUNT_MODULI)),
        )

    def _where(self, variable: str, text: str, values: set[int]) -> Literal:
        holds = tuple(value in values for value in range(self.size(variable)))
        return Literal(text=text, variable=variable, holds=holds)

    def _remainders(self, variable: str, moduli: tuple[int, ...]) -> tuple[Literal, ...]:
        size = self.size(variable)
        return tuple(
            self._where(
                variable,
                f"{variable} mod {modulus} is {rest}",
                {value for value in range(size) if value % modulus == rest},
            )
            for modulus in moduli
            for rest in reversed(range(modulus))
        )
