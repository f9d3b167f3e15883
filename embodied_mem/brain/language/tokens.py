"""Gives every word of a sentence its part: the longest known phrase first, spelling mended."""

from functools import lru_cache
from typing import NamedTuple

from embodied_mem.brain.language.lexicon import FORMS, LONGEST, Meaning, Tag, Words
from embodied_mem.brain.language.spelling import nearest_words
from embodied_mem.brain.language.vocabulary import Term, Vocabulary

_MOST_MISSPELT = 3
"""A sentence with more unknown words than this is no slip of the hand; nothing is mended."""


class Token(NamedTuple):
    """A word or a phrase with the part that it plays."""

    tag: Tag
    text: str
    value: str = ""
    """What exactly it says: a room type, a colour, a measure; see `lexicon`."""
    term: Term | None = None
    """The meaning of a THING."""


class Misspelling(NamedTuple):
    """A word that no lexicon holds, and the words that it was probably meant to be."""

    word: str
    read_as: tuple[str, ...]


@lru_cache(maxsize=16)
def _known_words(vocabulary: Vocabulary) -> tuple[tuple[str, ...], frozenset[str]]:
    """Returns the words to mend to, likeliest first, and the set of all known words."""
    form = dict.fromkeys(
        word for words, meaning in FORMS.items() if meaning.tag is not Tag.IDLE for word in words
    )
    common = {n for n, thing in vocabulary.knowledge.things.items() if thing.common}
    common_words: dict[str, None] = {}
    other_words: dict[str, None] = {}
    for words, term in vocabulary.terms.items():
        target = common_words if term.categories[0] in common else other_words
        target.update(dict.fromkeys(words))
    places = (*vocabulary.rooms, *vocabulary.rooms_inside, *vocabulary.colours)
    place_words = dict.fromkeys(word for words in places for word in words)
    ordered = tuple(dict.fromkeys((*common_words, *place_words, *form, *other_words)))
    idle = (words[0] for words, meaning in FORMS.items() if meaning.tag is Tag.IDLE)
    return ordered, frozenset((*ordered, *idle))


def mend(words: Words, vocabulary: Vocabulary) -> tuple[Words, tuple[Misspelling, ...]]:
    """Replaces unknown words by the nearest known ones, and says which."""
    ordered, known = _known_words(vocabulary)
    unknown = [word for word in dict.fromkeys(words) if word not in known]
    if not unknown or len(unknown) > _MOST_MISSPELT:
        return words, ()
    slips = []
    for word in unknown:
        near = nearest_words(word, ordered)
        if near:
            slips.append(Misspelling(word, near[:3]))
    table = {slip.word: slip.read_as[0] for slip in slips}
    return tuple(table.get(word, word) for word in words), tuple(slips)


def tokens_of(words: Words, vocabulary: Vocabulary) -> tuple[Token, ...]:
    """Tags a sentence, left to right, the longest phrase first; form goes before things.

    >>> from embodied_mem.brain.language.vocabulary import load_vocabulary
    >>> [t.tag.name for t in tokens_of(("where", "is", "my", "red", "mug"), load_vocabulary())]
    ['WHERE', 'AUXILIARY', 'DETERMINER', 'COLOUR', 'THING']
    """
    found: list[Token] = []
    start = 0
    longest = max(LONGEST, vocabulary.longest)
    while start < len(words):
        for length in range(min(longest, len(words) - start), 0, -1):
            token = _token(words[start : start + length], vocabulary, found)
            if token is not None:
                break
        else:
            length, token = 1, Token(Tag.WORD, words[start])
        found.append(token)
        start += length
    return tuple(found)


def _token(words: Words, vocabulary: Vocabulary, before: list[Token]) -> Token | None:
    text = " ".join(words)
    if words in vocabulary.rooms_inside and _follows_inside(before):
        return Token(Tag.ROOM, text, vocabulary.rooms_inside[words])
    meaning = FORMS.get(words)
    if meaning is not None and not _is_thing_here(words, meaning, vocabulary, before):
        tag = Tag.WORD if meaning.tag is Tag.IDLE else meaning.tag
        return Token(tag, text, meaning.value)
    if words in vocabulary.colours:
        return Token(Tag.COLOUR, text, vocabulary.colours[words])
    if words in vocabulary.rooms:
        return Token(Tag.ROOM, text, vocabulary.rooms[words])
    term = vocabulary.terms.get(words)
    return Token(Tag.THING, text, term=term) if term is not None else None


def _follows_inside(before: list[Token]) -> bool:
    tags = [token.tag for token in before if token.tag is not Tag.DETERMINER]
    return bool(tags) and tags[-1] is Tag.IN


def _is_thing_here(
    words: Words, meaning: Meaning, vocabulary: Vocabulary, before: list[Token]
) -> bool:
    """Tells a noun from a verb or a filler of the same letters: after an article, it is one."""
    if words not in vocabulary.terms or meaning.tag in (Tag.HOUSE, Tag.NUMBER):
        return False
    if meaning.tag is Tag.IDLE:
        return True
    return bool(before) and before[-1].tag is Tag.DETERMINER
