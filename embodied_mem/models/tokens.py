"""An estimate of how many tokens a text takes, for models that do not count them."""

import re

_PIECE = re.compile(r"[^\W\d_]+|\d{1,3}|[^\w\s]|_")
_LETTERS = 6
"""Letters of a word that one token holds; words that a vocabulary splits are mostly longer."""


def estimate_tokens(text: str) -> int:
    """Estimates the tokens of a text: words, groups of up to three digits and signs count one.

    A word counts one token for every six letters begun. Real vocabularies differ from each other
    and from this; it needs no vocabulary file and is the same everywhere.

    >>> estimate_tokens("Put the duck away."), estimate_tokens('{"x": 0.125}')
    (5, 9)
    """
    return sum(
        1 + (len(piece) - 1) // _LETTERS if piece[0].isalpha() else 1
        for piece in _PIECE.findall(text)
    )
