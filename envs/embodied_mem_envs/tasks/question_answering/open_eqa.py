"""Questions in the files of OpenEQA (Majumdar et al. 2024), asked about its histories.

A file is a list of objects with `question`, `answer`, `category`, `question_id`,
`episode_history` and perhaps `extra_answers`; predictions are a list of `question_id` and `answer`.
The default score asks no model: an answer is right if it is one of the true ones but for case,
articles, punctuation and how numbers are written. OpenEQA's own score needs a `Judge`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol, final

import msgspec
import numpy as np

from embodied_mem.errors import EvaluationError
from embodied_mem.recordings.reader import Reader
from embodied_mem.types import Observation
from embodied_mem_envs.tasks.asking import AskingEpisode
from embodied_mem_envs.tasks.episode import Ask, Happening, Judgement, Reply

_ARTICLES: Final = frozenset({"a", "an", "the", "it", "is", "its", "they", "are", "there"})
_COUNTED: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NUMBERS: Final = {word: str(number) for number, word in enumerate((*_COUNTED, "ten"))}
_WORD: Final = re.compile(r"[^\W_]+")


class OpenEqaQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """One question of a file."""

    question: str
    answer: str
    category: str
    question_id: str
    episode_history: str
    extra_answers: tuple[str, ...] = ()


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered to one question."""

    question_id: str
    answer: str | None = None


class Judge(Protocol):
    """Marks an answer from 1 (wrong) to 5 (right), as OpenEQA's LLM-Match has a model do."""

    def mark(self, question: OpenEqaQuestion, prediction: str) -> int:
        """Returns the mark."""


def load_questions(path: Path) -> tuple[OpenEqaQuestion, ...]:
    """Loads a file of questions.

    Raises:
        EvaluationError: If it cannot be read or is no such file.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[OpenEqaQuestion, ...])
    except (OSError, msgspec.MsgspecError) as error:
        raise EvaluationError(f"{path} is no file of OpenEQA questions: {error}") from error


def by_history(questions: Iterable[OpenEqaQuestion]) -> dict[str, list[OpenEqaQuestion]]:
    """Returns the questions of each history, in the order of the file."""
    groups: dict[str, list[OpenEqaQuestion]] = {}
    for question in questions:
        groups.setdefault(question.episode_history, []).append(question)
    return groups


def matches(question: OpenEqaQuestion, prediction: str) -> bool:
    """Tells whether an answer is a true one, word by word.

    Case, punctuation, articles and `it is` do not count; `eight` is `8`.
    """
    said = _plain(prediction)
    return any(said == _plain(true) for true in (question.answer, *question.extra_answers))


def llm_match(marks: Sequence[int]) -> float:
    """Returns OpenEQA's score of marks: the mean of `100 (clip(mark, 1, 5) - 1) / 4`.

    Majumdar et al. 2024, section 4.3; the scale is that of the published script. A missing answer
    has mark 0, which counts as 1.

    >>> llm_match([5, 3, 0])
    50.0
    """
    return float(np.mean(100.0 * (np.clip(np.array(marks, float), 1.0, 5.0) - 1.0) / 4.0))


def score_predictions(
    questions: Sequence[OpenEqaQuestion],
    predictions: Sequence[Prediction],
    judge: Judge | None = None,
) -> Mapping[str, float]:
    """Scores a file of predictions.

    Returns:
        `answer_accuracy` by `matches` over all questions (missing answers are wrong), and with a
        judge `llm_match`, from 0 to 100.

    Raises:
        EvaluationError: If something is predicted that was not asked.
    """
    given = {each.question_id: each.answer or "" for each in predictions}
    strange = sorted(given.keys() - {question.question_id for question in questions})
    if strange or not questions:
        raise EvaluationError(f"predictions do not fit the questions; not asked: {strange[:3]}")
    right = [matches(question, given.get(question.question_id, "")) for question in questions]
    scores = {"answer_accuracy": float(np.mean(right))}
    if judge is not None:
        marks = [
            _mark(judge, question, given.get(question.question_id, "")) for question in questions
        ]
        scores["llm_match"] = llm_match(marks)
    return scores


@final
class OpenEqaEpisode(AskingEpisode):
    """Shows a history and asks its questions; there is no body and there are no options."""

    def __init__(
        self,
        history: Iterable[Observation],
        questions: Sequence[OpenEqaQuestion],
        *,
        judge: Judge | None = None,
    ) -> None:
        """Begins before the first frame.

        Args:
            history: Such as `open_eqa_history.open_history` gives.
            questions: About it.
            judge: Marks answers besides; `right` stays that of `matches`.

        Raises:
            EvaluationError: If there is no question.
        """
        super().__init__("open_eqa", 0)
        if not questions:
            raise EvaluationError("an episode needs at least one question")
        self._frames = iter(history)
        self._questions = tuple(questions)
        self._asked = 0
        self._judge_by = judge

    @property
    def asks(self) -> int:
        """How many questions there are."""
        return len(self._questions)

    @property
    def body(self) -> None:
        """None: the walk was somebody else's."""

    def _advance(self) -> Happening | None:
        frame = next(self._frames, None)
        if frame is not None:
            return frame
        if self._asked == len(self._questions):
            return None
        question = self._questions[self._asked]
        self._asked += 1
        return Ask(
            number=self._asked - 1, kind=question.category, text=question.question, form="words"
        )

    def _judge(self, ask: Ask, reply: Reply) -> Judgement:
        question = self._questions[ask.number]
        right = matches(question, reply.text)
        values = {"answer_accuracy": float(right)}
        if self._judge_by is not None:
            values["llm_match"] = llm_match([_mark(self._judge_by, question, reply.text)])
        reason = "true" if right else f"it is {question.answer!r}, not {reply.text!r}"
        return Judgement(right=right, progress=float(right), reason=reason, values=values)


def episodes(
    questions: Iterable[OpenEqaQuestion], readers: Mapping[str, Reader], judge: Judge | None = None
) -> list[OpenEqaEpisode]:
    """Returns one episode for each history that a reader is given for."""
    return [
        OpenEqaEpisode(readers[name], own, judge=judge)
        for name, own in by_history(questions).items()
        if name in readers
    ]


def _mark(judge: Judge, question: OpenEqaQuestion, prediction: str) -> int:
    return judge.mark(question, prediction) if prediction.strip() else 0


def _plain(text: str) -> tuple[str, ...]:
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return tuple(_NUMBERS.get(word, word) for word in words if word not in _ARTICLES)
