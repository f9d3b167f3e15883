"""Takes a plan apart into what it does to one thing after the other."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from embodied_mem.brain.learning.methods.scene import Scene
from embodied_mem.brain.learning.methods.template import NotGeneralError, Spot
from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.conditions.expressions import Call, Expression, Not, Several
from embodied_mem.brain.plan.schema import Node, Step, Task
from embodied_mem.brain.plan.walk import steps

_MOVING = frozenset({"pick", "place", "home", "look"})
_IDLE = frozenset({"home", "look"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A subtree that does one thing."""

    kind: Literal["move", "open", "close", "find", "idle"]
    node: Node
    thing: str = ""
    """What is moved or looked for, or the drawer."""
    holder: str = ""
    """Of a move: in or on what the thing is put; empty where that is a spot of the table."""
    spot: Spot | None = None


def parts_of(root: Task, scene: Scene) -> list[Part]:
    """Takes a plan apart.

    Raises:
        NotGeneralError: If it does anything but move, look for, open, close and look.
    """
    return [part for child in _paired(root.children) for part in _parts(child, scene)]


def _paired(nodes: Iterable[Node]) -> list[Node]:
    """Returns nodes of which a pick with the place after it are one task."""
    paired: list[Node] = []
    for node in nodes:
        before = paired[-1] if paired else None
        if (
            isinstance(node, Step)
            and isinstance(before, Step)
            and (before.skill, node.skill) == ("pick", "place")
            and before.args.get("target") == node.args.get("target")
        ):
            thing = str(node.args["target"])
            name, goal = f"move_{thing}", f"move the {thing}"
            paired[-1] = Task(id=name, goal=goal, children=(before, node), post=node.post[-1:])
        else:
            paired.append(node)
    return paired


def _parts(node: Node, scene: Scene) -> list[Part]:
    leaves = list(steps(node))
    skills = [leaf.skill for leaf in leaves]
    sought = _sought(node, scene)
    if sought:
        found = _about_one(node, sought[0], scene) if len(sought) > 1 else node
        return [Part(kind="find", node=found, thing=sought[0])]
    if skills in (["open"], ["close"]):
        drawer = str(leaves[0].args.get("drawer", ""))
        return [Part(kind="open" if skills == ["open"] else "close", node=node, thing=drawer)]
    if set(skills) <= _IDLE and not any(_things(leaf, scene) for leaf in leaves):
        return [Part(kind="idle", node=node)]
    if set(skills) <= _MOVING and skills.count("place") == 1:
        return [_move(node, leaves)]
    if isinstance(node, Task):
        return [part for child in _paired(node.children) for part in _parts(child, scene)]
    raise NotGeneralError(f"{node.id} does not move, look for, open or close")


def _move(node: Node, leaves: list[Step]) -> Part:
    place = next(leaf for leaf in leaves if leaf.skill == "place")
    thing = str(place.args.get("target", ""))
    others = {str(leaf.args.get("target")) for leaf in leaves if leaf.skill == "pick"} - {thing}
    if others:
        raise NotGeneralError(f"{node.id} moves more than one thing")
    holder, point = place.args.get("destination"), place.args.get("point")
    if isinstance(holder, str) and holder:
        return Part(kind="move", node=node, thing=thing, holder=holder)
    if not isinstance(point, tuple | list):
        raise NotGeneralError(f"{place.id} says nowhere to put it")
    yaw = place.args.get("yaw")
    turn = float(yaw) if isinstance(yaw, float | int) and not isinstance(yaw, bool) else None
    spot = Spot(float(point[0]), float(point[1]), turn)
    return Part(kind="move", node=node, thing=thing, spot=spot)


def _sought(node: Node, scene: Scene) -> list[str]:
    """Returns the things that a task is over once they are seen."""
    if not isinstance(node, Task):
        return []
    found: dict[str, None] = {}
    for text in node.post:
        condition = parse_condition(text)
        if {call.name for call in calls(condition.expression)} <= {"visible", "missing"}:
            found.update(dict.fromkeys(n for n in condition.entities if scene.is_thing(n)))
    return list(found)


def _about_one(node: Node, thing: str, scene: Scene) -> Node:
    """Returns a search for several things as one for one of them."""
    post = tuple(_only_about(parse_condition(text).expression, thing, scene) for text in node.post)
    texts = tuple(str(each) for each in post if each is not None)
    if isinstance(node, Step):
        return msgspec.structs.replace(node, post=texts)
    children = tuple(_about_one(child, thing, scene) for child in node.children)
    return msgspec.structs.replace(node, children=children, post=texts)


def _only_about(part: Expression, thing: str, scene: Scene) -> Expression | None:
    """Returns what of a condition is not about other things, None where all of it is.

    What is looked for alone must be in sight: known to be in a closed drawer is not enough.
    """
    if isinstance(part, Several):
        kept = [each for p in part.parts if (each := _only_about(p, thing, scene)) is not None]
        if len(kept) > 1:
            return Several(part.operator, tuple(kept))
        return kept[0] if kept else None
    if str(part) == f"not missing({thing})":
        return parse_condition(f"visible({thing})").expression
    named = {name for name in parse_condition(str(part)).entities if scene.is_thing(name)}
    return None if named - {thing} else part


def calls(expression: Expression) -> list[Call]:
    """Returns the calls that a condition is made of, comparisons left out."""
    if isinstance(expression, Several):
        return [call for part in expression.parts for call in calls(part)]
    if isinstance(expression, Not):
        return calls(expression.part)
    return [expression] if isinstance(expression, Call) else []


def _things(leaf: Step, scene: Scene) -> list[str]:
    return [v for v in leaf.args.values() if isinstance(v, str) and scene.is_thing(v)]
