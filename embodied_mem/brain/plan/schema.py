"""A plan as data: a hierarchical execution tree that a model writes and a person can read.

Inner nodes (`Task`) say what is to be reached, leaves (`Step`) which skill does it. Conditions are
text in the grammar of `embodied_mem.brain.plan.conditions`; they are parsed, never executed as
code. A plan carries the handlers of its own anomalies, so that what goes wrong can be handled
without asking the model again.
"""

from typing import Literal

import msgspec

from embodied_mem.brain.skill import Argument

Level = Literal["retry", "backtrack", "alternative", "recall", "replan", "stop"]
"""Where an anomaly is handled, from the cheapest to the last; reflexes lie below all of them."""

Anomaly = Literal[
    "any",
    "precondition",
    "invariant",
    "postcondition",
    "timeout",
    "bad_end",
]
"""What a node can notice: a condition that does not hold, time that is up, or a skill's bad end."""


class Handler(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do when a step notices an anomaly; the first handler that matches is used."""

    on: Anomaly = "any"
    when: str = ""
    """A condition that must hold as well, such as `not holding(mug)`."""
    level: Level
    times: int = 1
    """How often, at most, before the next handler is tried."""
    to: str = ""
    """Id of the node that `backtrack` returns to; by invariants where it is empty."""


class Step(msgspec.Struct, frozen=True, kw_only=True, tag="step", forbid_unknown_fields=True):
    """A leaf: one skill with its arguments and what must hold before, while and after it runs."""

    id: str
    skill: str
    args: dict[str, Argument] = {}
    pre: tuple[str, ...] = ()
    invariant: tuple[str, ...] = ()
    post: tuple[str, ...] = ()
    timeout: float = 20.0
    """Seconds of the body's time."""
    handlers: tuple[Handler, ...] = ()
    """Before those of the tasks around it."""


class Task(msgspec.Struct, frozen=True, kw_only=True, tag="task", forbid_unknown_fields=True):
    """An inner node: a subgoal, reached by its children one after the other."""

    id: str
    goal: str
    """What it is for, in words."""
    children: "tuple[Node, ...]"
    post: tuple[str, ...] = ()
    """What must hold when all children are done; where it holds at once, they are skipped."""
    handlers: tuple[Handler, ...] = ()


Node = Step | Task


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one model call returns."""

    version: Literal[1] = 1
    instruction: str
    root: Task
    answer: str = ""
    """What to say in the end, where the instruction asks for something: a condition-grammar number
    in braces is filled in, such as `{count(category="block", colour="red")} red blocks`."""
