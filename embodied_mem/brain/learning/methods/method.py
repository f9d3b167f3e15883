"""What is kept of a plan that worked."""

from typing import Literal

import msgspec

from embodied_mem.brain.plan.schema import Handler, Node

How = Literal["in", "on", "at", "arranged", "away"]
"""Where a thing ends up: in a holder, on another thing, at a spot, as it lay before, or out of a
zone."""

HolderFrom = Literal["", "destination", "theme", "colour", "place", "fixture"]
"""How the holder of a goal is found: the instruction's destination, another theme, the fixture of
the thing's colour, the place of another theme, or always the same fixture."""


class GoalRule(msgspec.Struct, frozen=True, kw_only=True):
    """Where a theme of the instruction ends up."""

    theme: int = -1
    """Which; -1 for every thing that the instruction means."""
    how: How
    holder_from: HolderFrom = ""
    other: int = -1
    """Which theme `holder_from` speaks of, or of `at` the one that was at the spot."""
    holder: str = ""
    """Id of the fixture that is always the same, or the kind of those that differ by colour."""
    category: str = ""
    """Of the things that it is for; empty for all."""
    thorough: bool = False
    """Whether the thing is looked for before it is known to be missing."""


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """A subtree with holes that does one thing to one thing."""

    name: str
    """Such as `in:drawer`, `on`, `at`, `away`, `aside`, `open`, `close`, `find`, `search`, `leave`,
    `rest`."""
    node: Node


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """A condition of the root with holes, and for what it is made."""

    of: Literal["", "goal", "drawer"] = ""
    """For each goal, each drawer that was opened, or once."""
    move: str = ""
    """Of a goal: the operator that reaches it."""
    text: str


class Assembled(msgspec.Struct, frozen=True, kw_only=True, tag="assembled"):
    """A plan that brings things to places: goals, and the operators that reach them.

    The order is found anew, as it depends on what is in the way of what.
    """

    goals: tuple[GoalRule, ...]
    operators: tuple[Operator, ...]
    tail: tuple[Node, ...] = ()
    """Steps at the end that are about no thing, such as to draw the arm back."""
    promises: tuple[Promise, ...] = ()
    handlers: tuple[Handler, ...] = ()
    answer: str = ""


class Rigid(msgspec.Struct, frozen=True, kw_only=True, tag="rigid"):
    """A plan that is repeated step by step with other things in its holes."""

    root: Node
    fixtures: tuple[str, ...]
    """Holes and ids of the fixtures that it names."""
    context: tuple[str, ...]
    """What was so when it worked and must be so again."""
    answer: str = ""


Method = Assembled | Rigid
