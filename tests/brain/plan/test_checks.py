"""What is refused before anything moves, and that each refusal names the node."""

import pytest

from embodied_mem.brain.plan.checks import MAX_LEVELS, check_plan
from embodied_mem.brain.plan.schema import Handler, Plan, Step, Task
from embodied_mem.brain.skill import Parameter, SkillSpec
from embodied_mem.errors import PlanError
from scripted_skills import Act, Stage, World

ENTITIES = ("mug", "red_bin", "left_drawer")


def library():
    spec = SkillSpec(
        name="place",
        help="puts something down",
        parameters={
            "target": Parameter(type="entity", help="what"),
            "destination": Parameter(type="entity", help="where to", default=""),
            "point": Parameter(type="point", help="where to", default=(0.4, 0.0)),
            "yaw": Parameter(type="number", help="rad", default=0.0, low=-3.2, high=3.2),
            "gently": Parameter(type="flag", help="slowly", default=False),
            "note": Parameter(type="text", help="any", default="none"),
        },
        make=lambda arguments: Stage(World(), {"x": [Act()]}).library()["x"].make(arguments),
    )
    return {"place": spec}


def plan(*children, answer="", **root):
    task = Task(id="root", goal="all", children=children, **root)
    return Plan(instruction="Do it", root=task, answer=answer)


def step(id="a", skill="place", args=None, **fields):
    return Step(id=id, skill=skill, args={"target": "mug"} if args is None else args, **fields)


GOOD = [
    plan(step()),
    plan(step(args={"target": "mug", "destination": "red_bin", "yaw": 1, "gently": True})),
    plan(step(args={"target": "mug", "point": (0.1, 0.2, 0.3), "note": "x"})),
    plan(step(args={"target": "mug", "destination": ""})),
    plan(step(), Task(id="t", goal="x", children=(step("b", pre=("place(mug) == hand",)),))),
    plan(step(), step("b", handlers=(Handler(level="backtrack", to="a"),))),
    plan(step(), handlers=(Handler(level="backtrack", to="a", when="missing(mug)"),)),
    plan(step(), answer='{count(category="mug")} mugs and {distance(mug, red_bin)} m'),
]


@pytest.mark.parametrize("good", GOOD)
def test_sound_plans_pass(good):
    check_plan(good, library(), ENTITIES)
    check_plan(good, library())


BAD = [
    (plan(step(), step()), "a", "two nodes have the id 'a'"),
    (plan(step("root")), "root", "two nodes have the id 'root'"),
    (plan(step(" ")), "", "empty id"),
    (plan(), "root", "has no children"),
    (plan(step(skill="plaice")), "a", "no skill is called 'plaice'; did you mean 'place'?"),
    (plan(step(args={})), "a", "place needs target, the id of an entity"),
    (plan(step(args={"target": "mug", "yow": 1.0})), "a", "no argument 'yow'; did you mean 'yaw'"),
    (plan(step(args={"target": "mugg"})), "a", "nothing is called 'mugg'; did you mean 'mug'?"),
    (plan(step(args={"target": 3.0})), "a", "target of place must be the id of an entity"),
    (plan(step(args={"target": ""})), "a", "must be the id of an entity"),
    (plan(step(args={"target": "mug", "yaw": "left"})), "a", "yaw of place must be a number"),
    (plan(step(args={"target": "mug", "yaw": True})), "a", "must be a number"),
    (plan(step(args={"target": "mug", "yaw": float("nan")})), "a", "must be a number"),
    (plan(step(args={"target": "mug", "yaw": 7.0})), "a", "must be in -3.2..3.2"),
    (plan(step(args={"target": "mug", "gently": 1.0})), "a", "must be true or false"),
    (plan(step(args={"target": "mug", "point": (1.0,)})), "a", "a point of two or three"),
    (plan(step(args={"target": "mug", "point": 1.0})), "a", "a point of two or three"),
    (plan(step(args={"target": "mug", "note": 1.0})), "a", "must be a text"),
    (plan(step(timeout=0.0)), "a", "timeout is 0.0 s"),
    (plan(step(timeout=float("inf"))), "a", "timeout is inf s"),
    (plan(step(pre=("holding(mug",))), "a", "pre 'holding(mug': at character 11"),
    (plan(step(invariant=("holdin(mug)",))), "a", "did you mean 'holding'"),
    (plan(step(post=("holding(mugs)",))), "a", "nothing is called 'mugs'; did you mean 'mug'?"),
    (plan(step(), post=("grip()",)), "root", "expected a condition"),
    (plan(step(handlers=(Handler(level="retry", times=0),))), "a", "handler 1: times is 0"),
    (plan(step(handlers=(Handler(level="retry", when="x"),))), "a", "handler 1, when 'x'"),
    (plan(step(handlers=(Handler(level="retry", to="a"),))), "a", "only backtrack goes to a node"),
    (plan(step(handlers=(Handler(level="backtrack", to="q"),))), "a", "no node is called 'q'"),
    (
        plan(step(handlers=(Handler(level="backtrack", to="b"),)), step("b")),
        "a",
        "'b' comes later",
    ),
    (plan(step(), answer="{holding(mug)}"), "root", "expected a number"),
    (plan(step(), answer="{count(}"), "root", "answer 'count(': at character 6"),
]


@pytest.mark.parametrize(("bad", "node", "message"), BAD)
def test_refusals_name_the_node_and_what_is_wrong(bad, node, message):
    with pytest.raises(PlanError) as caught:
        check_plan(bad, library(), ENTITIES)
    assert caught.value.node == node
    assert message in str(caught.value)


def test_plans_that_are_too_deep_or_too_large_are_refused():
    node = step()
    for level in range(MAX_LEVELS):
        node = Task(id=f"t{level}", goal="x", children=(node,))
    with pytest.raises(PlanError, match="levels deep"):
        check_plan(plan(node), library())
    with pytest.raises(PlanError, match="more than 500 nodes"):
        check_plan(plan(*(step(str(number)) for number in range(600))), library())
