"""Operators that were not learned as such: made of others, or of one skill alone.

Who put a thing into a bin can put it on a spot. A drawer is opened and closed by one skill each,
whose effect is its name, so that takes no experience.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from embodied_mem.brain.learning.methods.template import spot_condition, spot_point
from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.conditions.expressions import (
    Call,
    Constant,
    Expression,
    Not,
    Several,
)
from embodied_mem.brain.plan.schema import Node, Step, Task
from embodied_mem.brain.skill import Argument

_HOLDER: Final = "hole_holder"
_SPOTS: Final = ("at", "aside", "away")
"""Operators that put a thing on a spot of the table; they differ in what they are for."""


def _slide(skill: str, result: str) -> Task:
    """Opens or closes a drawer."""
    post = (f"{result}(hole_drawer)",)
    step = Step(
        id=f"{skill}_<drawer>",
        skill=skill,
        args={"drawer": "hole_drawer"},
        pre=("hand_empty()",),
        post=post,
        timeout=40.0,
    )
    return Task(
        id=f"have_<drawer>_{result}", goal=f"{skill} the <drawer>", children=(step,), post=post
    )


_SINGLE: Final = {"open": _slide("open", "opened"), "close": _slide("close", "closed")}


def operator_for(name: str, operators: Mapping[str, Node]) -> Node | None:
    """Returns the operator of a name, or one that serves as well; None where there is none.

    What puts things into one kind of holder serves for another kind; what puts them on a spot or
    on another thing serves for a holder, and the other way round, once it speaks of that instead.
    All is checked against the skills as any plan is.
    """
    if name in operators:
        return operators[name]
    if name in _SINGLE:
        return _SINGLE[name]
    into = [key for key in sorted(operators) if key.startswith("in:")]
    spots = [key for key in _SPOTS if key in operators]
    on = [key for key in operators if key == "on"]
    if name.startswith("in:"):
        if into:
            return operators[into[0]]
        return _changed(operators[(*spots, *on)[0]], _INTO) if spots or on else None
    if name in _SPOTS:
        if spots:
            return operators[spots[0]]
        return _changed(operators[(*into, *on)[0]], _ON_SPOT) if into or on else None
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Where:
    """Where an operator puts its thing, as arguments and as conditions."""

    argument: str
    value: Argument
    there: str
    """The condition that the thing is there."""
    arriving: str
    """The condition that it is there or nearly so."""


_ON_SPOT: Final = _Where(
    argument="point",
    value=spot_point(),
    there=spot_condition(0.03),
    arriving=spot_condition(0.08),
)
_INTO: Final = _Where(
    argument="destination",
    value=_HOLDER,
    there="inside(hole_thing, hole_holder)",
    arriving="above(hole_thing, hole_holder) or inside(hole_thing, hole_holder)",
)


def _changed(node: Node, where: _Where) -> Node:
    """Returns a move as one to somewhere of another kind."""
    post = tuple(_restated(text, where.there) for text in node.post)
    handlers = tuple(
        msgspec.structs.replace(each, when=_restated(each.when, where.arriving))
        for each in node.handlers
    )
    if isinstance(node, Task):
        children = tuple(_changed(child, where) for child in node.children)
        return msgspec.structs.replace(node, children=children, post=post, handlers=handlers)
    args = {name: value for name, value in node.args.items() if not _says_where(value)}
    if len(args) < len(node.args):
        args.pop("yaw", None)
        args[where.argument] = where.value
    return msgspec.structs.replace(
        node,
        args=args,
        pre=tuple(_restated(text, where.arriving) for text in node.pre),
        invariant=tuple(_restated(text, where.arriving) for text in node.invariant),
        post=post,
        handlers=handlers,
    )


def _says_where(value: Argument) -> bool:
    return value == _HOLDER or isinstance(value, tuple | list)


def _restated(text: str, where: str) -> str:
    """Returns a condition that says another where."""
    if not text:
        return ""
    return str(_replaced(parse_condition(text).expression, parse_condition(where).expression))


def _replaced(part: Expression, where: Expression) -> Expression:
    if isinstance(part, Not):
        return Not(_replaced(part.part, where))
    if isinstance(part, Several):
        parts: dict[Expression, None] = {}
        for each in part.parts:
            new = _replaced(each, where)
            same = isinstance(new, Several) and new.operator == part.operator
            parts.update(dict.fromkeys(new.parts if same else (new,)))  # type: ignore[union-attr]
        return Several(part.operator, tuple(parts)) if len(parts) > 1 else next(iter(parts))
    if isinstance(part, Call) and (part.name == "at" or _speaks_of_holder(part)):
        return where
    return part


def _speaks_of_holder(call: Call) -> bool:
    values = (value for _, value in call.arguments)
    return any(isinstance(value, Constant) and value.value == _HOLDER for value in values)
