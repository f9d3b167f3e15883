"""`run --segmenter` with detectors of random weights: the plumbing, not what they find."""

import json

import pytest

from embodied_mem.cli import main
from tiny_detectors import save_all


@pytest.mark.parametrize("segmenter", ["grounding-dino", "owlv2+depth"])
def test_a_walk_with_a_detector_runs_through(monkeypatch, tmp_path, segmenter):
    pytest.importorskip("torch")
    monkeypatch.setenv("EMBODIED_MEM_MODELS", str(save_all(tmp_path / "models")))
    given = ["run", "--segmenter", segmenter, "--steps", "20", "--width", "160"]
    assert main([*given, "--out", str(tmp_path / "out"), "--json", str(tmp_path / "r.json")]) == 0
    found = json.loads((tmp_path / "r.json").read_text())["metrics"]
    assert found["ticks"] == 20
    assert found["objects"] > 0


def test_without_weights_a_run_ends_with_the_commands(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("EMBODIED_MEM_MODELS", str(tmp_path))
    out = tmp_path / "out"
    assert main(["run", "--segmenter", "grounding-dino", "--out", str(out)]) != 0
    told = capsys.readouterr().err
    assert "hf download IDEA-Research/grounding-dino-tiny" in " ".join(told.split())
    assert not out.exists()
