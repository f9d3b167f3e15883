"""What a question is like, in a few numbers: what its weights may depend on."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.memory.search.tokens import words_of
from embodied_mem.types import Float64Array

CUES: Final[dict[str, str]] = {
    "now": "now current currently today still latest last newest recent recently just",
    "then": "was were did had before earlier used ago yesterday morning first once when",
    "here": "here near nearest nearby close closest beside around next me by",
    "where": "where whereabouts find locate looking",
    "who": "who whose whom said say told tell asked mentioned",
    "what": "what which kind about why how",
}
"""Groups of English words that tell what kind of thing is asked for."""
_GROUP: Final = {
    word: number for number, words in enumerate(CUES.values()) for word in words_of(words)
}
FEATURES: Final = ("any", "text", "vector", "pose", "time", "links", "short", *CUES)
"""Names of the features: 1 where it is so, else 0."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a question gave to go by."""

    text: str | None
    vector: bool
    """Whether a vector was given, instead of one made of the text."""
    pose: bool
    time: bool
    """Whether a tick was given, by itself or by the filter."""
    links: bool
    """Whether links were followed."""


def describe(asked: Asked) -> Float64Array:
    """Returns the features of a question, float64 (13,), each 0 or 1, in the order of `FEATURES`.

    >>> from itertools import compress
    >>> asked = Asked(text="Where was it?", vector=False, pose=False, time=True, links=False)
    >>> list(compress(FEATURES, describe(asked)))
    ['any', 'text', 'time', 'short', 'then', 'where']
    """
    words = words_of(asked.text or "")
    found = {_GROUP[word] for word in words if word in _GROUP}
    given = (True, asked.text is not None, asked.vector, asked.pose, asked.time, asked.links)
    cues = (number in found for number in range(len(CUES)))
    return np.array([*given, len(words) <= _SHORT, *cues], np.float64)


_SHORT: Final = 3
"""Words of a question that only names what it is about."""
