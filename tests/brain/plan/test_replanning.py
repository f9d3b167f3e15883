"""The handshake with the cortex: what is asked, what an answer replaces, and what none does."""

import msgspec
import pytest

from embodied_mem.brain.plan.executor import ExecutorConfig
from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.plan.report import ExecutionReport
from embodied_mem.brain.plan.schema import Handler, Plan, Step, Task
from embodied_mem.brain.skill import Status
from embodied_mem.errors import PlanError
from embodied_mem.types import Command
from scripted_skills import SECONDS_PER_TICK, Act, Stage, World

BAD, GOOD = Act(ends=Status.FAILED), Act()
ASK = (Handler(level="replan", times=9), Handler(level="stop"))


def ask(*, limit=5000, config=None, **scripts):
    """Returns a stage and an executor that waits for another plan of its task `t`."""
    s = Stage(World("mug"), {"good": [GOOD], "bad": [BAD], **scripts})
    inner = Task(
        id="t", goal="the hard part",
        children=(Step(id="b", skill="good"), Step(id="c", skill="bad", handlers=ASK)),
    )  # fmt: skip
    executor = s.executor(
        Step(id="a", skill="good"), inner, Step(id="z", skill="good"), config=config
    )
    s.run(executor, limit, until=lambda: executor.wants is not None)
    return s, executor


def test_the_request_says_what_is_to_be_replaced_and_why():
    _, executor = ask()
    request = executor.wants
    assert request is not None
    assert request.task.id == "t" and request.node == "c"
    assert request.step is not None and request.step.skill == "bad"
    assert (request.anomaly, request.detail) == ("bad_end", "the script says so")
    assert request.goals == ("all", "the hard part")
    assert request.done == ("a", "b") and request.number == 1
    assert msgspec.json.decode(msgspec.json.encode(request), type=ReplanRequest) == request


def test_the_body_holds_still_while_it_waits():
    s, executor = ask()
    before = len(s.made)
    assert [s.tick(executor) for _ in range(5)] == [Command()] * 5
    assert len(s.made) == before and s.all_left()
    assert executor.status is Status.RUNNING


def test_an_answer_takes_the_place_of_the_task_and_the_rest_goes_on():
    s, executor = ask()
    s.made.clear()
    executor.give(Task(id="t2", goal="easier", children=(Step(id="c", skill="good"),)))
    s.run(executor)
    assert executor.status is Status.SUCCEEDED
    assert s.names == ["good", "good"]  # c anew, then z; a and b are not done again
    assert executor.report.replans == 1
    assert [child.id for child in executor.plan.root.children] == ["a", "t2", "z"]
    assert "another way to 'easier'" in executor.report.text()


def test_no_answer_lets_the_other_handlers_go_on():
    s, executor = ask()
    executor.give(None, "the model does not know")
    assert executor.wants is None
    # The handler may be used again, and is: 9 times, of which a run allows 3.
    for _ in range(2):
        s.run(executor, until=lambda: executor.wants is not None)
        executor.give(None)
    s.run(executor)
    assert executor.status is Status.FAILED
    assert "the model does not know" in executor.report.text()
    assert [event.level for event in executor.report.anomalies] == ["replan"] * 3 + ["stop"]


def test_a_wrong_answer_is_no_answer():
    s, executor = ask()
    executor.give(Task(id="t2", goal="x", children=(Step(id="q", skill="godo"),)))
    assert executor.plan.root.children[1].id == "t"
    assert "did you mean 'good'" in executor.report.text()
    s.run(executor, until=lambda: executor.wants is not None)
    executor.give(Task(id="t2", goal="x", children=(Step(id="a", skill="good"),)))
    assert "two nodes have the id 'a'" in executor.report.text()


def test_an_answer_that_fails_too_asks_for_the_task_around_it():
    s, executor = ask()
    executor.give(Task(id="t", goal="again", children=(Step(id="c", skill="bad"),)))
    s.run(executor, until=lambda: executor.wants is not None)
    assert executor.wants is not None and executor.wants.task.id == "root"
    assert executor.wants.number == 2
    executor.give(Task(id="root", goal="all", children=(Step(id="only", skill="good"),)))
    s.run(executor)
    assert executor.status is Status.SUCCEEDED
    assert executor.plan.root.children[0].id == "only"


def test_an_answer_that_never_comes_is_not_waited_for_for_ever():
    config = ExecutorConfig(replan_patience=5.0)
    s, executor = ask(config=config)
    began = executor.report.ticks
    s.run(executor)
    assert executor.status is Status.FAILED
    # Three requests, each for as long as it may take.
    assert (executor.report.ticks - began) * SECONDS_PER_TICK == pytest.approx(15.0, abs=1.0)


def test_what_was_not_asked_for_cannot_be_given():
    s = Stage(World(), {"good": [GOOD]})
    executor = s.executor(Step(id="a", skill="good"))
    with pytest.raises(PlanError, match="no other plan was asked for"):
        executor.give(None)


def test_a_run_that_waits_can_be_stopped():
    s, executor = ask()
    executor.stop("enough")
    assert executor.status is Status.FAILED and s.all_left()


def test_plans_and_reports_survive_json():
    s, executor = ask()
    executor.give(Task(id="t2", goal="easier", children=(Step(id="c", skill="good"),)))
    s.run(executor)
    report = msgspec.json.decode(msgspec.json.encode(executor.report), type=ExecutionReport)
    assert report.text() == executor.report.text()
    plan = msgspec.json.decode(msgspec.json.encode(executor.plan), type=Plan)
    assert plan == executor.plan
