"""Whatever a plan says and whatever its skills do, it ends, and every skill that began is left."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.brain.plan.executor import ExecutorConfig
from embodied_mem.brain.plan.schema import Handler, Step, Task
from embodied_mem.brain.skill import Status
from scripted_skills import SECONDS_PER_TICK, Act, Stage, World

CONDITIONS = st.sampled_from(
    [
        "holding(mug)",
        "hand_empty()",
        "inside(mug, red_bin)",
        "not missing(mug)",
        "known(cup)",
        "true",
        "false",
    ]
)
FEW = st.lists(CONDITIONS, max_size=2).map(tuple)
SKILLS = ("one", "two", "three")
CONFIG = ExecutorConfig(max_anomalies=15, replan_patience=2.0)


@st.composite
def handlers(draw, nodes):
    level = draw(st.sampled_from(["retry", "backtrack", "alternative", "recall", "replan", "stop"]))
    to = draw(st.sampled_from(["", *nodes])) if level == "backtrack" else ""
    anomaly = draw(
        st.sampled_from(["any", "precondition", "invariant", "postcondition", "timeout", "bad_end"])
    )
    when = draw(st.just("") | CONDITIONS)
    return Handler(on=anomaly, when=when, level=level, times=draw(st.integers(1, 1000)), to=to)


@st.composite
def nodes(draw, depth=0, prefix="n"):
    """Returns a tuple of nodes with unique ids; backtracking goes to earlier siblings."""
    made = []
    for number in range(draw(st.integers(1, 3))):
        name = f"{prefix}{number}"
        earlier = [node.id for node in made]
        own = tuple(draw(st.lists(handlers([*earlier, name]), max_size=3)))
        if depth < 2 and draw(st.booleans()):
            children = draw(nodes(depth=depth + 1, prefix=f"{name}."))
            made.append(Task(id=name, goal="x", children=children, post=draw(FEW), handlers=own))
            continue
        made.append(
            Step(
                id=name, skill=draw(st.sampled_from(SKILLS)), pre=draw(FEW), invariant=draw(FEW),
                post=draw(FEW), timeout=draw(st.floats(0.1, 2.0)), handlers=own,
            )
        )  # fmt: skip
    return tuple(made)


EFFECTS = st.sampled_from(
    [
        None,
        lambda world: world.take("mug"),
        lambda world: world.put("red_bin"),
        lambda world: world.put("table"),
        lambda world: world.missing.add("mug"),
        lambda world: world.missing.discard("mug"),
    ]
)
ACTS = st.builds(
    Act,
    ticks=st.integers(1, 30),
    ends=st.sampled_from([Status.SUCCEEDED, Status.FAILED]),
    effect=EFFECTS,
    can=st.sampled_from([0.0, 1.0, 1.0]),
)


@given(
    children=nodes(),
    post=FEW,
    scripts=st.fixed_dictionaries(
        {name: st.lists(ACTS, min_size=1, max_size=6) for name in SKILLS}
    ),
    answers=st.lists(st.none() | nodes(prefix="new"), max_size=3),
    recalled=st.none() | st.sampled_from(SKILLS),
    stop_at=st.none() | st.integers(0, 60),
    blind=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_every_plan_ends(children, post, scripts, answers, recalled, stop_at, blind):
    stage = Stage(World("mug", "cup"), scripts, {"one": ("two", "three"), "two": ("one",)})
    stage.world.blind = blind
    executor = stage.executor(
        *children,
        post=post,
        rng=np.random.default_rng(0),
        config=CONFIG,
        recall=lambda step, *_: None if recalled is None else Step(id="r", skill=recalled),
    )
    left = list(answers)
    # Every entry of a leaf but the first of each costs an anomaly. 39 leaves at most, 2 s each
    # and up to 4 s of waiting before and after: the bound is generous, but it is one.
    limit = int((39 * (CONFIG.max_anomalies + 4)) * 6.5 / SECONDS_PER_TICK)
    ticks = 0
    while executor.status is Status.RUNNING:
        stage.tick(executor)
        ticks += 1
        assert ticks < limit, executor.report.text()
        if executor.wants is not None and left:
            answer = left.pop()
            task = None if answer is None else Task(id="new", goal="x", children=answer)
            executor.give(task)
        if ticks == stop_at:
            executor.stop("enough")
    assert all(skill.left == skill.entered for skill in stage.made)
    assert len(executor.report.anomalies) <= CONFIG.max_anomalies + 1
    assert executor.report.outcome == executor.status.value
    assert (executor.status is Status.FAILED) == bool(executor.reason)
    assert not executor.report.verified or executor.status is Status.SUCCEEDED
    assert executor.active == ()
