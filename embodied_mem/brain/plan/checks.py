"""Checks a plan before anything moves; every refusal names the node and what is wrong with it."""

import math
import re
from collections.abc import Collection, Iterable

from embodied_mem.brain.plan.arguments import check_arguments, near_name
from embodied_mem.brain.plan.conditions import Condition, parse_condition
from embodied_mem.brain.plan.schema import Handler, Node, Plan, Step, Task
from embodied_mem.brain.plan.walk import walk
from embodied_mem.brain.skill import SkillLibrary
from embodied_mem.errors import ConditionError, PlanError

MAX_NODES = 500
"""A plan with more nodes is refused."""
MAX_LEVELS = 12
"""Tasks may lie so deep within each other."""
ALWAYS_KNOWN = ("hand",)
"""Names that conditions may use as a place though they are no entities."""
_BRACES = re.compile(r"\{([^{}]*)\}")


def check_plan(plan: Plan, library: SkillLibrary, entities: Collection[str] | None = None) -> None:
    """Checks that a plan can be carried out as far as its text tells.

    Args:
        plan: The plan.
        library: The skills that its steps may use.
        entities: Ids that arguments and conditions may name; any where None.

    Raises:
        PlanError: If an id is given twice, a skill or entity is unknown, an argument does not fit,
            a condition cannot be read (with its position), or a number makes no sense; `node` is
            the id of the node that is wrong.
    """
    _check_shape(plan)
    order = {node.id: index for index, node in enumerate(walk(plan.root))}
    for node in walk(plan.root):
        if isinstance(node, Step):
            _check_step(node, library, entities)
        _check_conditions(node, "post", node.post, entities)
        for number, handler in enumerate(node.handlers, 1):
            _check_handler(node, number, handler, order, entities)
    for part in answer_parts(plan.answer):
        _parse(plan.root, "answer", part, entities, number=True)


def answer_parts(answer: str) -> list[str]:
    """Returns what stands in braces in an answer.

    >>> answer_parts('There are {count(colour="red")} red things.')
    ['count(colour="red")']
    """
    return _BRACES.findall(answer)


def fill_answer(answer: str, values: Iterable[str]) -> str:
    """Puts values in the place of what stands in braces, one after the other."""
    left = iter(values)
    return _BRACES.sub(lambda match: next(left), answer)


def _check_shape(plan: Plan) -> None:
    seen: set[str] = set()
    levels = _levels(plan.root)
    if levels > MAX_LEVELS:
        raise PlanError(f"the plan is {levels} levels deep; at most {MAX_LEVELS} are carried out")
    for node in walk(plan.root):
        if not node.id.strip():
            raise PlanError(f"a {_kind(node)} has an empty id; name every node")
        if node.id in seen:
            raise PlanError(f"two nodes have the id {node.id!r}; ids are unique", node=node.id)
        seen.add(node.id)
        if isinstance(node, Task) and not node.children:
            raise _error(node, "has no children; give it a step or leave it out")
        if len(seen) > MAX_NODES:
            raise PlanError(f"the plan has more than {MAX_NODES} nodes")


def _levels(node: Node) -> int:
    if isinstance(node, Step):
        return 1
    return 1 + max(map(_levels, node.children), default=0)


def _check_step(step: Step, library: SkillLibrary, entities: Collection[str] | None) -> None:
    spec = library.get(step.skill)
    if spec is None:
        hint = near_name(step.skill, library)
        raise _error(step, f"no skill is called {step.skill!r}{hint}")
    check_arguments(step, spec, entities)
    if not (math.isfinite(step.timeout) and step.timeout > 0.0):
        raise _error(step, f"timeout is {step.timeout} s; it must be a number above 0")
    _check_conditions(step, "pre", step.pre, entities)
    _check_conditions(step, "invariant", step.invariant, entities)


def _check_conditions(
    node: Node, where: str, texts: tuple[str, ...], entities: Collection[str] | None
) -> None:
    for text in texts:
        _parse(node, where, text, entities)


def _check_handler(
    node: Node,
    number: int,
    handler: Handler,
    order: dict[str, int],
    entities: Collection[str] | None,
) -> None:
    name = f"handler {number}"
    if handler.times < 1:
        raise _error(node, f"{name}: times is {handler.times}; it must be at least 1")
    if handler.when:
        _parse(node, f"{name}, when", handler.when, entities)
    if not handler.to:
        return
    if handler.level != "backtrack":
        raise _error(node, f"{name}: only backtrack goes to a node, not {handler.level}")
    if handler.to not in order:
        hint = near_name(handler.to, order)
        raise _error(node, f"{name}: no node is called {handler.to!r}{hint}")
    if isinstance(node, Step) and order[handler.to] > order[node.id]:
        raise _error(node, f"{name}: {handler.to!r} comes later; backtrack goes back")


def _parse(
    node: Node,
    where: str,
    text: str,
    entities: Collection[str] | None,
    *,
    number: bool = False,
) -> Condition:
    try:
        condition = parse_condition(text, type="number" if number else "truth")
    except ConditionError as error:
        raise _error(node, f"{where} {text!r}: {error}") from error
    for name in condition.entities:
        if entities is not None and name not in entities and name not in ALWAYS_KNOWN:
            hint = near_name(name, entities)
            raise _error(node, f"{where} {text!r}: nothing is called {name!r}{hint}")
    return condition


def _kind(node: Node) -> str:
    return "step" if isinstance(node, Step) else "task"


def _error(node: Node, message: str) -> PlanError:
    return PlanError(f"{_kind(node)} {node.id!r}: {message}", node=node.id)
