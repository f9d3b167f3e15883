"""Answers questions from memory records alone, and cites the pictures that prove it."""

from collections.abc import Callable
from typing import Any

import msgspec

from embodied_mem.brain.language import object_answers, space_answers
from embodied_mem.brain.language.by_meaning import Meaning, Taken
from embodied_mem.brain.language.question import Kind, Question
from embodied_mem.brain.language.questions import parse_question
from embodied_mem.brain.language.recollection import Citation, Recollection
from embodied_mem.brain.language.relations import AnswerConfig
from embodied_mem.brain.language.reply import Reply, Status
from embodied_mem.brain.language.selection import Context
from embodied_mem.brain.language.vocabulary import load_vocabulary
from embodied_mem.brain.language.wording import joined
from embodied_mem.memory.store import MemoryStore


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer in words and in a form that programs check, with its evidence."""

    question: str
    kind: Kind
    status: Status
    """`answered` is certain; `uncertain` is a guess that says so; `unseen` is no proof of
    absence; `not_understood` is a refusal."""
    text: str
    value: Any = None
    """By kind. where: a dict of object, category, position, room, room_name, on, floor.
    which_room, colour: a word. which_floor: a whole number, 0 for the lowest. how_many,
    how_many_rooms, last_seen: a whole number. exists, moved: a bool. near, on, in_room:
    categories, for near the nearest first. superlative: a dict of category, object, position,
    room. list: dicts as for where. rooms: room types. before: as where. distance: metres. size:
    metres along x, y, z. free, which a model answered: dicts of name, record, kind, tick and call
    (of a tool), one for each record that proves it. None where there is nothing to say."""
    objects: tuple[str, ...] = ()
    """Ids of the objects that it speaks of, the main one first."""
    floor: int | None = None
    """Index of the floor of the main one, 0 for the lowest; None in a house of one floor."""
    certain: bool = False
    citations: tuple[Citation, ...] = ()


_ANSWERERS: dict[Kind, Callable[[Context], Reply]] = {
    "where": object_answers.answer_where,
    "which_room": object_answers.answer_which_room,
    "which_floor": object_answers.answer_which_floor,
    "how_many": object_answers.answer_how_many,
    "colour": object_answers.answer_colour,
    "exists": object_answers.answer_exists,
    "last_seen": object_answers.answer_last_seen,
    "moved": object_answers.answer_moved,
    "before": object_answers.answer_before,
    "near": space_answers.answer_near,
    "on": space_answers.answer_on,
    "superlative": space_answers.answer_superlative,
    "distance": space_answers.answer_distance,
    "size": space_answers.answer_size,
    "in_room": space_answers.answer_in_room,
    "list": space_answers.answer_list,
    "rooms": space_answers.answer_rooms,
    "how_many_rooms": space_answers.answer_how_many_rooms,
}


def answer_question(
    text: str,
    memory: MemoryStore,
    *,
    here: tuple[float, float] | None = None,
    config: AnswerConfig | None = None,
    viewer: str | None = None,
    meaning: Meaning | None = None,
) -> Answer:
    """Answers a question from what a memory holds.

    Args:
        text: What a person typed; any text at all.
        memory: Read through `embodied_mem.memory.facts`; never changed.
        here: Where the asker stands, metres in the world frame: "the nearest chair". Without
            it, distances count from the end of the walk in memory.
        config: When an answer counts as certain.
        viewer: Who is to be told, see `Filter.viewer`; None for the robot itself.
        meaning: Reads words that no list holds by what they mean, which the answer says; if None,
            they are not understood.

    Returns:
        The answer; a question that is not understood is refused, never an exception.
    """
    recollection = Recollection(memory, viewer=viewer)
    return answer_from(text, recollection, here=here, config=config, meaning=meaning)


def answer_from(
    text: str,
    recollection: Recollection,
    *,
    here: tuple[float, float] | None = None,
    config: AnswerConfig | None = None,
    meaning: Meaning | None = None,
) -> Answer:
    """Answers a question from what was read already; see `answer_question`."""
    vocabulary = load_vocabulary(recollection.categories)
    question = parse_question(text, vocabulary, storeys=recollection.storeys)
    taken = None
    if meaning is not None:
        question, taken = meaning.read(question, vocabulary, storeys=recollection.storeys)
    if question.floors:
        recollection = recollection.on(question.floors)
    if question.kind == "not_understood":
        return _refusal(question)
    context = Context(
        question=question,
        memory=recollection,
        vocabulary=vocabulary,
        config=config or AnswerConfig(),
        here=here,
    )
    return _complete(context, _ANSWERERS[question.kind](context), taken)


def _refusal(question: Question) -> Answer:
    nearest = joined([f'"{suggestion}"' for suggestion in question.suggestions], "or")
    text = (
        "I do not understand that question. I can tell where a thing is, in which room, how many"
        " there are, what colour it is, whether there is one, what is near or on it, which one is"
        " the biggest, smallest or nearest, what is in a room, when a thing was last seen and"
        f" whether it was moved. Try {nearest}"
    )
    return Answer(question=question.text, kind=question.kind, status="not_understood", text=text)


def _complete(context: Context, reply: Reply, taken: Taken | None) -> Answer:
    """Adds doubts about the wording of the question, and the citations."""
    question = context.question
    remarks = []
    if taken is not None:
        remarks.append(f'I take "{taken.said}" for "{taken.word}".')
    for slip in question.corrections:
        readings = joined([f'"{word}"' for word in (slip.read_as, *slip.others)], "or")
        remarks.append(f'I do not know the word "{slip.word}"; did you mean {readings}?')
    if question.unused:
        words = joined([f'"{word}"' for word in question.unused])
        remarks.append(f"I did not understand {words} and pass over it.")
    status = reply.status
    if remarks and status == "answered":
        status = "uncertain"
    ids = tuple(dict.fromkeys(seen.id for seen in reply.objects))
    citations = [context.memory.cite(object_id) for object_id in ids]
    return Answer(
        question=question.text,
        kind=question.kind,
        status=status,
        text=" ".join([*remarks, reply.text]),
        value=reply.value,
        objects=ids,
        floor=_main_floor(context, reply),
        certain=status == "answered",
        citations=tuple(citation for citation in citations if citation is not None),
    )


def _main_floor(context: Context, reply: Reply) -> int | None:
    if context.memory.storeys < 2 or not reply.objects:
        return None
    return reply.objects[0].floor
