"""The product's own answering side: questions in words, answered from one memory file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from embodied_mem.brain.language.answers import answer_question
from embodied_mem.errors import EvaluationError
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.storage.medium import DATABASE
from embodied_mem_envs.evaluation.elsewhere.side import Answerer
from embodied_mem_envs.tasks.episode import Ask, Reply

SIDE = "embodied_mem_envs.evaluation.answer_worker:open_memory_file"
"""Names `open_memory_file` to a new process."""


def open_memory_file(folder: Path, _options: Mapping[str, Any]) -> Answerer:
    """Opens the memory that was handed over: a store's folder itself, or the one `.mem` file in it.

    Raises:
        EvaluationError: If there is neither.
        MemoryFileError: If the file cannot be read.
    """
    files = [folder] if (folder / DATABASE).exists() else sorted(folder.glob("*.mem"))
    if len(files) != 1:
        raise EvaluationError(f"{folder} holds {len(files)} memory files; expected one")
    store = MemoryStore.read(files[0])

    def answer(ask: Ask) -> Reply:
        found = answer_question(ask.text, store)
        return Reply(text=found.text, answer=found)

    return answer
