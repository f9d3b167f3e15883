"""Puts questions to a saved memory in a new process, and judges what comes back."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from embodied_mem.errors import EvaluationError
from embodied_mem_envs.evaluation.answer_worker import WorkerAnswer
from embodied_mem_envs.evaluation.questions import HouseQuestion
from embodied_mem_envs.evaluation.scoring import Verdict, score

_SECONDS = 600


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question, what was answered, and how that was judged."""

    question: HouseQuestion
    answer: WorkerAnswer
    verdict: Verdict


def ask_saved(memory: Path, questions: Sequence[HouseQuestion], out: Path) -> list[Asked]:
    """Asks a memory file in a process of its own, which is told the texts and nothing else.

    Args:
        memory: The file that the walk left.
        questions: What to ask.
        out: Folder for `questions.json` and `answers.json`; made if missing.

    Raises:
        EvaluationError: If the process fails or its answers do not fit the questions.
    """
    out.mkdir(parents=True, exist_ok=True)
    texts, answers = out / "questions.json", out / "answers.json"
    texts.write_bytes(msgspec.json.encode([question.text for question in questions]))
    answers.unlink(missing_ok=True)
    command = [sys.executable, "-m", "embodied_mem_envs.evaluation.answer_worker"]
    done = subprocess.run(
        [*command, str(memory), str(texts), str(answers)],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise EvaluationError(
            f"the answering process failed with status {done.returncode} on {memory}; "
            f"the end of what it said: {done.stderr[-500:].strip()}"
        )
    given = msgspec.json.decode(answers.read_bytes(), type=list[WorkerAnswer])
    if len(given) != len(questions):
        raise EvaluationError(f"{len(questions)} questions were asked, {len(given)} answered")
    return [
        Asked(question=question, answer=answer, verdict=score(question, answer))
        for question, answer in zip(questions, given, strict=True)
    ]
