"""Weights in files."""

import json
from pathlib import Path

import pytest
import torch

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.encoders import VectorEncoder
from embodied_mem.models.sat.weights import load_transformer, save_transformer
from sat_batches import SIZE, small_batch, small_model


def test_what_is_read_answers_like_what_was_written(tmp_path: Path) -> None:
    model, batch = small_model(), small_batch()
    save_transformer(tmp_path / "reader", model, {"seed": 3})
    assert json.loads((tmp_path / "reader.json").read_text())["about"] == {"seed": 3}
    loaded = load_transformer(tmp_path / "reader", VectorEncoder(size=SIZE, width=32, hidden=8))
    assert loaded.config == model.config
    assert torch.equal(loaded(batch), model(batch))


def test_an_encoder_of_other_sizes_is_refused(tmp_path: Path) -> None:
    save_transformer(tmp_path / "reader", small_model())
    with pytest.raises(
        ConfigError, match=r"encoder.layers.0.bias is \(8,\) in the file and \(9,\)"
    ):
        load_transformer(tmp_path / "reader", VectorEncoder(size=SIZE, width=32, hidden=9))


def test_settings_of_another_version_are_refused(tmp_path: Path) -> None:
    save_transformer(tmp_path / "reader", small_model())
    about = json.loads((tmp_path / "reader.json").read_text())
    about["config"]["depth"] = 3
    (tmp_path / "reader.json").write_text(json.dumps(about))
    with pytest.raises(ConfigError, match="of another version"):
        load_transformer(tmp_path / "reader", VectorEncoder(size=SIZE, width=32, hidden=8))
