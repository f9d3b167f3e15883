from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from embodied_mem_envs.evaluation.nouns import NEVER_THERE, SPOKEN
from embodied_mem_envs.evaluation.paraphrases import PLAIN, WAYS
from embodied_mem_envs.evaluation.questions import KINDS, HouseQuestion, generate_questions
from embodied_mem_envs.evaluation.truth import box_gaps

Truth = dict[str, Any]
SEEDS = range(12)


def shown_of(truth: Truth, seed: int) -> set[str]:
    """Nine of ten things, as after a good walk."""
    rng = np.random.default_rng(seed + 1000)
    return {item["id"] for item in truth["objects"] if rng.random() < 0.9}


def questions_of(truth: Truth, seed: int, count: int = 15) -> list[HouseQuestion]:
    return generate_questions(truth, shown_of(truth, seed), np.random.default_rng(seed), count)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_kind_is_asked_and_half_is_paraphrased(
    seed: int, truth_of: Callable[[int], Truth]
) -> None:
    questions = questions_of(truth_of(seed), seed)
    assert len(questions) == 15
    counts = Counter(question.kind for question in questions)
    assert set(counts) == set(KINDS)
    assert max(counts.values()) <= 3
    assert sum(question.paraphrase for question in questions) == 8
    assert 3 <= sum(question.about_unseen for question in questions) <= 5
    assert len({question.text for question in questions}) == 15


@pytest.mark.parametrize("seed", SEEDS)
def test_paraphrased_questions_are_worded_differently(
    seed: int, truth_of: Callable[[int], Truth]
) -> None:
    for question in questions_of(truth_of(seed), seed, count=60):
        assert question.paraphrase == (question.text != question.plain)
        assert "{" not in question.text and "  " not in question.text


def test_the_same_seed_gives_the_same_questions(truth_of: Callable[[int], Truth]) -> None:
    truth = truth_of(3)
    first, again, other = (
        generate_questions(truth, shown, np.random.default_rng(seed))
        for shown, seed in (
            (sorted(shown_of(truth, 3)), 3),
            (list(reversed(sorted(shown_of(truth, 3)))), 3),
            (sorted(shown_of(truth, 3)), 4),
        )
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("seed", SEEDS)
def test_questions_about_unseen_things_name_nothing_that_showed(
    seed: int, truth_of: Callable[[int], Truth]
) -> None:
    truth = truth_of(seed)
    shown = shown_of(truth, seed)
    for question in questions_of(truth, seed, count=40):
        of_it = {instance.id for instance in question.right.instances}
        if question.about_unseen:
            assert not of_it & shown
        elif question.kind in ("how_many", "near", "superlative"):
            assert of_it <= shown
        else:
            assert of_it & shown


@pytest.mark.parametrize("seed", SEEDS)
def test_right_answers_follow_from_the_truth(seed: int, truth_of: Callable[[int], Truth]) -> None:
    truth = truth_of(seed)
    objects = {item["id"]: item for item in truth["objects"]}
    rooms = {room["id"]: room["category"] for room in truth["rooms"]}
    for question in questions_of(truth, seed, count=40):
        found = question.right.instances
        for instance in found:
            item = objects[instance.id]
            assert (instance.category, instance.colour) == (item["category"], item["colour"])
            assert instance.room == rooms[item["room"]]
            assert list(instance.low) == item["box_min"]
        if question.kind == "colour":
            assert len({instance.colour for instance in found}) <= 1
        if question.kind == "which_room":
            assert len({instance.room for instance in found}) <= 1
        if question.kind == "how_many" and not question.about_unseen:
            assert question.right.count == len(found) >= 1
        if question.kind == "near" and not question.about_unseen:
            assert_near(question, truth, shown_of(truth, seed))


def assert_near(question: HouseQuestion, truth: Truth, shown: set[str]) -> None:
    (reference,) = question.right.instances
    near = {
        item["category"]
        for item in truth["objects"]
        if item["id"] in shown
        and item["id"] != reference.id
        and box_gaps(reference.low, reference.high, item["box_min"], item["box_max"]) <= 1.5
    }
    assert near == set(question.right.near)


def test_the_biggest_thing_must_stand_out(object_of: Callable[..., Truth]) -> None:
    def asked(biggest: float) -> list[str]:
        sizes = {"sofa-0": biggest, "desk-1": 1.0, "mug-2": 0.1, "vase-3": 0.3}
        objects = [
            object_of(name, "room-0", (2.0 * k, 0.0, 0.5), size)
            for k, (name, size) in enumerate(sizes.items())
        ]
        truth = {"rooms": [{"id": "room-0", "category": "office"}], "objects": objects}
        questions = generate_questions(truth, list(sizes), np.random.default_rng(0), count=60)
        return [q.right.instances[0].id for q in questions if q.form == "biggest"]

    assert set(asked(1.3)) == {"sofa-0"}  # 2.2 times the volume
    assert asked(1.05) == []


def test_a_name_that_two_categories_share_is_not_asked(object_of: Callable[..., Truth]) -> None:
    objects = [
        object_of("chair-0", "room-0", (0.0, 0.0, 0.5), 0.5),
        object_of("office chair-1", "room-0", (2.0, 0.0, 0.5), 0.5),
        object_of("sink-2", "room-0", (4.0, 0.0, 0.5), 0.5),
    ]
    truth = {"rooms": [{"id": "room-0", "category": "office"}], "objects": objects}
    shown = [item["id"] for item in objects]
    questions = generate_questions(truth, shown, np.random.default_rng(0), count=60)
    plain = [question.plain for question in questions]
    assert not any("the chair" in text or "a chair" in text for text in plain)
    assert any("office chair" in text for text in plain)
    assert any("the sink" in text for text in plain)


def test_nothing_shown_leaves_only_honest_questions(truth_of: Callable[[int], Truth]) -> None:
    questions = generate_questions(truth_of(0), [], np.random.default_rng(0))
    assert questions
    assert all(question.about_unseen for question in questions)


def test_questions_survive_json(truth_of: Callable[[int], Truth]) -> None:
    questions = questions_of(truth_of(5), 5)
    data = msgspec.json.encode(questions)
    assert msgspec.json.decode(data, type=list[HouseQuestion]) == questions


def test_there_are_many_ways_and_names() -> None:
    assert set(WAYS) == set(PLAIN)
    for form, ways in WAYS.items():
        assert len(set(ways)) == len(ways) >= 12
        assert PLAIN[form] not in ways
    names = Counter(name for kind, others in SPOKEN.items() for name in (kind, *others))
    assert [name for name, times in names.items() if times > 1] == []
    assert not set(NEVER_THERE) & set(names)
