"""A text embedder without weights: words and parts of words, hashed into a vector."""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.errors import ConfigError
from embodied_mem.memory.search.tokens import words_of
from embodied_mem.types import Float32Array

_GRAMS: Final = (3, 4)
_GRAM_SHARE: Final = 0.25
"""Share of a word's squared length that its parts hold: spelling counts less than the word."""
_FUNCTION_SHARE: Final = 0.1
_FUNCTION_WORDS: Final = frozenset(
    " ".join(
        words_of(
            "a an and are as at be been but by did do does for from had has have he her him his how"
            " i if in into is it its me my near of off on onto or our she so that the their them"
            " then there these they this those to was we were what when where which who will with"
            " you your"
        )
    ).split()
)
"""Words that tell how a sentence is built, and little of what it is about."""


@final
class HashingEmbedder:
    """Feature hashing (Weinberger et al., 2009) of words and their character 3- and 4-grams.

    A word counts 1 + ln(times it occurs), a function word a tenth of that. Signs come from the
    hash too, so that collisions cancel out on average. Singular and plural are one word. Texts are
    close when they share words or spell them alike, never by meaning alone.

    Args:
        dimension: Length of the vectors.

    Raises:
        ConfigError: If the dimension is not positive.

    >>> a, b, c = HashingEmbedder().embed(["two red chairs", "a red chair", "wooden spoon"])
    >>> bool(a @ b > 0.5 > a @ c)
    True
    """

    def __init__(self, dimension: int = 384) -> None:
        if dimension < 1:
            raise ConfigError(f"the dimension of a text embedder is at least 1, not {dimension}")
        self._dimension = dimension

    @property
    def name(self) -> str:
        """The space of the vectors."""
        return f"hashing-{self._dimension}"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    def embed(self, texts: Sequence[str]) -> Float32Array:
        """Returns float32 (n, dimension) unit rows; zeros for a text without words."""
        rows = np.zeros((len(texts), self._dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word, count in Counter(words_of(text)).items():
                places, values = _features(word, self._dimension)
                row[places] += values * np.float32(1 + math.log(count))
        length = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
        rows /= np.maximum(length, 1e-12)[:, None].astype(np.float32)
        return rows


@lru_cache(maxsize=1 << 14)
def _features(word: str, dimension: int) -> tuple[NDArray[np.intp], Float32Array]:
    """Returns the entries of a vector that a word changes, each once, and by how much."""
    padded = f"<{word}>"
    grams = [padded[i : i + n] for n in _GRAMS for i in range(len(padded) - n + 1)]
    own = math.sqrt(1 - _GRAM_SHARE) if grams else 1.0
    each = math.sqrt(_GRAM_SHARE / len(grams)) if grams else 0.0
    vector = np.zeros(dimension)
    for feature, value in [(f"={word}", own), *((gram, each) for gram in grams)]:
        digest = hashlib.blake2b(feature.encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "little")
        vector[(number >> 1) % dimension] += value if number & 1 else -value
    if word in _FUNCTION_WORDS:
        vector *= _FUNCTION_SHARE
    places = np.flatnonzero(vector)
    return places, vector[places].astype(np.float32)
