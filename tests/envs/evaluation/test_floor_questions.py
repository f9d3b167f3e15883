"""Questions about houses with two floors: upstairs, downstairs, and nothing near through a slab."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from embodied_mem_envs.evaluation.absent import unseen_drafts
from embodied_mem_envs.evaluation.drafts import RightAnswer, instance_at, seen_drafts
from embodied_mem_envs.evaluation.nouns import SPOKEN_FLOORS
from embodied_mem_envs.evaluation.questions import (
    FLOOR_KINDS,
    KINDS,
    HouseQuestion,
    generate_questions,
)
from embodied_mem_envs.evaluation.scoring import score
from embodied_mem_envs.evaluation.truth import HouseView, view_house
from embodied_mem_envs.house import HouseConfig, generate_house

SEEDS = range(6)


class Said:
    """An answer with nothing but a value."""

    def __init__(self, value: Any, status: str = "answered") -> None:
        self.value, self.status, self.certain = value, status, True


@pytest.fixture(scope="module")
def truths() -> list[dict[str, Any]]:
    return [generate_house(seed, HouseConfig(floors=2)).truth() for seed in SEEDS]


def view_of(truth: dict[str, Any]) -> HouseView:
    return view_house(truth, [item["id"] for item in truth["objects"]])


def questions_of(truth: dict[str, Any], count: int = 48) -> list[HouseQuestion]:
    shown = [item["id"] for item in truth["objects"]]
    return generate_questions(truth, shown, np.random.default_rng(truth["seed"]), count)


def test_floors_are_asked_about_as_often_as_anything_else(truths: list[dict[str, Any]]) -> None:
    for truth in truths:
        counts = Counter(question.kind for question in questions_of(truth, 16))
        assert set(counts) == set(FLOOR_KINDS) and counts["which_floor"] == 2
    flat = generate_house(3).truth()
    assert {question.kind for question in questions_of(flat)} == set(KINDS)


def test_every_right_answer_lies_on_the_floor_that_is_named(truths: list[dict[str, Any]]) -> None:
    named = 0
    for truth in truths:
        floors = {item["id"]: item["floor"] for item in truth["objects"]}
        for question in questions_of(truth, 80):
            assert question.noun is not None
            found = question.right.instances
            assert all(instance.floor == floors[instance.id] for instance in found)
            if question.kind == "which_floor":
                assert len({instance.floor for instance in found}) <= 1
            if question.noun.floor is not None:
                named += 1
                assert {instance.floor for instance in found} <= {question.noun.floor}
                assert SPOKEN_FLOORS[question.noun.floor][0] in question.plain
                ways = SPOKEN_FLOORS[question.noun.floor]
                assert any(way in question.text for way in ways), question.text
    assert named > 20


def test_the_same_kind_of_room_on_both_floors_needs_its_floor(
    truths: list[dict[str, Any]],
) -> None:
    plain = [question.plain for truth in truths for question in questions_of(truth, 120)]
    halls = [text for text in plain if "in the hallway" in text]
    assert halls
    assert all("hallway upstairs" in text or "hallway downstairs" in text for text in halls)


def test_nothing_is_near_through_the_slab(truths: list[dict[str, Any]]) -> None:
    for truth in truths:
        view = view_of(truth)
        for form in ("near", "nearest", "nearest_of"):
            for draft in seen_drafts(view, form):  # type: ignore[arg-type]
                own = draft.right.instances
                if form == "near":
                    row = view.ids.index(own[0].id)
                    same = {
                        view.categories[k]
                        for k in np.flatnonzero(np.array(view.floors) == view.floors[row])
                    }
                    assert set(draft.right.near) <= same
                else:
                    assert len({instance.floor for instance in own}) == 1


def test_a_thing_that_is_only_upstairs_is_not_downstairs(truths: list[dict[str, Any]]) -> None:
    asked = 0
    for truth in truths:
        view = view_of(truth)
        for group in unseen_drafts(view, "exists"):
            for draft in group:
                if draft.noun.floor is not None:
                    asked += 1
                    assert draft.right == RightAnswer()
                    pairs = zip(view.categories, view.floors, strict=True)
                    assert (draft.noun.category, draft.noun.floor) not in set(pairs)
    assert asked > 20


def test_a_floor_is_right_as_a_whole_number(truths: list[dict[str, Any]]) -> None:
    view = view_of(truths[0])
    row = view.floors.index(1)
    question = HouseQuestion(
        kind="which_floor",
        form="which_floor",
        text="Which floor is it on?",
        plain="Which floor is it on?",
        paraphrase=False,
        about_unseen=False,
        right=RightAnswer(instances=(instance_at(view, row),), count=1),
    )
    assert score(question, Said(1)).right
    for wrong in (0, 2, True, "1", None):
        assert not score(question, Said(wrong)).right
    assert not score(question, Said(1, "not_understood")).right
