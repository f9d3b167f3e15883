"""An open vocabulary: texts that no word list holds, matched to known words by their meaning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, final

import numpy as np
from msgspec.structs import replace

from embodied_mem.brain.language.described_words import (
    DescribedWord,
    described_words,
    names_of,
    sayings_of,
)
from embodied_mem.brain.language.word_vectors import vectors_of
from embodied_mem.errors import ConfigError
from embodied_mem.memory.search.embedders import TextEmbedder
from embodied_mem.types import Float32Array

_MOST_CHARACTERS: Final = 200
"""Longer texts are cut: nobody names a thing in more."""


class Match(NamedTuple):
    """The known word that is nearest to a text."""

    word: str
    score: float
    """How near, up to 1, where each of its texts is; 2 where the text is a name of it alone."""
    margin: float
    """By how much it is nearer than the second."""


@dataclass(frozen=True, kw_only=True)
class MeaningConfig:
    """How sharply texts are told apart, and when nothing is near enough."""

    width: float = 0.065
    """Difference of cosines that counts as one: the larger, the more texts of a word have a say."""
    min_score: float = 0.45
    """Score below which a text means none of the words."""
    min_margin: float = 0.02
    """Margin below which it may as well mean another."""

    def __post_init__(self) -> None:
        """Checks the width.

        Raises:
            ConfigError: If it is not positive.
        """
        if not self.width > 0.0:
            raise ConfigError(f"width is {self.width}; expected more than 0")


@final
class OpenVocabulary:
    """Finds which of the known words a text means, by an embedder's sense of meaning.

    A word is known by its name, by other names, and by what is said of it (see
    `described_words`); a word of which nothing is said is known by its names alone. Each word is a
    density over the space of meanings, the mean of a von Mises-Fisher kernel at each of its texts
    (Hall, Watson and Cabrera 1987); a text's score is the logarithm of it, in units of the cosine.

    Args:
        words: The words to choose from.
        embedder: What knows meaning, such as `MiniLmEmbedder`.
        config: How near is near enough.
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
        self.config = config or MeaningConfig()
        self._embedder = embedder
        if not self.words:
            raise ConfigError("an open vocabulary has no words; expected one at least")
        known = described_words() if told is None else told
        described = [known.get(word, DescribedWord()) for word in self.words]
        names = [names_of(*each) for each in zip(self.words, described, strict=True)]
        self._texts = [
            tuple(dict.fromkeys((*called, *sayings_of(said))))
            for called, said in zip(names, described, strict=True)
        ]
        # Dictionaries list rare senses, too: what people say goes first. A name that several words
        # share even so is decided by the rest.
        everyday = [
            names_of(w, replace(d, names=())) for w, d in zip(self.words, described, strict=True)
        ]
        self._named = _alone(names) | _alone(everyday)

    def scores(self, texts: Sequence[str]) -> Float32Array:
        """Returns (n, words) how near each text is to each word; see `Match.score`."""
        said = [_tidy(text) for text in texts]
        if not said:
            return np.zeros((0, len(self.words)), np.float32)
        vectors, starts = self._known
        cosines = self._embedder.embed(said).astype(np.float64) @ vectors.T
        counts = np.diff(starts, append=len(vectors))
        nearest = np.maximum.reduceat(cosines, starts, axis=1)
        below = (cosines - np.repeat(nearest, counts, axis=1)) / self.config.width
        density = np.add.reduceat(np.exp(below), starts, axis=1) / counts
        scores = nearest + self.config.width * np.log(density)
        for row, text in enumerate(said):
            named = self._named.get(text.casefold())
            if named is not None:
                scores[row, named] = 2.0
        return scores.astype(np.float32)

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
    def _known(self) -> tuple[Float32Array, np.ndarray[tuple[int], np.dtype[np.intp]]]:
        """(texts, dimension) unit rows, those of one word after the other, and each one's first."""
        starts = np.cumsum([0, *map(len, self._texts)])[:-1]
        return vectors_of([text for each in self._texts for text in each], self._embedder), starts


def _alone(names: Sequence[Sequence[str]]) -> dict[str, int]:
    """Returns the names that only one word has, with the number of that word."""
    owners: dict[str, set[int]] = {}
    for index, called in enumerate(names):
        for name in called:
            owners.setdefault(name.casefold(), set()).add(index)
    return {name: min(each) for name, each in owners.items() if len(each) == 1}


def _tidy(text: str) -> str:
    return " ".join(text[:_MOST_CHARACTERS].split()).strip(" ?!.,;:")
