from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from embodied_mem.errors import EvaluationError
from embodied_mem.memory import Add, MemoryRecord, MemoryStore
from embodied_mem.memory.facts import Fact, ObjectFact, PlaceFact
from embodied_mem_envs.evaluation.asking import ask_saved
from embodied_mem_envs.evaluation.questions import generate_questions
from embodied_mem_envs.house import generate_house

Truth = dict[str, Any]


def perfect_memory(truth: Truth) -> MemoryStore:
    """A memory that holds exactly what is true."""
    store, count = MemoryStore(), Counter[str]()

    def add(kind: Any, about: str, fact: Fact, place: str | None = None) -> None:
        record_id = f"{len(store):032x}"
        content = msgspec.to_builtins(fact)
        record = MemoryRecord(id=record_id, kind=kind, content=content, about=(about,), place=place)
        store.apply([Add(record=record)])

    for room in truth["rooms"]:
        low, high = np.array(room["min"]), np.array(room["max"])
        count[room["category"]] += 1
        number = count[room["category"]]
        place = PlaceFact(
            place_id=room["id"],
            category=room["category"],
            name=room["category"] if number == 1 else f"{room['category']} {number}",
            centroid=tuple(((low + high) / 2).tolist()),
            area=float(np.prod(high - low)),
        )
        add("summary", room["id"], place)
    for item in truth["objects"]:
        low, high = np.array(item["box_min"]), np.array(item["box_max"])
        thing = ObjectFact(
            object_id=item["id"],
            category=item["category"],
            colour=item["colour"],
            position=tuple(((low + high) / 2).tolist()),
            box_min=tuple(low.tolist()),
            box_max=tuple(high.tolist()),
            state="present",
            confidence=1.0,
            views=9,
            first_tick=0,
            last_tick=9,
            on=item["on"],
        )
        add("fact", item["id"], thing, item["room"])
    return store


def test_a_perfect_memory_answers_in_a_new_process(tmp_path: Path) -> None:
    """What is left over is the language alone: the paraphrases that the parser does not get."""
    truth = generate_house(4).truth()
    memory = tmp_path / "perfect.mem"
    perfect_memory(truth).export(memory)
    shown = [item["id"] for item in truth["objects"]]
    questions = generate_questions(truth, shown, np.random.default_rng(4), count=40)
    asked = ask_saved(memory, questions, tmp_path)
    assert [item.question for item in asked] == questions
    plain = [item for item in asked if not item.question.paraphrase]
    assert [item.answer.text for item in plain if not item.verdict.right] == []
    assert np.mean([item.verdict.right for item in asked]) >= 0.9
    assert not any(item.verdict.outcome == "false_claim" for item in asked)


def test_an_empty_memory_has_seen_nothing(tmp_path: Path) -> None:
    truth = generate_house(4).truth()
    memory = tmp_path / "empty.mem"
    MemoryStore().export(memory)
    shown = [item["id"] for item in truth["objects"]]
    questions = generate_questions(truth, shown, np.random.default_rng(5))
    asked = ask_saved(memory, questions, tmp_path)
    for item in asked:
        if not item.question.paraphrase:
            assert item.verdict.right == item.question.about_unseen
        assert item.verdict.outcome != "false_claim"


def test_the_process_is_told_the_texts_and_nothing_else(tmp_path: Path) -> None:
    truth = generate_house(4).truth()
    memory = tmp_path / "empty.mem"
    MemoryStore().export(memory)
    questions = generate_questions(truth, [], np.random.default_rng(0), count=3)
    ask_saved(memory, questions, tmp_path)
    told = msgspec.json.decode((tmp_path / "questions.json").read_bytes())
    assert told == [question.text for question in questions]


def test_a_damaged_memory_is_an_error_that_says_so(tmp_path: Path) -> None:
    memory = tmp_path / "bad.mem"
    memory.write_bytes(b"no memory")
    with pytest.raises(EvaluationError, match="not a memory file"):
        ask_saved(memory, [], tmp_path)
