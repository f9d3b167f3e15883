"""Gives every word of an instruction its part: longest phrase first, spelling mended."""

from typing import NamedTuple

from embodied_mem.brain.language.instructions.words import InstructionWords, Sense, Words
from embodied_mem.brain.language.morphology import singulars_of
from embodied_mem.brain.language.spelling import nearest_words


class Token(NamedTuple):
    """A phrase with the part that it plays here."""

    tag: str
    text: str
    value: str = ""
    plural: bool = False


_DESCRIBING = frozenset({"determiner", "every", "colour", "sided", "unknown"})
_NAMING = frozenset({"determiner", "every", "colour", "sided", "verb"})
_SUBJECTS = ("what", "that", "which", "whatever", "everything", "anything", "nothing")
_NOMINAL = ("noun", "fixture", "generic", "pile")
_ORDER = (
    "by",
    "time",
    "total",
    "verb",
    "every",
    "everything",
    "side",
    "sided",
    "preposition",
    "order",
    "colour",
    "noun",
    "fixture",
    "generic",
    "person",
    "pronoun",
    "determiner",
    "conjunction",
    "question",
    "auxiliary",
    "pile",
    "filler",
)
"""Which part a word plays where nothing around it decides."""


def tokens_of(words: Words, lexicon: InstructionWords) -> tuple[Token, ...]:
    """Tags the words of one instruction, left to right."""
    words = tuple(
        _mended(word, words[at - 1] if at else "", lexicon) for at, word in enumerate(words)
    )
    found: list[Token] = []
    at = 0
    while at < len(words):
        length, token = _next(words[at:], found, lexicon)
        found.append(token)
        at += length
    return tuple(found)


def _next(words: Words, before: list[Token], lexicon: InstructionWords) -> tuple[int, Token]:
    """Tags the longest known phrase at the start of some words; returns its length as well."""
    for length in range(min(lexicon.longest, len(words)), 0, -1):
        phrase, after = words[:length], words[length:]
        senses = lexicon.senses.get(phrase, ())
        sense = _chosen(phrase, senses, before, after, lexicon) if senses else None
        if sense is not None:
            return length, _token(phrase, sense)
    return 1, _unknown(words[0])


def _token(phrase: Words, sense: Sense) -> Token:
    return Token(sense.tag, " ".join(phrase), sense.value, sense.plural)


def _unknown(word: str) -> Token:
    singulars = singulars_of(word)
    return Token("unknown", word, singulars[0] if singulars else word, bool(singulars))


def _mended(word: str, before: str, lexicon: InstructionWords) -> str:
    """Mends a slip of the hand.

    A changed letter makes another word of many a good one ("better", "butter"); it is mended only
    where a thing must be named. Letters that were left out, doubled or swapped are mended anywhere.
    """
    if len(word) < 4 or word in lexicon.known:
        return word
    near = nearest_words(word, lexicon.known)
    if not near:
        return word
    changed = len(near[0]) == len(word) and sorted(near[0]) != sorted(word)
    named = {sense.tag for sense in lexicon.senses.get((before,), ())} & _NAMING
    return word if changed and not named else near[0]


def _chosen(
    phrase: Words,
    senses: tuple[Sense, ...],
    before: list[Token],
    after: Words,
    lexicon: InstructionWords,
) -> Sense | None:
    """Chooses among the parts that a phrase can play, by what stands before and after it.

    None where the phrase plays no part as a whole: "to the left" of "to the left drawer".
    """
    if phrase == ("can",):
        return _can(senses, before, after)
    if phrase in (("blocks",), ("block",)) and before and before[-1].text in _SUBJECTS:
        return Sense("filler")  # "what blocks the lane"
    following = {sense.tag for sense in lexicon.senses.get(after[:1], ())}
    if senses[0].tag == "side" and following & {"fixture", "noun", "generic"}:
        return None
    if phrase == ("to",) and following & {"verb", "auxiliary"} and "noun" not in following:
        return Sense("filler")  # "to" of an infinitive
    tags = {sense.tag for sense in senses}
    if {"pronoun", "determiner"} <= tags:
        nominal = following & {"noun", "fixture", "colour", "generic", "sided", "order"}
        return Sense("determiner" if nominal else "pronoun")
    described = bool(before) and before[-1].tag in _DESCRIBING
    if described:
        for sense in senses:
            if sense.tag in _NOMINAL:
                return sense
        senses = tuple(s for s in senses if s.tag != "verb") or senses
    return min(senses, key=lambda sense: _ORDER.index(sense.tag))


def _can(senses: tuple[Sense, ...], before: list[Token], after: Words) -> Sense:
    """Tells the can that is a tin from the verb: it is described, or ends the sentence."""
    noun = next(sense for sense in senses if sense.tag == "noun")
    if after and before and before[-1].tag in ("noun", "generic", "pronoun"):
        return Sense("auxiliary")  # "the teddy can go into ..."
    described = bool(before) and before[-1].tag in _DESCRIBING
    can_do = ("you", "we", "i", "be", "the", "not", "somebody", "someone")
    asks = bool(after) and after[0] in can_do
    after_person = bool(before) and before[-1].tag == "person"
    if described or (before and not asks and not after_person):
        return noun
    return Sense("auxiliary")
