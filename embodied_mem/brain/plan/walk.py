"""Goes through the nodes of a plan; plans are data, so nothing is ever changed in place."""

from collections.abc import Iterator

import msgspec

from embodied_mem.brain.plan.schema import Node, Plan, Step, Task


def walk(node: Node) -> Iterator[Node]:
    """Yields a node and all that is below it, in the order in which a plan is carried out."""
    yield node
    if isinstance(node, Task):
        for child in node.children:
            yield from walk(child)


def steps(node: Node) -> Iterator[Step]:
    """Yields the steps of a node in their order."""
    return (each for each in walk(node) if isinstance(each, Step))


def replace(plan: Plan, node_id: str, task: Task) -> Plan:
    """Returns the plan with another task in the place of the node with an id."""
    root = _replace(plan.root, node_id, task)
    assert isinstance(root, Task)
    return msgspec.structs.replace(plan, root=root)


def _replace(node: Node, node_id: str, task: Task) -> Node:
    if node.id == node_id:
        return task
    if isinstance(node, Step):
        return node
    children = tuple(_replace(child, node_id, task) for child in node.children)
    return msgspec.structs.replace(node, children=children)
