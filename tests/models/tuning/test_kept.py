import json
import platform
from pathlib import Path

import pytest

from embodied_mem.errors import ConfigError
from embodied_mem.models.tuning import machine
from embodied_mem.models.tuning.kept import Kept, cache_folder, keep, key_of, tuned_settings
from embodied_mem.models.tuning.space import Setting

SERVER = "http://127.0.0.1:8000/v1"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMBODIED_MEM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _kept(model: str, concurrency: int, server: str = SERVER) -> Kept:
    return Kept(
        key=key_of(server, model),
        setting=Setting(concurrency=concurrency),
        goodput=1.5,
        unit="useful calls/s",
        latency=10.0,
        measured=28,
        settings=112,
        when="2026-11-24T00:00:00+00:00",
    )


def test_a_setting_is_found_by_server_and_model() -> None:
    assert tuned_settings(SERVER, "a") is None
    keep(_kept("a", 2))
    assert tuned_settings("http://LOCALHOST:8000/v1/", "a") == Setting(concurrency=2)
    assert tuned_settings(SERVER) == Setting(concurrency=2)
    keep(_kept("b", 4))
    assert tuned_settings(SERVER, "b") == Setting(concurrency=4)
    assert tuned_settings(SERVER) is None, "two models: which one is not said"
    assert tuned_settings("http://127.0.0.1:8001/v1", "a") is None
    assert tuned_settings(SERVER, "c") is None
    keep(_kept("a", 8))
    assert tuned_settings(SERVER, "a") == Setting(concurrency=8)
    assert tuned_settings(SERVER, "b") == Setting(concurrency=4)


def test_another_machine_is_tuned_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keep(_kept("a", 2))
    assert tuned_settings(SERVER, "a") is not None
    card = tmp_path / "gpus" / "0000:01:00.0"
    card.mkdir(parents=True)
    (card / "information").write_text("Model: \t\t NVIDIA H100\nIRQ: 1\n")
    monkeypatch.setattr(machine, "_GPUS", card.parent)
    assert machine.machine_name().endswith(", NVIDIA H100")
    assert tuned_settings(SERVER, "a") is None
    keep(_kept("a", 32))
    assert tuned_settings(SERVER, "a") == Setting(concurrency=32)
    monkeypatch.setattr(machine, "_GPUS", tmp_path / "none")
    assert tuned_settings(SERVER, "a") == Setting(concurrency=2)


def test_a_damaged_file_is_named(cache: Path) -> None:
    path = keep(_kept("a", 2))
    assert path == cache / "tuned.json"
    for text in ("{", '{"format": 1}', json.dumps({"format": 2, "tuned": []})):
        path.write_text(text)
        with pytest.raises(ConfigError, match=r"tuned\.json.*delete it"):
            tuned_settings(SERVER, "a")


@pytest.mark.parametrize(
    ("system", "variables", "folder"),
    [
        ("Linux", {}, ".cache/embodied_mem"),
        ("Linux", {"XDG_CACHE_HOME": "/x"}, "/x/embodied_mem"),
        ("Darwin", {"XDG_CACHE_HOME": "/x"}, "Library/Caches/embodied_mem"),
        ("Windows", {"LOCALAPPDATA": "/l"}, "/l/embodied_mem"),
        ("Linux", {"EMBODIED_MEM_CACHE": "/here"}, "/here"),
    ],
)
def test_the_cache_is_where_the_platform_has_it(
    system: str, variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("EMBODIED_MEM_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(platform, "system", lambda: system)
    assert cache_folder() == Path.home() / folder
