"""Answers a question from one picture of a memory, and nothing else that the memory holds."""

import msgspec

from embodied_mem.brain.language.answers import Answer, answer_question
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import ObjectFact, PlaceFact, WalkFact, active
from embodied_mem.memory.record import Add, MemoryRecord
from embodied_mem_envs.tasks.levels.choices import PictureChoice


def answer_from(store: MemoryStore, choice: PictureChoice, question: str) -> Answer:
    """Answers as who is shown one picture, and knows which room of the house it was taken in.

    So 3D-Mem has its model answer: from the snapshot that it chose (Yang et al. 2025, section 3).

    Args:
        store: The whole memory.
        choice: The picture.
        question: What is asked.
    """
    shown = {fact.object_id for fact in choice.things}
    kept: list[MemoryRecord] = []
    for record, fact in active(store, ObjectFact, payload=False):
        if fact.object_id in shown:
            kept.append(record)
    kept += [record for record, _ in active(store, PlaceFact, payload=False)]
    kept += [record for record, _ in active(store, WalkFact, payload=False)]
    with MemoryStore(seed=0) as view:
        view.apply([Add(record=_alone(record)) for record in [*kept, choice.record]])
        return answer_question(question, view)


def _alone(record: MemoryRecord) -> MemoryRecord:
    """Returns a record without its ties to records that are left out."""
    return msgspec.structs.replace(record, links=(), provenance=())
