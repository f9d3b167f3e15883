"""Which model of a server is asked."""

from contextlib import closing
from pathlib import Path

import pytest

from embodied_mem.errors import ConfigError, ModelError
from embodied_mem.models import Message
from embodied_mem.models.http import Http
from embodied_mem.models.http.names import pick_model
from embodied_mem.models.registry import open_model_client
from stub_chat import fails, raw, running_stub, says

URL = "http://127.0.0.1:8000/v1"
HELLO = [Message(role="user", text="hello")]


def test_the_only_model_needs_no_name() -> None:
    assert pick_model("", ["qwen3-vl"], URL) == "qwen3-vl"


def test_one_of_several_has_to_be_named() -> None:
    with pytest.raises(ConfigError, match=r"has 2 models \(a, b\): say which one, as .*/v1#MODEL"):
        pick_model("", ["b", "a"], URL)
    with pytest.raises(ConfigError, match="names no models"):
        pick_model("", [], URL)


def test_a_name_that_a_server_has_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'qwen3-vl'"):
        pick_model("qwen3-v1", ["llama", "qwen3-vl"], URL)


def test_names_that_servers_take_in_short_are_completed(tmp_path: Path) -> None:
    assert pick_model("qwen", ["qwen:latest"], URL) == "qwen:latest"
    assert pick_model("a/b", ["a/b@main"], URL) == "a/b@main"
    assert pick_model(str(tmp_path), ["a/b"], URL) == str(tmp_path)
    assert pick_model("qwen", [], URL) == "qwen"


def test_the_registry_opens_an_address_with_a_model_behind_it() -> None:
    with running_stub(says("hello"), models=["one", "two"]) as stub:
        client = open_model_client(f"{stub.url}#two")
        assert isinstance(client, Http)
        with closing(client):
            assert client.complete(HELLO).text == "hello"
            assert client.name == f"two@{stub.url[7:-3]}"
    assert stub.requests[0]["model"] == "two"


def test_what_is_no_model_server_is_told() -> None:
    with (
        running_stub(says("hello"), listing=raw(b"<html>It works!</html>")) as stub,
        closing(Http(base_url=stub.url)) as client,
        pytest.raises(ModelError, match="may be no model server: <html>It works!</html>"),
    ):
        client.complete(HELLO)


def test_a_server_that_lists_nothing_is_asked_for_the_name_that_was_given() -> None:
    with (
        running_stub(says("hello"), models=[]) as stub,
        closing(Http(base_url=stub.url, model="three")) as client,
    ):
        client.complete(HELLO)
    assert stub.requests[0]["model"] == "three"


def test_a_server_that_fails_to_list_its_models_is_asked_for_the_name_that_was_given() -> None:
    with (
        running_stub(says("hello"), listing=fails(500)) as stub,
        closing(Http(base_url=stub.url, model="three")) as client,
    ):
        client.complete(HELLO)
        assert stub.requests[0]["model"] == "three"
        with pytest.raises(ConfigError, match="names no models"):
            Http(base_url=stub.url).connect()
