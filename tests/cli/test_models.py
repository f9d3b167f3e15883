"""`--model` on the command line: who is asked, what proves the answers, what is said otherwise."""

import json
from pathlib import Path
from typing import Any

import pytest

from embodied_mem.cli import main
from embodied_mem.memory import MemoryStore
from embodied_mem.models.client import Message
from llama_server import llama_missing, running_llama
from rule_roles import RuleRoles
from stub_chat import Handler, Stub, completion, running_stub, says, send

pytest.importorskip("openai")
MISSING = llama_missing()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBODIED_MEM_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def memory_file(sample_memory: MemoryStore, tmp_path: Path) -> str:
    sample_memory.export(tmp_path / "flat.mem")
    return str(tmp_path / "flat.mem")


def by_rules(stub: Stub, handler: Handler, request: dict[str, Any]) -> None:
    """Answers as a model would that thinks by `RuleRoles`."""
    messages = [Message(role=each["role"], text=_text(each)) for each in request["messages"]]
    if not messages[-1].text.splitlines()[-1].startswith(("Planner", "Caller", "Summariser")):
        send(handler, 200, completion("mouse"))  # the client asks what this server can do
        return
    said = RuleRoles().complete(messages)
    usage = {"prompt_tokens": said.prompt_tokens, "completion_tokens": said.completion_tokens}
    send(handler, 200, completion(said.text, usage=usage))


def _text(message: dict[str, Any]) -> str:
    content = message["content"]
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")


def test_a_model_answers_with_pictures_and_with_other_records(
    memory_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = ["Where is the red kettle?", "Where was the blue mug before?"]
    result = tmp_path / "result.json"
    with running_stub(by_rules) as server:
        assert (
            main(["ask", memory_file, *questions, "--model", server.url, "--json", str(result)])
            == 0
        )
    kettle, mug = capsys.readouterr().out.split(questions[1])
    assert "in the kitchen" in kettle and ", red kettle, seen from" in kettle
    assert "fact, tick " in mug and ", record " in mug
    written = json.loads(result.read_text())
    assert [each["kind"] for each in written["answers"]] == ["free", "free"]
    assert all(each["value"] for each in written["answers"])
    assert written["metrics"]["answered"] == 2
    assert written["metrics"]["planner_calls"] == 4 == written["metrics"]["caller_calls"] + 2
    assert written["metrics"]["summariser_prompt_tokens"] > 0


def test_each_role_may_be_asked_elsewhere(memory_file: str) -> None:
    with running_stub(by_rules) as one, running_stub(by_rules) as other:
        given = ["ask", memory_file, "Where is the red kettle?", "--model", one.url]
        assert main([*given, "--summariser", other.url]) == 0
        turns = [_text(each["messages"][-1]).splitlines()[-1] for each in other.requests]
    roles = {turn.partition(":")[0] for turn in turns if ": " in turn}
    assert roles == {"Summariser"}, "the probe of what the server can do aside"


def test_a_model_that_writes_nonsense_is_refused_in_words(
    memory_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_stub(says("As a language model I cannot.")) as server:
        assert main(["ask", memory_file, "Where is the red kettle?", "--model", server.url]) == 2
    assert "There is no answer: " in capsys.readouterr().out


def test_without_a_server_there_is_one_clear_line(
    memory_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere, out = "http://127.0.0.1:9/v1", tmp_path / "out"
    for given in (
        ["ask", memory_file, "Where is the bed?"],
        ["run", "--steps", "5", "--out", str(out)],
        ["run", "--task", "tabletop/put-away", "--out", str(out)],
    ):
        assert main([*given, "--model", nowhere]) == 1, given
        told = capsys.readouterr().err.strip()
        assert f"no model server answers at {nowhere}" in told and len(told.splitlines()) == 1


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_a_walk_with_a_real_server_and_a_detector_runs_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("transformers")
    from tiny_detectors import save_all

    monkeypatch.setenv("EMBODIED_MEM_MODELS", str(save_all(tmp_path / "models")))
    result = tmp_path / "result.json"
    given = ["run", "--segmenter", "grounding-dino", "--steps", "15", "--width", "160"]
    given += ["--question", "Where is the bed?", "--out", str(tmp_path / "out")]
    with running_llama(tmp_path) as url:
        # Of random weights no answer is expected, but that the model was asked and the walk ends.
        assert main([*given, "--json", str(result), "--model", url]) == 0
    metrics = json.loads(result.read_text())["metrics"]
    assert metrics["ticks"] == 15
    assert metrics["planner_calls"] >= 1 and metrics["planner_prompt_tokens"] > 100
    assert "Where is the bed?" in capsys.readouterr().out
