"""`embodied-mem ask`: questions answered from a memory, with the pictures that prove it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.text import Text
from tyro.conf import Positional

from embodied_mem.brain.language.answers import Answer, answer_question
from embodied_mem.brain.language.recollection import Citation
from embodied_mem.cli.model_roles import Thinkers
from embodied_mem.cli.result import write_result
from embodied_mem.cli.words import meaning_by
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
    words: str = ""
    """Read words that no list holds by what they mean, which answers say: `minilm` (extra `text`),
    or a plugin's text embedder. Not understood if empty."""
    model: str = ""
    """Let a model answer that looks things up in the memory: http://host:port/v1, with #name
    where the server has several, or transformers:FOLDER (extra `models`). Rules answer if empty."""
    caller: str = ""
    """With `--model`: another model that writes the calls of the memory's tools."""
    summariser: str = ""
    """With `--model`: another model that writes the answers."""
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
            answers, costs = self._answers(memory)
            self._print(memory, answers)
        if self.json is not None:
            _write_json(self.json, self, answers, costs)
        understood = all(answer.status != "not_understood" for answer in answers)
        return 0 if understood else NOT_UNDERSTOOD

    def _answers(self, memory: MemoryStore) -> tuple[list[Answer], Mapping[str, float]]:
        """Returns the answers, and what models took for them."""
        thinkers = Thinkers(self.model, self.caller, self.summariser)
        if thinkers.roles is not None:
            return thinkers.answers(memory, self.questions)
        meaning = meaning_by(self.words)
        return [
            answer_question(question, memory, meaning=meaning) for question in self.questions
        ], {}

    def _print(self, memory: MemoryStore, answers: Sequence[Answer]) -> None:
        view, console = read_view(memory), Console()
        for number, answer in enumerate(answers, start=1):
            _print_answer(console, memory, view, answer)
            if self.pictures is not None:
                stem = f"question-{number}"
                for path in write_cited_pictures(self.pictures, stem, memory, answer):
                    console.print(Text(f"  {path}", style="dim"), soft_wrap=True)


def _print_answer(console: Console, memory: MemoryStore, view: MemoryView, answer: Answer) -> None:
    words = certainty(answer)
    console.print(Text(answer.question, style="bold"), soft_wrap=True)
    mark = Text.assemble("  ", answer.text, ("  " + words, _COLOURS.get(words, "cyan")))
    console.print(mark, soft_wrap=True)
    lines = [_cited(memory, view, citation) for citation in answer.citations]
    for line in [*lines, *_records(answer)]:
        console.print(Text(f"  · {line}", style="dim"), soft_wrap=True)


def _records(answer: Answer) -> list[str]:
    """Returns what proves a model's answer and is not shown as a picture."""
    shown = {citation.snapshot for citation in answer.citations}
    proofs = (answer.value or ()) if answer.kind == "free" else ()
    return [
        f"{each['kind']}, tick {each['tick']}, record {each['record']}"
        for each in proofs
        if each["record"] not in shown
    ]


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


def _write_json(
    path: Path, config: Ask, answers: Sequence[Answer], costs: Mapping[str, float]
) -> None:
    metrics = {
        "questions": len(answers),
        "answered": sum(answer.status == "answered" for answer in answers),
        "certain": sum(answer.certain for answer in answers),
        "not_understood": sum(answer.status == "not_understood" for answer in answers),
        "citations": sum(len(answer.citations) for answer in answers),
        **costs,
    }
    write_result(path, "ask", config, metrics, answers=msgspec.to_builtins(answers))
