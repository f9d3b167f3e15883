"""Tells a tale to a real working memory, and asks what the tale asks."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from embodied_mem.memory.working import Editor, WorkingMemory
from embodied_mem.types import BoolArray
from embodied_mem_envs.context_edit.tale import HEAD, Event, Tale


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What came of a tale."""

    answered: int
    asked: int
    tokens: float
    """Mean of what is shown, over the notes: a planner reads it after each."""
    most_tokens: int

    @property
    def success(self) -> bool:
        """Whether all that was asked could be answered."""
        return self.answered == self.asked


def tell(tale: Tale, memory: WorkingMemory) -> Iterator[Event]:
    """Does what happens in a tale with a memory; yields each event behind it, questions too."""
    for event in tale.events:
        if event.what == "open":
            memory.open(event.text)
        elif event.what == "close":
            memory.close(event.text)
        elif event.what == "note":
            memory.note(event.text, kind=event.kind, about=event.about)
        yield event


def hear(tale: Tale, editor: Editor | None, cap: int | None = None) -> Heard:
    """Tells a tale to a working memory and answers from what it renders.

    Args:
        tale: The tale.
        editor: Of the memory; None for none.
        cap: Tokens of the memory; the tale's where None.
    """
    memory = WorkingMemory(cap or tale.cap, head=HEAD, editor=editor)
    texts = {event.note: event.text for event in tale.events if event.what == "note"}
    tokens: list[int] = []
    asked = answered = 0
    for event in tell(tale, memory):
        if event.what == "note":
            tokens.append(memory.tokens)
        elif event.what == "ask":
            asked += 1
            if f"n{event.note} {texts[event.note]}" in memory.text:
                answered += 1
                memory.cite(f"n{event.note}")
    return Heard(
        answered=answered, asked=asked, tokens=float(np.mean(tokens)), most_tokens=max(tokens)
    )


def shown_text(tale: Tale, shown: BoolArray, events: int) -> str:
    """Returns what a memory renders.

    Args:
        tale: What is told.
        shown: (N,) which lines are shown, numbered as in `table.TaleTable`.
        events: How many events have been told.
    """
    lines = [HEAD]
    subgoals: list[int] = []
    for event in tale.events[:events]:
        if event.what == "open":
            subgoals.append(len(lines))
            lines.append(f"subgoal-{len(subgoals)} {event.text}:")
        elif event.what == "note":
            lines.append(f"  n{event.note} {event.text}")
        elif event.what == "close":
            lines[subgoals[-1]] += f" {event.text}"
    return "\n".join(line for line, seen in zip(lines, shown, strict=False) if seen)
