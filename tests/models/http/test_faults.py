"""A server at fault: what passes is tried again, what does not is said in one line, in time."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
import pytest

from embodied_mem.errors import ConfigError, ModelError, ModelTimeout
from embodied_mem.models import Message
from embodied_mem.models.http import Http, HttpConfig
from stub_chat import Handler, Play, Stub, breaks_off, completion, fails, raw, running_stub, says

HELLO = [Message(role="user", text="hello")]
QUICK: dict[str, Any] = {"first_wait": 0.01, "longest_wait": 0.5, "retries": 3, "timeout": 10.0}


@contextmanager
def asking(*plays: Play, **settings: Any) -> Iterator[tuple[Stub, Http]]:
    with running_stub(*plays) as stub:
        config = HttpConfig(base_url=stub.url, **(QUICK | settings))
        with closing(Http(config, rng=np.random.default_rng(0))) as client:
            yield stub, client


def test_an_answer_has_its_text_its_tokens_and_its_time() -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    with asking(says("good day", usage=usage)) as (stub, client):
        completion = client.complete(HELLO)
    assert (completion.text, completion.prompt_tokens, completion.completion_tokens) == (
        "good day",
        7,
        3,
    )
    assert 0.0 < completion.seconds < 5.0
    assert stub.requests == [
        {
            "model": "stub",
            "messages": [{"role": "user", "content": "hello"}],
            "max_tokens": 2048,
            "temperature": 0.0,
        }
    ]


@pytest.mark.parametrize("body", [completion("good day"), b'{"usage":null,' + completion("x")[1:]])
def test_tokens_are_estimated_where_the_server_does_not_count(body: bytes) -> None:
    with asking(raw(body)) as (_, client):
        completion = client.complete([Message(role="user", text="Put the duck away.")])
    assert completion.prompt_tokens == 5
    assert completion.completion_tokens >= 1


@pytest.mark.parametrize("trouble", [fails(408), fails(409), fails(429), fails(500), fails(503)])
def test_what_may_pass_is_tried_again(trouble: Play) -> None:
    with asking(trouble, trouble, says("at last")) as (stub, client):
        assert client.complete(HELLO).text == "at last"
    assert len(stub.requests) == 3
    assert stub.requests[0] == stub.requests[2]


def test_a_connection_that_breaks_in_the_middle_of_an_answer_is_tried_again() -> None:
    with asking(breaks_off, says("whole")) as (stub, client):
        assert client.complete(HELLO).text == "whole"
    assert len(stub.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_will_not_pass_is_not_tried_again(status: int) -> None:
    with (
        asking(fails(status, "no such thing")) as (stub, client),
        pytest.raises(ModelError, match=f"status {status}: no such thing"),
    ):
        client.complete(HELLO)
    assert len(stub.requests) == 1


def test_retries_end_and_say_how_many_there_were() -> None:
    with (
        asking(fails(500, "out of memory")) as (stub, client),
        pytest.raises(ModelError, match="status 500 after 4 tries: out of memory"),
    ):
        client.complete(HELLO)
    assert len(stub.requests) == 4


def test_a_server_that_says_when_to_come_again_is_not_asked_before() -> None:
    with asking(fails(429, retry_after="0.3"), says("now")) as (_, client):
        client.connect()
        begun = time.monotonic()
        assert client.complete(HELLO).text == "now"
        assert time.monotonic() - begun >= 0.3


def test_a_server_that_asks_for_too_long_a_wait_is_given_up_at_once() -> None:
    with asking(fails(429, retry_after="3600")) as (stub, client):
        begun = time.monotonic()
        with pytest.raises(ModelError, match="status 429"):
            client.complete(HELLO)
        assert time.monotonic() - begun < 5.0
    assert len(stub.requests) == 1


def slow(seconds: float) -> Play:
    def play(stub: Stub, handler: Handler, request: dict[str, Any]) -> None:
        time.sleep(seconds)
        says("late")(stub, handler, request)

    return play


def drips(stub: Stub, handler: Handler, request: dict[str, Any]) -> None:
    """Sends a byte now and then, so that no single read takes long."""
    body = completion("x" * 400)
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    for at in range(len(body)):
        handler.wfile.write(body[at : at + 1])
        time.sleep(0.02)


@pytest.mark.parametrize("play", [slow(2.0), drips])
def test_a_call_ends_in_its_time(play: Play) -> None:
    with asking(play) as (_, client):
        client.connect()
        begun = time.monotonic()
        with pytest.raises(ModelTimeout, match=r"no answer from .* in time"):
            client.complete(HELLO, timeout=0.4)
        assert 0.35 < time.monotonic() - begun < 1.5


def test_retries_end_with_the_time_and_say_what_the_trouble_was() -> None:
    with asking(fails(503, "loading"), retries=1000, longest_wait=0.05) as (stub, client):
        client.connect()
        begun = time.monotonic()
        with pytest.raises(ModelTimeout, match="loading"):
            client.complete(HELLO, timeout=0.5)
        assert time.monotonic() - begun < 1.5
    assert len(stub.requests) > 2


def test_a_huge_answer_is_not_read_to_its_end() -> None:
    sent = []

    def floods(stub: Stub, handler: Handler, request: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(10**12))
        handler.end_headers()
        while True:
            sent.append(handler.wfile.write(b" " * 2**20))

    with asking(floods) as (_, client), pytest.raises(ModelError, match="more than 16 MiB"):
        client.complete(HELLO)
    assert len(sent) < 64


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>It works!</html>",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"message": {"content": 7}}]}',
        b"[" * 100_000,
        b"\xff\xfe",
        json.dumps({"choices": None}).encode(),
    ],
)
def test_what_is_no_answer_is_refused_in_one_line(body: bytes) -> None:
    with asking(raw(body)) as (_, client), pytest.raises(ModelError) as caught:
        client.complete(HELLO)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 800


def test_nobody_is_followed_elsewhere() -> None:
    with running_stub(says("stolen")) as thief:
        moved = raw(b"", 307, location=f"{thief.url}/chat/completions")
        with asking(moved) as (_, client), pytest.raises(ModelError, match="points elsewhere"):
            client.complete(HELLO)
    assert thief.requests == []


def test_no_server_is_one_clear_line() -> None:
    with running_stub(says("x")) as stub:
        url = stub.url
    with closing(Http(base_url=url)) as client, pytest.raises(ModelError) as caught:
        client.complete(HELLO)
    assert str(caught.value).startswith(f"no model server answers at {url} (")
    assert "start one" in str(caught.value)
    assert "refused" in str(caught.value)


def test_only_so_many_calls_are_under_way_at_once() -> None:
    with asking(slow(0.05), concurrency=3) as (stub, client), ThreadPoolExecutor(12) as pool:
        texts = list(pool.map(lambda _: client.complete(HELLO).text, range(24)))
    assert texts == ["late"] * 24
    assert stub.most_at_once == 3


def test_who_waits_in_line_for_too_long_is_told() -> None:
    started = threading.Event()

    def blocks(stub: Stub, handler: Handler, request: dict[str, Any]) -> None:
        started.set()
        time.sleep(1.0)
        says("done")(stub, handler, request)

    with asking(blocks, concurrency=1) as (stub, client), ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.complete, HELLO)
        assert started.wait(5.0)
        with pytest.raises(ModelTimeout, match="other calls were under way"):
            client.complete(HELLO, timeout=0.2)
        assert first.result().text == "done"
    assert len(stub.requests) == 1


def test_an_empty_conversation_is_refused() -> None:
    with asking(says("x")) as (_, client), pytest.raises(ModelError, match="at least one"):
        client.complete([])


@pytest.mark.parametrize(
    "address",
    ["", "here", "ftp://host/v1", "http://", "http://host:port/v1", "http://[::1/v1"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError):
        Http(HttpConfig(base_url=address))


@pytest.mark.parametrize(
    "settings",
    [
        {"max_tokens": 0},
        {"concurrency": 0},
        {"timeout": 0.0},
        {"read_timeout": float("nan")},
        {"retries": -1},
        {"temperature": -1.0},
        {"constrain": "jsonschema"},
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        HttpConfig(**settings)
