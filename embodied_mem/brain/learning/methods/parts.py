"""Takes a plan apart into what it does to one thing after the other."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from embodied_mem.brain.learning.methods.scene import Scene
from embodied_mem.brain.learning.methods.template import NotGeneralError, Spot
from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.conditions.expressions import Call, Expression, Several
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
        return [Part(kind="find", node=node, thing=sought)]
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


def _sought(node: Node, scene: Scene) -> str:
    """Returns the thing that a task is over once it is seen, empty where there is none."""
    if not isinstance(node, Task):
        return ""
    for text in node.post:
        for call in calls(parse_condition(text).expression):
            if call.name == "visible" and isinstance(node, Task):
                return next((n for n in parse_condition(text).entities if scene.is_thing(n)), "")
    return ""


def calls(expression: Expression) -> list[Call]:
    """Returns the calls that a condition is a conjunction or a choice of."""
    if isinstance(expression, Several):
        return [call for part in expression.parts for call in calls(part)]
    return [expression] if isinstance(expression, Call) else []


def _things(leaf: Step, scene: Scene) -> list[str]:
    return [v for v in leaf.args.values() if isinstance(v, str) and scene.is_thing(v)]
