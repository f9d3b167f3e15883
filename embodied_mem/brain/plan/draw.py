"""Draws plans: as an indented tree to read, and as a graph for Graphviz."""

from collections.abc import Iterator, Mapping

from embodied_mem.brain.plan.arguments import shown
from embodied_mem.brain.plan.conductor import NodeState
from embodied_mem.brain.plan.schema import Handler, Node, Plan, Step, Task

_SIGNS: dict[NodeState | None, str] = {
    None: "[ ]",
    "running": "[>]",
    "done": "[x]",
    "skipped": "[-]",
    "failed": "[!]",
}
_COLOURS: dict[NodeState | None, str] = {
    None: "white",
    "running": "lightblue",
    "done": "palegreen",
    "skipped": "gray90",
    "failed": "salmon",
}


def draw(plan: Plan, states: Mapping[str, NodeState] | None = None) -> str:
    """Returns a plan as an indented tree with its conditions and handlers.

    Args:
        plan: The plan.
        states: Where its nodes stand (`PlanExecutor.states`), shown as `[>]` running, `[x]` done,
            `[-]` skipped, `[!]` an anomaly, `[ ]` not yet; left out where None.
    """
    lines = [plan.instruction]
    lines += _draw(plan.root, "", "", states)
    if plan.answer:
        lines.append(f"answer: {plan.answer}")
    return "\n".join(lines)


def draw_dot(plan: Plan, states: Mapping[str, NodeState] | None = None) -> str:
    """Returns a plan as a Graphviz graph: tasks as boxes, steps as ellipses.

    Args:
        plan: The plan.
        states: Where its nodes stand; each then has a colour.
    """
    lines = ["digraph plan {", '  node [fontname="sans-serif", style=filled];']
    lines += [f"  label={_quoted(plan.instruction)};", "  labelloc=t;"]
    lines += _dot(plan.root, states or {})
    lines.append("}")
    return "\n".join(lines)


def _draw(
    node: Node, head: str, indent: str, states: Mapping[str, NodeState] | None
) -> Iterator[str]:
    sign = "" if states is None else f"{_SIGNS[states.get(node.id)]} "
    yield f"{head}{sign}{node.id}: {_title(node)}"
    is_task = isinstance(node, Task)
    rail = "|  " if is_task else "   "
    for line in _conditions(node):
        yield f"{indent}{rail}  {line}"
    if not isinstance(node, Task):
        return
    for number, child in enumerate(node.children, 1):
        last = number == len(node.children)
        yield from _draw(
            child, f"{indent}{'`-' if last else '|-'} ", indent + ("   " if last else "|  "), states
        )


def _title(node: Node) -> str:
    return shown(node.skill, node.args) if isinstance(node, Step) else node.goal


def _conditions(node: Node) -> Iterator[str]:
    if isinstance(node, Step):
        yield from (f"before: {text}" for text in node.pre)
        yield from (f"while:  {text}" for text in node.invariant)
    yield from (f"after:  {text}" for text in node.post)
    if isinstance(node, Step):
        yield f"within: {node.timeout:g} s"
    yield from (f"else:   {describe_handler(handler)}" for handler in node.handlers)


def describe_handler(handler: Handler) -> str:
    """Returns a handler in words.

    >>> describe_handler(Handler(on="timeout", when="missing(mug)", level="backtrack", to="look"))
    'on timeout, if missing(mug): backtrack to look, once'
    """
    words = f"on {handler.on}"
    if handler.when:
        words += f", if {handler.when}"
    words += f": {handler.level}"
    if handler.to:
        words += f" to {handler.to}"
    times = "once" if handler.times == 1 else f"{handler.times} times"
    return f"{words}, {times}"


def _dot(node: Node, states: Mapping[str, NodeState]) -> Iterator[str]:
    shape = "ellipse" if isinstance(node, Step) else "box"
    label = "\n".join([f"{node.id}: {_title(node)}", *_conditions(node)])
    colour = _COLOURS[states.get(node.id)]
    yield f"  {_quoted(node.id)} [label={_quoted(label)}, shape={shape}, fillcolor={colour}];"
    if isinstance(node, Task):
        for child in node.children:
            yield f"  {_quoted(node.id)} -> {_quoted(child.id)};"
            yield from _dot(child, states)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
