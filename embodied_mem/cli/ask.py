"""`embodied-mem ask`: questions answered from a memory, with the pictures that prove it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.text import Text
from tyro.conf import Positional

from embodied_mem.brain.language.answers import Answer, answer_question
from embodied_mem.brain.language.recollection import Citation
from embodied_mem.cli.result import write_result
from embodied_mem.errors import ConfigError
from embodied_mem.memory.store import MemoryStore
from embodied_mem.viz.cited import certainty, write_cited_pictures
from embodied_mem.viz.reading import MemoryView, find_snapshot, read_view

NOT_UNDERSTOOD = 2
"""Exit status if a question could not be understood."""

_COLOURS = {"certain": "green", "not certain": "yellow", "uncertain": "yellow"}


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Answer questions from a memory alone, citing the pictures that prove each answer.

    Another process may be writing to it meanwhile.
    """

    memory: Positional[Path]
    """The memory: the folder that `run` and `ingest` keep, or an exported file."""
    questions: Positional[tuple[str, ...]]
    """Questions, each in quotes: "Where is the red mug?"."""
    json: Path | None = None
    """Write the answers as one JSON file."""
    pictures: Path | None = None
    """Write the cited pictures, with boxes around what was asked for, into this folder."""

    def run(self) -> int:
        """Prints the answers; returns 0, or 2 if a question was not understood.

        Raises:
            ConfigError: If no question was given.
            MemoryFileError: If the memory is missing or damaged.
        """
        if not self.questions:
            raise ConfigError('no question given; ask one in quotes, such as "Where is the bed?"')
        with MemoryStore.read(self.memory) as memory:
            answers = self._answer(memory)
        if self.json is not None:
            _write_json(self.json, self, answers)
        understood = all(answer.status != "not_understood" for answer in answers)
        return 0 if understood else NOT_UNDERSTOOD

    def _answer(self, memory: MemoryStore) -> list[Answer]:
        view = read_view(memory)
        answers = [answer_question(question, memory) for question in self.questions]
        console = Console()
        for number, answer in enumerate(answers, start=1):
            _print_answer(console, memory, view, answer)
            if self.pictures is not None:
                stem = f"question-{number}"
                for path in write_cited_pictures(self.pictures, stem, memory, answer):
                    console.print(Text(f"  {path}", style="dim"), soft_wrap=True)
        return answers


def _print_answer(console: Console, memory: MemoryStore, view: MemoryView, answer: Answer) -> None:
    words = certainty(answer)
    console.print(Text(answer.question, style="bold"), soft_wrap=True)
    mark = Text.assemble("  ", answer.text, ("  " + words, _COLOURS.get(words, "cyan")))
    console.print(mark, soft_wrap=True)
    for citation in answer.citations:
        console.print(Text(f"  · {_cited(memory, view, citation)}", style="dim"), soft_wrap=True)


def _cited(memory: MemoryStore, view: MemoryView, citation: Citation) -> str:
    entry = find_snapshot(memory, view, citation.snapshot)
    parts = ["snapshot" if entry is None else entry.title, f"tick {citation.tick}"]
    if entry is not None and entry.room:
        parts.append(entry.room)
    parts.append(view.object_labels().get(citation.object, citation.object))
    if citation.pose is not None:
        x, y, *_ = citation.pose
        parts.append(f"seen from ({x:.2f}, {y:.2f})")
    return ", ".join([*parts, f"record {citation.snapshot}"])


def _write_json(path: Path, config: Ask, answers: Sequence[Answer]) -> None:
    metrics = {
        "questions": len(answers),
        "answered": sum(answer.status == "answered" for answer in answers),
        "certain": sum(answer.certain for answer in answers),
        "not_understood": sum(answer.status == "not_understood" for answer in answers),
        "citations": sum(len(answer.citations) for answer in answers),
    }
    write_result(path, "ask", config, metrics, answers=msgspec.to_builtins(answers))
