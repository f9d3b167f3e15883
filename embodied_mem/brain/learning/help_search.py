"""Finds skills by the words of their help: TF-IDF, and what words turned out to mean in use.

A person's words for a thing need not be those of a help. Where a skill that was asked for in other
words served, those words are taken to stand for the words of its help from then on: counted
together, weighted by how rare the word of the help is.
"""

from collections import Counter
from typing import Final, final

import numpy as np

from embodied_mem.brain.skill import SkillLibrary, SkillSpec
from embodied_mem.memory.search.tokens import words_of
from embodied_mem.types import Float64Array

_LEARNED: Final = 0.7
"""What a word that was learned counts beside one that a help holds."""
_ENOUGH: Final = 2.0
"""How often a word must have been met, about, to count that much."""
_IGNORED: Final = frozenset(
    (
        "a",
        "an",
        "and",
        "at",
        "by",
        "for",
        "from",
        "in",
        "into",
        "it",
        "its",
        "of",
        "on",
        "or",
        "the",
        "to",
        "with",
    )
)


@final
class HelpSearch:
    """An index over the helps of a library.

    >>> from embodied_mem.brain.skill import SkillSpec
    >>> helps = {"mop": "Mops a floor.", "scrub": "Scrubs a pan."}
    >>> search = HelpSearch(
    ...     {n: SkillSpec(name=n, help=h, parameters={}, make=dict.get) for n, h in helps.items()}
    ... )
    >>> search.find("the greasy pan", 5), search.find("polish it", 5)
    (['scrub'], [])
    >>> search.learn("polish it", "scrub")
    >>> search.find("polish it", 5)
    ['scrub']
    """

    def __init__(self, library: SkillLibrary) -> None:
        self._names = sorted(library)
        texts = [_words(_text(library[name])) for name in self._names]
        self._column = {word: n for n, word in enumerate(sorted(set().union(*texts)))}
        counts = np.zeros((len(self._names), len(self._column)))
        for row, words in enumerate(texts):
            for word, times in Counter(words).items():
                counts[row, self._column[word]] = 1.0 + np.log(times)
        held = np.maximum((counts > 0).sum(axis=0), 1)
        self._idf: Float64Array = np.log((1 + len(self._names)) / held)
        self._matrix = _normalised(counts * self._idf)
        self._row = {name: n for n, name in enumerate(self._names)}
        self._meant: dict[str, Float64Array] = {}
        """By word that no help holds: how often each word of a help was meant with it."""

    def find(self, text: str, most: int) -> list[str]:
        """Returns the names of the skills that fit a text best; only those that fit at all."""
        scores = self._matrix @ self._query(text)
        order = np.argsort(-np.round(scores, 9), kind="stable")[:most]
        return [self._names[n] for n in order.tolist() if scores[n] > 0]

    def learn(self, text: str, skill: str) -> None:
        """Hears that a skill was what a text asked for."""
        meant = (self._matrix[self._row[skill]] > 0) * self._idf
        for word in set(_words(text)) - self._column.keys():
            self._meant[word] = self._meant.get(word, 0.0) + meant

    def _query(self, text: str) -> Float64Array:
        query = np.zeros(len(self._column))
        for word in dict.fromkeys(_words(text)):
            if word in self._column:
                query[self._column[word]] += self._idf[self._column[word]]
            elif word in self._meant:
                meant = self._meant[word]
                # Words that went with all that this one was used for stand out; the rest fades.
                sharp = meant**2
                query += _LEARNED * sharp / (np.linalg.norm(sharp) + _ENOUGH)
        return query


def _text(spec: SkillSpec) -> str:
    parameters = " ".join(f"{name} {each.help}" for name, each in spec.parameters.items())
    return f"{spec.name} {spec.help} {parameters}"


def _words(text: str) -> list[str]:
    return [word for word in words_of(text) if word not in _IGNORED]


def _normalised(rows: Float64Array) -> Float64Array:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
