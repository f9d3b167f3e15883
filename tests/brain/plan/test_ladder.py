"""What is done about anomalies, level by level, and that it ends."""

import numpy as np
import pytest

from embodied_mem.brain.plan.executor import ExecutorConfig
from embodied_mem.brain.plan.schema import Handler, Step, Task
from embodied_mem.brain.skill import Status
from scripted_skills import Act, Stage, World

BAD = Act(ends=Status.FAILED)
GOOD = Act()


def stage(instead=None, **scripts):
    return Stage(World("mug", "cup"), dict(scripts), instead or {})


def levels(executor):
    return [event.level for event in executor.report.anomalies]


def only(*handlers):
    return (*handlers, Handler(level="stop"))


def test_a_retry_perturbs_the_numbers_that_the_skill_names_within_their_limits():
    s = stage(do=[BAD, BAD, BAD, BAD, GOOD])
    step = Step(
        id="a", skill="do", args={"target": "mug", "offset": 0.049, "point": (0.3, 0.1)},
        handlers=only(Handler(level="retry", times=4)),
    )  # fmt: skip
    executor = s.run(s.executor(step))
    assert executor.status is Status.SUCCEEDED and levels(executor) == ["retry"] * 4
    offsets = [skill.arguments["offset"] for skill in s.entered]
    assert offsets[0] == 0.049 and len(set(offsets)) > 1
    assert all(-0.05 <= offset <= 0.05 for offset in offsets)
    assert len({skill.arguments["point"] for skill in s.entered}) == 5
    assert {skill.arguments["target"] for skill in s.entered} == {"mug"}
    assert s.all_left()


def test_retries_are_the_same_for_the_same_seed():
    def run(seed):
        s = stage(do=[BAD, BAD, GOOD])
        s.run(s.executor(Step(id="a", skill="do"), rng=np.random.default_rng(seed)))
        return [skill.arguments for skill in s.entered]

    assert run(1) == run(1) != run(2)


def test_a_handler_is_used_only_so_often_then_the_next():
    s = stage(do=[BAD], other=[BAD], instead={"do": ("other",)})
    handlers = only(Handler(level="retry", times=2), Handler(level="alternative"))
    executor = s.run(s.executor(Step(id="a", skill="do", handlers=handlers)))
    assert levels(executor) == ["retry", "retry", "alternative", "stop"]
    assert s.names == ["do", "do", "do", "other"]
    assert s.all_left()


def test_alternatives_are_taken_in_order_and_only_where_they_can_work():
    s = stage(
        do=[BAD], never=[Act(can=0.0)], second=[BAD], third=[GOOD],
        instead={"do": ("never", "missing", "second", "third")},
    )  # fmt: skip
    step = Step(id="a", skill="do", handlers=only(Handler(level="alternative", times=5)))
    executor = s.run(s.executor(step))
    assert executor.status is Status.SUCCEEDED
    assert s.names == ["do", "second", "third"]


def test_an_alternative_must_reach_what_the_step_promised():
    take = Act(effect=lambda world: world.take("mug"))
    s = stage(do=[BAD], idle=[GOOD], take=[take], instead={"do": ("idle", "take")})
    step = Step(id="a", skill="do", post=("holding(mug)",))
    executor = s.run(s.executor(step))
    assert executor.status is Status.SUCCEEDED
    assert s.names[-1] == "take"


PICK = Step(
    id="pick", skill="pick", args={"target": "mug"}, pre=("hand_empty()",), post=("holding(mug)",)
)
PLACE = Step(
    id="place",
    skill="place",
    args={"target": "mug"},
    pre=("holding(mug)",),
    invariant=("holding(mug)",),
    post=("inside(mug, red_bin)",),
)


def slip(world, step):
    if step == 1:
        world.put("table")


def picks_and_places(*places):
    return stage(
        look=[GOOD],
        pick=[Act(effect=lambda world: world.take("mug"))],
        place=list(places),
    )


def test_what_slips_is_picked_up_again():
    good = Act(ticks=9, effect=lambda world: world.put("red_bin"))
    s = picks_and_places(Act(ticks=9, during=slip, effect=lambda world: world.put("red_bin")), good)
    # The second attempt does not slip, for the script of the first act is over.
    executor = s.run(s.executor(Step(id="look", skill="look"), PICK, PLACE))
    assert executor.status is Status.SUCCEEDED
    assert s.names == ["look", "pick", "place", "pick", "place"]
    noticed = executor.report.anomalies[0]
    assert (noticed.anomaly, noticed.level) == ("invariant", "backtrack")
    assert "'pick'" in noticed.action
    assert s.all_left()


def test_backtracking_goes_to_the_latest_step_whose_invariants_hold():
    steps = [
        Step(id="first", skill="do", invariant=("known(mug)",)),
        Step(id="second", skill="do", invariant=("known(cup)",)),
        Step(id="third", skill="do", invariant=("holding(mug)",), pre=("known(mug)",)),
        Step(id="last", skill="fail", handlers=only(Handler(level="backtrack"))),
    ]
    s = stage(do=[GOOD], fail=[Act(ends=Status.FAILED), GOOD])
    s.world.take("mug")

    def put(world):
        world.put("table")

    s.scripts["fail"][0].effect = put
    executor = s.run(s.executor(*steps))
    assert "'second'" in executor.report.anomalies[0].action


def test_backtracking_takes_what_must_hold_before_where_there_are_no_invariants():
    steps = [
        Step(id="first", skill="do"),
        Step(id="second", skill="do", pre=("hand_empty()",)),
        Step(id="last", skill="fail", handlers=only(Handler(level="backtrack"))),
    ]
    s = stage(do=[GOOD], fail=[Act(ends=Status.FAILED, effect=lambda w: w.take("mug")), GOOD])
    executor = s.run(s.executor(*steps))
    assert "'first'" in executor.report.anomalies[0].action
    assert s.names[:4] == ["do", "do", "fail", "do"]


def test_backtracking_does_not_undo_a_task_that_is_still_reached():
    def task(name, thing, place):
        return Task(
            id=name,
            goal=f"{thing} away",
            post=(f"inside({thing}, {place})",),
            children=(
                Step(id=f"take {thing}", skill=f"take_{thing}", pre=("hand_empty()",)),
                Step(id=f"put {thing}", skill="put", pre=(f"holding({thing})",)),
            ),
        )

    s = stage(
        take_mug=[Act(effect=lambda world: world.take("mug"))],
        take_cup=[BAD, BAD, BAD, BAD, Act(effect=lambda world: world.take("cup"))],
        put=[Act(effect=lambda world: world.put("red_bin"))],
    )
    executor = s.run(s.executor(task("one", "mug", "red_bin"), task("two", "cup", "red_bin")))
    assert executor.status is Status.FAILED
    assert s.names.count("take_mug") == 1
    # A thing that fell out in the meantime is another matter: its task is entered again.
    s = stage(
        take_mug=[Act(effect=lambda world: world.take("mug"))],
        take_cup=[
            Act(ends=Status.FAILED, effect=lambda world: world.places.update(mug="table")),
            BAD,
            BAD,
            Act(effect=lambda world: world.take("cup")),
        ],
        put=[Act(effect=lambda world: world.put("red_bin"))],
    )
    executor = s.run(s.executor(task("one", "mug", "red_bin"), task("two", "cup", "red_bin")))
    assert executor.status is Status.SUCCEEDED
    assert s.names.count("take_mug") == 2


def test_a_handler_may_name_where_to_go_back_to():
    handlers = only(Handler(level="backtrack", to="t"))
    inner = Task(id="t", goal="x", children=(Step(id="b", skill="do"), Step(id="c", skill="do")))
    s = stage(do=[GOOD], fail=[BAD, GOOD])
    executor = s.executor(
        Step(id="a", skill="do"), inner, Step(id="d", skill="fail", handlers=handlers)
    )
    s.run(executor)
    assert s.names == ["do", "do", "do", "fail", "do", "do", "fail"]


def test_where_there_is_nothing_to_go_back_to_the_next_handler_is_taken():
    s = stage(do=[BAD, GOOD])
    step = Step(
        id="a", skill="do", handlers=only(Handler(level="backtrack"), Handler(level="retry"))
    )
    assert levels(s.run(s.executor(step))) == ["retry"]


def test_conditions_choose_between_handlers():
    handlers = only(
        Handler(on="timeout", level="stop"),
        Handler(on="bad_end", when="holding(mug)", level="stop"),
        Handler(on="bad_end", when="hand_empty()", level="retry"),
    )
    s = stage(do=[BAD, GOOD])
    assert s.run(s.executor(Step(id="a", skill="do", handlers=handlers))).status is Status.SUCCEEDED
    s = stage(do=[BAD, GOOD])
    s.world.take("mug")
    assert s.run(s.executor(Step(id="a", skill="do", handlers=handlers))).status is Status.FAILED


def test_handlers_of_tasks_come_after_those_of_steps_and_the_innermost_first():
    s = stage(do=[BAD], other=[BAD], instead={"do": ("other",)})
    inner = Task(
        id="t", goal="x",
        children=(Step(id="a", skill="do", handlers=(Handler(level="retry"),)),),
        handlers=(Handler(level="alternative"),),
    )  # fmt: skip
    executor = s.run(s.executor(inner, handlers=only(Handler(level="retry"))))
    assert levels(executor) == ["retry", "alternative", "retry", "stop"]


def test_memory_may_know_another_step():
    take = Act(effect=lambda world: world.take("mug"))
    asked = []

    def recall(step, anomaly, state):
        asked.append((step.id, anomaly, state.tick))
        return Step(id="whatever", skill="other", args={"offset": 0.02})

    s = stage(do=[BAD], other=[take])
    step = Step(id="a", skill="do", post=("holding(mug)",), handlers=only(Handler(level="recall")))
    executor = s.run(s.executor(step, recall=recall))
    assert executor.status is Status.SUCCEEDED
    # It ended badly at tick 2; memory is asked with the next picture.
    assert asked == [("a", "bad_end", 4)]
    assert s.made[-1].arguments["offset"] == 0.02
    assert executor.states["a"] == "done"


@pytest.mark.parametrize(
    "recalled",
    [
        None,
        Step(id="x", skill="unheard_of"),
        Step(id="x", skill="do", args={"offset": 3.0}),
        Step(id="x", skill="do", pre=("on(",)),
    ],
)
def test_what_memory_says_is_checked(recalled):
    s = stage(do=[BAD])
    step = Step(id="a", skill="do", handlers=only(Handler(level="recall")))
    executor = s.run(s.executor(step, recall=lambda *_: recalled))
    assert levels(executor) == ["stop"]


def test_what_is_missing_is_not_tried_again_but_looked_up():
    s = stage(do=[Act(ends=Status.FAILED, effect=lambda world: world.missing.add("mug"))])
    executor = s.executor(Step(id="a", skill="do", args={"target": "mug"}))
    s.run(executor, until=lambda: executor.wants is not None)
    assert levels(executor) == ["replan"]
    executor.give(None)
    s.run(executor)
    assert levels(executor) == ["replan", "stop"]
    assert s.names == ["do"]


def test_by_default_the_ladder_is_climbed_from_the_cheapest_to_the_last():
    s = stage(first=[GOOD], do=[BAD], other=[BAD], instead={"do": ("other",)})
    executor = s.executor(
        Step(id="one", skill="first"),
        Step(id="a", skill="do"),
        recall=lambda step, *_: Step(id="r", skill="other"),
    )
    s.run(executor, until=lambda: executor.wants is not None)
    executor.give(None)
    s.run(executor)
    assert levels(executor) == [
        "retry", "retry", "alternative", "backtrack", "recall", "replan", "stop",
    ]  # fmt: skip
    assert s.all_left()


def test_a_task_that_was_not_reached_is_done_again_but_for_what_holds():
    acts = [
        Act(effect=lambda world: world.places.update(mug="red_bin")),
        Act(effect=lambda world: world.places.update(mug="red_bin")),
    ]
    spoil = [Act(effect=lambda world: world.places.update(mug="table")), GOOD]
    s = stage(do=acts, cup=[Act(effect=lambda w: w.places.update(cup="red_bin"))], spoil=spoil)
    executor = s.executor(
        Task(
            id="m", goal="m", post=("inside(mug, red_bin)",), children=(Step(id="a", skill="do"),)
        ),
        Task(
            id="c", goal="c", post=("inside(cup, red_bin)",), children=(Step(id="b", skill="cup"),)
        ),
        Step(id="s", skill="spoil"),
        post=("inside(mug, red_bin)", "inside(cup, red_bin)"),
    )
    s.run(executor)
    assert executor.status is Status.SUCCEEDED and executor.report.verified
    assert s.names == ["do", "cup", "spoil", "do", "spoil"]


def test_no_run_has_more_anomalies_than_the_bound():
    s = stage(do=[GOOD], fail=[BAD])
    handlers = (Handler(level="backtrack", to="a", times=10**6),)
    executor = s.executor(
        Step(id="a", skill="do"),
        Step(id="b", skill="fail", handlers=handlers),
        config=ExecutorConfig(max_anomalies=7),
    )
    s.run(executor)
    assert levels(executor) == ["backtrack"] * 7 + ["stop"]
    assert "too much went wrong" in executor.reason


def test_the_report_is_a_story_that_a_person_can_read():
    s = stage(do=[BAD, GOOD])
    executor = s.run(s.executor(Step(id="grasp", skill="do", args={"target": "mug"})))
    text = executor.report.text()
    assert "'Do it': succeeded but could not be verified, after 0.70 s, with 1 anomaly" in text
    assert "grasp: started, do(target=mug, offset=0, point=(0, 0))" in text
    assert "grasp: bad_end, the script says so -> retry: tried do(target=mug" in text
