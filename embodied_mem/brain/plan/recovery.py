"""Where a plan goes back to when a step cannot go on."""

from py_trees.behaviour import Behaviour

from embodied_mem.brain.plan.nodes import Leaf, TaskNode, leaves, path_to
from embodied_mem.brain.plan.schema import Step
from embodied_mem.brain.plan.settling import first_false
from embodied_mem.brain.state import State


def latest_that_holds(tree: Behaviour, leaf: Leaf, state: State) -> Leaf | None:
    """Returns the latest earlier step from which the plan can go on, or None.

    ReKep's rule (Huang et al. 2024, section III-D): back to the latest stage whose constraints
    hold, or that has none. Two things are added: what must hold before a step counts as well, for
    a step that would refuse at once is no place to go back to; and a task that is still reached is
    not entered again, for that would undo it.

    Args:
        tree: The compiled plan.
        leaf: Where the anomaly was noticed.
        state: What is believed now.
    """
    order = leaves(tree)
    around = set(map(id, path_to(leaf)))
    for earlier in reversed(order[: order.index(leaf)]):
        if not isinstance(earlier.node, Step):
            continue
        if any(_is_kept(task, state) for task in path_to(earlier) if id(task) not in around):
            continue
        conditions = earlier.conditions
        if first_false((*conditions.invariant, *conditions.pre), state) is None:
            return earlier
    return None


def earlier_node(tree: Behaviour, leaf: Leaf, node_id: str) -> Behaviour | None:
    """Returns the compiled step or task with an id, if it begins no later than a leaf."""
    order = leaves(tree)
    for earlier in order[: order.index(leaf) + 1]:
        if isinstance(earlier.node, Step) and earlier.node.id == node_id:
            return earlier
        for task in path_to(earlier):
            if task.task.id == node_id:
                return task
    return None


def task_to_replan(leaf: Leaf) -> TaskNode:
    """Returns the task that another plan is asked for.

    That is the one around what went wrong; of one that was replanned already, the one around it.
    """
    tasks = path_to(leaf)
    for task in reversed(tasks):
        if not task.is_replanned:
            return task
    return tasks[0]


def _is_kept(task: TaskNode, state: State) -> bool:
    post = task.conditions.post
    return bool(post) and first_false(post, state) is None
