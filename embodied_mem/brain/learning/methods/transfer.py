"""Operators made of others that are alike: who put a thing into a bin can put it on a spot."""

from collections.abc import Mapping
from typing import Final

import msgspec

from embodied_mem.brain.learning.methods.template import spot_condition, spot_point
from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.conditions.expressions import (
    Call,
    Comparison,
    Constant,
    Expression,
    Not,
    Several,
)
from embodied_mem.brain.plan.schema import Node, Step, Task

_HOLDER: Final = "hole_holder"
_ALIKE: Final = {"away": ("at", "aside"), "at": ("aside", "away"), "aside": ("at", "away")}
"""Operators that do the same and differ in what they are for."""
_ARRIVING: Final = 0.08
"""A thing that arrives is this near to its spot, m."""
_THERE: Final = 0.03
"""A thing that lies at its spot is this near to it, m."""


def operator_for(name: str, operators: Mapping[str, Node]) -> Node | None:
    """Returns the operator of a name, or one that serves as well; None where there is none.

    What puts things into one kind of holder serves for another kind, and, its holder replaced by
    a spot of the table, for that too: both are checked against the skills as any plan is.
    """
    if name in operators:
        return operators[name]
    for other in _ALIKE.get(name, ()):
        if other in operators:
            return operators[other]
    into = [key for key in sorted(operators) if key.startswith("in:")]
    if name.startswith("in:"):
        return operators[into[0]] if into else None
    holding = [*into, *(key for key in operators if key == "on")]
    return _on_spot(operators[holding[0]]) if name in _ALIKE and holding else None


def _on_spot(node: Node) -> Node:
    """Returns a move into a holder as a move to a spot."""
    post = tuple(_without_holder(text, _THERE) for text in node.post)
    handlers = tuple(
        msgspec.structs.replace(each, when=_without_holder(each.when, _ARRIVING))
        for each in node.handlers
    )
    if isinstance(node, Task):
        children = tuple(map(_on_spot, node.children))
        return msgspec.structs.replace(node, children=children, post=post, handlers=handlers)
    return _step_on_spot(msgspec.structs.replace(node, post=post, handlers=handlers))


def _step_on_spot(step: Step) -> Step:
    args = {name: value for name, value in step.args.items() if value != _HOLDER}
    if len(args) < len(step.args):
        args["point"] = spot_point()
    return msgspec.structs.replace(
        step,
        args=args,
        pre=tuple(_without_holder(text, _ARRIVING) for text in step.pre),
        invariant=tuple(_without_holder(text, _ARRIVING) for text in step.invariant),
    )


def _without_holder(text: str, near: float) -> str:
    """Returns a condition that speaks of a spot where it spoke of a holder."""
    return str(_replaced(parse_condition(text).expression, near)) if text else ""


def _replaced(part: Expression, near: float) -> Expression:
    if isinstance(part, Not):
        return Not(_replaced(part.part, near))
    if isinstance(part, Several):
        parts = dict.fromkeys(_replaced(each, near) for each in part.parts)
        return Several(part.operator, tuple(parts)) if len(parts) > 1 else next(iter(parts))
    if isinstance(part, Comparison):
        return part
    if isinstance(part, Call) and any(_is_holder(value) for _, value in part.arguments):
        return parse_condition(spot_condition(near)).expression
    return part


def _is_holder(value: Expression | None) -> bool:
    return isinstance(value, Constant) and value.value == _HOLDER
