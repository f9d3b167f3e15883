"""Draws the hidden rules of an episode."""

from typing import Final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem_envs.tasks.hidden_rule.equivalence import showing_shares
from embodied_mem_envs.tasks.hidden_rule.grammar import Condition, Grammar, Joint, Literal, Rule

RULES: Final = 6
LEAST_SHARE: Final = 0.15
"""A rule fires in at least this share of the cases of its trigger, is seen to, and is silent in as
many."""
SINGLE_SHARE: Final = 0.25
"""Share of the rules whose condition is one literal."""
_FAMILIES: Final = ("room", "energy", "step", "visits", "history")


def draw_rules(grammar: Grammar, rng: np.random.Generator, rules: int = RULES) -> tuple[Rule, ...]:
    """Draws rules with different triggers, in the order of the triggers.

    Raises:
        ConfigError: If there are fewer triggers than rules.
    """
    if not 1 <= rules <= len(grammar.triggers):
        raise ConfigError(f"rules is {rules}; expected 1 to {len(grammar.triggers)}")
    chosen = np.sort(rng.choice(len(grammar.triggers), size=rules, replace=False))
    return tuple(draw_rule(grammar, grammar.triggers[index], rng) for index in chosen)


def family(variable: str) -> str:
    """Returns the type of a variable: position, energy, step, visits or history."""
    return variable if variable in _FAMILIES else "history"


def draw_rule(grammar: Grammar, trigger: str, rng: np.random.Generator) -> Rule:
    """Draws one rule for a trigger that fires neither too rarely nor too often."""
    while True:
        rule = Rule(
            trigger=trigger,
            condition=_draw_condition(grammar, trigger, rng),
            effect=_draw_effect(grammar, trigger, rng),
        )
        fires, shows = showing_shares(rule, grammar)
        if LEAST_SHARE <= fires <= 1.0 - LEAST_SHARE and shows >= LEAST_SHARE:
            return rule


def _draw_condition(grammar: Grammar, trigger: str, rng: np.random.Generator) -> Condition:
    if rng.random() < SINGLE_SHARE:
        return Condition(literals=(_draw_literal(grammar, trigger, _FAMILIES, rng),))
    names = rng.permutation(_FAMILIES).tolist()
    joint: Joint = "and" if rng.random() < 0.5 else "or"
    literals = tuple(_draw_literal(grammar, trigger, (name,), rng) for name in names[:2])
    return Condition(literals=literals, joint=joint)


def _draw_literal(
    grammar: Grammar, trigger: str, families: tuple[str, ...], rng: np.random.Generator
) -> Literal:
    wanted = families[int(rng.integers(len(families)))]
    fitting = [each for each in grammar.literals(trigger) if family(each.variable) == wanted]
    return fitting[int(rng.integers(len(fitting)))]


def _draw_effect(grammar: Grammar, trigger: str, rng: np.random.Generator) -> str:
    """Draws what is changed first, then how: doors are many, and scores are not rarer for it."""
    groups: dict[str, list[str]] = {}
    for effect in grammar.effects_of(trigger):
        what = "door" if effect.startswith("toggle door ") else effect.split()[0]
        groups.setdefault(what, []).append(effect)
    fitting = list(groups.values())[int(rng.integers(len(groups)))]
    return fitting[int(rng.integers(len(fitting)))]
