"""Weights: where they are looked for, and what is told where they are not whole or not there."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.errors import MissingWeightsError
from embodied_mem.models.weights import FOLDER, find_weights


@pytest.fixture(autouse=True)
def _nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def model(folder: Path, *weights: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    for name in weights or ("model.safetensors",):
        (folder / name).write_bytes(b"\x08" + bytes(16))
    return folder


def cached(hub: Path, repository: str) -> Path:
    """Lays a model into a cache as the Hub's own client does."""
    root = hub / f"models--{repository.replace('/', '--')}"
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text("0" * 40)
    return model(root / "snapshots" / ("0" * 40))


def test_a_folder_that_is_given_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = model(tmp_path / "mine")
    model(tmp_path / "all" / "seer")
    monkeypatch.setenv(FOLDER, str(tmp_path / "all"))
    assert find_weights("seer", "lab/seer-tiny", str(mine)) == mine


def test_the_folder_of_all_models_comes_before_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = cached(tmp_path / "hub", "lab/seer-tiny")
    assert find_weights("seer", "lab/seer-tiny") == kept
    other = model(tmp_path / "all" / "seer")
    monkeypatch.setenv(FOLDER, str(tmp_path / "all"))
    assert find_weights("seer", "lab/seer-tiny") == other


def test_another_repository_can_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model(tmp_path / "all" / "seer")
    large = model(tmp_path / "all" / "seer-large")
    monkeypatch.setenv(FOLDER, str(tmp_path / "all"))
    assert find_weights("seer", "lab/seer-tiny", "lab/seer-large") == large
    kept = cached(tmp_path / "hub", "lab/seer-huge")
    assert find_weights("seer", "lab/seer-tiny", "lab/seer-huge") == kept


def test_the_command_that_fetches_them_is_told() -> None:
    with pytest.raises(
        MissingWeightsError, match=r'hf download lab/seer-tiny --local-dir ".*/seer"'
    ):
        find_weights("seer", "lab/seer-tiny")
    with pytest.raises(MissingWeightsError, match="hf download lab/seer-large "):
        find_weights("seer", "lab/seer-tiny", "lab/seer-large")


@pytest.mark.parametrize("given", ["./seer", "~/no-such-seer", "/no/such/seer", "a/b/c"])
def test_a_folder_that_is_not_there_is_no_repository(given: str) -> None:
    with pytest.raises(MissingWeightsError, match="there is no folder") as told:
        find_weights("seer", "lab/seer-tiny", given)
    assert "hf download" not in str(told.value)


def test_pickled_weights_are_no_weights(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(MissingWeightsError, match="pickled weights are not loaded"):
        find_weights("seer", "lab/seer-tiny", str(folder))


def test_weights_without_a_configuration_are_no_model(tmp_path: Path) -> None:
    (model(tmp_path / "half") / "config.json").unlink()
    with pytest.raises(MissingWeightsError, match=r"expected config\.json"):
        find_weights("seer", "lab/seer-tiny", str(tmp_path / "half"))


def test_parts_that_are_missing_are_named(tmp_path: Path) -> None:
    folder = model(tmp_path / "parts", "model-00001-of-00002.safetensors")
    parts = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": parts}))
    with pytest.raises(MissingWeightsError, match=r"1 files are missing .model-00002-of-00002"):
        find_weights("seer", "lab/seer-tiny", str(folder))
    (folder / parts["b"]).write_bytes(bytes(16))
    assert find_weights("seer", "lab/seer-tiny", str(folder)) == folder
    index.write_text("[]")
    with pytest.raises(MissingWeightsError, match="is damaged"):
        find_weights("seer", "lab/seer-tiny", str(folder))


def test_a_pointer_of_git_lfs_is_no_weights(tmp_path: Path) -> None:
    folder = model(tmp_path / "clone")
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid x\n")
    with pytest.raises(MissingWeightsError, match="git lfs pull"):
        find_weights("seer", "lab/seer-tiny", str(folder))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_whatever_is_given_is_found_or_told(name: str) -> None:
    try:
        found = find_weights("seer", "lab/seer-tiny", name)
    except MissingWeightsError as error:
        assert "hf download" in str(error) or "folder" in str(error) or "holds no" in str(error)
    else:
        assert (found / "config.json").is_file()
