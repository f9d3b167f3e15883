"""Puts questions to a saved memory in a new process, and judges what comes back."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from embodied_mem_envs.evaluation.answer_worker import SIDE
from embodied_mem_envs.evaluation.elsewhere.process import answer_elsewhere
from embodied_mem_envs.evaluation.elsewhere.wire import WorkerAnswer
from embodied_mem_envs.evaluation.questions import HouseQuestion
from embodied_mem_envs.evaluation.scoring import Verdict, score
from embodied_mem_envs.tasks.episode import Ask, Reply


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
        EvaluationError: If the process fails.
    """
    out.mkdir(parents=True, exist_ok=True)
    texts = [question.text for question in questions]
    (out / "questions.json").write_bytes(msgspec.json.encode(texts))
    asks = [
        Ask(number=number, kind="question", text=text, form="words")
        for number, text in enumerate(texts)
    ]
    answers = [_answer(reply) for reply in answer_elsewhere(memory, SIDE, asks)]
    (out / "answers.json").write_bytes(msgspec.json.encode(answers))
    return [
        Asked(question=question, answer=answer, verdict=score(question, answer))
        for question, answer in zip(questions, answers, strict=True)
    ]


def _answer(reply: Reply) -> WorkerAnswer:
    given = reply.answer
    if given is None:
        return WorkerAnswer(status="not_understood", certain=False, text=reply.text)
    return WorkerAnswer(
        status=given.status, certain=given.certain, value=given.value, text=reply.text
    )
