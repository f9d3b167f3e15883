"""An open vocabulary: texts that no word list holds, matched to known words by their meaning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, final

import numpy as np

from embodied_mem.brain.language.described_words import DescribedWord, described_words
from embodied_mem.brain.language.vocabulary import load_vocabulary
from embodied_mem.errors import ConfigError
from embodied_mem.memory.search.embedders import TextEmbedder
from embodied_mem.types import Float32Array

_MOST_CHARACTERS: Final = 200
"""Longer texts are cut: nobody names a thing in more."""
_SAME: Final = 0.999
"""Cosine from which two names are one."""


class Match(NamedTuple):
    """The known word that is nearest to a text."""

    word: str
    score: float
    """How near, up to 1; 2 where the text is one of the word's own names."""
    margin: float
    """By how much it is nearer than the second."""


@dataclass(frozen=True, kw_only=True)
class MeaningConfig:
    """How names and descriptions count, and when nothing is near enough."""

    name_share: float = 0.35
    """Share of the score that the nearest name has; the nearest description has the rest."""
    min_score: float = 0.45
    """Score below which a text means none of the words."""
    min_margin: float = 0.02
    """Margin below which it may as well mean another."""

    def __post_init__(self) -> None:
        """Checks the share.

        Raises:
            ConfigError: If it is not in [0, 1].
        """
        if not 0.0 <= self.name_share <= 1.0:
            raise ConfigError(f"name_share is {self.name_share}; expected 0 to 1")


@final
class OpenVocabulary:
    """Finds which of the known words a text means, by an embedder's sense of meaning.

    A word is known by its name, by other names, and by what is said of it (see
    `described_words`); a word of which nothing is said is known by its names alone. A text is as
    near to a word as the mean, weighted by `name_share`, of the cosines with its nearest name and
    with its nearest description.

    Args:
        words: The words to choose from.
        embedder: What knows meaning, such as `MiniLmEmbedder`.
        config: When nothing is near enough.
        told: What is known of words; `described_words` if None.

    Raises:
        ConfigError: If there are no words.
    """

    def __init__(
        self,
        words: Sequence[str],
        embedder: TextEmbedder,
        config: MeaningConfig | None = None,
        told: Mapping[str, DescribedWord] | None = None,
    ) -> None:
        self.words = tuple(dict.fromkeys(words))
        self._told = described_words() if told is None else told
        self.config = config or MeaningConfig()
        self._embedder = embedder
        if not self.words:
            raise ConfigError("an open vocabulary has no words; expected one at least")

    def scores(self, texts: Sequence[str]) -> Float32Array:
        """Returns (n, words) how near each text is to each word; see `Match.score`."""
        queries = self._embedder.embed([_tidy(text) for text in texts])
        names, descriptions = self._known
        by_name = names.nearest(queries, len(self.words))
        share = self.config.name_share
        score = share * by_name + (1.0 - share) * descriptions.nearest(queries, len(self.words))
        return np.where(by_name >= _SAME, 2.0, score).astype(np.float32)

    def nearest(self, text: str) -> Match:
        """Returns the nearest word, however far it is."""
        scores = self.scores([text])[0]
        best = int(scores.argmax())
        others = np.delete(scores, best)
        margin = float(scores[best] - others.max()) if len(others) else float(scores[best])
        return Match(self.words[best], float(scores[best]), margin)

    def match(self, text: str) -> Match | None:
        """Returns the word that a text means, or None where none or more than one is near."""
        if not _tidy(text):
            return None
        found = self.nearest(text)
        near = found.score >= self.config.min_score and found.margin >= self.config.min_margin
        return found if near else None

    @cached_property
    def _known(self) -> tuple["_Texts", "_Texts"]:
        names, told = [], []
        for n, word in enumerate(self.words):
            described = self._told.get(word, DescribedWord())
            called = _names(word, described)
            said = (*described.descriptions, *described.own, *described.development[1:])
            names += [(text, n) for text in called]
            told += [(text, n) for text in said or called[:1]]
        return self._texts(names), self._texts(told)

    def _texts(self, pairs: Sequence[tuple[str, int]]) -> "_Texts":
        return _Texts(
            vectors=self._embedder.embed([text for text, _ in pairs]),
            starts=np.searchsorted([n for _, n in pairs], np.arange(len(self.words))),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Texts:
    """Texts of words, those of one word after the other."""

    vectors: Float32Array
    """(texts, dimension) unit rows."""
    starts: np.ndarray[tuple[int], np.dtype[np.intp]]
    """(words,) row of each word's first text."""

    def nearest(self, queries: Float32Array, words: int) -> Float32Array:
        """Returns (n, words) the cosine with the nearest text of each word."""
        if not len(queries):
            return np.zeros((0, words), np.float32)
        cosines: Float32Array = np.maximum.reduceat(queries @ self.vectors.T, self.starts, axis=1)
        return cosines


def _tidy(text: str) -> str:
    return " ".join(text[:_MOST_CHARACTERS].split()).strip(" ?!.,;:")


def _names(word: str, described: DescribedWord) -> tuple[str, ...]:
    """Returns a word with its other names from the lexicon and from what is known of it."""
    thing = load_vocabulary().knowledge.things.get(word)
    synonyms = thing.synonyms if thing else ()
    return tuple(dict.fromkeys((word, *synonyms, *described.names, *described.development[:1])))
