"""The actions of `EmbodiedMem/HiddenRule-v0`: calls, and the fields of a rule."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.types import BoolArray
from embodied_mem_envs.tasks.hidden_rule.calls import Call
from embodied_mem_envs.tasks.hidden_rule.game import Game
from embodied_mem_envs.tasks.hidden_rule.grammar import (
    COUNT_MODULI,
    ENERGIES,
    MOST_ENERGY,
    SCORES,
    STEP_MODULI,
    VISIT_MODULI,
    Condition,
    Grammar,
    Joint,
    Literal,
    Rule,
)
from embodied_mem_envs.tasks.hidden_rule.rooms import KINDS

JOINTS: Final[tuple[Joint, ...]] = ("", "and", "or")
_OTHER_CALLS: Final = ("rest", "look", "note", "submit")
_TRIGGERS: Final = len(KINDS) + 2


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Which action stands for what; the same for all houses with one number of rooms."""

    rooms: int

    @property
    def doors(self) -> int:
        """Most doors that a house may have."""
        return 2 * self.rooms

    @property
    def calls(self) -> int:
        """Actions that are calls; they come first."""
        return self.rooms + len(KINDS) + len(_OTHER_CALLS)

    @property
    def atoms(self) -> int:
        """Atoms of the grammar; each has an action for itself and one for its opposite."""
        remainders = sum(STEP_MODULI) + sum(VISIT_MODULI) + len(KINDS) * sum(COUNT_MODULI)
        return 2 * self.rooms + MOST_ENERGY - 2 + remainders + 2 * len(KINDS)

    @property
    def first_literal(self) -> int:
        """The first action that is a literal, after the joints."""
        return self.calls + len(JOINTS)

    @property
    def first_effect(self) -> int:
        """The first action that is an effect."""
        return self.first_literal + 2 * self.atoms

    @property
    def actions(self) -> int:
        """All actions; the effects on doors come last."""
        return self.first_effect + len(SCORES) + len(ENERGIES) + len(KINDS) + self.doors

    @property
    def triggers(self) -> int:
        """Triggers of the grammar."""
        return _TRIGGERS

    def call(self, action: int, game: Game) -> Call:
        """Returns the call of an action."""
        if action < self.rooms:
            return Call(tool="move", target=game.rooms.names[action])
        action -= self.rooms
        if action < len(KINDS):
            return Call(tool="activate", target=KINDS[action])
        return Call(tool=_OTHER_CALLS[action - len(KINDS)])

    def literals(self, grammar: Grammar) -> list[Literal]:
        """Returns what the literal actions stand for: all atoms, then all their opposites."""
        atoms = grammar.atoms()
        return [*atoms, *(atom.negated() for atom in atoms)]

    def effects(self, grammar: Grammar) -> list[str]:
        """Returns what the effect actions stand for."""
        doors = [each for each in grammar.effects if each.startswith("toggle door ")]
        return [*(each for each in grammar.effects if each not in doors), *doors]


@final
class RuleBuilder:
    """Builds one rule field by field: joint, literal, perhaps another literal, effect."""

    def __init__(self, layout: Layout, grammar: Grammar, trigger: str) -> None:
        self._layout = layout
        self._literals = layout.literals(grammar)
        self._effects = layout.effects(grammar)
        self._allowed = grammar.effects_of(trigger)
        self._trigger = trigger
        self._joint: Joint | None = None
        self._chosen: list[Literal] = []
        self.rule: Rule | None = None
        """The rule once it is whole."""

    @property
    def field(self) -> int:
        """Which field comes next: 0 joint, 1 and 2 literals, 3 effect."""
        if self._joint is None:
            return 0
        wanted = 2 if self._joint else 1
        return 3 if len(self._chosen) == wanted else 1 + len(self._chosen)

    def mask(self) -> BoolArray:
        """Returns which actions fill the next field."""
        mask = np.zeros(self._layout.actions, bool)
        start = self._layout.first_literal
        if self.field == 0:
            mask[self._layout.calls : start] = True
        elif self.field == 3:
            start = self._layout.first_effect
            mask[start : start + len(self._effects)] = [e in self._allowed for e in self._effects]
        else:
            taken = {literal.variable for literal in self._chosen}
            free = [literal.variable not in taken for literal in self._literals]
            mask[start : start + len(free)] = free
        return mask

    def take(self, action: int) -> None:
        """Fills the next field; the mask must allow it."""
        if self.field == 0:
            self._joint = JOINTS[action - self._layout.calls]
        elif self.field < 3:
            self._chosen.append(self._literals[action - self._layout.first_literal])
        else:
            self.rule = Rule(
                trigger=self._trigger,
                condition=Condition(literals=tuple(self._chosen), joint=self._joint or ""),
                effect=self._effects[action - self._layout.first_effect],
            )
