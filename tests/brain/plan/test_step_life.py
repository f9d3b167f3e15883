"""The life of a step: conditions before, while and after it, its time, and its end."""

import pytest

from embodied_mem.brain.plan.executor import ExecutorConfig
from embodied_mem.brain.plan.schema import Handler, Step, Task
from embodied_mem.brain.skill import Status
from embodied_mem.errors import ConfigError, PlanError
from embodied_mem.types import Command
from scripted_skills import Act, Stage, World

STOP = (Handler(level="stop"),)


def stage(*acts, **scripts):
    return Stage(World("mug", "cup"), {"do": list(acts), **scripts})


def first_anomaly(executor):
    return executor.report.anomalies[0]


def test_steps_run_one_after_the_other_and_hand_their_commands_on():
    s = stage(Act(ticks=3))
    executor = s.executor(Step(id="a", skill="do"), Step(id="b", skill="do"))
    commands = []
    while executor.status is Status.RUNNING:
        commands.append(s.tick(executor))
    # The tick on which the first ends belongs to the second already.
    assert commands == [Command(forward=0.1)] * 4 + [Command()]
    assert executor.status is Status.SUCCEEDED
    assert s.tick(executor) == Command()
    assert executor.report.ticks == 5
    assert s.all_left()


def test_arguments_arrive_with_defaults_filled_in():
    s = stage(Act())
    s.run(s.executor(Step(id="a", skill="do", args={"target": "mug"})))
    assert s.made[0].arguments == {"target": "mug", "offset": 0.0, "point": (0.0, 0.0)}


def test_a_step_is_skipped_where_it_is_done_already():
    s = stage(Act(effect=lambda world: world.take("mug")))
    s.world.take("mug")
    executor = s.run(s.executor(Step(id="a", skill="do", post=("holding(mug)",))))
    assert executor.status is Status.SUCCEEDED
    assert not s.made
    assert executor.states["a"] == "skipped"


def test_without_conditions_after_it_a_step_is_never_skipped():
    s = stage(Act())
    s.run(s.executor(Step(id="a", skill="do")))
    assert s.names == ["do"]


def test_a_task_that_is_reached_is_skipped_with_all_below_it():
    s = stage(Act())
    s.world.take("mug")
    inner = Task(id="t", goal="x", children=(Step(id="a", skill="do"),), post=("holding(mug)",))
    executor = s.run(s.executor(inner, Step(id="b", skill="do")))
    assert executor.states["a"] == executor.states["t"] == "skipped"
    assert len(s.made) == 1


def test_what_must_hold_before_is_checked_before_the_skill_is_made():
    s = stage(Act())
    step = Step(id="a", skill="do", pre=("holding(mug)",), handlers=STOP)
    executor = s.run(s.executor(step))
    assert executor.status is Status.FAILED
    assert first_anomaly(executor).anomaly == "precondition"
    assert "holding(mug) does not hold" in executor.reason
    assert not s.made


def test_a_single_odd_tick_before_a_step_does_nothing():
    s = stage(Act())
    executor = s.executor(Step(id="a", skill="do", pre=("hand_empty()",), handlers=STOP))
    s.world.holding = "mug"
    s.tick(executor)
    s.world.holding = ""
    assert s.run(executor).status is Status.SUCCEEDED
    assert not executor.report.anomalies


def test_a_skill_that_cannot_work_here_is_not_entered():
    s = stage(Act(can=0.0))
    executor = s.run(s.executor(Step(id="a", skill="do", handlers=STOP)))
    assert first_anomaly(executor).anomaly == "precondition"
    assert not s.entered


@pytest.mark.parametrize(("odd", "noticed"), [(1, False), (2, False), (3, True), (5, True)])
def test_invariants_must_be_violated_for_several_ticks_in_a_row(odd, noticed):
    def during(world, step):
        world.holding = "mug" if step < 4 or step >= 4 + odd else ""

    s = stage(Act(ticks=20, during=during))
    s.world.take("mug")
    step = Step(id="a", skill="do", invariant=("holding(mug)",), handlers=STOP)
    executor = s.run(s.executor(step))
    assert bool(executor.report.anomalies) is noticed
    if noticed:
        assert first_anomaly(executor).anomaly == "invariant"
        # What was done at tick 4 is perceived from tick 5 on: three ticks, then no more steps.
        assert s.made[0].steps == 7
    assert s.all_left()


def test_odd_ticks_apart_from_each_other_do_not_add_up():
    def during(world, step):
        world.holding = "" if step % 3 else "mug"

    s = stage(Act(ticks=30, during=during))
    s.world.take("mug")
    step = Step(id="a", skill="do", invariant=("holding(mug)",), handlers=STOP)
    assert s.run(s.executor(step)).status is Status.SUCCEEDED


@pytest.mark.parametrize(("odd", "noticed"), [(1, False), (4, False), (8, True)])
def test_one_noisy_picture_does_not_violate_what_is_seen(odd, noticed):
    def during(world, step):
        # A picture every fourth tick, from the second on; the one of tick 6 is wrong, or more are.
        world.blind = step % 4 != 1
        world.missing = {"mug"} if 5 <= step < 5 + odd else set()

    s = stage(Act(ticks=30, during=during))
    step = Step(id="a", skill="do", invariant=("not missing(mug)",), handlers=STOP)
    executor = s.run(s.executor(step))
    assert bool(executor.report.anomalies) is noticed


def test_without_pictures_a_violation_is_believed_after_a_while():
    def during(world, step):
        world.blind = True
        world.missing = {"mug"} if step >= 2 else set()

    s = stage(Act(ticks=200, during=during))
    step = Step(id="a", skill="do", invariant=("not missing(mug)",), handlers=STOP)
    executor = s.run(s.executor(step))
    assert first_anomaly(executor).anomaly == "invariant"
    assert s.made[0].steps == 3 + 20 - 1  # ExecutorConfig.blind


def test_a_reflex_brings_the_running_step_to_a_bad_end():
    s = stage(Act(ticks=50))
    executor = s.executor(Step(id="a", skill="do", handlers=STOP))
    for _ in range(5):
        s.tick(executor)
    executor.interrupt("the hand hit something")
    s.run(executor)
    assert executor.reason == "a: bad_end, the hand hit something"
    assert s.made[0].steps == 5 and s.all_left()


def test_a_reflex_after_the_end_of_a_skill_is_left_to_the_conditions():
    s = stage(Act(ticks=2))
    executor = s.executor(Step(id="a", skill="do", post=("holding(mug)",), handlers=STOP))
    for _ in range(3):
        s.tick(executor)
    executor.interrupt("the fingers hit the table")
    s.world.take("mug")
    assert s.run(executor).status is Status.SUCCEEDED
    assert not executor.report.anomalies


def test_a_reflex_while_an_anomaly_is_looked_at_does_not_end_the_next_attempt():
    s = stage(Act(ends=Status.FAILED, ticks=1), Act(ticks=5))
    executor = s.executor(Step(id="a", skill="do", handlers=(Handler(level="retry"), *STOP)))
    s.tick(executor)
    assert not executor.report.anomalies
    executor.interrupt("the arm came to rest hard")
    assert s.run(executor).status is Status.SUCCEEDED


def test_time_is_counted_in_seconds_of_ticks():
    s = stage(Act(ticks=1000))
    executor = s.run(s.executor(Step(id="a", skill="do", timeout=2.0, handlers=STOP)))
    assert first_anomaly(executor).anomaly == "timeout"
    assert s.made[0].steps == 20
    assert s.all_left()


def test_a_bad_end_tells_the_reason_of_the_skill():
    s = stage(Act(ends=Status.FAILED, reason="it slipped"))
    executor = s.run(s.executor(Step(id="a", skill="do", handlers=STOP)))
    assert first_anomaly(executor).anomaly == "bad_end"
    assert executor.reason == "a: bad_end, it slipped"
    assert s.all_left()


def test_an_error_that_a_skill_raises_is_a_bad_end():
    def during(world, step):
        raise ConfigError("nothing can be reached there")

    s = stage(Act(during=during))
    executor = s.run(s.executor(Step(id="a", skill="do", handlers=STOP)))
    assert executor.reason == "a: bad_end, nothing can be reached there"
    assert s.all_left()


def test_what_must_hold_after_gets_time_to_become_true():
    s = stage(Act(ticks=2), wait=[Act(ticks=50)])
    executor = s.executor(Step(id="a", skill="do", post=("holding(mug)",), handlers=STOP))
    for _ in range(5):
        s.tick(executor)
    s.world.take("mug")
    assert s.run(executor).status is Status.SUCCEEDED
    assert not executor.report.anomalies


def test_what_does_not_become_true_in_time_is_an_anomaly():
    s = stage(Act(ticks=2))
    executor = s.run(s.executor(Step(id="a", skill="do", post=("holding(mug)",), handlers=STOP)))
    assert first_anomaly(executor).anomaly == "postcondition"
    # Two ticks of the skill, the last of them the first of the 0.6 s that it may take.
    assert executor.report.ticks == 2 + 6 - 1


def test_what_is_seen_after_a_step_must_be_seen_in_a_newer_picture():
    s = stage(Act(ticks=2, effect=lambda world: world.places.update(mug="red_bin")))
    step = Step(id="a", skill="do", post=("inside(mug, red_bin)",), handlers=STOP)
    executor = s.executor(step)
    s.tick(executor)
    s.world.blind = True
    for _ in range(4):
        s.tick(executor)
    assert executor.active == ("root", "a")
    s.world.blind = False
    s.run(executor)
    assert executor.status is Status.SUCCEEDED
    assert executor.report.ticks <= 8


def test_without_pictures_the_old_one_must_do_after_a_while():
    s = stage(Act(ticks=2), see=[Act(ticks=2)])
    s.world.blind = True
    step = Step(id="a", skill="do", post=("inside(mug, red_bin)",), handlers=STOP)
    executor = s.run(s.executor(step))
    assert first_anomaly(executor).anomaly == "postcondition"
    assert executor.report.ticks == 1 + 20  # ExecutorConfig.blind


def test_a_task_must_be_reached_when_its_children_are_done():
    s = stage(Act())
    inner = Task(
        id="t", goal="x", children=(Step(id="a", skill="do"),), post=("holding(mug)",),
        handlers=STOP,
    )  # fmt: skip
    executor = s.run(s.executor(inner))
    assert first_anomaly(executor).anomaly == "postcondition"
    assert first_anomaly(executor).node == "t"


def test_tasks_that_promise_nothing_are_done_with_their_last_child():
    s = stage(Act(ticks=4))
    inner = Task(id="t", goal="x", children=(Step(id="a", skill="do"),))
    executor = s.executor(inner, Step(id="b", skill="do"))
    s.tick(executor)
    assert executor.states == {"root": "running", "t": "running", "a": "running"}
    assert executor.active == ("root", "t", "a")
    s.run(executor)
    assert set(executor.states.values()) == {"done"}
    done = [event.node for event in executor.report.events if event.what == "done"]
    assert done == ["a", "t", "b", "root"]


def test_stopping_leaves_the_skill_once_and_at_once():
    s = stage(Act(ticks=100))
    executor = s.executor(Step(id="a", skill="do"))
    for _ in range(5):
        s.tick(executor)
    executor.stop("the operator said so")
    assert s.made[0].left == 1 and s.made[0].steps == 5
    assert executor.status is Status.FAILED and executor.reason == "the operator said so"
    executor.stop("again")
    assert s.tick(executor) == Command()
    assert executor.reason == "the operator said so"
    assert s.made[0].left == 1


def test_what_was_never_started_can_be_stopped():
    s = stage(Act())
    executor = s.executor(Step(id="a", skill="do"))
    executor.stop("no")
    assert executor.status is Status.FAILED and not s.made


def test_a_plan_that_takes_too_long_is_stopped():
    s = stage(Act(ticks=10**6))
    config = ExecutorConfig(max_seconds=3.0)
    executor = s.run(s.executor(Step(id="a", skill="do", timeout=1e6), config=config))
    assert executor.status is Status.FAILED
    assert "longer than 3 s" in executor.reason
    assert s.all_left()


def test_a_plan_that_does_not_check_out_is_not_begun():
    s = stage(Act())
    with pytest.raises(PlanError, match="no skill is called 'dou'; did you mean 'do'"):
        s.executor(Step(id="a", skill="dou"))


@pytest.mark.parametrize(
    ("post", "holds", "verified"),
    [((), True, False), (("holding(mug)",), True, True)],
)
def test_only_what_was_promised_and_holds_is_verified(post, holds, verified):
    s = stage(Act(effect=lambda world: world.take("mug") if holds else None))
    executor = s.run(s.executor(Step(id="a", skill="do"), post=post))
    assert executor.status is Status.SUCCEEDED
    assert executor.report.verified is verified


def test_where_the_root_promises_nothing_its_tasks_must_still_hold():
    take = Act(effect=lambda world: world.take("mug"))
    drop = Act(effect=lambda world: world.put("table"))
    for acts, verified in (([take], True), ([take, drop], False)):
        s = stage(*acts)
        inner = Task(id="t", goal="x", children=(Step(id="a", skill="do"),), post=("holding(mug)",))
        executor = s.run(s.executor(inner, Step(id="b", skill="do")))
        assert executor.status is Status.SUCCEEDED
        assert executor.report.verified is verified


def test_answers_are_filled_in_from_what_is_believed_in_the_end():
    s = stage(Act())
    answer = '{count(category="mug")} mug and {count()} things, {distance(mug, cup)} m apart'
    executor = s.run(s.executor(Step(id="a", skill="do"), answer=answer))
    assert executor.report.answer == "1 mug and 2 things, 1 m apart"
