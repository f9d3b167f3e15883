"""Answers questions from a saved memory alone, in a process that has seen nothing else.

`python -m embodied_mem_envs.evaluation.answer_worker M.mem questions.json answers.json` reads a
JSON list of texts and writes a JSON list of `WorkerAnswer`. It is given no truth, no house and no
state of the walk: only what the file holds can be in the answers.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from embodied_mem.brain.language.answers import answer_question
from embodied_mem.errors import EmbodiedMemError
from embodied_mem.memory import MemoryStore


class WorkerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of an answer on its way from one process to another."""

    status: str
    certain: bool
    value: Any = None
    text: str = ""


def answer_all(memory: Path, questions: Sequence[str]) -> list[WorkerAnswer]:
    """Answers each question from a memory file.

    Raises:
        MemoryFileError: If the file cannot be read.
    """
    store = MemoryStore.read(memory)
    answers = [answer_question(question, store) for question in questions]
    return [
        WorkerAnswer(status=a.status, certain=a.certain, value=a.value, text=a.text)
        for a in answers
    ]


def main(arguments: Sequence[str]) -> int:
    """Runs the worker; returns the exit status."""
    if len(arguments) != 3:
        print("usage: answer_worker MEMORY QUESTIONS_JSON ANSWERS_JSON", file=sys.stderr)
        return 2
    memory, questions, out = map(Path, arguments)
    try:
        texts = msgspec.json.decode(questions.read_bytes(), type=list[str])
        answers = answer_all(memory, texts)
    except EmbodiedMemError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    out.write_bytes(msgspec.json.encode(answers))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
