"""Which remembered things a description fits, by the rules that answers are made with."""

from dataclasses import dataclass
from typing import Literal

from embodied_mem.brain.language.object_answers import selected
from embodied_mem.brain.language.recollection import Recollection, Seen
from embodied_mem.brain.language.relations import AnswerConfig
from embodied_mem.brain.language.selection import Context
from embodied_mem.brain.language.vocabulary import load_vocabulary
from embodied_mem.brain.seeking.target import Target
from embodied_mem.memory.store import MemoryStore

Fits = Literal["wholly", "perhaps", "partly"]
"""`wholly`: all that was said; `perhaps`: but for words that memory cannot check, or a colour that
is easily taken for it; `partly`: all but the colour, the room or the relation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """A thing that a description may mean."""

    seen: Seen
    fits: Fits


def fitting(target: Target, store: MemoryStore) -> list[Fit]:
    """Returns the remembered things that a description fits, the likeliest first."""
    memory = Recollection(store)
    if target.question.floors:
        memory = memory.on(target.question.floors)
    context = Context(
        question=target.question,
        memory=memory,
        vocabulary=load_vocabulary(memory.categories),
        config=AnswerConfig(),
        here=None,
    )
    selection = selected(context)
    told: Fits = "perhaps" if selection.doubts else "wholly"
    found = {seen.id: Fit(seen=seen, fits=told) for seen in selection.found}
    for seen in selection.wider:
        found.setdefault(seen.id, Fit(seen=seen, fits="partly"))
    return list(found.values())
