"""What a server can do about a schema is seen, not believed.

The servers here are stubs that answer as these servers' own code does; llama-cpp-python and
`transformers serve` are asked themselves in `test_llama.py` and `test_transformers_serve.py`.
"""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest

from embodied_mem.errors import ModelError
from embodied_mem.models import Message
from embodied_mem.models.http import Http, HttpConfig
from stub_chat import Handler, Stub, fails, running_stub, says

SCHEMA = {"type": "object", "properties": {"room": {"enum": ["hall"]}}, "required": ["room"]}
ASK = [Message(role="system", text="You know rooms."), Message(role="user", text="Which room?")]
Server = Callable[[Stub, Handler, dict[str, Any]], None]


def first_of(schema: dict[str, Any]) -> str:
    """The only value that a schema of these tests allows."""
    return json.dumps({name: of["enum"][0] for name, of in schema["properties"].items()})


def vllm(stub: Stub, handler: Handler, request: dict[str, Any]) -> None:
    """vLLM, llama.cpp and Ollama follow `json_schema`."""
    form = request.get("response_format")
    says(first_of(form["json_schema"]["schema"]) if form else "Well, the hall.")(
        stub, handler, request
    )


def llama_cpp_python(stub: Stub, handler: Handler, request: dict[str, Any]) -> None:
    """llama-cpp-python 0.3.36 follows `json_object` with a schema, and fails at other types."""
    form = request.get("response_format")
    if form and form["type"] != "json_object":
        said = "1 validation error: ('body', 'response_format', 'type') should be 'text' or ..."
        fails(500, said)(stub, handler, request)
    else:
        says(first_of(form["schema"]) if form else "Well, the hall.")(stub, handler, request)


def json_only(stub: Stub, handler: Handler, request: dict[str, Any]) -> None:
    """Older servers know JSON, and no schema."""
    form = request.get("response_format")
    if form and (form["type"] != "json_object" or "schema" in form):
        fails(400, "response_format.type must be one of text, json_object")(stub, handler, request)
    else:
        says('{"place": "hall"}' if form else "Well, the hall.")(stub, handler, request)


def deaf(stub: Stub, handler: Handler, request: dict[str, Any]) -> None:
    """`transformers serve` 5.23 takes the field and does nothing."""
    says('Sure! {"room": "hall"}')(stub, handler, request)


def strict(stub: Stub, handler: Handler, request: dict[str, Any]) -> None:
    """Some servers refuse any field that they do not know."""
    if "response_format" in request:
        fails(422, "Unexpected fields in the request: {'response_format'}")(stub, handler, request)
    else:
        deaf(stub, handler, request)


@contextmanager
def asking(server: Server, **settings: Any) -> Iterator[tuple[Stub, Http]]:
    with running_stub(server) as stub:
        config = HttpConfig(base_url=stub.url, first_wait=0.01, **settings)
        with closing(Http(config)) as client:
            yield stub, client


@pytest.mark.parametrize(
    ("server", "way", "probes"),
    [
        (vllm, "json_schema", 1),
        (llama_cpp_python, "object_schema", 2),
        (json_only, "json_object", 3),
        (deaf, "plain", 3),
        (strict, "plain", 3),
    ],
)
def test_the_strongest_way_that_a_server_keeps_to_is_found_once(
    server: Server, way: str, probes: int
) -> None:
    with asking(server) as (stub, client):
        first = client.complete(ASK, schema=SCHEMA)
        second = client.complete(ASK, schema=SCHEMA)
        assert client.way == way
    assert first.text == second.text
    assert len(stub.requests) == probes + 2
    form = stub.requests[-1].get("response_format")
    turns = stub.requests[-1]["messages"]
    if way in ("json_schema", "object_schema"):
        assert json.loads(first.text) == {"room": "hall"}
        assert turns[0]["content"] == "You know rooms."
    else:
        assert json.dumps(SCHEMA, separators=(",", ":")) in turns[0]["content"]
        assert turns[0]["content"].startswith("You know rooms.\n\n")
    assert turns[1] == {"role": "user", "content": "Which room?"}
    expected = {
        "json_schema": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": SCHEMA},
        },
        "object_schema": {"type": "json_object", "schema": SCHEMA},
        "json_object": {"type": "json_object"},
        "plain": None,
    }
    assert form == expected[way]


def test_nothing_is_probed_for_answers_without_a_schema() -> None:
    with asking(vllm) as (stub, client):
        assert client.complete(ASK).text == "Well, the hall."
        assert client.way is None
    assert len(stub.requests) == 1


def test_a_way_that_is_named_is_not_probed() -> None:
    with asking(vllm, constrain="json_schema") as (stub, client):
        client.complete(ASK, schema=SCHEMA)
    assert len(stub.requests) == 1


def test_one_schema_that_a_server_cannot_read_weakens_no_other() -> None:
    odd = {"type": "object", "properties": {"room": {"enum": ["hall"], "pattern": "(?!x)"}}}

    def picky(stub: Stub, handler: Handler, request: dict[str, Any]) -> None:
        form = request.get("response_format", {})
        if "pattern" in json.dumps(form):
            fails(400, "the grammar does not support look-ahead")(stub, handler, request)
        else:
            vllm(stub, handler, request if "json_schema" in form else {})

    with asking(picky) as (stub, client):
        assert client.complete(ASK, schema=odd).text == "Well, the hall."
        assert json.loads(client.complete(ASK, schema=SCHEMA).text) == {"room": "hall"}
        asked = len(stub.requests)
        client.complete(ASK, schema=odd)  # what was refused is not tried again
        assert len(stub.requests) == asked + 1
        assert client.way == "json_schema"


def test_a_conversation_without_a_system_message_gets_one_for_the_schema() -> None:
    with asking(deaf) as (stub, client):
        client.complete(ASK[1:], schema=SCHEMA)
    roles = [turn["role"] for turn in stub.requests[-1]["messages"]]
    assert roles == ["system", "user"]


def test_another_fault_is_not_taken_for_a_missing_ability() -> None:
    with asking(fails(400, "the context is too long")) as (stub, client):
        with pytest.raises(ModelError, match="too long"):
            client.complete(ASK, schema=SCHEMA)
        assert client.way is None
    assert len(stub.requests) == 1


def test_threads_that_begin_together_probe_once() -> None:
    start = threading.Barrier(6)

    with asking(llama_cpp_python) as (stub, client):

        def ask(_: int) -> str:
            start.wait(5.0)
            return client.complete(ASK, schema=SCHEMA).text

        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(ask, range(6))) == ['{"room": "hall"}'] * 6
    assert len(stub.requests) == 2 + 6
