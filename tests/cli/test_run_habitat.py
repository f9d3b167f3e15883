"""`run --task habitat` from start to end, with the stand-in for what conda alone can install."""

import json
import sys

import pytest

from embodied_mem.cli import main
from embodied_mem_envs.house import HouseConfig, generate_house
from embodied_mem_envs.house.export import export_house
from habitat_rig import STAND_IN


@pytest.fixture
def habitat(monkeypatch):
    monkeypatch.setenv("EMBODIED_MEM_HABITAT_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", str(STAND_IN))


def run(out, *flags):
    given = ["run", "--seed", "11", "--rooms", "3", "--width", "48", "--steps", "6"]
    return main([*given, "--out", str(out), *flags])


def test_a_house_and_a_scene_are_walked_and_remembered(habitat, tmp_path):
    assert run(tmp_path / "house", "--task", "habitat") == 0
    files = export_house(generate_house(11, HouseConfig(rooms=3)), tmp_path / "scene")
    dataset = str(files.scene_dataset)
    assert run(tmp_path / "named", "--task", "habitat/house-11", "--scene-dataset", dataset) == 0
    for name in ("house", "named"):
        result = json.loads((tmp_path / name / "result.json").read_text())
        assert result["metrics"]["ticks"] == 6 and result["metrics"]["objects"] > 0


def test_what_does_not_go_together_is_told(habitat, tmp_path, capsys, monkeypatch):
    assert run(tmp_path, "--task", "habitat", "--noise") == 1
    assert "--noise is for the house" in capsys.readouterr().err
    assert run(tmp_path, "--task", "habitat/missing.glb") == 1
    assert "no scene file 'missing.glb'" in capsys.readouterr().err
    monkeypatch.delenv("EMBODIED_MEM_HABITAT_PYTHON")
    assert run(tmp_path, "--task", "habitat") == 1
    assert "EMBODIED_MEM_HABITAT_PYTHON" in capsys.readouterr().err
