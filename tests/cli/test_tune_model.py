import json
from pathlib import Path

import pytest
import tyro

from embodied_mem.cli.tune_model import TuneModel
from embodied_mem.errors import ConfigError, ModelError
from embodied_mem.models.tuning.kept import tuned_settings
from embodied_mem.models.tuning.session import Tuning
from embodied_mem.models.tuning.space import Setting
from llama_server import llama_missing, running_llama
from tuning_server import running_stub

pytest.importorskip("openai")
SMALL = [
    *("--concurrency", "1", "2", "4", "8"),
    *("--batch", "1", "2"),
    *("--max-tokens", "16", "64"),
    *("--records", "4"),
    *("--calls", "8"),
    *("--seconds", "2"),
]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMBODIED_MEM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _run(*arguments: str) -> int:
    return tyro.cli(TuneModel, args=arguments).run()


def test_the_best_way_to_ask_is_found_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result, trials = tmp_path / "result.json", tmp_path / "trials.json"
    with running_stub() as server:
        files = ("--json", str(result), "--out", str(trials))
        assert _run(server.url, *SMALL, "--budget", "1", "--image-size", "0", *files) == 0
        assert "useful calls/s" in capsys.readouterr().out
        best = tuned_settings(server.url, "stub")
        assert best is not None and best == tuned_settings(server.url)
        assert (best.in_flight, best.max_tokens, best.records) == (2, 64, 4)
        assert server.overruns, "settings that fail were tried, too"
        written = json.loads(result.read_text())
        assert written["metrics"]["measurements"] == 16 == written["metrics"]["settings"]
        assert written["best"]["setting"]["max_tokens"] == 64
        measured = json.loads(trials.read_text())["measured"]
        assert len(measured) == 16
        short = [each["trial"] for each in measured if each["setting"]["max_tokens"] == 16]
        assert short and not any(trial["useful"] for trial in short)

        before = server.calls
        assert _run(server.url, *SMALL) == 0
        assert "--again" in capsys.readouterr().out
        assert server.calls - before < 5, "what is tuned is not measured again unasked"


def test_interrupted_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    step = Tuning.step
    steps: list[Setting] = []

    def interrupted(tuning: Tuning) -> object:
        if len(steps) == 3:
            raise KeyboardInterrupt
        measured = step(tuning)
        steps.append(measured.setting)
        return measured

    with running_stub() as server:
        few = ("--concurrency", "1", "2", "--image-size", "0", "--calls", "4")
        arguments = (server.url, *SMALL, *few, "--budget", "1")
        monkeypatch.setattr(Tuning, "step", interrupted)
        assert _run(*arguments) == 130
        assert "3 of 8 measurements are kept" in capsys.readouterr().err
        assert tuned_settings(server.url) is None
        steps.append(Setting())
        assert _run(*arguments) == 0
        assert len(steps) == 9, "five more, beside the one that marks the interruption"
        assert tuned_settings(server.url) is not None
        assert _run(*arguments, "--again") == 0
        assert len(steps) == 17


def test_a_real_server_is_tuned_whose_model_knows_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It shows the plumbing: how well a model of random weights does says nothing of any other."""
    if llama_missing():
        pytest.skip(llama_missing())
    with running_llama(tmp_path, verbose=False) as url:
        few = ("--concurrency", "1", "2", "--batch", "1", "--max-tokens", "16", "96")
        rest = ("--records", "2", "--calls", "3", "--seconds", "2", "--budget", "1")
        assert _run(url, *few, *rest, "--judge", "form", "--json", str(tmp_path / "r.json")) == 0
        best = tuned_settings(url, "tiny-random")
        assert best is not None
        assert best.max_tokens == 96, "16 tokens hold no answer"
        assert best.image_size == 0, "the server takes pictures' letters for text: no pictures"
        capsys.readouterr()
        with pytest.raises(ModelError, match=r"none of 2 settings.*judge by form"):
            _run(f"{url}#tiny-random", *few[:2], *few[3:], *rest, "--again")


def test_no_server_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:9"):
        _run("http://127.0.0.1:9/v1", *SMALL)
    with pytest.raises(ConfigError, match="no address"):
        _run("localhost", *SMALL)
