"""Answers of models with random weights that are held to schemas: all of them follow."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from embodied_mem.brain.plan.schema import Plan
from embodied_mem.brain.planning.prompt import schema_of
from embodied_mem.brain.tools import memory_tools
from embodied_mem.errors import MalformedOutputError, ModelError
from embodied_mem.memory import MemoryStore
from embodied_mem.models import Message
from embodied_mem.models.local import Transformers, TransformersConfig

SCHEMAS: dict[str, dict[str, Any]] = {
    "enum": {"enum": ["call", "conclude", "give_up"]},
    "numbers": {
        "type": "object",
        "properties": {
            "i": {"type": "integer"},
            "n": {"type": "number"},
            "b": {"type": "integer", "minimum": -3, "maximum": 4},
        },
        "required": ["i", "n", "b"],
    },
    "lists": {
        "type": "array",
        "items": {"type": ["string", "null"], "maxLength": 5},
        "minItems": 2,
        "maxItems": 4,
    },
    "words": {"type": "string", "pattern": "^[a-z]{2,6}$"},
    "tree": {
        "$ref": "#/$defs/T",
        "$defs": {
            "T": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "parts": {"type": "array", "items": {"$ref": "#/$defs/T"}},
                },
                "required": ["name", "parts"],
            }
        },
    },
}


def asking(folder: Path, **settings: Any) -> Transformers:
    settings = {"max_new_tokens": 160, "closing": 100, "threads": 1, "temperature": 1.0, **settings}
    return Transformers(str(folder), config=TransformersConfig(**settings))


def question(text: str) -> list[Message]:
    return [Message(role="user", text=text)]


def follow(client: Transformers, schema: dict[str, Any], draws: int) -> None:
    for number in range(draws):
        done = client.complete(question(f"Question {number}"), schema=schema)
        jsonschema.Draft202012Validator(schema).validate(json.loads(done.text))
        assert done.completion_tokens <= client.config.max_new_tokens


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_random_weights_write_follows_the_schema(tiny: Any, name: str) -> None:
    follow(asking(tiny("llama")), SCHEMAS[name], 4)


def call_tools(client: Transformers, store: MemoryStore, times: int) -> None:
    for number in range(times):
        for name, tool in memory_tools(store, write=True).items():
            schema = msgspec.json.schema(tool.arguments)
            done = client.complete(question(f"{name} {number}"), schema=schema)
            msgspec.json.decode(done.text, type=tool.arguments)


def test_calls_of_the_memory_tools_are_right_in_form(tiny: Any, sample_memory: MemoryStore) -> None:
    call_tools(asking(tiny("qwen2"), max_new_tokens=300, closing=200), sample_memory, 1)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["llama", "qwen2"])
def test_hundreds_of_calls_of_the_memory_tools_are_right_in_form(
    tiny: Any, sample_memory: MemoryStore, family: str
) -> None:
    call_tools(asking(tiny(family), max_new_tokens=300, closing=200), sample_memory, 50)


def test_plans_hold_one_another_and_come_to_an_end(tiny: Any) -> None:
    client = asking(tiny("llama"), max_new_tokens=500, closing=300)
    for number in range(3):
        done = client.complete(question(f"Tidy up {number}"), schema=schema_of("Plan"))
        msgspec.json.decode(done.text, type=Plan)


def test_an_answer_without_room_to_close_is_refused(tiny: Any) -> None:
    cut = asking(tiny("llama"), max_new_tokens=24, closing=0, temperature=0.0)
    with pytest.raises(MalformedOutputError, match="was cut off after 24 tokens"):
        cut.complete(question("Where?"), schema={"type": "string", "minLength": 500})


def test_closing_lets_an_answer_end_that_would_be_cut_off(
    tiny: Any, caplog: pytest.LogCaptureFixture
) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    refused = closed = 0
    for seed in range(6):
        settings: dict[str, Any] = {"max_new_tokens": 24, "seed": seed}
        try:
            asking(tiny("llama"), closing=0, **settings).complete(question("?"), schema=schema)
        except MalformedOutputError:
            refused += 1
        caplog.clear()
        asking(tiny("llama"), closing=8, **settings).complete(question("?"), schema=schema)
        closed += "was closed after" in caplog.text
    assert refused == closed > 0


def test_a_schema_that_no_text_follows_is_refused(tiny: Any) -> None:
    with pytest.raises(ModelError, match="no grammar can be made of the schema"):
        asking(tiny("llama")).complete(
            question("?"), schema={"type": "object", "dependentRequired": {"a": ["b"]}}
        )


def test_weights_that_give_no_numbers_are_told(tiny: Any) -> None:
    import torch

    client = asking(tiny("llama"))
    client.load()
    assert client._ready is not None
    with torch.no_grad():
        client._ready.loaded.model.lm_head.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match="no finite score"):
        client.complete(question("?"), schema={"enum": [1, 2]})
