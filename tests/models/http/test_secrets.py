"""The key: shown to the server that it is for, and found nowhere else."""

import logging
import pickle
import traceback
from contextlib import closing
from typing import Any

import pytest

from embodied_mem.errors import ConfigError, EmbodiedMemError, ModelError
from embodied_mem.models import Message
from embodied_mem.models.http import Http, HttpConfig
from stub_chat import Handler, Stub, fails, running_stub, says

KEY = "sk-0f8a-do-not-tell-anyone"
HELLO = [Message(role="user", text="hello")]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBODIED_MEM_API_KEY", KEY)


def told_by(error: BaseException) -> str:
    """All that a report of an error can show, with the local variables of all but this test."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert shown.stack.pop(0).filename == __file__
    return "".join(shown.format()) + repr(error)


def test_the_server_is_shown_the_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_stub(says("hello")) as stub, closing(Http(base_url=stub.url)) as client:
        client.complete(HELLO)
        monkeypatch.delenv("EMBODIED_MEM_API_KEY")
        client.complete(HELLO)
    shown = [headers.get("Authorization") for headers in stub.headers]
    assert shown == [f"Bearer {KEY}", f"Bearer {KEY}", None]


def test_other_keys_of_the_environment_are_shown_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "HF_TOKEN"):
        monkeypatch.setenv(name, "another-secret")
    config = HttpConfig(key_variable="")
    with running_stub(says("hello")) as stub, closing(Http(config, base_url=stub.url)) as client:
        client.complete(HELLO)
    assert all("Authorization" not in headers for headers in stub.headers)
    assert "another-secret" not in str(stub.headers)


def echoes(stub: Stub, handler: Handler, request: dict[str, Any]) -> None:
    """Repeats what it was shown, as some servers do."""
    fails(401, f"Incorrect API key: {handler.headers['Authorization']}")(stub, handler, request)


def test_the_key_is_in_no_log_no_error_no_picture_of_a_client(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with running_stub(echoes) as stub, closing(Http(base_url=stub.url)) as client:
        with pytest.raises(ModelError, match="Incorrect API key") as caught:
            client.complete(HELLO)
        kept = repr(client) + repr(client.config) + str(vars(client)) + client.name
        pickled = pickle.dumps(client)
    logged = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert caplog.records
    for text in (told_by(caught.value), kept, logged):
        assert KEY not in text
    assert KEY.encode() not in pickled
    assert "EMBODIED_MEM_API_KEY" in str(caught.value)  # what to set is said


def test_a_broken_connection_does_not_tell_the_key() -> None:
    with running_stub(says("x")) as stub:
        url = stub.url
    with closing(Http(base_url=url)) as client, pytest.raises(ModelError) as caught:
        client.complete(HELLO)
    assert KEY not in told_by(caught.value)


def test_a_pickled_client_asks_the_same_server() -> None:
    with running_stub(says("hello")) as stub:
        with closing(Http(HttpConfig(max_tokens=9), base_url=stub.url)) as client:
            again = pickle.loads(pickle.dumps(client))
        with closing(again):
            assert again.complete(HELLO).text == "hello"
        assert stub.requests[-1]["max_tokens"] == 9
        assert again.config == client.config


@pytest.mark.parametrize("url", ["http://192.168.1.5:8000/v1", "http://models.example/v1"])
def test_the_key_is_never_sent_in_the_clear(url: str) -> None:
    with pytest.raises(ConfigError, match="in the clear") as caught:
        Http(base_url=url)
    assert KEY not in told_by(caught.value)
    Http(HttpConfig(key_variable=""), base_url=url).close()


@pytest.mark.parametrize(
    "url",
    ["https://models.example/v1", "http://127.0.0.2/v1", "http://localhost/v1", "http://[::1]/v1"],
)
def test_the_key_may_go_over_https_and_to_this_machine(url: str) -> None:
    Http(base_url=url).close()


@pytest.mark.parametrize("bad", ["two words", "line\nbreak", "ключ"])
def test_a_key_that_no_header_takes_is_refused_without_saying_it(
    bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBODIED_MEM_API_KEY", bad)
    with pytest.raises(ConfigError, match="letters that no header takes") as caught:
        Http()
    assert bad not in str(caught.value)


def test_a_key_in_place_of_its_variable_is_refused_without_saying_it() -> None:
    with pytest.raises(ConfigError, match="no name of an environment variable") as caught:
        HttpConfig(key_variable=KEY)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("url", ["http://me:{}@127.0.0.1/v1", "http://127.0.0.1/v1?key={}"])
def test_a_secret_in_an_address_is_refused_without_saying_it(url: str) -> None:
    with pytest.raises(EmbodiedMemError, match="environment variable") as caught:
        Http(base_url=url.format(KEY))
    assert KEY not in str(caught.value)


def test_a_proxy_is_not_shown_what_stays_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_stub(says("proxied")) as proxy, running_stub(says("direct")) as stub:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        with closing(Http(base_url=stub.url)) as client:
            assert client.complete(HELLO).text == "direct"
    assert proxy.headers == []
