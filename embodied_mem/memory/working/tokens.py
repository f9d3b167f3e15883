"""How many tokens a text takes, about, where no model's own tokenizer is at hand."""

import re
from collections.abc import Callable
from typing import Final

TokenCount = Callable[[str], int]
"""Counts the tokens of a text; two texts joined may not take more than both alone."""

_PIECE: Final = re.compile(r"[^\W\d_]{1,6}|\d{1,3}|[^\w\s]|_|\n")


def count_tokens(text: str) -> int:
    r"""Returns how many tokens a text takes, about, and rather too many than too few.

    Words count one for every six letters, numbers one for every three digits, marks and line ends
    one each: on English prose that is a little above what byte-pair tokenizers make of it.

    >>> count_tokens("The red mug is at 0.412.\n"), count_tokens("")
    (10, 0)
    """
    return len(_PIECE.findall(text))
