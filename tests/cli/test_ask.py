import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import tyro

from embodied_mem.cli.ask import Ask
from embodied_mem.errors import ConfigError, MemoryFileError
from embodied_mem.memory import MemoryStore


@pytest.fixture
def memory_file(sample_memory: MemoryStore, tmp_path: Path) -> Path:
    path = tmp_path / "flat.mem"
    sample_memory.export(path)
    return path


def ask(*arguments: object) -> int:
    return tyro.cli(Ask, args=[str(each) for each in arguments]).run()


def test_an_answer_comes_with_its_certainty_and_what_it_cites(
    memory_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(memory_file, "Where is the red kettle?") == 0
    text = capsys.readouterr().out
    assert text.startswith("Where is the red kettle?\n")
    assert "kitchen" in text and "certain" in text
    assert "snapshot 1, tick 12, kitchen, red kettle, seen from (2.00, 2.90), record " in text


def test_what_was_never_seen_is_said_and_is_no_failure(
    memory_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(memory_file, "Is there a piano?") == 0
    assert "unseen" in capsys.readouterr().out


def test_a_question_that_is_not_understood_sets_the_exit_status(
    memory_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(memory_file, "Where is the bed?", "Why is the sky blue?") == 2
    assert "not understood" in capsys.readouterr().out


def test_brackets_in_a_question_are_printed_as_they_are(
    memory_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(memory_file, "Where is the [bold]bed[/bold]?")
    assert "[bold]bed[/bold]" in capsys.readouterr().out


def test_cited_pictures_are_written_with_a_box(
    memory_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pictures"
    question = "Where is the red kettle?"
    assert ask(memory_file, "Is there a piano?", question, "--pictures", folder) == 0
    (path,) = sorted(folder.iterdir())
    assert path.name == "question-2-snapshot-1.jpg" and str(path) in capsys.readouterr().out
    drawn = cv2.imread(str(path))
    assert drawn is not None and drawn.shape == (240, 320, 3)
    record = MemoryStore.read(memory_file)
    plain = next(r for r in record.records() if r.content.get("type") == "snapshot")
    before = cv2.imdecode(np.frombuffer(plain.payload[0], np.uint8), cv2.IMREAD_COLOR)
    assert before is not None
    x0, y0, x1, y1 = plain.content["boxes"]["obj-003"]
    changed = np.abs(drawn.astype(int) - before).max(axis=2) > 60
    assert changed[y0 : y1 + 1, x0].mean() > 0.8 and changed[y0 : y1 + 1, x1].mean() > 0.8
    assert not changed[y1 + 30 :].any()


def test_the_json_holds_the_answers(memory_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.json"
    ask(memory_file, "How many cushions are there?", "Is there a piano?", "--json", out)
    result = json.loads(out.read_text())
    assert result["command"] == "ask"
    assert result["metrics"]["questions"] == 2
    assert [answer["status"] for answer in result["answers"]][1] == "unseen"
    assert result["answers"][0]["value"] == 2
    boxes = [citation["box"] for citation in result["answers"][0]["citations"]]
    assert len(boxes) == 2 and all(len(box) == 4 for box in boxes)


def test_no_question_and_no_file_are_errors_of_ours(memory_file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no question given"):
        ask(memory_file)
    with pytest.raises(MemoryFileError, match="cannot read the memory"):
        ask(tmp_path / "none.mem", "Where is the bed?")
