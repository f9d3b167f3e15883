"""Understands a question without a language model: words, phrases, then what is asked for."""

import msgspec

from embodied_mem.brain.language.clause import Clause, clause_of
from embodied_mem.brain.language.intents import read_intent
from embodied_mem.brain.language.lexicon import Words
from embodied_mem.brain.language.morphology import with_article
from embodied_mem.brain.language.normalise import sentences
from embodied_mem.brain.language.question import Correction, Question
from embodied_mem.brain.language.storeys import read_storeys
from embodied_mem.brain.language.tokens import Misspelling, mend
from embodied_mem.brain.language.vocabulary import Vocabulary, load_vocabulary

MAX_CHARACTERS = 500
MAX_WORDS = 80

_PRONOUNS = frozenset({"it", "one", "that", "they", "them", "these", "those", "this"})

EXAMPLES = (
    "where is the sofa?",
    "which room is the printer in?",
    "how many chairs are there?",
    "what colour is the red mug?",
    "is there a piano?",
    "what is near the bed?",
    "what is the biggest object in the office?",
    "what is in the kitchen?",
)
"""One question of every main kind, for an answer that must refuse."""


def parse_question(
    text: str, vocabulary: Vocabulary | None = None, *, storeys: int = 1
) -> Question:
    """Finds out what a question asks.

    Of several sentences the first that asks something counts. Words that are no words are read
    as their nearest neighbours, which `Question.corrections` tells.

    Args:
        text: What a person typed; any text at all.
        vocabulary: The words to know; those of the common-sense asset if None.
        storeys: How many floors the house has: only then is "upstairs" a place.

    Returns:
        The question, of kind `not_understood` (with nearest supported forms in `suggestions`)
        where no rule fits.

    >>> question = parse_question("Could you tell me where the red cup is, please?")
    >>> question.kind, question.subject.categories, question.subject.colour
    ('where', ('mug',), 'red')
    """
    vocabulary = vocabulary or load_vocabulary()
    found = sentences(text) if len(text) <= MAX_CHARACTERS else ()
    if sum(map(len, found)) > MAX_WORDS:
        found = ()
    clauses: list[Clause] = []
    for words in found:
        question, clause = _read_on_floors(words, vocabulary, storeys)
        if question is None and clauses:
            question, clause = _read(_with_antecedent(words, clauses[-1]), vocabulary)
        if question is not None:
            return msgspec.structs.replace(question, text=text)
        clauses.append(clause)
    return Question(text=text, kind="not_understood", suggestions=_suggestions(clauses))


def _read_on_floors(
    words: Words, vocabulary: Vocabulary, storeys: int
) -> tuple[Question | None, Clause]:
    """Reads a sentence with what it says of floors, in a house that has some."""
    if storeys < 2:
        return _read(words, vocabulary)
    reading = read_storeys(words, storeys)
    tried = [_read(sentence, vocabulary) for sentence in reading.sentences]
    understood = [each for each in tried if each[0] is not None]
    if reading.asked:
        understood = [each for each in understood if each[0] is not None and each[0].subjects]
    best = min(understood, key=lambda each: _has_strangers_in(each[0]), default=tried[0])
    question, clause = best
    if question is None:
        return best
    if reading.asked:
        question = msgspec.structs.replace(question, kind="which_floor")
    return msgspec.structs.replace(question, floors=reading.floors), clause


def _has_strangers_in(question: Question | None) -> bool:
    return question is None or _has_strangers(question)


def _with_antecedent(words: Words, before: Clause) -> Words:
    """Puts the thing that the sentence before spoke of in the place of the first pronoun."""
    things = [*before.known, *(relation.anchor for relation in before.relations)]
    if before.towards is not None:
        things.append(before.towards)
    for at, word in enumerate(words):
        if things and word in _PRONOUNS:
            return (*words[:at], "the", *things[0].text.split(" "), *words[at + 1 :])
    return words


def _read(words: Words, vocabulary: Vocabulary) -> tuple[Question | None, Clause]:
    """Reads a sentence as it stands, and mended where that makes a known thing of a word."""
    clause = clause_of(words, vocabulary)
    question = read_intent(clause)
    if question is not None and not _has_strangers(question):
        return question, clause
    mended, slips = mend(words, vocabulary)
    if not slips:
        return question, clause
    mended_clause = clause_of(mended, vocabulary)
    other = read_intent(mended_clause)
    if other is None:
        return question, clause
    other = _with_corrections(other, slips)
    if question is not None and (not other.corrections or _has_strangers(other)):
        return question, clause
    return other, mended_clause


def _has_strangers(question: Question) -> bool:
    """Whether a question speaks of things that no word list knows."""
    named = [*question.subjects]
    named += [question.relation.anchor] if question.relation is not None else []
    named += [question.extreme.reference] if question.extreme and question.extreme.reference else []
    return bool(question.unused) or any(p.how in ("unknown", "compound") for p in named)


def _with_corrections(question: Question, slips: tuple[Misspelling, ...]) -> Question:
    """Notes what was mended; a mended word that helped nothing is given back as it was."""
    idle = {slip.read_as[0]: slip.word for slip in slips if slip.read_as[0] in question.unused}
    return msgspec.structs.replace(
        question,
        unused=tuple(idle.get(word, word) for word in question.unused),
        corrections=tuple(_correction(s) for s in slips if s.read_as[0] not in idle),
    )


def _correction(slip: Misspelling) -> Correction:
    return Correction(word=slip.word, read_as=slip.read_as[0], others=slip.read_as[1:])


def _suggestions(clauses: list[Clause]) -> tuple[str, ...]:
    """Builds questions that can be answered about what the text did name."""
    for clause in clauses:
        related = [relation.anchor for relation in clause.relations]
        things = [thing for thing in (*clause.known, *related) if thing.categories]
        if things:
            noun = things[0].label
            return (
                f"where is the {noun}?",
                f"what colour is the {noun}?",
                f"is there {with_article(noun)}?",
                f"what is near the {noun}?",
            )
        rooms = [*clause.rooms, *([clause.inside] if clause.inside else [])]
        if rooms:
            name = rooms[0].category
            return (f"what is in the {name}?", f"what is the biggest object in the {name}?")
    return EXAMPLES[:5]
