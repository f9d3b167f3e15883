"""Asks a learning and a static retriever the same questions of a household, one after the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.memory.reranking import LinearReranker
from embodied_mem.memory.retrieved import Retrieved
from embodied_mem.memory.retriever import Retriever
from embodied_mem.types import Float64Array
from embodied_mem_envs.bench.long.rerank_world import Household, Question, QuestionKind

Mix = Mapping[QuestionKind, float]
"""How often each kind of question comes."""

BEFORE: Final[Mix] = {"latest": 0.5, "past": 0.2, "nearest": 0.15, "worded": 0.15}
AFTER: Final[Mix] = {"latest": 0.1, "past": 0.05, "nearest": 0.35, "worded": 0.5}
ONLY_THINGS: Final[Mix] = {"latest": 0.7, "past": 0.3}
NEVER_ASKED: Final[Mix] = {"nearest": 0.4, "worded": 0.6}
"""Kinds that `ONLY_THINGS` has none of: all that was learned is about something else."""

K: Final = 5
_MISTAKEN: Final = 0.1
"""How often the reader cites some hit, whatever was needed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """How well two retrievers did, question by question."""

    static: Float64Array
    """1 where the needed record was among the five shown."""
    learned: Float64Array

    @property
    def gain(self) -> Float64Array:
        """Learned minus static, question by question."""
        return self.learned - self.static

    def windows(self, start: int, width: int) -> Float64Array:
        """Returns the mean gain of each run of `width` questions from the one at `start` on."""
        return np.convolve(self.gain[start:], np.ones(width) / width, "valid")


def run_course(
    seed: int,
    mixes: Sequence[Mix],
    count: int,
    make: Callable[[], LinearReranker],
    *,
    feedback: bool = True,
) -> Course:
    """Asks `count` questions of each mix, with feedback to the retriever that learns.

    Args:
        seed: Of the household, the questions and the reader's mistakes.
        mixes: One after the other.
        count: Questions of each.
        make: Makes the reranker.
        feedback: Whether there is any.
    """
    house, rng, reader = Household(seed), *(np.random.default_rng([seed, n]) for n in (3, 4))
    static, learning = Retriever(house.store), Retriever(house.store, reranker=make())
    hits: list[tuple[bool, bool]] = []
    for mix in mixes:
        kinds, shares = list(mix), list(mix.values())
        for _ in range(count):
            question = house.ask(kinds[int(rng.choice(len(kinds), p=shares))])
            plain, learned = ask(static, question), ask(learning, question)
            hits.append((_found(plain, question), _found(learned, question)))
            if feedback:
                learning.feedback(learned.query_id, cited(learned, question.needed, reader))
    columns = np.array(hits, float)
    return Course(static=columns[:, 0], learned=columns[:, 1])


def ask(retriever: Retriever, question: Question) -> Retrieved:
    """Asks a question for five records."""
    return retriever.query(question.text, pose=question.pose, time=question.time, k=K)


def cited(shown: Retrieved, needed: str, rng: np.random.Generator) -> list[str]:
    """Returns what a reader cites who errs now and then: the needed record if it is there."""
    ids = [hit.id for hit in shown.hits]
    if ids and rng.random() < _MISTAKEN:
        return [ids[int(rng.integers(len(ids)))]]
    return [needed] if needed in ids else []


def _found(shown: Retrieved, question: Question) -> bool:
    return any(hit.id == question.needed for hit in shown.hits)
