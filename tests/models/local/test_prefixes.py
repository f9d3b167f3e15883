"""Conversations taken up again: what was read is not read again, and answers stay what they are."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.models import Message
from embodied_mem.models.local import Transformers, TransformersConfig
from embodied_mem.models.local.prefixes import Prefixes, Prompt
from tiny_models import noise, save_tiny

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
RULES = "You are a robot's memory. Answer questions about the house with what it holds. "


def client(folder: Path, kept: int = 16_384, **settings: Any) -> Transformers:
    settings = {"max_new_tokens": 24, "closing": 16, "threads": 1, **settings}
    config = TransformersConfig(kept_tokens=kept, **settings)
    return Transformers(str(folder), pictures=noise, config=config)


def start(rules: str = RULES) -> list[Message]:
    return [Message(role="system", text=rules * 4)]


def step(number: int, *images: str) -> Message:
    return Message(role="user", text=f"Step {number}: where is thing {number}?", images=images)


def run(asked: Transformers, steps: int = 6, images: tuple[str, ...] = ()) -> list[str]:
    """Holds a conversation that grows, as an agent does; returns the answers."""
    messages, answers = start(), []
    for number in range(steps):
        messages.append(step(number, *(images if number == 0 else ())))
        answers.append(asked.complete(messages, schema=SCHEMA).text)
        messages.append(Message(role="assistant", text=answers[-1]))
    return answers


@pytest.mark.parametrize("family", ["llama", "qwen2"])
def test_answers_are_those_of_a_model_that_keeps_nothing(tiny: Any, family: str) -> None:
    assert run(client(tiny(family))) == run(client(tiny(family), kept=0))


@pytest.mark.parametrize("family", ["llava", "llava_next", "idefics3"])
def test_pictures_that_were_read_are_not_read_again(tiny: Any, family: str) -> None:
    seer = client(tiny(family))
    assert run(seer, 4, ("mug", "bowl")) == run(client(tiny(family), kept=0), 4, ("mug", "bowl"))
    assert seer.last.read_before > 0.8 * seer.last.prompt_tokens


@pytest.mark.parametrize("family", ["llava", "llava_next", "idefics3"])
def test_another_picture_in_the_same_place_is_read(tiny: Any, family: str) -> None:
    seer, fresh = client(tiny(family)), client(tiny(family), kept=0)
    for handle in ("mug", "bowl", "mug"):
        messages = [*start(), step(0, handle)]
        assert seer.complete(messages).text == fresh.complete(messages).text
    # The rules come before the picture.
    assert 0 < seer.last.read_before < seer.last.prompt_tokens


def test_only_what_is_new_is_read(tiny: Any) -> None:
    asked = client(tiny("llama"))
    messages, before = start(), 0
    for number in range(5):
        messages.append(step(number))
        answer = asked.complete(messages, schema=SCHEMA)
        assert asked.last.read_before >= before - 1
        before = answer.prompt_tokens
        messages.append(Message(role="assistant", text=answer.text))


def test_two_conversations_by_turns_are_both_kept(tiny: Any) -> None:
    asked = client(tiny("llama"))
    planner, caller = (
        start("You plan what a robot does next. "),
        start("You write calls of tools. "),
    )
    for number in range(3):
        for messages in (planner, caller):
            messages.append(step(number))
            asked.complete(messages)
            assert (asked.last.read_before > 100) == (number > 0)


def test_a_question_asked_again_is_read_but_for_one_token(tiny: Any) -> None:
    asked = client(tiny("llama"))
    for _ in range(2):
        done = asked.complete(start())
    assert asked.last.read_before == done.prompt_tokens - 1


def test_models_that_forget_start_anew(tiny: Any) -> None:
    asked = client(tiny("gemma3"))
    assert run(asked, 3) == run(client(tiny("gemma3"), kept=0), 3)
    assert asked.last.read_before == 0


def test_what_is_kept_is_bounded(tiny: Any) -> None:
    asked = client(tiny("llama"), kept=600)
    for number in range(6):
        asked.complete([*start(f"You are robot number {number} of six, and nobody else. ")])
        kept = asked._ready.prefixes._kept  # type: ignore[union-attr]
        assert kept and sum(len(each.tokens) for each in kept) <= 600


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12), max_size=6), st.data())
def test_no_more_is_taken_up_than_was_read(former: list[list[int]], data: st.DataObject) -> None:
    import torch
    from transformers.cache_utils import DynamicCache

    prefixes = Prefixes(40)
    for tokens in former:
        cache = DynamicCache()
        values = torch.tensor(tokens, dtype=torch.float32)[None, None, :, None]
        cache.update(values, values, 0)
        prefixes.keep(Prompt(tokens=np.array(tokens)), tokens, cache)
    asked = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=12))
    count, cache = prefixes.begin(Prompt(tokens=np.array(asked)))
    assert count < len(asked)
    if count:
        assert cache.layers[0].keys.flatten().tolist() == asked[:count]
    if former and len(former[-1]) > 1 and asked[:1] == former[-1][:1] and len(asked) > 1:
        assert count >= 1


@pytest.mark.slow
def test_a_growing_conversation_is_answered_sooner(tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "wide", width=256, layers=6)
    took = {}
    for kept in (0, 16_384):
        asked = client(folder, kept=kept, max_new_tokens=8, closing=0)
        asked.load()
        messages = start(RULES * 20)
        begun = time.perf_counter()
        for number in range(8):
            messages.append(step(number))
            asked.complete(messages)
            messages.append(Message(role="assistant", text="In the kitchen, on the table."))
        took[kept] = time.perf_counter() - begun
    print(f"8 turns: {took[0]:.2f} s, with what was read kept {took[16_384]:.2f} s")
    assert took[16_384] < took[0] / 2
