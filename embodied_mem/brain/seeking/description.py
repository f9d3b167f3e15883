"""Which remembered things a description fits, by the rules that answers are made with."""

from dataclasses import dataclass

from embodied_mem.brain.language.object_answers import selected
from embodied_mem.brain.language.recollection import Recollection, Seen
from embodied_mem.brain.language.relations import AnswerConfig
from embodied_mem.brain.language.selection import Context
from embodied_mem.brain.language.vocabulary import load_vocabulary
from embodied_mem.brain.seeking.target import Target
from embodied_mem.memory.store import MemoryStore


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """A thing that a description may mean."""

    seen: Seen
    exact: bool
    """Whether it fits all that was said, as far as memory can tell."""


def fitting(target: Target, store: MemoryStore) -> list[Fit]:
    """Returns the remembered things that a description fits, the likeliest first.

    Where none fits the colour, the room or the relation, those of the right kind are returned as
    inexact: what was seen from afar may have been told apart wrongly.
    """
    memory = Recollection(store)
    context = Context(
        question=target.question,
        memory=memory,
        vocabulary=load_vocabulary(memory.categories),
        config=AnswerConfig(),
        here=None,
    )
    selection = selected(context)
    if selection.found:
        # A doubt is about the colour, or about words that memory cannot check.
        exact = not selection.doubts
        return [Fit(seen=seen, exact=exact) for seen in selection.found]
    return []
