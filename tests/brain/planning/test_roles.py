"""Roles of the cortex: the planner writes plans, the caller writes refused ones anew."""

import json

import numpy as np
import pytest

from embodied_mem.brain.plan.checks import check_plan
from embodied_mem.brain.plan.schema import Plan
from embodied_mem.brain.planning.cortex import GivenUpError, PlanningCortex, known_ids
from embodied_mem.brain.planning.prompt import plan_messages
from embodied_mem.brain.planning.situation import Situation
from embodied_mem.errors import ConfigError, ModelTimeout, PlanError
from embodied_mem.models import Completion, Message
from embodied_mem.models.roles import Roles
from embodied_mem.models.scripted import Scripted
from embodied_mem.testing.garbling import Garbling
from symbolic_table import Table, cell, skills, thing


def situation(text: str = "Put the duck in the left drawer") -> Situation:
    table = Table.of(thing("duck", "duck", "yellow"), thing("cup", "mug", "red", (0.4, 0.2)))
    return Situation(instruction=text, state=table.state(), cell=cell(), skills=skills())


def good() -> str:
    return Scripted().complete(plan_messages(situation())).text


class Replies:
    """A model that says what it was told to say, one reply after the other."""

    def __init__(self, *texts: str, name: str = "replies") -> None:
        self.texts, self.name = list(texts), name
        self.heard: list[tuple[Message, ...]] = []

    def complete(self, messages, *, schema=None, timeout=None) -> Completion:  # type: ignore[no-untyped-def]
        self.heard.append(tuple(messages))
        if not self.texts:
            raise ModelTimeout("no answer")
        text = self.texts.pop(0)
        return Completion(text=text, prompt_tokens=10, completion_tokens=5, seconds=1.5)


def test_the_caller_mends_what_was_refused_and_each_role_is_counted() -> None:
    planner, caller = Replies("no plan"), Replies(good())
    cortex = PlanningCortex(Roles.of(planner, caller=caller))
    assert cortex.plan(situation()).root.children
    assert len(planner.heard) == len(caller.heard) == 1
    assert caller.heard[0][: len(planner.heard[0])] == planner.heard[0]
    usage = cortex.usage()
    assert [usage[role].calls for role in ("planner", "caller")] == [1, 1]
    assert usage["caller"].prompt_tokens == 10 and usage["caller"].seconds == 1.5
    assert (cortex.calls, cortex.repairs, cortex.mended) == (2, 1, 0)
    assert (cortex.seconds, cortex.prompt_tokens, cortex.completion_tokens) == (3.0, 20, 10)


def test_another_caller_changes_nothing_for_the_planner() -> None:
    heard = []
    for caller in (None, Replies(good()), Replies("no", name="another")):
        planner = Replies("no plan", good())
        cortex = PlanningCortex(Roles.of(planner, caller=caller))
        try:
            cortex.plan(situation())
        except PlanError:
            assert caller is not None and caller.name == "another"
        heard.append(planner.heard[0])
    assert heard[0] == heard[1] == heard[2] == plan_messages(situation())


def test_a_plan_that_nearly_follows_the_schema_takes_one_call() -> None:
    plan = json.loads(good())
    plan["root"]["children"][0]["children"][0]["timeout"] = "20.0"
    for text in (repr(plan), f"Here is the plan:\n```\n{good()}\n```", good() + "\n" + good()):
        cortex = PlanningCortex(Replies(text))
        cortex.plan(situation())
        assert (cortex.calls, cortex.repairs, cortex.mended) == (1, 0, 1)


def test_a_refusal_among_words_is_one_and_beside_a_plan_it_is_none() -> None:
    with pytest.raises(GivenUpError, match="too hot"):
        PlanningCortex(Replies("I am sorry: {'stop': 'The duck is too hot.'}")).plan(situation())
    both = '{"stop": "The duck is too hot."}\n' + good()
    cortex = PlanningCortex(Replies(both, good()))
    cortex.plan(situation())
    assert cortex.repairs == 1


def test_the_scripted_model_is_never_mended() -> None:
    cortex = PlanningCortex(Scripted())
    cortex.plan(situation())
    assert (cortex.calls, cortex.repairs, cortex.mended) == (1, 0, 0)


def test_how_often_is_asked_again_can_be_said() -> None:
    cortex = PlanningCortex(Replies("no", "no", good()), retries=2)
    assert cortex.plan(situation()).root.children and cortex.repairs == 2
    with pytest.raises(PlanError, match="no usable plan: the answer is no JSON"):
        PlanningCortex(Replies("no"), retries=0).plan(situation())
    with pytest.raises(ConfigError, match="retries"):
        PlanningCortex(Replies(good()), retries=-1).plan(situation())


def test_a_caller_that_does_not_answer_is_counted_as_a_failure() -> None:
    cortex = PlanningCortex(Roles.of(Replies("no"), caller=Replies()))
    with pytest.raises(ModelTimeout):
        cortex.plan(situation())
    assert cortex.usage()["caller"].failures == 1 and cortex.usage()["planner"].failures == 0


def test_no_beginning_of_a_plan_is_carried_out_as_another() -> None:
    text = good()
    meant = PlanningCortex(Replies(text)).plan(situation())
    ends = np.random.default_rng(5).integers(1, len(text), 150)
    for end in (*ends.tolist(), len(text) - 1, len(text) - 2):
        try:
            assert PlanningCortex(Replies(text[:end]), retries=0).plan(situation()) == meant
        except PlanError:
            continue


def test_garbled_plans_come_as_they_were_meant_or_not_at_all() -> None:
    now = situation()
    meant = PlanningCortex(Scripted()).plan(now)

    def accepts(plan: Plan) -> bool:
        try:
            check_plan(plan, now.skills, known_ids(now))
        except PlanError:
            return False
        return True

    client = Garbling(Scripted(), 0.3, np.random.default_rng(2), reply=Plan, accepts=accepts)
    come = 0
    for _ in range(150):
        try:
            assert PlanningCortex(client, retries=2).plan(now) == meant
        except PlanError:
            continue
        come += 1
    assert come >= 143
