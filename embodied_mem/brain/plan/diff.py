"""What is different between two plans, node by node, for a person to read."""

from collections.abc import Iterator
from typing import Any

import msgspec

from embodied_mem.brain.plan.draw import describe_handler
from embodied_mem.brain.plan.schema import Handler, Node, Plan, Step, Task
from embodied_mem.brain.plan.walk import walk


def diff(old: Plan, new: Plan) -> str:
    """Returns the difference of two plans, one line each: `+` new, `-` gone, `~` changed.

    Nodes are the same where their ids are. Empty where the plans are equal.
    """
    return "\n".join(_diff(old, new))


def _diff(old: Plan, new: Plan) -> Iterator[str]:
    for name in ("version", "instruction", "answer"):
        yield from _changed("plan", name, getattr(old, name), getattr(new, name))
    before, after = _places(old.root), _places(new.root)
    for node_id, (node, parent) in before.items():
        if node_id not in after:
            yield f"- {node_id} (of {parent or 'the plan'}): {_summary(node)}"
    for node_id, (node, parent) in after.items():
        if node_id not in before:
            yield f"+ {node_id} (of {parent or 'the plan'}): {_summary(node)}"
            continue
        was, was_of = before[node_id]
        yield from _changed(node_id, "parent", was_of, parent)
        yield from _compare(was, node)


def _compare(old: Node, new: Node) -> Iterator[str]:
    if type(old) is not type(new):
        yield f"~ {new.id}: {_summary(old)} -> {_summary(new)}"
        return
    for name in old.__struct_fields__:
        if name not in ("id", "children"):
            yield from _changed(new.id, name, getattr(old, name), getattr(new, name))
    if isinstance(old, Task) and isinstance(new, Task):
        were, are = [child.id for child in old.children], [child.id for child in new.children]
        kept = [name for name in were if name in are]
        if kept != [name for name in are if name in were]:
            yield f"~ {new.id}.order: {', '.join(were)} -> {', '.join(are)}"


def _changed(node_id: str, name: str, old: Any, new: Any) -> Iterator[str]:
    if old != new:
        yield f"~ {node_id}.{name}: {_shown(old)} -> {_shown(new)}"


def _places(root: Node) -> dict[str, tuple[Node, str]]:
    """Returns every node with the id of its parent, by id."""
    places: dict[str, tuple[Node, str]] = {root.id: (root, "")}
    for node in walk(root):
        if isinstance(node, Task):
            places.update({child.id: (child, node.id) for child in node.children})
    return places


def _summary(node: Node) -> str:
    if isinstance(node, Step):
        return f"step {node.skill} {_shown(node.args)}"
    return f"task {node.goal!r}"


def _shown(value: Any) -> str:
    if isinstance(value, tuple) and value and all(isinstance(each, Handler) for each in value):
        return "; ".join(map(describe_handler, value))
    return msgspec.json.encode(value).decode()
