"""Tuned settings reach the client's configuration."""

from pathlib import Path

import pytest

from embodied_mem.models.http import Http, HttpConfig
from embodied_mem.models.http.tuned import with_tuned
from embodied_mem.models.registry import open_model_client
from embodied_mem.models.tuning.kept import Kept, keep, key_of
from embodied_mem.models.tuning.space import Setting
from stub_chat import running_stub, says

URL = "http://127.0.0.1:8000/v1"


def kept(url: str, setting: Setting) -> Kept:
    return Kept(
        key=key_of(url, "m"),
        setting=setting,
        goodput=1.5,
        unit="useful calls/s",
        latency=10.0,
        measured=28,
        settings=112,
        when="2026-11-24T00:00:00+00:00",
    )


def test_what_was_tuned_is_taken_and_the_rest_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBODIED_MEM_CACHE", str(tmp_path))
    config = HttpConfig(base_url=URL, model="m", retries=7)
    assert with_tuned(config) is config
    setting = Setting(concurrency=4, batch=2, image_size=0, max_tokens=128)
    keep(kept(URL, setting))
    tuned = with_tuned(config)
    assert (tuned.concurrency, tuned.max_tokens) == (8, config.max_tokens)
    assert (tuned.image_size, tuned.retries, tuned.model) == (config.image_size, 7, "m")


def test_a_server_that_a_command_names_is_asked_as_was_tuned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBODIED_MEM_CACHE", str(tmp_path))
    with running_stub(says("yes"), models=["m"]) as server:
        keep(kept(server.url, Setting(concurrency=8, image_size=336)))
        client = open_model_client(server.url)
    assert isinstance(client, Http)
    assert (client.config.concurrency, client.config.image_size) == (8, 336)
