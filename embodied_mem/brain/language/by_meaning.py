"""Questions that name things in words that no list holds, read by what the words mean."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, final

import msgspec

from embodied_mem.brain.language.described_words import described_words
from embodied_mem.brain.language.meaning import MeaningConfig, OpenVocabulary
from embodied_mem.brain.language.question import NounPhrase, Question
from embodied_mem.brain.language.questions import MAX_CHARACTERS, parse_question
from embodied_mem.brain.language.vocabulary import Vocabulary
from embodied_mem.memory.search.embedders import TextEmbedder
from embodied_mem.perception.segmentation import UNKNOWN_CATEGORY

_DETERMINER: Final = r"(?:(?:the|a|an|my|our|your|any|some|that|this)\s+)?"
_FRAMES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"where(?: is| are|'s|'re)\s+{_DETERMINER}(?P<thing>.+)",
        rf"(?:which|what) room (?:is|are)\s+{_DETERMINER}(?P<thing>.+)\s+in",
        rf"what colou?r (?:is|are)\s+{_DETERMINER}(?P<thing>.+)",
        rf"(?:is|are) there\s+{_DETERMINER}(?P<thing>.+)",
        r"how many\s+(?P<thing>.+)\s+(?:are|is) there",
        rf"what(?: is|'s) (?:near|on|next to)\s+{_DETERMINER}(?P<thing>.+)",
        rf"(?:find|show me|bring me|get me)\s+{_DETERMINER}(?P<thing>.+)",
    )
)
"""Questions in which all that follows the cue may be one long name."""


class Taken(NamedTuple):
    """Words of a question that were read as a known word."""

    said: str
    word: str


@final
class Meaning:
    """Reads strange words in questions as words that are known, where their meaning is near.

    What a house is commonly known to hold (`described_words`) competes with what is in memory, so
    that a piano that was never seen is not taken for the nearest thing that was.

    Args:
        embedder: What knows meaning, such as `MiniLmEmbedder`.
        config: When nothing is near enough.
    """

    def __init__(self, embedder: TextEmbedder, config: MeaningConfig | None = None) -> None:
        self._embedder = embedder
        self._config = config or MeaningConfig()
        self._of = lru_cache(maxsize=4)(self._make)

    def vocabulary(self, categories: Sequence[str]) -> OpenVocabulary:
        """Returns the words that questions may mean where memory holds these categories."""
        seen = {name for name in categories if name != UNKNOWN_CATEGORY}
        return self._of(tuple(sorted(seen | described_words().keys())))

    def read(
        self, question: Question, vocabulary: Vocabulary, *, storeys: int = 1
    ) -> tuple[Question, Taken | None]:
        """Reads a question again with its strange words replaced by the word that they mean.

        Args:
            question: As it was read without.
            vocabulary: The words that need no matching, with the categories in memory.
            storeys: Floors of the house.

        Returns:
            The new question and what was replaced in it; the same question and None where it holds
            no strange words, or none that mean a known one.
        """
        if len(question.text) > MAX_CHARACTERS:
            return question, None
        for said in dict.fromkeys(_strange(question)):
            found = self.vocabulary(vocabulary.extra_categories).match(said)
            if found is None:
                continue
            text = re.sub(rf"\b{re.escape(said)}(?!\w)", found.word, question.text, flags=re.I)
            again = parse_question(text, vocabulary, storeys=storeys)
            if again.kind != "not_understood" and not list(_strange(again)):
                return msgspec.structs.replace(again, text=question.text), Taken(said, found.word)
        return question, None

    def _make(self, words: tuple[str, ...]) -> OpenVocabulary:
        return OpenVocabulary(words, self._embedder, self._config)


def _strange(question: Question) -> Iterator[str]:
    """Yields what may be the name of something unknown, the longest first."""
    phrases = [phrase for phrase in _phrases(question) if phrase.how in ("unknown", "compound")]
    if question.kind != "not_understood" and not (phrases or question.unused):
        return
    plain = " ".join(question.text.split()).strip(" ?!.")
    for frame in _FRAMES:
        found = frame.fullmatch(plain)
        if found is not None:
            yield found["thing"]
    for phrase in phrases:
        yield phrase.text


def _phrases(question: Question) -> list[NounPhrase]:
    phrases = [*question.subjects]
    if question.relation is not None:
        phrases.append(question.relation.anchor)
    if question.extreme is not None and question.extreme.reference is not None:
        phrases.append(question.extreme.reference)
    return phrases
