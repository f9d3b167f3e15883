"""Plans drawn for people, and their differences told."""

import msgspec
import py_trees

from embodied_mem.brain.plan.diff import diff
from embodied_mem.brain.plan.draw import draw, draw_dot
from embodied_mem.brain.plan.schema import Handler, Plan, Step, Task
from scripted_skills import Act, Stage, World

OPEN = Step(
    id="open", skill="do", args={"target": "mug"}, pre=("hand_empty()",), post=("known(mug)",),
    handlers=(Handler(on="timeout", when="missing(mug)", level="retry", times=2),),
)  # fmt: skip
PLAN = Plan(
    instruction='Put the "mug" away',
    root=Task(
        id="root",
        goal="the mug is away",
        post=("inside(mug, red_bin)",),
        children=(
            Task(id="first", goal="open it", children=(OPEN,)),
            Step(id="last", skill="do", invariant=("holding(mug)",), timeout=5.0),
        ),
    ),
    answer="{count()} things",
)

DRAWN = """\
Put the "mug" away
root: the mug is away
|    after:  inside(mug, red_bin)
|- first: open it
|  `- open: do(target=mug)
|          before: hand_empty()
|          after:  known(mug)
|          within: 20 s
|          else:   on timeout, if missing(mug): retry, 2 times
`- last: do()
        while:  holding(mug)
        within: 5 s
answer: {count()} things"""


def test_a_plan_is_drawn_as_a_tree_with_its_conditions():
    assert draw(PLAN) == DRAWN


def test_the_live_drawing_shows_where_each_node_stands():
    s = Stage(World("mug"), {"do": [Act(ticks=50)]})
    executor = s.executor(Step(id="a", skill="do", post=("known(mug)",)), Step(id="b", skill="do"))
    for _ in range(3):
        s.tick(executor)
    lines = draw(executor.plan, executor.states).splitlines()
    assert lines[1].startswith("[>] root")
    assert "|- [-] a: do()" in lines
    assert "`- [>] b: do()" in lines
    # py_trees' own display draws the same tree.
    assert "a" in py_trees.display.ascii_tree(executor.tree, show_status=True)


def test_a_graph_has_every_node_and_edge_and_is_quoted():
    dot = draw_dot(PLAN, {"open": "failed"})
    assert dot.count(" -> ") == 3
    assert dot.count("shape=ellipse") == 2 and dot.count("shape=box") == 2
    assert r"label=\"" not in dot
    assert r'label="Put the \"mug\" away"' in dot
    assert "fillcolor=salmon" in dot
    assert dot.count("{") - dot.count("{count") == dot.count("}") - dot.count("()}")


def test_equal_plans_do_not_differ():
    again = msgspec.json.decode(msgspec.json.encode(PLAN), type=Plan)
    assert diff(PLAN, again) == ""


def test_differences_are_told_by_node():
    changed = msgspec.structs.replace(OPEN, args={"target": "cup"}, timeout=3.0)
    new = Step(id="new", skill="do", args={"offset": 0.5})
    root = msgspec.structs.replace(
        PLAN.root,
        post=(),
        children=(PLAN.root.children[1], changed, new),
    )
    lines = diff(PLAN, msgspec.structs.replace(PLAN, root=root, answer="")).splitlines()
    assert set(lines) == {
        '~ plan.answer: "{count()} things" -> ""',
        "- first (of root): task 'open it'",
        '+ new (of root): step do {"offset":0.5}',
        '~ root.post: ["inside(mug, red_bin)"] -> []',
        '~ open.parent: "first" -> "root"',
        '~ open.args: {"target":"mug"} -> {"target":"cup"}',
        "~ open.timeout: 20.0 -> 3.0",
    }


def test_another_order_and_another_kind_are_differences():
    turned = msgspec.structs.replace(PLAN.root, children=PLAN.root.children[::-1])
    told = diff(PLAN, msgspec.structs.replace(PLAN, root=turned))
    assert told == "~ root.order: first, last -> last, first"
    other = Task(id="last", goal="x", children=(Step(id="y", skill="do"),))
    root = msgspec.structs.replace(PLAN.root, children=(PLAN.root.children[0], other))
    told = diff(PLAN, msgspec.structs.replace(PLAN, root=root)).splitlines()
    assert told == ["~ last: step do {} -> task 'x'", "+ y (of last): step do {}"]
