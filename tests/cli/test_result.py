import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.cli.result import machine, plain, write_result
from embodied_mem.memory.facts import FrontierFact


@dataclass(frozen=True, kw_only=True)
class Config:
    seed: int = 3
    out: Path = Path("runs/a")
    names: tuple[str, ...] = ("b", "a")


def test_a_result_has_the_one_shape(tmp_path: Path) -> None:
    fact = FrontierFact(frontier_id="f", centroid=(0, 1), direction=(1, 0), length=2)
    path = tmp_path / "sub" / "r.json"
    metrics = {"z": 1, "a": np.float32(0.5), "bad": math.nan, "none": None}
    write_result(path, "bench scene", Config(), metrics, facts=[fact], where=Path("x"))
    text = path.read_text()
    result = json.loads(text)
    assert result["schema"] == 1 and result["command"] == "bench scene"
    assert result["config"] == {"seed": 3, "out": "runs/a", "names": ["b", "a"]}
    assert result["metrics"] == {"a": 0.5, "bad": None, "none": None, "z": 1}
    assert result["facts"][0]["frontier_id"] == "f" and result["where"] == "x"
    assert result["machine"] == machine()
    assert list(result) == sorted(result) and list(result["metrics"]) == ["a", "bad", "none", "z"]


def test_the_same_result_is_the_same_bytes_and_leaves_no_other_file(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        write_result(tmp_path / name, "run", {"k": {"y": 1, "x": 2}}, {"m": 1.25})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.json"]


def test_what_json_cannot_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="object cannot be written as JSON"):
        write_result(tmp_path / "r.json", "run", {}, {}, thing=object())
    assert not list(tmp_path.iterdir())


def test_the_machine_is_described_by_its_parts() -> None:
    parts = machine()
    assert set(parts) == {"cpu", "cores", "python", "platform"}
    assert int(parts["cores"]) >= 1 and parts["cpu"]


def test_plain_turns_arrays_into_lists() -> None:
    assert plain({"a": np.arange(3), 4: np.int64(2)}) == {"a": [0, 1, 2], "4": 2}
