"""From plans to methods and back: the two functions that the skill pool needs."""

from collections.abc import Mapping

import msgspec

from embodied_mem.brain.learning.methods.assembly import Assembly, promise_text
from embodied_mem.brain.learning.methods.binding import Goal, bind_goals
from embodied_mem.brain.learning.methods.method import Assembled, Method, Operator, Promise
from embodied_mem.brain.learning.methods.reading import read_assembled
from embodied_mem.brain.learning.methods.rigid import bind_rigid, read_rigid
from embodied_mem.brain.learning.methods.scene import Scene
from embodied_mem.brain.learning.methods.template import (
    Filling,
    NotGeneralError,
    fill,
    fill_condition,
)
from embodied_mem.brain.plan.checks import check_plan
from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.schema import Node, Plan, Step, Task
from embodied_mem.brain.skill import SkillLibrary
from embodied_mem.brain.state import State
from embodied_mem.errors import PlanError


def read_method(plan: Plan, scene: Scene) -> Method:
    """Reads off a plan that worked what other scenes can use of it.

    Raises:
        NotGeneralError: If nothing of it can be used elsewhere.
    """
    try:
        return read_assembled(plan, scene)
    except NotGeneralError as error:
        try:
            return read_rigid(plan, scene)
        except NotGeneralError as other:
            raise NotGeneralError(f"{error}; {other}") from None


def bind_method(
    method: Method, operators: Mapping[str, Node], scene: Scene, library: SkillLibrary
) -> Plan:
    """Makes a plan for a scene.

    Args:
        method: What worked before.
        operators: Operators of other methods, by name, for what this one did not need.
        scene: The scene.
        library: The skills that there are.

    Returns:
        A checked plan whose first step can be taken now.

    Raises:
        NotGeneralError: If the method does not fit the scene.
    """
    if isinstance(method, Assembled):
        plan = _assemble(method, operators, scene)
    else:
        plan = bind_rigid(method, scene)
    try:
        check_plan(plan, library, {*scene.state.entities, *scene.cell})
    except PlanError as error:
        raise NotGeneralError(f"the plan that it gives is not valid: {error}") from None
    blocked = blocked_by(plan, scene.state)
    if blocked:
        raise NotGeneralError(f"the plan that it gives cannot begin: {blocked} does not hold")
    return plan


def merged(old: Assembled, new: Assembled) -> Assembled:
    """Returns a method with the operators of both; what the newer one promises counts."""
    known = {operator.name: operator for operator in (*old.operators, *new.operators)}
    rules = {msgspec.structs.replace(rule, thorough=False): rule for rule in new.goals}
    for rule in old.goals:
        plain = msgspec.structs.replace(rule, thorough=False)
        # Rules of other themes and classes stay; a contradiction is decided by what worked last.
        same = [r for r in rules if (r.theme, r.category) == (rule.theme, rule.category)]
        if not same or (rule.thorough and plain in rules):
            rules[plain] = rule
    promises = dict.fromkeys((*new.promises, *old.promises))
    return msgspec.structs.replace(
        new,
        goals=tuple(sorted(rules.values(), key=lambda rule: (rule.theme, rule.category))),
        operators=tuple(known.values()),
        promises=tuple(promises),
    )


def operators_of(method: Method) -> tuple[Operator, ...]:
    """Returns what a method can lend to others."""
    return method.operators if isinstance(method, Assembled) else ()


def blocked_by(plan: Plan, state: State) -> str:
    """Returns the pre-condition of a plan's first step that does not hold; empty if all do.

    Tasks whose goal holds already are skipped, as they are when the plan is carried out.
    """
    first = _first_step(plan.root, state)
    for text in () if first is None else first.pre:
        if not parse_condition(text).evaluate(state):
            return text
    return ""


def _first_step(node: Node, state: State) -> Step | None:
    if isinstance(node, Step):
        return node
    if node.post and all(parse_condition(text).evaluate(state) for text in node.post):
        return None
    found = (_first_step(child, state) for child in node.children)
    return next((step for step in found if step is not None), None)


def _assemble(method: Assembled, lent: Mapping[str, Node], scene: Scene) -> Plan:
    goals = bind_goals(method.goals, scene)
    own = {operator.name: operator.node for operator in method.operators}
    assembly = Assembly(scene, goals, {**lent, **own}, shut=scene.instruction.shut)
    assembly.run()
    nothing = Filling(things={})
    children = [*assembly.nodes, *(fill(node, nothing, assembly.names) for node in method.tail)]
    if not children:
        raise NotGeneralError("there is nothing left to do")
    root = Task(
        id=assembly.names.new("root"),
        goal=scene.instruction.text,
        children=tuple(children),
        post=_post(method.promises, goals, list(assembly.opened), scene),
        handlers=method.handlers,
    )
    return Plan(instruction=scene.instruction.text, root=root)


def _post(
    promises: tuple[Promise, ...], goals: Mapping[str, Goal], drawers: list[str], scene: Scene
) -> tuple[str, ...]:
    """Returns what the root promises, of each goal at least that it is reached."""
    texts: dict[str, None] = {}
    for goal in goals.values():
        own = [p.text for p in promises if p.of == "goal" and p.move == goal.move(scene)]
        texts.update(dict.fromkeys(promise_text(text, goal) for text in own))
        if not own:
            texts[goal.condition] = None
    for promise in promises:
        if promise.of == "":
            texts[promise.text] = None
        elif promise.of == "drawer":
            filled = (fill_condition(promise.text, Filling(things={"drawer": d})) for d in drawers)
            texts.update(dict.fromkeys(filled))
    if scene.instruction.shut:
        texts.update(dict.fromkeys(f"closed({drawer})" for drawer in drawers))
    return tuple(texts)
