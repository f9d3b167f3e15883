import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.cli import main
from embodied_mem.cli.train_allocator import TrainAllocator

SMALL = ["--arrivals", "8", "--slots", "3", "--pool", "16", "--evaluated", "8", "--warm", "1"]


def train(folder: Path, *flags: str) -> int:
    return main(["train", "--out", str(folder), *SMALL, *flags])


@pytest.mark.parametrize("algo", ["grpo", "imitation", "ama"])
def test_it_leaves_policy_checkpoint_scalars_and_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], algo: str
) -> None:
    copy = tmp_path / "copy.json"
    flags = ("--algo", algo, "--updates", "1", "--json", str(copy))
    assert train(tmp_path / "run", *flags) == 0
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {
        "best.safetensors",
        "best.json",
        "checkpoint.safetensors",
        "result.json",
        "tensorboard",
    }
    assert list((tmp_path / "run" / "tensorboard").iterdir())
    result = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))
    assert result == json.loads(copy.read_text(encoding="utf-8"))
    assert result["command"] == f"train {algo}" and result["finished"]
    assert 0 <= result["metrics"]["held_out"] <= 1 and result["metrics"]["train_s"] > 0
    assert result["about"]["generator"]["version"] >= 1
    assert len(result["about"]["episodes"]["hash"]) == 64
    told = capsys.readouterr()
    assert "held out" in told.out and f"train {algo}:" in told.err


def test_the_best_policy_says_where_it_comes_from(tmp_path: Path) -> None:
    assert train(tmp_path, "--algo", "imitation", "--updates", "1", "--no-tensorboard") == 0
    network = ScorerNetwork.load(tmp_path / "best")
    assert network.about["algorithm"] == "imitation" and network.about["seed"] == 0
    assert network.about["settings"]["updates"] == 1
    assert set(network.about["figures"]) == {"validation", "held_out"}
    assert not (tmp_path / "tensorboard").exists()


def test_stopping_and_going_on_changes_no_bit(tmp_path: Path) -> None:
    flags = ("--algo", "imitation", "--updates", "3", "--no-tensorboard")
    assert train(tmp_path / "whole", *flags) == 0
    assert train(tmp_path / "parts", *flags, "--minutes", "0") == 0
    done = 1
    while not json.loads((tmp_path / "parts" / "result.json").read_text())["finished"]:
        assert train(tmp_path / "parts", *flags, "--minutes", "0", "--resume") == 0
        done += 1
    assert done == 3
    best = [(tmp_path / part / "best.safetensors").read_bytes() for part in ("whole", "parts")]
    assert best[0] == best[1]


def test_a_checkpoint_of_another_training_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path, "--algo", "ama", "--updates", "1", "--no-tensorboard") == 0
    again = ("--algo", "ama", "--no-tensorboard", "--resume")
    assert train(tmp_path, *again, "--updates", "1", "--seed", "5") == 1
    told = capsys.readouterr().err.replace("\n", " ")
    assert "another training" in told and "seed was 0, is 5" in told
    assert train(tmp_path / "nowhere", *again) == 1
    assert "no checkpoint can be read" in capsys.readouterr().err.replace("\n", " ")


def test_ctrl_c_leaves_a_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    flags = ["--algo", "imitation", "--updates", "40", "--evaluate-every", "40"]
    command = [sys.executable, "-m", "embodied_mem", "train", "--out", str(tmp_path), *SMALL]
    with subprocess.Popen([*command, *flags], stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert "train imitation: 4/40" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=120) == 130
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert not result["finished"] and result["metrics"]["updates"] < 40
    assert train(tmp_path, *flags, "--resume", "--minutes", "0") == 0
    after = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert after["metrics"]["updates"] == result["metrics"]["updates"] + 1


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import util

    from embodied_mem.errors import MissingExtraError

    found = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name: None if name == "torch" else found(name))
    with pytest.raises(MissingExtraError, match=r"embodied_mem\[train\]"):
        TrainAllocator().run()


def test_flags_alone_are_those_of_the_allocator(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--algo", "grpp"])
    assert "grpo" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["train", "reader", "--algo", "grpo"])
    assert "--algo" in capsys.readouterr().err
