"""Words as they are compared: without case, accents and plural."""

import re
import unicodedata
from functools import lru_cache

MAX_WORD = 64
"""Characters of a word that count; nothing that a person writes is longer."""

_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """Returns the words of a text in order, each in the form in which words are compared.

    >>> words_of("Two CRÈME-coloured shelves, beside the box_2.")
    ['two', 'creme', 'coloured', 'shelf', 'beside', 'the', 'box', '2']
    """
    folded = text.lower() if text.isascii() else _fold(text)
    return [_common_form(word) for word in _WORD.findall(folded)]


def _fold(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()


@lru_cache(maxsize=1 << 15)
def _common_form(word: str) -> str:
    """Returns one form for singular and plural of a regular English noun.

    It need not be a word ("knif"): only that both lead to it counts. Porter's stemmer would also
    join words of different meaning and part shelf from shelves.

    >>> [_common_form(w) for w in ("boxes", "vases", "vase", "knives", "knife", "cookies")]
    ['box', 'vase', 'vase', 'knif', 'knif', 'cooky']
    """
    word = word[:MAX_WORD]
    if len(word) < 3 or not word.isascii():
        return word
    if word.endswith(("ies", "ie")):
        return word.removesuffix("s").removesuffix("ie") + "y"
    if word.endswith(("ves", "ve", "fe")):
        return word.removesuffix("s")[:-2] + "f"
    if word.endswith(("sses", "xes", "zzes", "ches", "shes")):
        return word[:-2]
    if word.endswith("oes") and len(word) > 5:
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
