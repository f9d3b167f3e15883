"""The page about episodes says what happens."""

import doctest
import shlex
from pathlib import Path

import pytest

from embodied_mem.cli import main

PAGE = Path(__file__).parents[3] / "docs" / "episodic.md"


def test_the_page_about_episodes_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text()
    commands = [
        shlex.split(line)[1:]
        for line in map(str.strip, text.splitlines())
        if line.startswith("embodied-mem ")
    ]
    assert [command[0] for command in commands] == ["run", "inspect"]
    for command in commands:
        assert main(command) == 0
    assert "bathroom" in capsys.readouterr().out
    test = doctest.DocTestParser().get_doctest(text, {}, "episodic.md", str(PAGE), 0)
    assert len(test.examples) > 10
    assert doctest.DocTestRunner().run(test).failed == 0
