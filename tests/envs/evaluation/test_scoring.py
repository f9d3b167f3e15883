from dataclasses import dataclass
from typing import Any

import pytest

from embodied_mem_envs.evaluation.drafts import Instance, Kind, RightAnswer
from embodied_mem_envs.evaluation.paraphrases import Form
from embodied_mem_envs.evaluation.questions import HouseQuestion
from embodied_mem_envs.evaluation.scoring import score

RED = Instance(
    id="mug-0", category="mug", colour="red", room="kitchen", low=(1, 1, 1), high=(1.1, 1.1, 1.1)
)
GREY = Instance(
    id="mug-1", category="mug", colour="grey", room="office", low=(9, 1, 1), high=(9.1, 1.1, 1.1)
)


@dataclass(frozen=True)
class Given:
    value: Any = None
    status: str = "answered"
    certain: bool = True


UNSEEN = Given(status="unseen", certain=False)
LOST = Given(status="not_understood", certain=False)


def ask(
    kind: Kind,
    right: RightAnswer | None = None,
    *,
    about_unseen: bool = False,
    form: Form | None = None,
) -> HouseQuestion:
    if form is None:
        form = "biggest" if kind == "superlative" else kind
    return HouseQuestion(
        kind=kind,
        form=form,
        text="?",
        plain="?",
        paraphrase=False,
        about_unseen=about_unseen,
        right=right or RightAnswer(instances=(RED, GREY), count=2),
    )


def place(x: float, room: str | None = None) -> Given:
    return Given({"position": [x, 1.0, 1.0], "room": room, "object": "o1"})


@pytest.mark.parametrize(
    ("kind", "value", "outcome"),
    [
        ("where", {"position": [1.8, 1.0, 1.0], "room": "kitchen"}, "right"),
        ("where", {"position": (8.5, 1.0, 1.0), "room": None, "object": "x"}, "right"),
        ("where", {"position": [1.9, 1.0, 1.0], "room": "kitchen"}, "wrong"),
        ("where", {"position": [1.2, 1.0, 1.0], "room": "office"}, "wrong"),
        ("where", {"position": None}, "wrong"),
        ("where", "kitchen", "wrong"),
        ("which_room", "office", "right"),
        ("which_room", "bathroom", "wrong"),
        ("which_room", None, "wrong"),
        ("how_many", 2, "right"),
        ("how_many", 3, "wrong"),
        ("how_many", True, "wrong"),
        ("colour", "gray", "right"),
        ("colour", "red", "right"),
        ("colour", "dark red", "wrong"),
        ("exists", True, "right"),
        ("exists", False, "wrong"),
        ("exists", 1, "wrong"),
    ],
)
def test_answers_about_shown_things(kind: Kind, value: Any, outcome: str) -> None:
    assert score(ask(kind), Given(value)).outcome == outcome
    assert score(ask(kind), Given(value, status="uncertain", certain=False)).outcome == outcome


@pytest.mark.parametrize("kind", ["where", "which_room", "how_many", "colour", "exists"])
def test_denying_what_was_shown_is_wrong(kind: Kind) -> None:
    assert score(ask(kind), UNSEEN).outcome == "wrong"
    assert score(ask(kind), LOST).outcome == "wrong"


@pytest.mark.parametrize(
    ("named", "outcome"),
    [
        (["sink", "kettle"], "right"),
        (["sink", "bed"], "right"),
        (["bed", "sink", "sofa"], "wrong"),
        (["sink", "kettle", "bed", "sofa", "stove", "piano", "desk"], "right"),
        (["bed"], "wrong"),
        ([], "wrong"),
        ("sink", "wrong"),
    ],
)
def test_half_of_the_first_things_named_must_be_near(named: Any, outcome: str) -> None:
    question = ask("near", RightAnswer(instances=(RED,), near=("sink", "kettle", "stove")))
    assert score(question, Given(named)).outcome == outcome


def test_superlatives_are_judged_by_category_and_place() -> None:
    biggest = ask("superlative", RightAnswer(instances=(RED,), count=1))
    assert score(biggest, Given({"category": "mug"})).right
    assert score(biggest, Given({"category": "mug", "position": [1.0, 1.0, 1.5]})).right
    assert not score(biggest, Given({"category": "mug", "position": [9.0, 1.0, 1.0]})).right
    assert not score(biggest, Given({"category": "bed", "position": [1.0, 1.0, 1.0]})).right
    assert not score(biggest, Given("mug")).right


def test_which_one_is_nearest_needs_a_place() -> None:
    which = ask("superlative", RightAnswer(instances=(RED,), count=1), form="nearest_of")
    assert not score(which, Given({"category": "mug"})).right
    assert score(which, Given({"category": "mug", "position": [1.0, 1.0, 1.0]})).right


@pytest.mark.parametrize(
    ("kind", "given", "outcome"),
    [
        ("where", UNSEEN, "right"),
        ("where", place(1.0), "false_claim"),
        ("where", LOST, "wrong"),
        ("where", Given(place(1.0).value, status="uncertain", certain=False), "wrong"),
        ("where", Given(place(1.0).value, certain=False), "wrong"),
        ("which_room", Given("kitchen"), "false_claim"),
        ("how_many", Given(0), "right"),
        ("how_many", Given(1), "false_claim"),
        ("how_many", Given(False), "false_claim"),
        ("colour", Given("red"), "false_claim"),
        ("exists", Given(False), "right"),
        ("exists", Given(True), "false_claim"),
        ("exists", UNSEEN, "right"),
        ("near", Given(["sink"]), "false_claim"),
        ("near", UNSEEN, "right"),
    ],
)
def test_answers_about_absent_things(kind: Kind, given: Given, outcome: str) -> None:
    assert score(ask(kind, RightAnswer(), about_unseen=True), given).outcome == outcome


def test_what_is_there_but_did_not_show_may_be_known_or_not() -> None:
    hidden = RightAnswer(instances=(RED,), count=1)
    where = ask("where", hidden, about_unseen=True)
    assert score(where, UNSEEN).right
    assert score(where, place(1.0, "kitchen")).right
    assert score(where, place(5.0)).outcome == "false_claim"
    exists = ask("exists", hidden, about_unseen=True)
    assert score(exists, Given(True)).right
    assert score(exists, Given(False)).outcome == "false_claim"
    assert score(exists, Given(False, certain=False)).outcome == "wrong"
