"""Reads off a plan that worked what another scene can use of it.

What is kept is near to the macro-operators that STRIPS learned (Fikes, Hart and Nilsson, 1972,
"Learning and executing generalized robot plans"): parts of the plan with variables in the place
of its constants, which can be put together anew. The constants are lifted by what the instruction
calls them, so that the next instruction of the same frame says what to put there.
"""

import contextlib
import math
from collections.abc import Mapping

import msgspec

from embodied_mem.brain.learning.methods.binding import Goal, bind_goals
from embodied_mem.brain.learning.methods.method import (
    Assembled,
    GoalRule,
    Operator,
    Promise,
)
from embodied_mem.brain.learning.methods.parts import Part, parts_of
from embodied_mem.brain.learning.methods.rules import goal_rule
from embodied_mem.brain.learning.methods.scene import Scene
from embodied_mem.brain.learning.methods.template import (
    NEAR,
    NotGeneralError,
    abstract,
    abstract_condition,
)
from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.conditions.expressions import Several
from embodied_mem.brain.plan.schema import Node, Plan, Task
from embodied_mem.brain.plan.walk import steps


def read_assembled(plan: Plan, scene: Scene) -> Assembled:
    """Reads goals and operators off a plan.

    Args:
        plan: One that was carried out and verified.
        scene: What it was made for, as it was before.

    Raises:
        NotGeneralError: If the plan is not about bringing things to places, or does so in a way
            that its instruction does not explain.
    """
    parts = parts_of(plan.root, scene)
    moves = [part for part in parts if part.kind == "move"]
    if not moves or plan.answer:
        raise NotGeneralError("it moves nothing, or it is asked for an answer")
    last = {part.thing: part for part in moves}
    rules = {
        thing: rule
        for thing, part in last.items()
        if (rule := goal_rule(part, scene, list(last))) is not None
    }
    if not rules:
        raise NotGeneralError("none of the things it moves is one that was spoken of")
    joined = _joined(rules, parts, scene)
    finals = {thing: part for thing, part in last.items() if thing in rules}
    goals = bind_goals(joined, scene)
    _check_explained(finals, goals)
    return Assembled(
        goals=joined,
        operators=_operators(parts, finals, goals, scene),
        tail=_tail(parts),
        promises=_promises(plan.root, goals, parts, scene),
        handlers=plan.root.handlers,
    )


def _check_explained(finals: Mapping[str, Part], goals: Mapping[str, Goal]) -> None:
    """Checks that the rules give just the goals that they were read off."""
    for thing, part in finals.items():
        goal = goals.get(thing)
        if goal is None or (goal.target is not None and goal.holder != part.holder):
            raise NotGeneralError(f"the rules do not explain where {thing} was put")
        for spot in goal.spots:
            found = part.spot
            if found is None or math.hypot(found.x - spot.x, found.y - spot.y) > NEAR:
                raise NotGeneralError(f"the rules do not explain the spot of {thing}")


def _joined(rules: Mapping[str, GoalRule], parts: list[Part], scene: Scene) -> tuple[GoalRule, ...]:
    """Returns each rule once; rules for all things alike must not contradict each other."""
    sought = {part.thing for part in parts if part.kind == "find"}
    joined: dict[GoalRule, None] = {}
    for thing, rule in rules.items():
        thorough = thing in sought and not scene.state.entities[thing].missing
        joined[msgspec.structs.replace(rule, thorough=thorough)] = None
    classes = [rule.category for rule in joined if rule.theme < 0]
    if len(classes) != len(set(classes)):
        raise NotGeneralError("things that were meant alike end up in ways that differ")
    return tuple(sorted(joined, key=lambda rule: (rule.theme, rule.category)))


def _operators(
    parts: list[Part], finals: Mapping[str, Part], goals: Mapping[str, Goal], scene: Scene
) -> tuple[Operator, ...]:
    found: dict[str, Node] = {}
    for part in parts:
        if part.kind == "move":
            if _is_whole(part, finals, goals):
                name, node = _move_operator(part, finals, goals, scene)
                if name not in found or not found[name].post:
                    found[name] = node
        elif part.kind in ("open", "close"):
            holes = {part.thing: "drawer"}
            # A drawer that is opened if some thing is in it is no rule for others.
            with contextlib.suppress(NotGeneralError):
                found.setdefault(part.kind, abstract(part.node, holes, foreign=scene.is_thing))
        elif part.kind == "find":
            for name, node in _find_operators(part, scene).items():
                found.setdefault(name, node)
    return tuple(Operator(name=name, node=node) for name, node in found.items())


def _is_whole(part: Part, finals: Mapping[str, Part], goals: Mapping[str, Goal]) -> bool:
    """Tells whether a move can be an operator: not what began with a full hand or was undone."""
    picks = any(step.skill == "pick" for step in steps(part.node))
    goal = goals.get(part.thing)
    undone = part.holder != "" and (goal is None or goal.holder != part.holder)
    return picks and (finals.get(part.thing) is part or not undone)


def _move_operator(
    part: Part, finals: Mapping[str, Part], goals: Mapping[str, Goal], scene: Scene
) -> tuple[str, Node]:
    node, name = part.node, "aside"
    holes = {part.thing: "thing"}
    goal = goals.get(part.thing)
    if goal is not None and (finals.get(part.thing) is part or part.holder == goal.holder != ""):
        name = goal.move(scene)
        if goal.holder:
            holes[goal.holder] = "holder"
    elif isinstance(node, Task):
        # What is put aside may belong elsewhere in the end: that is added where it is known.
        node = msgspec.structs.replace(node, post=tuple(map(_first_choice, node.post)))
    spots = [part.spot] if part.spot is not None else []
    return name, abstract(node, holes, spots, foreign=scene.is_thing)


def _first_choice(text: str) -> str:
    expression = parse_condition(text).expression
    if isinstance(expression, Several) and expression.operator == "or":
        return str(expression.parts[0])
    return text


def _find_operators(part: Part, scene: Scene) -> dict[str, Node]:
    """Returns the whole of a search without its parts, one part of each kind, and the rest."""
    task = part.node
    assert isinstance(task, Task)
    found: dict[str, Node] = {}
    rest: list[Node] = []
    for child in task.children:
        skills = [step.skill for step in steps(child)]
        drawers = {
            str(step.args["drawer"]) for step in steps(child) if step.skill in ("open", "close")
        }
        if not drawers:
            rest.append(child)
            continue
        if len(drawers) > 1 or not isinstance(child, Task):
            raise NotGeneralError(f"{child.id} searches more than one drawer")
        name = "search" if "open" in skills else "leave"
        if part.thing not in _named(child.post):
            # It is taken out of the drawer in which it is seen, which must not be closed before.
            post = (f"{task.post[0]} or {' and '.join(child.post)}",) if child.post else ()
            child = msgspec.structs.replace(child, post=post)
        # What was in a drawer's way is another scene's business, but how it was put aside is not.
        moving = [c for c in child.children if any(step.skill == "place" for step in steps(c))]
        for move in (
            part for c in moving for part in parts_of(Task(id="", goal="", children=(c,)), scene)
        ):
            found.setdefault(*_move_operator(move, {}, {}, scene))
        kept = tuple(c for c in child.children if c not in moving)
        child = msgspec.structs.replace(child, children=kept)
        holes = {part.thing: "thing", drawers.pop(): "drawer"}
        found.setdefault(name, abstract(child, holes, foreign=scene.is_thing))
    holes = {part.thing: "thing"}
    bare = msgspec.structs.replace(task, children=())
    found["find"] = abstract(bare, holes, foreign=scene.is_thing)
    if rest:
        all_of_it = Task(id="rest", goal="", children=tuple(rest))
        found["rest"] = abstract(all_of_it, holes, foreign=scene.is_thing)
    return found


def _named(conditions: tuple[str, ...]) -> set[str]:
    return {name for text in conditions for name in parse_condition(text).entities}


def _tail(parts: list[Part]) -> tuple[Node, ...]:
    """Returns the idle parts, which may only stand at the end."""
    working = [n for n, part in enumerate(parts) if part.kind != "idle"]
    last = working[-1]
    if any(part.kind == "idle" for part in parts[:last]):
        raise NotGeneralError("it looks around in the middle")
    return tuple(part.node for part in parts[last + 1 :])


def _promises(
    root: Task, goals: Mapping[str, Goal], parts: list[Part], scene: Scene
) -> tuple[Promise, ...]:
    drawers = [part.thing for part in parts if part.kind in ("open", "close")]
    drawers += [goal.holder for goal in goals.values() if scene.kind(goal.holder) == "drawer"]
    promises: dict[Promise, None] = {}
    others: list[str] = []
    for text in root.post:
        promise = _promise(text, goals, drawers, scene)
        if promise is None:
            others.append(text)
        else:
            promises[promise] = None
    general = {promise.text for promise in promises if promise.of == "goal"}
    for text in others:
        # What goes without saying for things that were not moved is promised of goals alone.
        named = parse_condition(text).entities
        holes = {name: "thing" if scene.is_thing(name) else "holder" for name in named}
        if abstract_condition(text, holes) not in general:
            raise NotGeneralError(f"what it promises is about things not spoken of: {text}")
    return tuple(promises)


def _promise(
    text: str, goals: Mapping[str, Goal], drawers: list[str], scene: Scene
) -> Promise | None:
    """Returns a promise with holes, or None where it is about a thing that is no goal."""
    named = parse_condition(text).entities
    about = [name for name in named if name in goals]
    # Of a thing on another one, the promise is about the upper one.
    about.sort(key=lambda name: goals[name].holder not in named)
    for thing in about:
        goal = goals[thing]
        holes = {thing: "thing"}
        if goal.holder:
            holes[goal.holder] = "holder"
        try:
            general = abstract_condition(text, holes, goal.spots, foreign=scene.is_thing)
        except NotGeneralError:
            continue
        return Promise(of="goal", move=goal.move(scene), text=general)
    if any(map(scene.is_thing, named)):
        return None
    for goal in goals.values():
        if goal.zone and goal.zone in named:
            general = abstract_condition(text, {goal.zone: "holder"})
            return Promise(of="goal", move=goal.move(scene), text=general)
    for drawer in drawers:
        if drawer in named:
            return Promise(of="drawer", text=abstract_condition(text, {drawer: "drawer"}))
    return Promise(text=text)
