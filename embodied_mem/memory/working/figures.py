"""What a working memory saves, and what it still knows: the figures of `embodied-mem bench brain`.

After HiAgent's question (Hu et al., 2024): a run of subgoals is told step by step. At each step the
prompt is measured; afterwards details of past steps are asked for, and a reader that sees nothing
but what is rendered answers, expanding one chunk after another where that may help.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.memory.working.memory import WorkingMemory
from embodied_mem.memory.working.rehearsal import Step, Subgoal, rehearse
from embodied_mem.memory.working.reuse import PrefixReuse
from embodied_mem.models.tokens import estimate_tokens

CAP: Final = 2400
"""Tokens that the working memory may take in the trial; a sliding window gets as many."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something about one past step: a number of it, or where something was seen at it."""

    about: str
    """Words that a summary may hold."""
    pattern: str
    """Finds the answer in a text that tells it."""
    answer: str


def working_memory_figures(
    seed: int, *, subgoals: int = 12, steps: int = 9, questions: int = 200
) -> dict[str, float]:
    """Measures a working memory beside a full history, a sliding window and summaries alone.

    Args:
        seed: Of the run and of the questions.
        subgoals: In the run.
        steps: Of each subgoal.
        questions: About past steps, asked at the end.

    Returns:
        `working_memory_tokens_ratio`: tokens of all prompts of the run over those of a full
        history; `working_memory_answered` and the same of the full history, the sliding window
        and of summaries alone: shares of questions answered rightly; `working_memory_expansions`:
        chunks expanded a question; `working_memory_question_tokens_ratio`: the longest prompt
        while a question is answered, over the full history, on average;
        `working_memory_prefix_reuse` and that of the sliding window: shares of tokens that a
        server's prefix cache could reuse; `working_memory_most_tokens`: the longest prompt.
    """
    rng = np.random.default_rng([seed, 12, 9])
    run = rehearse(rng, subgoals, steps)
    past = [step for subgoal in run for step in subgoal.steps]
    asked = [
        _question(past[int(rng.integers(len(past)))], bool(rng.integers(2)))
        for _ in range(questions)
    ]
    memory = WorkingMemory(CAP, head="Put everything into its place.")
    own, full, window = _tell(memory, run)
    history = "\n".join(step.text for step in past)
    answers = [_ask(memory, question) for question in asked]
    return {
        "working_memory_tokens_ratio": own.read / full.read,
        "working_memory_answered": _share(
            found == q.answer for q, (found, _, _) in zip(asked, answers, strict=True)
        ),
        "full_history_answered": _share(_find(history, q) == q.answer for q in asked),
        "sliding_window_answered": _share(_find(_newest(past), q) == q.answer for q in asked),
        "summaries_answered": _share(_find(memory.text, q) == q.answer for q in asked),
        "working_memory_expansions": float(np.mean([n for _, n, _ in answers])),
        "working_memory_question_tokens_ratio": float(
            np.mean([tokens for _, _, tokens in answers]) / estimate_tokens(history)
        ),
        "working_memory_prefix_reuse": own.share,
        "sliding_window_prefix_reuse": window.share,
        "working_memory_most_tokens": float(max(own.longest, *(t for _, _, t in answers))),
    }


def _tell(
    memory: WorkingMemory, run: Sequence[Subgoal]
) -> tuple[PrefixReuse, PrefixReuse, PrefixReuse]:
    """Tells a run; returns what the prompts of memory, full history and sliding window take."""
    own, full, window = PrefixReuse(), PrefixReuse(), PrefixReuse()
    past: list[Step] = []
    for subgoal in run:
        memory.open(subgoal.goal)
        for step in subgoal.steps:
            past.append(step)
            memory.note(step.text)
            own.add(memory.text)
            full.add("\n".join(each.text for each in past))
            window.add(_newest(past))
        memory.close(subgoal.summary)
    return own, full, window


def _newest(past: Sequence[Step]) -> str:
    """Returns as many of the newest steps as fit under the cap."""
    chosen: list[str] = []
    room = CAP
    for step in reversed(past):
        room -= estimate_tokens(step.text + "\n")
        if room < 0:
            break
        chosen.append(step.text)
    return "\n".join(reversed(chosen))


def _question(step: Step, about_force: bool) -> Question:
    if about_force:
        pattern = rf"\b{step.name} the {step.thing}\b.*?force ([\d.]+) N"
        return Question(step.thing, pattern, step.force)
    return Question(step.seen, rf"beside it the {step.seen} at (\([^)]*\))", step.spot)


def _find(text: str, question: Question) -> str:
    found = re.search(question.pattern, text)
    return found.group(1) if found else ""


def _ask(memory: WorkingMemory, question: Question) -> tuple[str, int, int]:
    """Answers from what is rendered; returns the answer, chunks expanded and the most tokens."""
    text = memory.text
    found, most, expanded = _find(text, question), estimate_tokens(text), 0
    closed = re.findall(r"^subgoal-\d+", text, re.MULTILINE)
    mentioned = _lines_about(text, question.about)
    for chunk in sorted(closed, key=lambda each: each not in mentioned):
        if found:
            break
        memory.expand(chunk)
        expanded += 1
        text = memory.text
        found, most = _find(text, question), max(most, estimate_tokens(text))
        memory.collapse(chunk)
    return found, expanded, most


def _lines_about(text: str, about: str) -> set[str]:
    """Returns the first words of the lines that hold some words."""
    return {line.split()[0] for line in text.splitlines() if about in line}


def _share(answered: Iterable[bool]) -> float:
    return float(np.mean(list(answered)))
