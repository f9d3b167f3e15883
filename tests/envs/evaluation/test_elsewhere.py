"""Real processes answer from real folders; the sides that answer are below."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embodied_mem.errors import ConfigError, EvaluationError
from embodied_mem_envs.evaluation.elsewhere import (
    AnsweringProcess,
    answer_elsewhere,
    hand_over,
    stored_bytes,
)
from embodied_mem_envs.evaluation.elsewhere.side import load_side
from embodied_mem_envs.evaluation.elsewhere.wire import pack_ask, unpack_ask
from embodied_mem_envs.evaluation.elsewhere.worker import main
from embodied_mem_envs.tasks.episode import Ask

SIDE = "answering_sides:"


def ask(text: str, **more: Any) -> Ask:
    return Ask(number=0, kind="any", text=text, form="words", **more)


@pytest.fixture(autouse=True)
def sides(monkeypatch: pytest.MonkeyPatch) -> None:
    support = str(Path(__file__).parents[2] / "support")
    monkeypatch.setenv("PYTHONPATH", support)


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    folder = tmp_path / "agent" / "memory"
    (folder / "deep").mkdir(parents=True)
    (folder / "notes.txt").write_text("the key is under the mat\n", encoding="utf-8")
    (folder / "deep" / "more.bin").write_bytes(bytes(1000))
    return folder


def test_another_process_answers_from_the_copy_alone(memory: Path) -> None:
    with AnsweringProcess(memory, SIDE + "read_notes", options={"mark": "!"}) as process:
        (memory / "notes.txt").write_text("changed meanwhile", encoding="utf-8")
        first, second = process.reply(ask("key")), process.reply(ask("what else lies here?"))
    assert first.text == "the key is under the mat!"
    assert first.answer is not None
    assert first.answer.value == {"pid": first.answer.value["pid"], "place": [1.0, 2.0, 3.0]}
    assert first.answer.value["pid"] != os.getpid()
    assert (first.model_calls, first.tokens, first.choice) == (1, 7, None)
    assert first.places == ((1.0, 2.0, 3.0),)
    # There is nothing beside the memory.
    assert second.text == "memory"


def test_the_copy_goes_when_it_is_closed(memory: Path) -> None:
    process = AnsweringProcess(memory, SIDE + "read_notes", options={"mark": "!"})
    where = Path(process.reply(ask("where are you?")).text)
    assert where.is_dir()
    process.close()
    process.close()
    assert not where.exists()
    with pytest.raises(EvaluationError, match="closed"):
        process.reply(ask("key"))


def test_every_file_counts_against_the_budget(memory: Path) -> None:
    size = len("the key is under the mat\n") + 1000
    assert stored_bytes(memory) == size
    (reply,) = answer_elsewhere(
        memory, SIDE + "read_notes", [ask("key")], options={"mark": ""}, budget_bytes=size
    )
    assert reply.text == "the key is under the mat"
    with pytest.raises(EvaluationError, match=f"takes {size} bytes; its budget is {size - 1}"):
        answer_elsewhere(memory, SIDE + "read_notes", [], budget_bytes=size - 1)


def test_a_single_file_is_a_memory_too(memory: Path, tmp_path: Path) -> None:
    assert hand_over(memory / "notes.txt", tmp_path / "copy") == 25
    assert [file.name for file in (tmp_path / "copy").iterdir()] == ["notes.txt"]
    with pytest.raises(EvaluationError, match="left no memory"):
        hand_over(memory / "nothing", tmp_path / "other")


def test_a_picture_arrives_as_it_was_sent() -> None:
    picture = np.random.default_rng(3).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    sent = ask("what is it?", image=picture[:, ::-1], options=("cup", "bowl"), partner="Ann")
    got = unpack_ask(pack_ask(sent))
    assert got.image is not None
    np.testing.assert_array_equal(got.image, picture[:, ::-1])
    assert (got.text, got.options, got.partner) == (sent.text, sent.options, sent.partner)


def test_what_breaks_there_is_told_here(memory: Path) -> None:
    with AnsweringProcess(memory, SIDE + "break_often") as process:
        with pytest.raises(EvaluationError, match="ZeroDivisionError"):
            process.reply(ask("divide"))
        assert process.reply(ask("go on")).text == "still here"
        with pytest.raises(EvaluationError, match=r"status 3; .*the last words"):
            process.reply(ask("exit"))


def test_a_memory_that_cannot_be_opened_is_told_at_once(memory: Path) -> None:
    with pytest.raises(EvaluationError, match=r"status 1; .*expected one"):
        AnsweringProcess(memory, "embodied_mem_envs.evaluation.answer_worker:open_memory_file")


def test_an_answer_has_its_time(memory: Path) -> None:
    process = AnsweringProcess(memory, SIDE + "break_often", seconds=2.0)
    with process, pytest.raises(EvaluationError, match="no answer within 2 s"):
        process.reply(ask("sleep"))


def test_a_side_is_a_function_that_can_be_found() -> None:
    for name in ("no_such_module:open", "os:no_such", "os:sep", "os", ""):
        with pytest.raises(ConfigError, match="answering side"):
            load_side(name)


def test_the_worker_tells_how_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["only.mem"]) == 2
    assert "usage" in capsys.readouterr().err
