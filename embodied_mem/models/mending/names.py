"""Names that are nearly right: which one of those that there are was meant, if only one can be."""

import re
from collections.abc import Iterable
from typing import Final

_PREFIX: Final = re.compile(r"^.*(?:[./:]|__)(?=\w)")
"""Of names that servers put a module before, such as `functions.where_is`."""
_LONG: Final = 10
"""Letters of a name in which two slips may be; in shorter ones one may be."""
_SHORT: Final = 4
"""Letters of a name that is not guessed at: `step` is not `stop`."""
_ENDING: Final = 2


def meant(name: str, known: Iterable[str]) -> str | None:
    """Returns the known name that another one is nearly; None if there is none, or several.

    Case, spaces and signs make no difference, nor does a prefix such as `functions.`; then one
    slip of spelling may be in it, or another ending, such as a plural's. Digits, the first letter
    and what comes before (`un-`, `pre-`) make another name: those tell opposites apart.

    >>> meant("WhereIs", ["where_is", "history"]), meant("facts", ["fact", "event"])
    ('where_is', 'fact')
    >>> meant("unanswered", ["answered", "unknown"]), meant("mug-3", ["mug-1"])
    (None, None)
    """
    names = list(dict.fromkeys(known))
    if name in names:
        return name
    for way in (plain, lambda each: plain(_PREFIX.sub("", each))):
        same = [each for each in names if plain(each) == way(name)]
        if same:
            return same[0] if len(same) == 1 else None
    near = [each for each in names if _is_near(plain(name), plain(each))]
    return near[0] if len(near) == 1 else None


def plain(name: str) -> str:
    """Returns a name without case and signs.

    >>> plain("Where-is()")
    'whereis'
    """
    return re.sub(r"[\W_]+", "", name).casefold()


def _is_near(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _SHORT or len(longer) == _SHORT or one[0] != other[0]:
        return False
    if re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    if longer.startswith(shorter) and len(longer) - len(shorter) <= _ENDING:
        return True
    most = 2 if len(shorter) >= _LONG else 1
    return len(longer) - len(shorter) <= most and _slips(one, other) <= most


def _slips(one: str, other: str) -> int:
    """Counts letters left out, added, changed or swapped (optimal string alignment)."""
    before, last = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, against in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
